"""What a run began with is kept whole, without secrets, and restored as it was."""

from __future__ import annotations

import gzip
import json
import tarfile
from pathlib import Path

import pytest

from autofix.config import Config
from autofix.errors import RunUnreadableError
from autofix.hintfiles import project_hints
from autofix.inputs import (
    FOLDER,
    SETTINGS_FILE,
    SOURCES,
    Inputs,
    given_files,
    keep_inputs,
    read_inputs,
    restored,
)
from autofix.project import find_project
from tests.shell.test_project import INIT, MODULE, tree

FILES = {
    "Dockerfile": "FROM heroiclabs/nakama:3.40.0\n",
    "server/go.mod": MODULE,
    "server/main.go": INIT,
    "server/data/words.txt": "one\ntwo\n",
    "server/.env": "TOKEN=hush\n",
    "server/tls/private.key": "hush",
    ".git/HEAD": "ref: refs/heads/main\n",
}


def kept(tmp_path: Path, config: Config | None = None) -> tuple[Path, Inputs]:
    """Keep the inputs of a run in a repository whose module is in a subfolder."""
    project = find_project(tree(tmp_path / "repo", FILES) / "server")
    run = tmp_path / "run"
    run.mkdir()
    keep_inputs(run, project, project.files(), config or Config())
    return run, read_inputs(run)


