"""Asking a registry for an image without pulling it."""

from __future__ import annotations

from collections.abc import Mapping

from autofix.engines.docker.client import Client
from autofix.engines.docker.dialling import dial, translated
from autofix.engines.docker.failures import AbsentError
from autofix.errors import AutofixError
from autofix.retrying import RetryPolicy

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0


def connect(environment: Mapping[str, str]) -> Client:
    """Connect for a few questions; EngineUnavailableError if no engine answers."""
    api = dial(
        environment, connect_seconds=CONNECT_SECONDS, answer_seconds=ANSWER_SECONDS
    )
    return Client(api, retry=RetryPolicy(attempts=1))


def why_not_pullable(environment: Mapping[str, str], reference: str) -> str:
    """
    Return why the engine could not pull an image, "" if it could.

    The engine asks the registry, so its proxy and its certificates count. Takes at
    most about ten seconds.
    """
    api = dial(
        environment, connect_seconds=CONNECT_SECONDS, answer_seconds=ANSWER_SECONDS
    )
    try:
        with translated(f"ask the registry for {reference}"):
            api.inspect_distribution(reference)  # type: ignore[no-untyped-call]
    except AbsentError:
        return "the registry does not have it"
    except AutofixError as error:
        return error.what
    finally:
        api.close()
    return ""
