"""What fleet.toml says, as a ``Fleet``; every key is known or refused by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from autofix.core.duration import parse_duration
from autofix.core.fleet import (
    DETECTED,
    JOB_SECONDS,
    TRIES,
    Fleet,
    FleetAction,
    FleetPlugin,
    FleetServer,
    Option,
    named_apart,
)

KEYS = frozenset(
    {"action", "plugins", "servers", "options", "max-time", "night", "tries", "workers"}
)
PLUGIN_KEYS = frozenset(
    {"name", "path", "git", "revision", "folder", "servers", "options"}
)
SERVER_KEYS = frozenset({"name", "nakama", "options"})
OWN_OPTIONS = frozenset(
    {"nakama", "max-time", "output", "output-format", "run-dir", "diff", "log-format"}
)
"""Options that the fleet itself gives each job."""


class FleetFileError(ValueError):
    """The file does not say what a fleet needs."""


def fleet_of(table: Mapping[str, Any]) -> Fleet:
    """Read the file's table; FleetFileError names the key at fault."""
    _known(table, KEYS, "The file")
    plugins = _plugins(_list(table, "plugins"))
    servers = _servers(_list(table, "servers"))
    if not plugins:
        raise FleetFileError("plugins: there is none.")
    for plugin in plugins:
        for name in plugin.servers:
            if name not in {each.name for each in servers}:
                raise FleetFileError(f"{plugin.name}: there is no server {name!r}.")
    night = table.get("night")
    return Fleet(
        plugins=plugins,
        servers=servers,
        action=_action(table.get("action", FleetAction.RUN.value)),
        options=_options(table, "The file"),
        job_seconds=_duration("max-time", table.get("max-time", JOB_SECONDS)),
        night_seconds=None if night is None else _duration("night", night),
        tries=_count("tries", table.get("tries", TRIES)),
        workers=_count("workers", table["workers"]) if "workers" in table else 0,
    )


def servers_named(names: Sequence[str]) -> tuple[FleetServer, ...]:
    """Return the servers of these tags; of none, the one that each project names."""
    return _servers(list(names))


def plugins_at(paths: Sequence[str]) -> tuple[FleetPlugin, ...]:
    """Return the plugins in these folders."""
    return _plugins(list(dict.fromkeys(paths)))


def _plugins(entries: Sequence[Any]) -> tuple[FleetPlugin, ...]:
    tables = [{"path": each} if isinstance(each, str) else each for each in entries]
    places = [_place(each, number) for number, each in enumerate(tables, start=1)]
    short = named_apart(places)
    plugins = tuple(
        _plugin(table, str(table.get("name", name)))
        for table, name in zip(tables, short, strict=True)
    )
    _unique("plugins", [each.name for each in plugins])
    return plugins


def _place(table: Any, number: int) -> str:
    """Return where a plugin is; two of one place are told apart by their names."""
    if not isinstance(table, Mapping):
        raise FleetFileError(f"plugins: number {number} is neither a path nor a table.")
    name = str(table.get("name", f"number {number}"))
    _known(table, PLUGIN_KEYS, f"plugins: {name}")
    given = [table[key] for key in ("path", "git") if table.get(key)]
    if len(given) != 1 or not isinstance(given[0], str):
        raise FleetFileError(f"plugins: {name} needs either a path or a git location.")
    return "/".join((given[0].removesuffix(".git"), _text(table, "folder")))


def _plugin(table: Mapping[str, Any], name: str) -> FleetPlugin:
    return FleetPlugin(
        name=name,
        path=_text(table, "path"),
        git=_text(table, "git"),
        revision=_text(table, "revision"),
        folder=_text(table, "folder"),
        servers=tuple(map(str, _list(table, "servers"))),
        options=_options(table, f"plugins: {name}"),
    )


def _servers(entries: Sequence[Any]) -> tuple[FleetServer, ...]:
    if not entries:
        return (FleetServer(name=DETECTED),)
    servers = []
    for number, entry in enumerate(entries, start=1):
        table = {"nakama": entry} if isinstance(entry, str) else entry
        if not isinstance(table, Mapping):
            raise FleetFileError(
                f"servers: number {number} is neither a tag nor a table."
            )
        _known(table, SERVER_KEYS, f"servers: number {number}")
        nakama = _text(table, "nakama")
        if not nakama:
            raise FleetFileError(f"servers: number {number} names no nakama.")
        name = _text(table, "name") or nakama
        options = _options(table, f"servers: {name}")
        servers.append(FleetServer(name=name, nakama=nakama, options=options))
    _unique("servers", [each.name for each in servers])
    return tuple(servers)


def _options(table: Mapping[str, Any], where: str) -> dict[str, Option]:
    options = table.get("options", {})
    if not isinstance(options, Mapping):
        raise FleetFileError(f"{where}: options is a table of option = value.")
    found: dict[str, Option] = {}
    for name, value in options.items():
        if name in OWN_OPTIONS:
            raise FleetFileError(
                f"{where}: the option {name!r} is the fleet's to give."
            )
        if isinstance(value, list):
            found[name] = tuple(map(str, value))
        elif isinstance(value, str | bool | int | float):
            found[name] = value
        else:
            raise FleetFileError(f"{where}: the option {name!r} cannot be {value!r}.")
    return found


def _known(table: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    for key in table:
        if key not in known:
            close = get_close_matches(key.replace("_", "-"), known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise FleetFileError(f"{where} has the unknown key {key!r}.{hint}")


def _unique(what: str, names: Sequence[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise FleetFileError(f"{what}: {name!r} is there {times} times.")


def _action(value: object) -> FleetAction:
    try:
        return FleetAction(str(value))
    except ValueError:
        names = ", ".join(FleetAction)
        raise FleetFileError(f"action: {value!r} is none of {names}.") from None


def _list(table: Mapping[str, Any], key: str) -> list[Any]:
    value = table.get(key, [])
    if not isinstance(value, list):
        raise FleetFileError(f"{key} is a list.")
    return value


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise FleetFileError(f"{key} cannot be {value!r}; it is a text.")
    return value


def _duration(key: str, value: object) -> float:
    seconds = None if isinstance(value, bool) else parse_duration(str(value))
    if seconds is None:
        raise FleetFileError(
            f"{key} cannot be {value!r}; it is a duration above 0, like 20m or 8h."
        )
    return seconds


def _count(key: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise FleetFileError(
            f"{key} cannot be {value!r}; it is a whole number above 0."
        )
    return value
