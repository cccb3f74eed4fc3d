"""Dockerfiles, in the manner of public plugin repositories."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autofix.core.dockerfile import Copy, parse_dockerfile

TWO_STAGES = """\
# syntax=docker/dockerfile:1
FROM heroiclabs/nakama-pluginbuilder:3.26.0 AS builder

ENV GO111MODULE on
ENV CGO_ENABLED 1

WORKDIR /arena
COPY . .
RUN go build --trimpath --mod=vendor --buildmode=plugin -o ./arena.so

FROM registry.heroiclabs.com/heroiclabs/nakama:3.26.0

COPY --from=builder /arena/arena.so /nakama/data/modules
COPY local.yml /nakama/data/
"""


def test_two_stages_are_read() -> None:
    """The template's shape: a builder stage, a server stage, the plugin copied over."""
    found = parse_dockerfile(TWO_STAGES)

    assert [
        (2, "builder", "heroiclabs/nakama-pluginbuilder:3.26.0"),
        (11, "", "registry.heroiclabs.com/heroiclabs/nakama:3.26.0"),
    ] == [(stage.line, stage.name, str(stage.image)) for stage in found.stages]
    build = found.stages[0].runs[0]
    assert (9, "/arena") == (build.line, build.folder)
    assert {"GO111MODULE": "on", "CGO_ENABLED": "1"} == build.environment
    expected = Copy(
        line=13,
        stage="builder",
        sources=("/arena/arena.so",),
        target="/nakama/data/modules",
    )
    assert expected == found.stages[1].copies[0]
    assert ("/arena/arena.so",) == found.stages[1].copies[0].plugins


def test_arguments_before_from_reach_the_images() -> None:
    """ARG defaults fill in FROM; a build argument wins over them."""
    text = """\
ARG HOST=registry.heroiclabs.com/
ARG NAKAMA_VERSION="3.32.1"
from --platform=linux/amd64 ${HOST}heroiclabs/nakama-pluginbuilder:$NAKAMA_VERSION as B
FROM ${BASE:-heroiclabs/nakama}:${NAKAMA_VERSION:-3.1.0}
"""
    builder = "registry.heroiclabs.com/heroiclabs/nakama-pluginbuilder:3.32.1"

    assert [(builder, "linux/amd64"), ("heroiclabs/nakama:3.32.1", "")] == [
        (stage.text, stage.platform) for stage in parse_dockerfile(text).stages
    ]
    by_hand = parse_dockerfile(text, arguments={"NAKAMA_VERSION": "3.40.0"})
    assert by_hand.stages[1].text == "heroiclabs/nakama:3.40.0"


def test_an_argument_without_a_value_is_named() -> None:
    """Where no file gives the tag, the variable is reported; a fallback may give it."""
    text = "ARG TAG\nFROM heroiclabs/nakama:${TAG}\n"
    stage = parse_dockerfile(text).stages[0]

    assert (None, ("TAG",)) == (stage.image, stage.missing)
    filled = parse_dockerfile(text, fallback={"TAG": "3.27.0"}).stages[0]
    assert str(filled.image) == "heroiclabs/nakama:3.27.0"


def test_arguments_reach_a_stage_only_when_declared_there() -> None:
    """An ARG before FROM is not in RUN's environment until the stage declares it."""
    text = "ARG V=1\nFROM golang:1.26 AS a\nRUN x\nARG V\nRUN y\nFROM a\nRUN z\n"
    stages = parse_dockerfile(text).stages

    assert [{}, {"V": "1"}, {"V": "1"}] == [
        run.environment for stage in stages for run in stage.runs
    ]


def test_a_stage_may_continue_another() -> None:
    """The lineage leads from the target through stages to the image they start from."""
    text = """\
FROM heroiclabs/nakama-pluginbuilder:3.27.0 AS build
FROM heroiclabs/nakama:3.27.0 AS base
FROM scratch AS export
COPY --from=build /out.so /
FROM base AS runtime
FROM runtime
"""
    found = parse_dockerfile(text)

    assert ["", "runtime", "base"] == [stage.name for stage in found.lineage()]
    assert ["export"] == [stage.name for stage in found.lineage("EXPORT")]
    assert ["build"] == [stage.name for stage in found.lineage("0")]


def test_continuations_comments_and_flags_of_run() -> None:
    """Comments and empty lines within a continued RUN are not part of it."""
    text = """\
FROM golang:1.26.5-bookworm
RUN --mount=type=cache,target=/root/.cache \\
    # fetched once
    go mod download && \\

    go build -trimpath -buildmode=plugin \\
      -o /out/a.so ./cmd/a
RUN ["go", "build", "-o", "my file.so"]
"""
    first, second = parse_dockerfile(text).stages[0].runs

    assert (2, 8) == (first.line, second.line)
    expected = (
        "go mod download && go build -trimpath -buildmode=plugin -o /out/a.so ./cmd/a"
    )
    assert expected == " ".join(first.script.split())
    assert second.script == "go build -o 'my file.so'"


def test_another_escape_character() -> None:
    """The escape directive makes the backtick continue lines (Windows images)."""
    text = "# escape=`\nFROM golang:1.26\nRUN go build `\n  -o C:\\x.so\n"

    assert parse_dockerfile(text).stages[0].runs[0].script == "go build   -o C:\\x.so"


def test_here_documents_are_scripts() -> None:
    """What stands in a here-document is run, not read as instructions."""
    text = """\
FROM golang:1.26
RUN <<EOF
go build -buildmode=plugin -o a.so
FROM nothing:1
EOF
RUN <<'END' bash
echo x
END
FROM heroiclabs/nakama:3.40.0
"""
    found = parse_dockerfile(text)
    first, second = found.stages[0].runs

    assert ["golang:1.26", "heroiclabs/nakama:3.40.0"] == [s.text for s in found.stages]
    assert first.script == "go build -buildmode=plugin -o a.so\nFROM nothing:1"
    assert second.script == "bash\necho x"


def test_windows_files_are_read() -> None:
    """A byte order mark and CRLF line ends change nothing."""
    windows = "\ufeff" + TWO_STAGES.replace("\n", "\r\n")

    assert parse_dockerfile(TWO_STAGES) == parse_dockerfile(windows)


PIECES = ["FROM ", "ARG ", "ENV ", "RUN ", "COPY ", "<<EOF", "\\\n", "${", "a:b", "\n"]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=20))).map("".join))
def test_any_text_is_read_without_raising(text: str) -> None:
    """Every stage began on a line of the text."""
    last = max(len(text.splitlines()), 1)

    assert all(1 <= stage.line <= last for stage in parse_dockerfile(text).stages)
