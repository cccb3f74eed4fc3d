"""
Dockerfiles: stages, the images they start from, what they run and copy.

Follows the Dockerfile reference: parser directives, ARG before and after FROM, ENV,
line continuations, comments inside them, here-documents, exec and shell forms. Text
that is no Dockerfile gives stages that mean nothing; nothing here raises.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from autofix.core.imageref import ImageRef, parse_image
from autofix.core.interpolation import Style, expand

_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(\S+)\s*")
_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)(?:\s+(.*))?", re.DOTALL)
_HEREDOC = re.compile(r"<<-?(?P<quote>['\"]?)(?P<word>[A-Za-z_]\w*)(?P=quote)")
_FROM = re.compile(r"(?P<image>\S+)(?:\s+[Aa][Ss]\s+(?P<name>\S+))?.*", re.DOTALL)
_FLAG = re.compile(r"--([a-z][\w-]*)(?:=(\"[^\"]*\"|\S*))?\s*")
_ASSIGNMENT = re.compile(
    r"([A-Za-z_]\w*)=(\"(?:[^\"\\]|\\.)*\"|'[^']*'|(?:\\.|[^\s\\])*)"
)
_MOST_INSTRUCTIONS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One RUN as shell text, with the variables that BuildKit would set for it."""

    line: int
    script: str
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One COPY or ADD; ``stage`` is the name of ``--from`` or "" for the context."""

    line: int
    stage: str
    sources: tuple[str, ...]
    target: str

    @property
    def plugins(self) -> tuple[str, ...]:
        """Return those sources that are plugin files."""
        return tuple(name for name in self.sources if name.lower().endswith(".so"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """
    One FROM and what follows it.

    ``image`` is None where the stage continues another stage (``base``), starts
    from scratch, or names something that is no image; ``text`` is the reference
    after variables, ``missing`` the variables in it that have no value.
    """

    line: int
    name: str
    text: str
    image: ImageRef | None
    base: str = ""
    platform: str = ""
    missing: tuple[str, ...] = ()
    runs: tuple[Run, ...] = ()
    copies: tuple[Copy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dockerfile:
    """A Dockerfile's stages in order."""

    stages: tuple[Stage, ...] = ()

    def lineage(self, target: str = "") -> tuple[Stage, ...]:
        """
        Return the stage that a build of ``target`` ends in, and those it builds upon.

        ``target`` is a stage's name or number; "" or an unknown one is the last stage.
        """
        found: list[Stage] = []
        stage = self._stage(target) if target else None
        if stage is None and self.stages:
            stage = self.stages[-1]
        while stage is not None and stage not in found:
            found.append(stage)
            stage = self._stage(stage.base) if stage.base else None
        return tuple(found)

    def _stage(self, name: str) -> Stage | None:
        for index, stage in enumerate(self.stages):
            if name.lower() in {stage.name.lower(), str(index)}:
                return stage
        return None


@dataclass(slots=True, kw_only=True)
class _Instruction:
    line: int
    keyword: str
    value: str
    documents: tuple[str, ...] = ()


def parse_dockerfile(
    text: str,
    *,
    arguments: Mapping[str, str] | None = None,
    fallback: Mapping[str, str] | None = None,
) -> Dockerfile:
    """
    Read a Dockerfile.

    ``arguments`` are build arguments and win over ARG defaults; ``fallback`` gives
    values to ARGs that have neither.
    """
    reader = _Reader(arguments or {}, fallback or {})
    for instruction in _instructions(text):
        reader.take(instruction)
    return Dockerfile(stages=reader.finished())


