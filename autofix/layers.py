"""
The layers of the configuration: flags > ``AUTOFIX_*`` > ``autofix.toml`` > defaults.

``merge`` is pure; ``load`` finds and reads the file around it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from autofix.config import PREFIX, SETTINGS, Config, Kind, Setting
from autofix.core.duration import parse_duration
from autofix.core.sizes import parse_size
from autofix.errors import ConfigError

FILE_NAME = "autofix.toml"
SELECTORS = frozenset({"AUTOFIX_CONFIG_FILE", "AUTOFIX_NO_CONFIG"})
"""Variables that choose the file itself and so cannot stand in it."""

_SWITCHES = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


class Source(StrEnum):
    """Which layer a value came from, the weakest first."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    FLAG = "command line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a value came from; ``where`` names the flag, variable or file."""

    source: Source
    where: str = ""

    def __str__(self) -> str:
        return self.where or self.source.value


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """An ``autofix.toml`` as read; relative paths in it are relative to its folder."""

    path: Path
    table: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """
    The merged configuration and where each value came from.

    ``unknown_variables`` are ``AUTOFIX_*`` names that mean nothing here: worth a
    warning, not an error, because they may be another program's.
    """

    config: Config
    origins: Mapping[str, Origin]
    file: Path | None = None
    unknown_variables: tuple[str, ...] = ()


def merge(
    *,
    project: Path,
    flags: Mapping[str, object],
    environment: Mapping[str, str],
    file: ConfigFile | None,
) -> Configuration:
    """
    Merge the layers, the strongest last: defaults, file, environment, flags.

    ``flags`` maps field names to what was given on the command line; an absent one
    was not given. ConfigError names the flag, variable or file and key at fault.
    """
    values: dict[str, Any] = {}
    origins = {name: Origin(source=Source.DEFAULT) for name in SETTINGS}

    def take(setting: Setting, raw: object, origin: Origin, base: Path) -> None:
        values[setting.name] = _value(setting, raw, origin, base, environment)
        origins[setting.name] = origin

    if file is not None:
        for key, raw in file.table.items():
            origin = Origin(source=Source.FILE, where=str(file.path))
            take(_setting_of(key, file.path), raw, origin, file.path.parent)
    for setting in SETTINGS.values():
        for variable in (*setting.variables, setting.variable):
            if text := environment.get(variable, ""):
                origin = Origin(source=Source.ENVIRONMENT, where=variable)
                take(setting, text, origin, Path())
    for name, raw in flags.items():
        setting = SETTINGS[name]
        origin = Origin(source=Source.FLAG, where=setting.flag)
        take(setting, raw, origin, Path())

    config = Config(project=project, **values)
    _forbid_contradictions(config)
    known = {setting.variable for setting in SETTINGS.values()} | SELECTORS
    return Configuration(
        config=config,
        origins=MappingProxyType(origins),
        file=file.path if file is not None else None,
        unknown_variables=tuple(
            name
            for name in sorted(environment)
            if name.startswith(PREFIX) and name not in known
        ),
    )


def load(
    *,
    project: Path,
    flags: Mapping[str, object],
    environment: Mapping[str, str],
    config_file: Path | None = None,
    use_file: bool = True,
) -> Configuration:
    """
    Find and read the file, then merge; ConfigError if any part is unusable.

    Without ``config_file`` the nearest ``autofix.toml`` from ``project`` up to the
    folder of its go.mod (or to the repository's root) is read, if there is one.
    """
    path = config_file or find_config_file(project) if use_file else None
    file = read_config_file(path) if path is not None else None
    configuration = merge(
        project=project, flags=flags, environment=environment, file=file
    )
    _require_paths(configuration)
    return configuration


def find_config_file(project: Path) -> Path | None:
    """Return the ``autofix.toml`` that belongs to a project, or None."""
    start = project.absolute()
    for folder in (start, *start.parents):
        candidate = folder / FILE_NAME
        try:
            if candidate.is_file():
                return candidate
            if (folder / "go.mod").exists() or (folder / ".git").exists():
                return None
        except PermissionError:
            return None  # looking for the project says more of such a folder
    return None


def read_config_file(path: Path) -> ConfigFile:
    """Read an ``autofix.toml``; ConfigError says why it cannot be read."""
    try:
        return ConfigFile(path=path, table=tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise ConfigError(
            f"The configuration file {path} cannot be read: {error.strerror}.",
            todo="Mend the path given with --config-file, or use --no-config.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} is not TOML: {error}.",
            todo='Write settings like  nakama = "3.40.0"  one a line.',
        ) from error


def _setting_of(key: str, path: Path) -> Setting:
    by_key = {setting.key: setting for setting in SETTINGS.values()}
    if key in by_key:
        return by_key[key]
    close = get_close_matches(key.replace("_", "-").lower(), by_key, n=1)
    raise ConfigError(
        f"{path} has the key {key!r}, which is not a setting.",
        todo=f"Did you mean {close[0]!r}?"
        if close
        else "'autofix config' lists all settings.",
    )


def _value(
    setting: Setting,
    raw: object,
    origin: Origin,
    base: Path,
    environment: Mapping[str, str],
) -> object:
    value: object
    match setting.kind:
        case Kind.TEXT:
            value = _text(setting, raw)
        case Kind.PATH:
            value = _path(raw, base, environment.get("HOME", ""))
        case Kind.SWITCH:
            value = raw if isinstance(raw, bool) else _SWITCHES.get(str(raw).lower())
        case Kind.COUNT:
            digits = not isinstance(raw, bool) and str(raw).isdecimal()
            value = (int(str(raw)) or None) if digits else None
        case Kind.SECONDS:
            value = None if isinstance(raw, bool) else parse_duration(str(raw))
        case Kind.BYTES:
            value = None if isinstance(raw, bool) else parse_size(str(raw))
    if value is None:
        named = f"{origin}: {setting.key}" if origin.source is Source.FILE else origin
        raise ConfigError(f"{named} cannot be {raw!r}.", todo=_expected(setting))
    return value


def _text(setting: Setting, raw: object) -> str | None:
    if not isinstance(raw, str) or (setting.choices and raw not in setting.choices):
        return None
    return raw


def _path(raw: object, base: Path, home: str) -> Path | None:
    if not isinstance(raw, str) or not raw:
        return None
    return base / (home + raw[1:] if raw.startswith("~/") and home else raw)


def _expected(setting: Setting) -> str:
    if setting.choices:
        return f"It is one of: {', '.join(setting.choices)}."
    match setting.kind:
        case Kind.COUNT:
            return "It is a whole number above 0."
        case Kind.SECONDS:
            return "It is a duration above 0, like 90s, 20m or 1h30m."
        case Kind.BYTES:
            return "It is a size, like 500MB or 2GB."
        case Kind.SWITCH:
            return "It is true or false."
        case Kind.TEXT | Kind.PATH:
            return "It is a text, in quotation marks in autofix.toml."


def _forbid_contradictions(config: Config) -> None:
    _forbid_mixed_engines(config)
    if config.verbose and config.quiet:
        raise ConfigError("--verbose and --quiet exclude each other.")
    if config.diff and config.output_format != "text":
        raise ConfigError(
            f"--diff prints a patch and cannot be --output-format "
            f"{config.output_format}.",
            todo="Use --dry-run; the JSON result has the patch under 'diff'.",
        )


def _forbid_mixed_engines(config: Config) -> None:
    """Refuse what asks for containers and for this machine's own processes."""
    images = ("server_image", "builder_image", "database_image")
    named = {
        "docker": [SETTINGS[name].flag for name in images if getattr(config, name)],
        "local": [
            SETTINGS[name].flag
            for name in ("server", "database")
            if getattr(config, name)
        ],
    }
    for engine, flags in named.items():
        other = "local" if engine == "docker" else "docker"
        if flags and (config.engine == other or named[other]):
            against = f"--engine {other}" if config.engine == other else named[other][0]
            raise ConfigError(
                f"{flags[0]} is for --engine {engine}, {against} is not.",
                todo=f"Leave one of the two out ({engine} or {other}).",
            )


def _require_paths(configuration: Configuration) -> None:
    """Refuse now what would only be noticed when the work is done."""
    config = configuration.config
    if config.output is not None and not config.output.absolute().parent.is_dir():
        raise ConfigError(
            f"{configuration.origins['output']}: there is no folder "
            f"{config.output.parent} to write {config.output.name} to."
        )
    for name in (
        "so",
        "server",
        "modules_txt",
        "ca_bundle",
        "modules",
        "server_config",
    ):
        path: Path | None = getattr(config, name)
        if path is None:
            continue
        wanted, there = (
            ("folder", path.is_dir()) if name == "modules" else ("file", path.is_file())
        )
        if not there:
            raise ConfigError(
                f"{configuration.origins[name]}: there is no {wanted} {path}."
            )
