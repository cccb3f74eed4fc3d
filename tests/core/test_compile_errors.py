"""Compile errors: whose code they lie in, and which function they are about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.compile_errors import (
    CodeOwner,
    grouped,
    located,
    parse_errors,
    subject,
)
from autofix.core.gomod import Replacement
from autofix.core.gosource import enclosing_function
from autofix.core.observations import Selected

MAIN = "example.com/game"
BUILD = """\
# google.golang.org/api/internal
../go/pkg/mod/google.golang.org/api@v0.162.0/internal/settings.go:203:24: \
creds.GetUniverseDomain undefined (type *google.Credentials has no field or method \
GetUniverseDomain)
# example.com/game/shop
./shop.go:41:15: assignment mismatch: 2 variables but nk.StorageIndexList returns 3 values
shop/sale.go:8:5: not enough arguments in call to nk.AccountsGetId
	have (context.Context, []string)
	want (context.Context, []string, []string)
shop/sale.go:19:5: not enough arguments in call to nk.AccountsGetId
	have (context.Context, []string)
	want (context.Context, []string, []string)
./main.go:12:2: declared and not used: shelf
./main.go:12:2: too many errors
# example.com/studio/roster
../roster/roster.go:13:31: undefined: runtime.Roster
# example.com/lib [example.com/lib.test]
vendor/example.com/lib/deep/a.go:3:1: missing return
"""
LINKED = {
    "google.golang.org/api": Selected(version="v0.162.0"),
    "example.com/lib": Selected(version="v1.4.0"),
    "example.com/studio/roster": Selected(
        version="v0.0.0",
        replacement=Replacement(
            old_path="example.com/studio/roster",
            old_version="",
            new_path="../roster",
            new_version="",
        ),
    ),
}


def test_errors_are_grouped_by_owner_and_function() -> None:
    """Own code first, then libraries, then folders; each function with its places."""
    errors = located(parse_errors(BUILD.splitlines()), LINKED, MAIN)
    groups = grouped(errors, {"./main.go:12": "InitModule"})

    assert [
        (CodeOwner.OWN, "", "", "", "nk.StorageIndexList", ["./shop.go:41"]),
        (
            CodeOwner.OWN,
            "",
            "",
            "",
            "nk.AccountsGetId",
            ["shop/sale.go:8", "shop/sale.go:19"],
        ),
        (CodeOwner.OWN, "", "", "", "InitModule", ["./main.go:12"]),
        (
            CodeOwner.LIBRARY,
            "google.golang.org/api",
            "v0.162.0",
            "",
            "creds.GetUniverseDomain",
            [
                "../go/pkg/mod/google.golang.org/api@v0.162.0/internal/settings.go:203",
            ],
        ),
        (
            CodeOwner.LIBRARY,
            "example.com/lib",
            "v1.4.0",
            "",
            "",
            ["vendor/example.com/lib/deep/a.go:3"],
        ),
        (
            CodeOwner.FOLDER,
            "example.com/studio/roster",
            "v0.0.0",
            "../roster",
            "runtime.Roster",
            ["../roster/roster.go:13"],
        ),
    ] == [
        (
            group.owner,
            group.module,
            group.version,
            group.folder,
            group.function,
            [error.place for error in group.errors],
        )
        for group in groups
    ]
    assert (
        "have (context.Context, []string)",
        "want (context.Context, []string, []string)",
    ) == groups[1].errors[0].details


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("too many arguments in call to nk.LeaderboardCreate", "nk.LeaderboardCreate"),
        ("undefined: internaloption.WithDefault", "internaloption.WithDefault"),
        (
            (
                "cannot use &fleet{} (value of type *fleet) as runtime.FleetManagerInitializer"
                " value in argument to initializer.RegisterFleetManager: *fleet does not "
                "implement runtime.FleetManagerInitializer (wrong type for method Create)"
            ),
            "runtime.FleetManagerInitializer.Create",
        ),
        (
            (
                "cannot use name (variable of type string) as int value in argument to "
                "nk.StorageList"
            ),
            "nk.StorageList",
        ),
        (
            (
                'too few values in struct literal of type "google.golang.org/grpc/'
                'credentials/google".DefaultCredentialsOptions'
            ),
            "google.DefaultCredentialsOptions",
        ),
        (
            "assignment mismatch: 1 variable but nk.AccountGetId returns 2 values",
            "nk.AccountGetId",
        ),
        ("unknown field Shards in struct literal of type api.Match", "api.Match"),
        ("declared and not used: shelf", ""),
        ("missing return", ""),
    ],
)
def test_an_error_names_what_it_is_about(text: str, name: str) -> None:
    """As types2 words it (observed, Go 1.20 to 1.26), where it names anything."""
    assert name == subject(text)


def test_the_function_around_a_line() -> None:
    """Functions, methods, and nothing between declarations; strings do not count."""
    text = (
        "package main\n\nvar x = `\nfunc Fake() {\n`\n\n"
        "func InitModule() {\n\tx()\n}\n\n"
        "type Shop struct{}\n\nfunc (s *Shop[T]) Open(n int) error {\n\treturn y\n}\n"
    )

    assert ["", "", "InitModule", "", "Shop.Open"] == [
        enclosing_function(text, line) for line in (4, 5, 8, 11, 14)
    ]


@given(st.lists(st.text(max_size=200), max_size=20))
def test_any_output_is_read(lines: list[str]) -> None:
    """What a compiler prints is never trusted to have a form."""
    errors = located(parse_errors(lines), LINKED, MAIN)

    assert len(errors) == sum(len(group.errors) for group in grouped(errors, {}))


@given(st.text(max_size=500), st.integers(-5, 50))
def test_any_source_is_read(text: str, line: int) -> None:
    """A file that is no Go has no function, or one that it seems to have."""
    assert isinstance(enclosing_function(text, line), str)