class _Reader:
    """Walks the instructions and keeps what is in scope: ARGs, ENV, the stage."""

    def __init__(
        self, arguments: Mapping[str, str], fallback: Mapping[str, str]
    ) -> None:
        self._arguments = arguments
        self._fallback = fallback
        self._global: dict[str, str] = {}
        self._scope: dict[str, str] = {}
        self._folder = ""
        self._names: dict[str, dict[str, str]] = {}
        self._stages: list[Stage] = []
        self._open: Stage | None = None
        self._runs: list[Run] = []
        self._copies: list[Copy] = []

    def take(self, instruction: _Instruction) -> None:
        match instruction.keyword:
            case "FROM":
                self._begin(instruction)
            case "ARG":
                self._argument(instruction.value)
            case _ if self._open is None:
                return
            case "ENV":
                self._environment(instruction.value)
            case "WORKDIR":
                folder = self._expand(instruction.value.strip())
                rooted = folder.startswith("/") or not self._folder
                self._folder = folder if rooted else f"{self._folder}/{folder}"
            case "RUN":
                self._run(instruction)
            case "COPY" | "ADD":
                self._copy(instruction)

    def finished(self) -> tuple[Stage, ...]:
        self._close()
        return tuple(self._stages)

    def _expand(self, text: str) -> str:
        return expand(text, self._scope, Style.DOCKERFILE).text

    def _begin(self, instruction: _Instruction) -> None:
        self._close()
        flags, rest = _flags(instruction.value)
        values = {**self._fallback, **self._global}
        reference = _FROM.fullmatch(rest.strip())
        written = reference["image"] if reference else ""
        filled = expand(written, values, Style.DOCKERFILE)
        platform = expand(flags.get("platform", ""), values, Style.DOCKERFILE).text
        known = self._names.get(filled.text.lower())
        self._open = Stage(
            line=instruction.line,
            name=(reference["name"] or "") if reference else "",
            text=filled.text or written,
            image=None if known is not None else _image(filled.text),
            base=filled.text if known is not None else "",
            platform=platform,
            missing=filled.missing,
        )
        self._scope = dict(known or {})
        self._folder = ""

    def _close(self) -> None:
        if self._open is None:
            return
        stage = Stage(
            line=self._open.line,
            name=self._open.name,
            text=self._open.text,
            image=self._open.image,
            base=self._open.base,
            platform=self._open.platform,
            missing=self._open.missing,
            runs=tuple(self._runs),
            copies=tuple(self._copies),
        )
        if stage.name:
            self._names[stage.name.lower()] = dict(self._scope)
        self._stages.append(stage)
        self._open, self._runs, self._copies = None, [], []

    def _argument(self, value: str) -> None:
        for name, default in _declarations(value):
            scope = self._scope if self._open else self._global
            if name in self._arguments:
                scope[name] = self._arguments[name]
            elif default is not None:
                scope[name] = expand(default, scope, Style.DOCKERFILE).text
            else:
                outer = {**self._fallback, **self._global}
                scope.update({name: outer[name]} if name in outer else {})

    def _environment(self, value: str) -> None:
        pairs = _ASSIGNMENT.findall(value)
        if not pairs:
            name, _, rest = value.strip().partition(" ")
            pairs = [(name, rest.strip())] if name else []
        for name, written in pairs:
            self._scope[name] = self._expand(_unquoted(written))

    def _run(self, instruction: _Instruction) -> None:
        _, script = _flags(instruction.value)
        if instruction.documents:
            command = _HEREDOC.sub("", script).strip()
            body = "\n".join(instruction.documents)
            script = f"{command}\n{body}" if command else body
        else:
            script = _exec_form(script)
        self._runs.append(
            Run(
                line=instruction.line,
                script=script,
                environment=dict(self._scope),
                folder=self._folder,
            )
        )

    def _copy(self, instruction: _Instruction) -> None:
        flags, rest = _flags(instruction.value)
        match [self._expand(word) for word in _words(rest)]:
            case [*sources, target] if sources:
                self._copies.append(
                    Copy(
                        line=instruction.line,
                        stage=self._expand(flags.get("from", "")),
                        sources=tuple(sources),
                        target=target,
                    )
                )


def _image(text: str) -> ImageRef | None:
    return None if text.lower() == "scratch" else parse_image(text)


def _instructions(text: str) -> list[_Instruction]:
    """Join continued lines and here-documents into instructions with line numbers."""
    lines = text.removeprefix("\ufeff").splitlines()
    escape = _escape_character(lines)
    found: list[_Instruction] = []
    at = 0
    while at < len(lines) and len(found) < _MOST_INSTRUCTIONS:
        first = at
        pieces: list[str] = []
        while at < len(lines):
            line = lines[at]
            at += 1
            if line.lstrip().startswith("#") or (pieces and not line.strip()):
                continue
            if line.rstrip().endswith(escape):
                pieces.append(line.rstrip()[:-1])
                continue
            pieces.append(line)
            break
        parsed = _INSTRUCTION.fullmatch("".join(pieces)) if pieces else None
        if parsed is None:
            continue
        keyword, value = parsed[1].upper(), parsed[2] or ""
        documents: list[str] = []
        if keyword in {"RUN", "COPY", "ADD"}:
            for heredoc in _HEREDOC.finditer(value):
                body, at = _document(lines, at, heredoc["word"])
                documents.append(body)
        while lines[first].lstrip().startswith("#") or not lines[first].strip():
            first += 1
        found.append(
            _Instruction(
                line=first + 1,
                keyword=keyword,
                value=value,
                documents=tuple(documents),
            )
        )
    return found


def _escape_character(lines: list[str]) -> str:
    """Return the escape that a parser directive at the top chooses, else backslash."""
    for line in lines:
        directive = _DIRECTIVE.fullmatch(line.strip())
        if directive is None:
            break
        if directive[1].lower() == "escape" and directive[2] in {"\\", "`"}:
            return directive[2]
    return "\\"


def _document(lines: list[str], at: int, word: str) -> tuple[str, int]:
    body: list[str] = []
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.strip() == word:
            break
        body.append(line)
    return "\n".join(body), at


def _flags(value: str) -> tuple[dict[str, str], str]:
    """Split leading ``--name=value`` flags from the rest."""
    flags: dict[str, str] = {}
    rest = value.lstrip()
    while found := _FLAG.match(rest):
        flags[found[1]] = _unquoted(found[2] or "")
        rest = rest[found.end() :]
    return flags, rest


def _declarations(value: str) -> list[tuple[str, str | None]]:
    """Read ARG's names and defaults, also several on one line."""
    found: list[tuple[str, str | None]] = []
    for word in re.findall(r"(?:\"[^\"]*\"|'[^']*'|[^\s\"'])+", value):
        name, equals, default = word.partition("=")
        if re.fullmatch(r"[A-Za-z_]\w*", name):
            found.append((name, _unquoted(default) if equals else None))
    return found


def _exec_form(script: str) -> str:
    """Turn ``["go", "build"]`` into shell text; shell text stays as it is."""
    words = _json_words(script)
    return shlex.join(words) if words else script


def _words(rest: str) -> list[str]:
    return _json_words(rest) or rest.split()


def _json_words(text: str) -> list[str]:
    if not text.lstrip().startswith("["):
        return []
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if isinstance(parsed, list) and all(isinstance(word, str) for word in parsed):
        return parsed
    return []


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text.replace("\\ ", " ")
