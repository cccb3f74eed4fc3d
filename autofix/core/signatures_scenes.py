"""What entries of the failure table ask of a whole scene: how it ended, what is absent."""

from __future__ import annotations

from autofix.core.model import EvidenceSource
from autofix.core.nakama import Level
from autofix.core.signatures_base import Facts, Scene, Voice
from autofix.core.signatures_readers import go_versions
from autofix.core.versions import go_language

GO_PROVIDER = "Initialising Go runtime provider"
GO_LOADED = "Go runtime modules loaded"

_LOADER_FRAMES = ("plugin.lastmoduleinit(", "plugin_lastmoduleinit(")
_TOOLS = (EvidenceSource.GO, EvidenceSource.BUILD)


def in_the_loader(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a crash of Go's loader itself, told by its frame in the dump."""
    if not scene.mentions(*_LOADER_FRAMES):
        return None
    return {**facts, **go_versions(scene.context)}


def in_package_init(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a panic under plugin.Open that is not the loader's own."""
    opening = scene.mentions("plugin.open(", "plugin.Open(")
    return facts if opening and not scene.mentions("InitModule(") else None


def in_init_module(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a panic with InitModule among its frames."""
    return facts if scene.mentions("InitModule(") else None


def in_the_project(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a panic with a frame of the project's own module, in a goroutine."""
    module = scene.context.project_module
    own = module and scene.mentions(f"{module}.", f"{module}/")
    return facts if own else None


def out_of_memory(facts: Facts, scene: Scene) -> Facts | None:
    """Accept what the engine killed for its memory."""
    return facts if scene.evidence.out_of_memory else None


def build_timed_out(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a go command that autofix's deadline ended."""
    late = scene.evidence.timed_out and scene.evidence.source in _TOOLS
    return {**facts, **_seconds(scene)} if late else None


def init_hangs(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a server that the deadline ended between opening and loaded."""
    late = scene.evidence.timed_out and (scene.is_check or _while_loading(scene))
    return {**facts, **_seconds(scene)} if late else None


def migration_timed_out(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a migration that the deadline ended."""
    source = scene.evidence.source
    late = scene.evidence.timed_out and source is EvidenceSource.MIGRATE
    return {**facts, **_seconds(scene)} if late else None


def timed_out_silent(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a server that the deadline ended before it wrote a line."""
    mute = scene.evidence.timed_out and not scene.clues
    return {**facts, **_seconds(scene)} if mute else None


def timed_out(facts: Facts, scene: Scene) -> Facts | None:
    """Accept anything else that the deadline ended."""
    return {**facts, **_seconds(scene)} if scene.evidence.timed_out else None


def no_modules(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a server that listed no module."""
    listed = scene.watch.modules_found
    return facts if listed == () and _may_be_up(scene) else None


def plugin_not_listed(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a server that listed other modules than a plugin that was built."""
    context, listed = scene.context, scene.watch.modules_found
    built = (context.plugin, *context.others) if context.plugin else ()
    plugin = next((one for one in built if not scene.watch.lists(one)), "")
    if not plugin or not listed or not _may_be_up(scene):
        return None
    return {**facts, "plugin": plugin, "modules": ", ".join(listed)[:500]}


def silent_other_go(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a silent end with 0 where the plugin is of another Go minor version."""
    versions = go_versions(scene.context)
    ours, theirs = versions.get("plugin_go", ""), versions.get("server_go", "")
    if not ours or not theirs or go_language(ours) == go_language(theirs):
        return None
    silent = _silent_check(scene) or (_ended(scene, 0) and _while_loading(scene))
    return {**facts, **versions} if silent else None


def silent_init(facts: Facts, scene: Scene) -> Facts | None:
    """
    Accept a server that ended with 0 between opening and loaded.

    Of a pasted log the end is not known; it tells only if opening is its last word.
    """
    last = scene.clues[-1].record if scene.pasted and scene.clues else None
    if last is not None and last.message == GO_PROVIDER and not last.from_runtime:
        return {**facts, "last_word": last.message}
    return facts if _ended(scene, 0) and _while_loading(scene) else None


def init_exits(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a process that ended while it loaded the plugin, with no failed record."""
    code = scene.evidence.exit_code
    checked = scene.is_check and (bool(scene.clues) or code != 1)
    if code in (None, 0, 137) or not (checked or _while_loading(scene)):
        return None
    if _has_failed_record(scene):
        return None
    if any(_is_crash(clue.text) for clue in scene.clues if clue.record is None):
        return None
    return {**facts, "exit_code": str(code)}


def silent_server(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a server that ended with 0 before it was up, with no failed record."""
    early = _ended(scene, 0) and not scene.watch.startup_done
    return facts if early and not _has_failed_record(scene) else None


def silent_check(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a check that ended with 0 and said nothing."""
    return facts if _silent_check(scene) else None


def check_without_a_line(facts: Facts, scene: Scene) -> Facts | None:
    """Accept a check that ended with 1 and said nothing."""
    mute = scene.is_check and scene.evidence.exit_code == 1 and not scene.clues
    return facts if mute else None


def killed(facts: Facts, scene: Scene) -> Facts | None:
    """Accept what was killed by SIGKILL."""
    return facts if scene.evidence.exit_code == 137 else None  # noqa: PLR2004


def _silent_check(scene: Scene) -> bool:
    ended = scene.is_check and scene.evidence.exit_code == 0
    return ended and not _has_failed_record(scene)


def _ended(scene: Scene, exit_code: int) -> bool:
    return scene.is_server and scene.evidence.exit_code == exit_code


def _while_loading(scene: Scene) -> bool:
    return scene.is_server and scene.logged(GO_PROVIDER) and not scene.logged(GO_LOADED)


def _may_be_up(scene: Scene) -> bool:
    return scene.pasted or scene.watch.startup_done


def _has_failed_record(scene: Scene) -> bool:
    return any(
        clue.record is not None
        and Voice.LOG in clue.voices
        and clue.record.level in (Level.ERROR, Level.FATAL)
        for clue in scene.clues
    )


def _is_crash(text: str) -> bool:
    return text.startswith(("panic: ", "fatal error: ", "SIG"))


def _seconds(scene: Scene) -> dict[str, str]:
    return {"seconds": f"{scene.evidence.seconds:.0f}"}
