"""The layers of the configuration and where each value came from."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.config import SETTINGS, Config, Kind
from autofix.core.duration import parse_duration
from autofix.errors import ConfigError
from autofix.layers import ConfigFile, Configuration, Source, load, merge

PROJECT = Path("plugin")


def merged(
    flags: dict[str, object] | None = None,
    environment: dict[str, str] | None = None,
    table: dict[str, object] | None = None,
) -> Configuration:
    """Merge layers given as plain dictionaries."""
    file = ConfigFile(path=Path("/p/autofix.toml"), table=table) if table else None
    return merge(
        project=PROJECT, flags=flags or {}, environment=environment or {}, file=file
    )


def test_nothing_given_is_the_defaults() -> None:
    """Without any layer the configuration is Config's own defaults."""
    assert Config(project=PROJECT) == merged().config


@pytest.mark.parametrize(
    ("flags", "environment", "expected", "source", "where"),
    [
        ({"max_rounds": "7"}, {"AUTOFIX_MAX_ROUNDS": "8"}, 7, Source.FLAG, "--max-rounds"),
        ({}, {"AUTOFIX_MAX_ROUNDS": "8"}, 8, Source.ENVIRONMENT, "AUTOFIX_MAX_ROUNDS"),
        ({}, {}, 9, Source.FILE, "/p/autofix.toml"),
    ],
)  # fmt: skip
def test_the_strongest_layer_wins(
    flags: dict[str, object],
    environment: dict[str, str],
    expected: int,
    source: Source,
    where: str,
) -> None:
    """Flags beat variables beat the file, and the origin says which one it was."""
    result = merged(flags, environment, {"max-rounds": 9})

    assert expected == result.config.max_rounds
    assert source is result.origins["max_rounds"].source
    assert where == result.origins["max_rounds"].where


@pytest.mark.parametrize(
    "flags",
    [
        {"engine": "docker", "database": "u:p@h/x"},
        {"engine": "docker", "server": "/nakama"},
        {"engine": "local", "server_image": "nakama:1"},
        {"server": "/nakama", "builder_image": "golang:1"},
    ],
)
def test_containers_and_this_machine_are_not_mixed(flags: dict[str, object]) -> None:
    """What is for one engine is refused with the other, and no value is shown."""
    with pytest.raises(ConfigError, match=r"is for --engine \w+, .* is not") as error:
        merged(flags)

    assert "u:p" not in str(error.value)


def test_an_empty_variable_is_not_set() -> None:
    """``AUTOFIX_NAKAMA=`` leaves the file's value alone."""
    assert "3.40.0" == merged({}, {"AUTOFIX_NAKAMA": ""}, {"nakama": "3.40.0"}).config.nakama  # fmt: skip


def test_an_unknown_key_is_an_error_with_a_suggestion() -> None:
    """A misspelled key is refused and the nearest setting named."""
    with pytest.raises(ConfigError) as caught:
        merged(table={"max-round": 3})

    assert "'max-round'" in caught.value.what
    assert "Did you mean 'max-rounds'?" == caught.value.todo


def test_an_unknown_variable_is_only_reported() -> None:
    """AUTOFIX_* may belong to another program: it is named, not refused."""
    assert ("AUTOFIX_ROUNDS",) == merged({}, {"AUTOFIX_ROUNDS": "3"}).unknown_variables


@pytest.mark.parametrize(
    ("key", "raw"),
    [
        ("max-rounds", 0),
        ("max-rounds", True),
        ("max-rounds", "many"),
        ("max-time", "soon"),
        ("max-time", "0s"),
        ("max-time", True),
        ("strategy", "best"),
        ("dry-run", "perhaps"),
        ("nakama", 3.4),
        ("run-dir", ""),
        ("run-dir", 3),
    ],
)
def test_a_malformed_value_names_its_origin(key: str, raw: object) -> None:
    """A value of the wrong form is refused with the file, the key and the value."""
    with pytest.raises(ConfigError) as caught:
        merged(table={key: raw})

    assert f"/p/autofix.toml: {key} cannot be {raw!r}." == caught.value.what
    assert caught.value.todo


def test_paths_in_the_file_are_relative_to_it() -> None:
    """A path in autofix.toml means the same from every working directory."""
    config = merged({"so": "a.so"}, {"HOME": "/h"}, {"run-dir": "r", "output": "~/o"}).config  # fmt: skip

    assert Path("/p/r") == config.run_dir
    assert Path("/h/o") == config.output
    assert Path("a.so") == config.so


