"""
A whole go.mod read and edited as a value, where there is no Go to ask.

Only for a prediction that says what it rests on: what is written to a project is
always written by the go command.
"""

from __future__ import annotations

from dataclasses import replace

from autofix.core.comments import is_indirect
from autofix.core.gomod import GoMod, ModEdit, Replacement, Requirement
from autofix.core.model import ModuleVersion
from autofix.core.modtext import Statement, go_lines, lines, statements
from autofix.core.observations import Selected

_ARROW = "=>"


def gomod_of(text: str) -> GoMod:
    """Read a go.mod; statements of another form than Go writes are passed over."""
    split = lines(text)
    module = ""
    requires: list[Requirement] = []
    excludes: list[ModuleVersion] = []
    replaces: list[Replacement] = []
    for each in statements(text):
        match each.verb, each.words:
            case "module", (path,):
                module = path
            case "require", (path, version):
                comment = split[each.line][each.comment + 2 :].rstrip("\r")
                requires.append(
                    Requirement(
                        module=ModuleVersion(path=path, version=version),
                        indirect=each.comment >= 0 and is_indirect(comment),
                    )
                )
            case "exclude", (path, version):
                excludes.append(ModuleVersion(path=path, version=version))
            case "replace", words if (found := _replacement(words)) is not None:
                replaces.append(found)
            case _:
                pass
    go, toolchain = go_lines(text)
    return GoMod(
        module=module,
        go=go,
        toolchain=toolchain,
        requires=tuple(requires),
        excludes=tuple(excludes),
        replaces=tuple(replaces),
    )


def edited(gomod: GoMod, edit: ModEdit) -> GoMod:
    """Return what ``go mod edit`` would make of a go.mod."""
    requires = {each.module.path: each for each in gomod.requires}
    for module in edit.requires:
        old = requires.get(module.path)
        indirect = old.indirect if old else True
        requires[module.path] = Requirement(module=module, indirect=indirect)
    excludes = [each for each in gomod.excludes if each not in edit.drop_excludes]
    excludes += [each for each in edit.excludes if each not in excludes]
    return replace(
        gomod,
        go=edit.go or gomod.go,
        toolchain="" if edit.drop_toolchain else gomod.toolchain,
        requires=tuple(requires.values()),
        excludes=tuple(excludes),
        replaces=tuple(
            each for each in gomod.replaces if each not in edit.drop_replaces
        ),
    )


def required(gomod: GoMod) -> dict[str, Selected]:
    """Map each required module to what go.mod itself says of it."""
    lines_ = {(each.old_path, each.old_version): each for each in gomod.replaces}
    found = {}
    for each in gomod.requires:
        path, version = each.module.path, each.module.version
        found[path] = Selected(
            version=version,
            replacement=lines_.get((path, version)) or lines_.get((path, "")),
            indirect=each.indirect,
        )
    return found


def module_lines(text: str, verb: str = "require") -> dict[str, int]:
    """Map each module to the line, from 1, that requires (or replaces) it."""
    found: dict[str, int] = {}
    for each in statements(text):
        if each.verb == verb and each.words:
            found.setdefault(each.words[0], each.line + 1)
    return found


def statement_line(text: str, verb: str) -> int:
    """Return the line, from 1, of a statement such as ``go``; 0 if there is none."""
    found: Statement | None = next(
        (each for each in statements(text) if each.verb == verb), None
    )
    return found.line + 1 if found else 0


def last_line(text: str, verb: str = "require") -> int:
    """Return the last line, from 1, with such a statement: more go there; else 0."""
    found = [each.line + 1 for each in statements(text) if each.verb == verb]
    return max(found, default=0)


def _replacement(words: tuple[str, ...]) -> Replacement | None:
    if _ARROW not in words:
        return None
    place = words.index(_ARROW)
    old, new = words[:place], words[place + 1 :]
    if len(old) not in (1, 2) or len(new) not in (1, 2):
        return None
    return Replacement(
        old_path=old[0],
        old_version="".join(old[1:]),
        new_path=new[0],
        new_version="".join(new[1:]),
    )
