"""Plugin build lines, in the manner of public repositories."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.buildline import BuildLine, build_lines, go_command
from autofix.core.buildlint import lint_gcflags
from autofix.core.imageref import parse_image
from autofix.core.interpolation import Style


def one(script: str, **options: str) -> BuildLine:
    """Read a script that holds exactly one plugin build."""
    (found,) = build_lines(script, file="build.sh", environment=options)
    return found


def names(line: BuildLine) -> list[str]:
    """Return the names of a line's findings, sorted."""
    return sorted(finding.name for finding in line.findings)


@pytest.mark.parametrize(
    "script",
    [
        "go build --trimpath --mod=vendor --buildmode=plugin -o ./arena.so",
        "go build -trimpath -mod vendor -buildmode plugin -o bin/arena.so .",
        "@go build -trimpath -mod=vendor -buildmode=plugin -o arena.so main.go rpc.go",
        (
            "go test -race ./... && go build -trimpath -mod=vendor -buildmode=plugin"
            " -o /out/arena.so ."
        ),
        "if ! go build -trimpath -mod=vendor -buildmode=plugin -o arena.so; then x; fi",
        (
            "for d in a; do go build -trimpath -mod=vendor -buildmode=plugin -o arena.so;"
            " done"
        ),
        "sh -ec 'go build -trimpath -mod=vendor -buildmode=plugin -o ../arena.so .'",
        (
            "/usr/local/go/bin/go build -trimpath -mod=vendor -buildmode=plugin -oarena"
            " -o=arena.so"
        ),
    ],
)
def test_spellings_of_one_build(script: str) -> None:
    """Dashes, values, quotes, chains and shells make no difference."""
    line = one(script)

    assert ("arena.so", ".", "vendor", []) == (
        line.output,
        line.package,
        line.mod,
        names(line),
    )
    assert [
        "-trimpath",
        "-buildmode=plugin",
        "-mod=vendor",
        "-o",
        "/x/y.so",
        ".",
    ] == line.arguments("/x/y.so", vendored=True)


def test_what_matters_is_kept() -> None:
    """Tags, linker and compiler flags and the package go into the build."""
    line = one(
        """CGO_LDFLAGS=-lm GOAMD64=v3 GOPRIVATE=example.com/* \\
        go build -tags "nakama,extra" -ldflags="-s -w -X 'main.v=1 2'" \\
          -gcflags=-N -trimpath -buildmode=plugin -o a.so ./cmd/arena"""
    )

    assert {
        "CGO_LDFLAGS": "-lm",
        "GOAMD64": "v3",
        "GOPRIVATE": "example.com/*",
    } == line.environment
    assert [
        "-trimpath",
        "-buildmode=plugin",
        "-mod=readonly",
        "-tags=nakama,extra",
        "-ldflags=-s -w -X 'main.v=1 2'",
        "-gcflags=-N",
        "-o",
        "a.so",
        "./cmd/arena",
    ] == line.arguments("a.so", vendored=False)