def below(folder: Path) -> dict[str, str]:
    """Read all files below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_sources_come_back_as_they_were(tmp_path: Path) -> None:
    """With what tells the target, in its place; a repository stays one."""
    run, inputs = kept(tmp_path)
    module = restored(run, inputs, tmp_path / "again")
    again = find_project(module)

    assert {
        name: FILES[name]
        for name in ("Dockerfile", "server/data/words.txt", "server/go.mod")
    } | {"server/main.go": INIT} == below(tmp_path / "again" / "project")
    assert tmp_path / "again" / "project" == again.git_root


def test_what_names_the_server_above_a_module_is_kept_without_git(
    tmp_path: Path,
) -> None:
    """It is read again where the sources are restored, as it was."""
    files = {name: text for name, text in FILES.items() if name != ".git/HEAD"}
    project = find_project(tree(tmp_path / "plain", files))
    run = tmp_path / "run"
    run.mkdir()
    keep_inputs(run, project, project.files(), Config())
    module = restored(run, read_inputs(run), tmp_path / "again")
    again = find_project(module)

    assert None is project.git_root
    assert FILES["Dockerfile"] == (module.parent / "Dockerfile").read_text()
    assert ["3.40.0"] == [each.image.tag for each in project_hints(again).servers]


def test_secrets_are_not_kept(tmp_path: Path) -> None:
    """Files whose names say that they hold credentials, and secret settings."""
    run, _ = kept(tmp_path, Config(database="me:hush@localhost:5432/x"))
    everything = gzip.decompress((run / FOLDER / SOURCES).read_bytes())

    assert b"hush" not in everything
    assert "hush" not in (run / FOLDER / SETTINGS_FILE).read_text()
    assert 0o700 == (run / FOLDER).stat().st_mode & 0o777


def test_only_settings_that_matter_are_kept(tmp_path: Path) -> None:
    """How it was shown, and where on this machine, does not."""
    config = Config(tags="live", max_rounds=7, verbose=True, keep=True, dry_run=True)
    _, inputs = kept(tmp_path, config)

    assert {"tags": "live", "max-rounds": 7} == inputs.settings


def test_given_files_are_kept(tmp_path: Path) -> None:
    """A plugin built before, the other modules, a modules.txt."""
    given = tree(
        tmp_path / "given",
        {"old.so": "ELF", "modules/a.lua": "a", "modules/b/c.js": "c", "m.txt": "# m"},
    )
    config = Config(
        so=given / "old.so", modules=given / "modules", modules_txt=given / "m.txt"
    )
    run, inputs = kept(tmp_path, config)
    restored(run, inputs, tmp_path / "again")
    found = given_files(tmp_path / "again")

    assert {"so", "modules", "modules_txt"} == found.keys()
    assert ("ELF", "# m") == (found["so"].read_text(), found["modules_txt"].read_text())
    assert {"a.lua": "a", "b/c.js": "c"} == below(found["modules"])


def test_links_are_links_again(tmp_path: Path) -> None:
    """They lead to where they led, inside the sources."""
    repo = tree(tmp_path / "repo", FILES)
    (repo / "server" / "more.txt").symlink_to("data/words.txt")
    run, inputs = kept(tmp_path)
    module = restored(run, inputs, tmp_path / "again")

    assert (module / "more.txt").is_symlink()
    assert "one\ntwo\n" == (module / "more.txt").read_text()


@pytest.mark.parametrize(
    "links",
    [
        {"project/x": "/etc/passwd"},
        {"project/x": "../../outside"},
        {"../x": "project"},
        {"project/server/../../../x": "."},
        {"project/x": "y/../outside", "project/y": ".."},
        {"project/a/b/x": "y/../../../../outside", "project/a/b/y": "../../.."},
    ],
)
def test_a_link_that_leads_out_is_refused(
    tmp_path: Path, links: dict[str, str]
) -> None:
    """An edited settings file cannot make one, nor one through another link."""
    run, inputs = kept(tmp_path)
    path = run / FOLDER / SETTINGS_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | {"links": links}))

    with pytest.raises(RunUnreadableError, match="leads out"):
        restored(run, read_inputs(run), tmp_path / "again")
    assert inputs.links == {}
    again = (tmp_path / "again").resolve()
    assert [] == [
        each for each in again.rglob("*") if not each.resolve().is_relative_to(again)
    ]


def test_sources_that_lead_out_are_refused(tmp_path: Path) -> None:
    """What is restored is unpacked like any archive of others."""
    run, inputs = kept(tmp_path)
    evil = tmp_path / "evil"
    evil.write_text("x")
    with tarfile.open(run / FOLDER / SOURCES, "w:gz") as tar:
        tar.add(evil, arcname="../evil")

    with pytest.raises(RunUnreadableError, match="leads out"):
        restored(run, inputs, tmp_path / "again")


def test_a_module_elsewhere_is_refused(tmp_path: Path) -> None:
    """The settings cannot point out of the sources either."""
    run, _ = kept(tmp_path)

    with pytest.raises(RunUnreadableError, match="leads out"):
        restored(run, Inputs(module="../../repo/server"), tmp_path / "again")


@pytest.mark.parametrize("content", [None, "", "[]", '{"settings": 3}'])
def test_a_run_without_inputs_says_what_else_can_be_done(
    tmp_path: Path, content: str | None
) -> None:
    """Its journal can still be replayed."""
    if content is not None:
        (tmp_path / FOLDER).mkdir()
        (tmp_path / FOLDER / SETTINGS_FILE).write_text(content)

    with pytest.raises(RunUnreadableError, match="was not kept") as caught:
        read_inputs(tmp_path)

    assert "--replay" in caught.value.todo


def test_sources_that_are_too_large_are_not_kept(tmp_path: Path) -> None:
    """The folder says so instead; a run goes on without."""
    repo = tree(tmp_path / "repo", FILES)
    big = repo / "server" / "noise.txt"
    with big.open("wb") as file, Path("/dev/urandom").open("rb") as noise:
        for _ in range(70):
            file.write(noise.read(1 << 20))
    project = find_project(repo / "server")
    run = tmp_path / "run"
    run.mkdir()
    keep_inputs(run, project, project.files(limit=1 << 30), Config())

    with pytest.raises(RunUnreadableError, match="more than 64 MiB"):
        read_inputs(run)
    assert not (run / FOLDER / SOURCES).exists()
