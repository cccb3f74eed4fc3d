from __future__ import annotations

import json
from dataclasses import replace

import pytest

from autofix.core.gomod import (
    Change,
    ChangeKind,
    GoMod,
    ModEdit,
    Replacement,
    Requirement,
    arguments,
    changes,
    fingerprint,
    parse,
)
from autofix.core.model import ModuleVersion

PRINTED = """{
	"Module": {"Path": "example.com/plugin"},
	"Go": "1.26.5",
	"Toolchain": "go1.26.6",
	"Require": [
		{"Path": "github.com/heroiclabs/nakama-common", "Version": "v1.47.0"},
		{"Path": "go.uber.org/multierr", "Version": "v1.11.0", "Indirect": true}
	],
	"Exclude": [{"Path": "go.uber.org/multierr", "Version": "v1.12.0"}],
	"Replace": [
		{"Old": {"Path": "example.com/a"}, "New": {"Path": "../a"}},
		{
			"Old": {"Path": "example.com/b", "Version": "v1.0.0"},
			"New": {"Path": "example.com/c", "Version": "v1.0.1"}
		}
	],
	"Retract": null
}"""
COMMON = ModuleVersion(path="github.com/heroiclabs/nakama-common", version="v1.47.0")
MULTIERR = ModuleVersion(path="go.uber.org/multierr", version="v1.11.0")
FOLDER = Replacement(
    old_path="example.com/a", old_version="", new_path="../a", new_version=""
)
FORK = Replacement(
    old_path="example.com/b",
    old_version="v1.0.0",
    new_path="example.com/c",
    new_version="v1.0.1",
)
GOMOD = GoMod(
    module="example.com/plugin",
    go="1.26.5",
    toolchain="go1.26.6",
    requires=(
        Requirement(module=COMMON),
        Requirement(module=MULTIERR, indirect=True),
    ),
    excludes=(ModuleVersion(path="go.uber.org/multierr", version="v1.12.0"),),
    replaces=(FOLDER, FORK),
)


def test_parse() -> None:
    """What go mod edit -json prints becomes a GoMod."""
    assert parse(PRINTED) == GOMOD


def test_parse_least() -> None:
    """A go.mod may have nothing but null lists, as Go prints them."""
    text = (
        '{"Module": {"Path": "m"}, "Require": null, "Exclude": null, "Replace": null}'
    )

    assert parse(text) == GoMod(module="m", go="", toolchain="")
    assert parse(b"{}") == GoMod(module="", go="", toolchain="")


@pytest.mark.parametrize("text", ["", "[]", "3", '{"Require": [{}]}', '{"Module": 1}'])
def test_parse_refuses_other_text(text: str) -> None:
    """Anything else is a ValueError."""
    with pytest.raises(ValueError, match=r"\S"):
        parse(text)


def test_arguments() -> None:
    """An edit becomes flags: what is dropped first, requirements last."""
    edit = ModEdit(
        requires=(COMMON,),
        excludes=(MULTIERR,),
        drop_replaces=(FOLDER, FORK),
        drop_excludes=(replace(MULTIERR, version="v1.9.0"),),
        go="1.26.5",
        drop_toolchain=True,
    )

    assert arguments(edit) == (
        "-go=1.26.5",
        "-toolchain=none",
        "-dropreplace=example.com/a",
        "-dropreplace=example.com/b@v1.0.0",
        "-dropexclude=go.uber.org/multierr@v1.9.0",
        "-exclude=go.uber.org/multierr@v1.11.0",
        "-require=github.com/heroiclabs/nakama-common@v1.47.0",
    )


def test_empty_edit() -> None:
    """The empty edit has no arguments and says so."""
    assert arguments(ModEdit()) == ()
    assert ModEdit().is_empty
    assert not ModEdit(go="1.20").is_empty


def test_changes() -> None:
    """Each statement that differs is told once, with what it was and is."""
    after = replace(
        GOMOD,
        go="1.26.6",
        toolchain="",
        requires=(
            Requirement(module=replace(MULTIERR, version="v1.10.0")),
            Requirement(module=ModuleVersion(path="example.com/new", version="v1.0.0")),
        ),
        excludes=(),
        replaces=(replace(FOLDER, new_path="../b"),),
    )

    assert changes(GOMOD, after) == (
        Change(kind=ChangeKind.GO, name="go", before="1.26.5", after="1.26.6"),
        Change(
            kind=ChangeKind.TOOLCHAIN, name="toolchain", before="go1.26.6", after=""
        ),
        Change(kind=ChangeKind.REQUIRE, name=COMMON.path, before="v1.47.0", after=""),
        Change(
            kind=ChangeKind.REQUIRE,
            name=MULTIERR.path,
            before="v1.11.0",
            after="v1.10.0",
        ),
        Change(
            kind=ChangeKind.REQUIRE, name="example.com/new", before="", after="v1.0.0"
        ),
        Change(
            kind=ChangeKind.EXCLUDE,
            name="go.uber.org/multierr@v1.12.0",
            before="v1.12.0",
            after="",
        ),
        Change(
            kind=ChangeKind.REPLACE, name="example.com/a", before="../a", after="../b"
        ),
        Change(
            kind=ChangeKind.REPLACE,
            name="example.com/b@v1.0.0",
            before="example.com/c@v1.0.1",
            after="",
        ),
    )
    assert changes(GOMOD, GOMOD) == ()


def test_fingerprint_ignores_order_and_marks() -> None:
    """The order of lines and // indirect do not change what is selected."""
    other = replace(
        GOMOD,
        requires=tuple(
            replace(each, indirect=False) for each in reversed(GOMOD.requires)
        ),
    )

    assert fingerprint(GOMOD) == fingerprint(other)
    assert len(fingerprint(GOMOD)) == 16


@pytest.mark.parametrize(
    "change",
    [
        {"module": "example.com/other"},
        {"go": "1.26.6"},
        {"toolchain": ""},
        {"requires": ()},
        {"excludes": ()},
        {"replaces": (FORK,)},
    ],
)
def test_fingerprint_tells_contents_apart(change: dict[str, object]) -> None:
    """Whatever changes the selection changes the fingerprint."""
    assert fingerprint(GOMOD) != fingerprint(replace(GOMOD, **change))  # type: ignore[arg-type]


def test_fingerprint_is_stable() -> None:
    """A fingerprint kept in a journal stays comparable."""
    assert fingerprint(GOMOD) == fingerprint(parse(json.dumps(json.loads(PRINTED))))
    assert fingerprint(GoMod(module="m", go="1.21", toolchain="")) == "0cca5ab82e455743"


@pytest.mark.parametrize(
    ("replacement", "text", "is_folder"),
    [
        (FOLDER, "example.com/a => ../a", True),
        (FORK, "example.com/b v1.0.0 => example.com/c v1.0.1", False),
    ],
)
def test_replacement_reads_as_in_go_mod(
    replacement: Replacement, text: str, is_folder: bool
) -> None:
    """A replacement is shown as go.mod has it."""
    assert (text, is_folder) == (str(replacement), replacement.is_folder)