def test_a_project_without_a_build_line_has_the_plain_one() -> None:
    """Package, tags and gcflags may come from elsewhere."""
    assert [
        "-trimpath",
        "-buildmode=plugin",
        "-mod=readonly",
        "-tags=t",
        "-gcflags=all=-N -l",
        "-o",
        "x.so",
        "./p",
    ] == BuildLine().arguments(
        "x.so", vendored=False, package="./p", tags=("t",), gcflags="all=-N -l"
    )


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("go build -buildmode=plugin -o a.so", ["no-trimpath"]),
        ("go build -trimpath -o a.so", ["no-plugin-buildmode"]),
        ("go build -trimpath -buildmode=c-shared -o a.so", ["no-plugin-buildmode"]),
        ("go build -trimpath -buildmode=plugin -o bin/arena", ["output-not-so"]),
        ("go build -trimpath -buildmode=plugin -o out/$NAME", []),
        ("go build -trimpath -buildmode=plugin -o out/", []),
        (
            "export GOFLAGS='-trimpath -mod=vendor'\ngo build -buildmode=plugin",
            [],
        ),
        (
            "GOOS=darwin GOARCH=386 go build -trimpath -buildmode=plugin",
            ["foreign-goarch", "foreign-goos"],
        ),
        (
            "env CGO_ENABLED=0 go build -trimpath -buildmode=plugin",
            ["cgo-disabled"],
        ),
        ("go mod tidy\ngo build -trimpath -buildmode=plugin", ["tidy-before-build"]),
        (
            "go generate ./... && go build -trimpath -buildmode=plugin",
            ["generate-before-build"],
        ),
        (
            "apt-get install git \\\n zlib1g-dev\ngo build -trimpath -buildmode=plugin",
            ["packages-before-build"],
        ),
        ("apk add --no-cache git gcc\ngo build -trimpath -buildmode=plugin", []),
        ("go build -trimpath -buildmode=plugin && go generate ./...", []),
        ("go build -race -trimpath -buildmode=plugin", ["race-build"]),
        ("go build -cover -trimpath -buildmode=plugin", ["coverage-build"]),
        (
            "export GOTOOLCHAIN=auto; go build -trimpath -buildmode=plugin",
            ["gotoolchain"],
        ),
        ("GOEXPERIMENT=x go build -trimpath -buildmode=plugin", ["goexperiment"]),
        (
            'go build -trimpath -buildmode=plugin -ldflags "-X m.v=$(git describe)"',
            ["build-variables-unknown"],
        ),
    ],
)
def test_what_is_missing_or_harmful_is_said(script: str, expected: list[str]) -> None:
    """Each has a finding of its own, and an answer."""
    line = one(script)

    assert expected == names(line)
    assert all(finding.text and finding.answer for finding in line.findings)


@pytest.mark.parametrize(
    ("written", "server", "said"),
    [
        ("", "", []),
        ("all=-N -l", "all=-N -l", []),
        ("all=-N -l", "", ["fits only the nakama-dsym image"]),
        ("", "all=-N -l", ["has no -gcflags 'all=-N -l'"]),
        ("all=-N", "all=-N -l", ["autofix builds with 'all=-N -l'"]),
    ],
)
def test_flags_for_every_package_are_judged_by_the_server(
    written: str, server: str, said: list[str]
) -> None:
    """A debugging build is right for nakama-dsym, and wrong for the normal image."""
    flag = f"-gcflags '{written}' " if written else ""
    line = one(f"go build {flag}-trimpath -buildmode=plugin")
    found = list(lint_gcflags(line.every_gcflags, server))

    assert written == line.every_gcflags
    assert len(said) == len(found)
    assert all(
        words in f"{finding.text} {finding.answer}"
        for words, finding in zip(said, found, strict=True)
    )


def test_harmful_flags_are_not_kept() -> None:
    """Neither -race nor all= nor a shell's variables reach the build."""
    line = one(
        'go build -race -gcflags "all=-N -l" -tags "$TAGS" -buildmode=plugin'
        ' -ldflags "-X main.v=$(git describe --tags) -s" -o $NAME.so'
    )

    assert ("", [], "-X main.v=unknown -s", "", ()) == (
        line.output,
        list(line.environment),
        line.ldflags,
        line.gcflags,
        line.tags,
    )


def test_trimpath_for_the_compiler_alone_is_dropped() -> None:
    """The documentation's old form changes the main package only."""
    line = one(
        'go build --trimpath --mod=vendor --gcflags "--trimpath $PWD"'
        ' -asmflags "--trimpath $PWD" --buildmode=plugin -o ./a.so'
    )

    assert ("", []) == (line.gcflags, names(line))


BUILDER = "heroiclabs/nakama-pluginbuilder:3.26.0"


