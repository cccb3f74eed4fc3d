"""
A word about the end of a run, to wherever apprise can send one.

Addresses hold tokens: they are never written, logged or shown, not even in an error.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from autofix.errors import ConfigError

Send = Callable[["Message"], bool]
"""Sends to every address and tells whether all got it."""

MOST_CHARACTERS = 4000
"""What the narrowest services take; the whole result is in the run folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent; ``good`` decides on the colour or the bell."""

    title: str
    body: str
    good: bool


class Notifier:
    """Sends messages to the addresses that ``--notify`` names."""

    def __init__(self, send: Send) -> None:
        self._send = send

    @classmethod
    def of(cls, addresses: str) -> Self:
        """
        Return what sends to these addresses, which blanks divide.

        ConfigError if apprise is not installed or does not know one, so that a run
        learns it before its night begins.
        """
        try:
            import apprise  # noqa: PLC0415 (an optional extra, and slow to import)
        except ImportError as error:
            raise ConfigError(
                "--notify needs apprise, which is not installed.",
                todo="pip install 'autofix[notify]'",
            ) from error
        # It logs addresses, tokens included.
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
        service = apprise.Apprise()
        for number, address in enumerate(addresses.split(), start=1):
            if not service.add(address):
                raise ConfigError(
                    f"Address {number} of --notify is none that apprise knows.",
                    todo="https://appriseit.com/services/ lists their forms.",
                )

        def send(message: Message) -> bool:
            kinds = apprise.NotifyType
            sent = service.notify(
                title=message.title,
                body=message.body[:MOST_CHARACTERS],
                body_format=apprise.NotifyFormat.TEXT,
                notify_type=kinds.SUCCESS if message.good else kinds.FAILURE,
            )
            return bool(sent)

        return cls(send)

    def tell(self, message: Message) -> bool:
        """Send a message; False if somebody did not get it, which ends nothing."""
        return self._send(message)