def test_the_usual_certificate_variable_counts() -> None:
    """SSL_CERT_FILE is the CA bundle unless AUTOFIX_CA_BUNDLE says otherwise."""
    both = {"SSL_CERT_FILE": "/a", "AUTOFIX_CA_BUNDLE": "/b"}

    assert Path("/a") == merged({}, {"SSL_CERT_FILE": "/a"}).config.ca_bundle
    assert Path("/b") == merged({}, both).config.ca_bundle


@pytest.mark.parametrize(
    "flags",
    [{"verbose": True, "quiet": True}, {"diff": True, "output_format": "json"}],
)
def test_contradictions_are_refused(flags: dict[str, object]) -> None:
    """Options that exclude each other are an error, not a silent choice."""
    with pytest.raises(ConfigError):
        merged(flags)


def test_every_setting_is_reachable_in_every_layer() -> None:
    """Each setting accepts a good value as flag, variable and key."""
    good = {
        Kind.TEXT: "x",
        Kind.COUNT: "2",
        Kind.SECONDS: "1m",
        Kind.BYTES: "2GB",
        Kind.SWITCH: "true",
        Kind.PATH: "/x",
    }
    for name, setting in SETTINGS.items():
        text = setting.choices[0] if setting.choices else good[setting.kind]
        layers: list[Configuration] = [
            merged(flags={name: text}),
            merged(environment={setting.variable: text}),
            merged(table={setting.key: text}),
        ]

        assert 1 == len({str(getattr(each.config, name)) for each in layers})
        assert [Source.FLAG, Source.ENVIRONMENT, Source.FILE] == [
            each.origins[name].source for each in layers
        ]


def test_the_file_beside_go_mod_is_found_from_below(tmp_path: Path) -> None:
    """The search goes up to the folder of go.mod and no further."""
    package = tmp_path / "plugin" / "cmd"
    package.mkdir(parents=True)
    (tmp_path / "autofix.toml").write_text("max-rounds = 3\n")
    (tmp_path / "plugin" / "go.mod").write_text("module m\n")

    before = load(project=package, flags={}, environment={})
    (tmp_path / "plugin" / "autofix.toml").write_text("max-rounds = 4\n")
    after = load(project=package, flags={}, environment={})
    ignored = load(project=package, flags={}, environment={}, use_file=False)

    assert (60, 4, 60) == (
        before.config.max_rounds,
        after.config.max_rounds,
        ignored.config.max_rounds,
    )


@pytest.mark.parametrize("content", [b"max-rounds = ", b"\xff\xfe"])
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    """A broken file is an error that names it, never half a configuration."""
    (tmp_path / "autofix.toml").write_bytes(content)

    with pytest.raises(ConfigError, match=r"autofix\.toml is not TOML"):
        load(project=tmp_path, flags={}, environment={})


def test_a_missing_input_file_is_refused_at_once(tmp_path: Path) -> None:
    """--so names a file that must be there before anything is begun."""
    with pytest.raises(ConfigError, match="--so: there is no file"):
        load(project=tmp_path, flags={"so": str(tmp_path / "x.so")}, environment={})


def test_an_output_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    """-o into a folder that is not there fails before the work, not after it."""
    missing = tmp_path / "missing" / "result.json"

    with pytest.raises(ConfigError, match="--output: there is no folder"):
        load(project=tmp_path, flags={"output": str(missing)}, environment={})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90.0),
        ("90s", 90.0),
        ("1.5s", 1.5),
        ("20m", 1200.0),
        ("1h30m", 5400.0),
        (" 2h ", 7200.0),
        ("", None),
        ("0", None),
        ("30m1h", None),
        ("-5s", None),
        ("1d", None),
        ("nan", None),
    ],
)
def test_durations(text: str, seconds: float | None) -> None:
    """Hours, minutes, seconds in this order; anything else is no duration."""
    assert seconds == parse_duration(text)


@given(st.text())
def test_any_text_as_a_duration_is_judged(text: str) -> None:
    """No text makes the parser raise, and what it accepts is above zero."""
    seconds = parse_duration(text)

    assert seconds is None or seconds > 0