@pytest.mark.parametrize(
    "script",
    [
        (
            f'docker run --rm -w "/b" -v "$PWD:/b" {BUILDER} build -trimpath'
            " -buildmode=plugin -o ./bin/a.so"
        ),
        (
            f"podman run --rm --workdir=/b --entrypoint sh {BUILDER} -ec"
            " 'go mod vendor && go build -trimpath -buildmode=plugin -o a.so .'"
        ),
        (
            f'"$container" run --rm -v x:/b -w /b --entrypoint go {BUILDER}'
            " build -trimpath -buildmode=plugin -o a.so"
        ),
        (
            f"docker run -w /b {BUILDER} \\\n  build -trimpath \\\n -buildmode=plugin"
            " -o a.so && cp a.so /elsewhere"
        ),
    ],
)
def test_builds_behind_docker_run(script: str) -> None:
    """The builder's entrypoint is go; a shell may stand in its place."""
    line = one(script)

    assert (BUILDER, "a.so", "/b", []) == (
        str(line.image),
        line.output,
        line.folder,
        names(line),
    )


def test_the_environment_and_platform_of_docker_run() -> None:
    """-e and --platform belong to the build inside."""
    line = one(
        "docker run -e CGO_ENABLED=0 --env GOAMD64=v2 --platform linux/arm64"
        f" -e HOME {BUILDER} build -trimpath -buildmode=plugin"
    )

    assert ("linux/arm64", {"GOAMD64": "v2"}, ["cgo-disabled"]) == (
        line.platform,
        line.environment,
        names(line),
    )


def test_a_program_given_to_the_builders_entrypoint_is_noted() -> None:
    """``IMAGE go build`` cannot work, yet says how the plugin is meant to be built."""
    line = one(f"docker run {BUILDER} go build -trimpath -buildmode=plugin -o a.so")

    assert ("a.so", ["builder-entrypoint"]) == (line.output, names(line))


def test_variables_of_a_makefile_are_filled_in() -> None:
    """The image's tag, the output and the package may all be variables."""
    (line,) = build_lines(
        "\tdocker run ns/nakama-pluginbuilder:$(VER) build -trimpath"
        " -buildmode=plugin -o ./bin/${APP} ./cmd/$(NAME)",
        file="Makefile",
        line=7,
        style=Style.MAKE,
        variables={"VER": "3.27.0", "APP": "chess.so", "NAME": "chess"},
    )

    assert ("Makefile:7", "chess.so", "./cmd/chess") == (
        line.place,
        line.output,
        line.package,
    )
    assert "3.27.0" == (line.image.tag if line.image else "")


def test_a_package_that_only_the_shell_knows_is_left_open() -> None:
    """A loop over folders names no package."""
    line = one("for d in */; do\n  go build -buildmode=plugin -o $d.so ./$d\ndone")

    assert (2, "", "") == (line.line, line.package, line.output)


def test_folders_are_followed() -> None:
    """``cd`` and ``-C`` say where the build runs."""
    line = one("cd server && go build -C game -buildmode=plugin -o a.so ./cmd")

    assert ("server/game", "./cmd") == (line.folder, line.package)


def test_other_builds_are_no_plugins() -> None:
    """Programs and tests in the same script are not the plugin."""
    script = "go build -o bin/tool ./cmd/tool\ngo vet ./...\ngo install ./cmd/x"

    assert build_lines(script, file="x") == ()


def test_words_of_a_compose_command() -> None:
    """A compose service with the builder image gives its words to go."""
    (line,) = go_command(
        ["build", "-trimpath", "-buildmode=plugin", "-o", "a.so"],
        file="compose.yml",
        line=3,
        environment={},
        image=parse_image(BUILDER),
    )

    assert ("compose.yml:3", []) == (line.place, names(line))


PIECES = ["go build ", "-o ", "-buildmode=plugin ", "docker run ", BUILDER, " sh -c '"]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12))).map("".join))
def test_any_text_is_read_without_raising(text: str) -> None:
    """Whatever is found can be built."""
    for line in build_lines(text, file="f"):
        assert line.arguments("o.so", vendored=False)[:2] == [
            "-trimpath",
            "-buildmode=plugin",
        ]
