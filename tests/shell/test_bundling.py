"""A run becomes one file that others can use, and that tells no secret."""

from __future__ import annotations

import gzip
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from autofix.bundledsources import is_private, private_patterns
from autofix.bundling import MOST_LOG, Bundled, write_bundle
from autofix.core.linked import Linked
from autofix.errors import UsageError
from autofix.inputs import read_inputs, restored
from autofix.linkedfiles import LinkedFiles, compared_again
from autofix.replaying import replayed
from autofix.report.bundle import bundle_json, bundle_text
from autofix.runs import Run, read_run
from autofix.unbundling import Bundle, named_run, unbundled
from tests.shell.test_reproducing import STUCK, ran

TOKEN = "gh" + "p_" + "a1B2" * 9
MAIN = f"""package main

const apiKey = "{TOKEN}"

func main() {{}}
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a run with sources, logs and what was compared."""
    extra = {
        "keys.go": MAIN,
        "vendor/modules.txt": "# git.acme.dev/x v1.0.0\n# public.dev/y v1.0.0\n",
        "vendor/git.acme.dev/x/x.go": "package x\n",
        "vendor/public.dev/y/y.go": "package y\n",
    }
    path = ran(tmp_path, STUCK, files=extra)
    log = path / "round-01" / "server.log"
    log.parent.mkdir()
    log.write_text(f"password=hush-hush\nin /home/alice/x\n{TOKEN}\n")
    kept = LinkedFiles(run=path)
    server = Linked(name="server", machine="amd64", hashes={"a": "0", "runtime": "1"})
    kept.keep_server(server)
    plugin = replace(server, name="p", hashes={"a": "2", "runtime": "1"})
    kept.keep_plugin(plugin, name="backend.so", round_=1)
    return read_run(path)


def again(bundled: Bundled, folder: Path) -> Bundle:
    """Unpack a bundle as another machine does."""
    return unbundled(bundled.path, folder / f"again-{bundled.path.name}")


@pytest.mark.parametrize("name", ["out.tar.gz", "out.tar.zst"])
def test_a_bundle_is_the_run_again(run: Run, tmp_path: Path, name: str) -> None:
    """It replays, compares, tells its story, and has the sources."""
    bundled = write_bundle(run, tmp_path / name)
    bundle = again(bundled, tmp_path)
    past = read_run(bundle.folder)
    comparison = compared_again(bundle.folder)
    into = tmp_path / "into"
    module = restored(bundle.folder, read_inputs(bundle.folder), into)

    assert run.entries == past.entries
    assert replayed(past).difference is None
    assert (True, True) == (bundle.manifest.replays, bundle.manifest.sources)
    assert ["a"] == [each.package for each in comparison.differing]
    assert (module / "go.mod").is_file()


def test_equal_runs_give_equal_bytes(run: Run, tmp_path: Path) -> None:
    """Whatever the time, and whichever way it is compressed."""
    for name in ("a.tar.gz", "a.tar.zst"):
        first = write_bundle(run, tmp_path / name).path.read_bytes()
        for path in run.about.path.rglob("*.log"):
            path.touch()
        second = write_bundle(run, tmp_path / name).path.read_bytes()

        assert first == second


def test_nothing_secret_is_in_it(run: Run, tmp_path: Path) -> None:
    """Neither in logs nor in sources, and the manifest says what was covered."""
    bundled = write_bundle(run, tmp_path / "out.tar.gz")
    bundle = again(bundled, tmp_path)
    into = tmp_path / "into"
    module = restored(bundle.folder, read_inputs(bundle.folder), into)
    everything = b"".join(
        each.read_bytes()
        for folder in (bundle.folder, into)
        for each in folder.rglob("*")
        if each.is_file() and each.suffix != ".gz"
    )

    for secret in (TOKEN.encode(), b"hush-hush", b"alice"):
        assert secret not in everything
    assert MAIN.replace(TOKEN, "x" * len(TOKEN)) == (module / "keys.go").read_text()
    assert any(each.name.endswith("keys.go") for each in bundle.manifest.left_out)


def test_private_modules_stay_here(run: Run, tmp_path: Path) -> None:
    """Those that GOPRIVATE names; it is said which."""
    bundled = write_bundle(run, tmp_path / "out.tar.gz", private=("*.acme.dev",))
    bundle = again(bundled, tmp_path)
    module = restored(bundle.folder, read_inputs(bundle.folder), tmp_path / "into")

    assert not (module / "vendor" / "git.acme.dev").exists()
    assert (module / "vendor" / "public.dev" / "y" / "y.go").is_file()
    assert ["project/vendor/git.acme.dev/x"] == [
        each.name for each in bundle.manifest.left_out if "private" in each.why
    ]


@pytest.mark.parametrize(
    ("module", "patterns", "private"),
    [
        ("git.acme.dev/x", ("*.acme.dev",), True),
        ("git.acme.dev/x/y", ("git.acme.dev/x",), True),
        ("git.acme.dev/xy", ("git.acme.dev/x",), False),
        ("github.com/acme/x", ("github.com/acme",), True),
        ("github.com/acme", ("github.com/acme/x",), False),
        ("public.dev/x", (), False),
    ],
)
def test_private_is_what_go_calls_so(
    module: str, patterns: tuple[str, ...], private: bool
) -> None:
    """A pattern counts for as many elements of the path as it has."""
    assert private == is_private(module, patterns)


def test_patterns_come_of_gos_variables() -> None:
    """Each once, in order."""
    variables = {"GOPRIVATE": "a.dev/, b.dev", "GONOPROXY": "b.dev", "GOPROXY": "x"}

    assert ("a.dev", "b.dev") == private_patterns(variables)


def test_without_sources_it_replays_and_compares(run: Run, tmp_path: Path) -> None:
    """No source, no setting and no patch is in it."""
    bundled = write_bundle(run, tmp_path / "out.tar.gz", sources=False)
    bundle = again(bundled, tmp_path)
    names = {each.name for each in bundle.manifest.members}

    assert not bundle.manifest.sources
    assert not [name for name in names if name.startswith("inputs")]
    assert replayed(read_run(bundle.folder)).difference is None
    assert not compared_again(bundle.folder).equal
    assert "--replay" in bundle_text(bundled)
    assert f"autofix reproduce {bundled.path}\n" not in bundle_text(bundled)


def test_a_long_log_keeps_its_ends(run: Run, tmp_path: Path) -> None:
    """And the bundle says so."""
    log = run.about.path / "round-01" / "build.log"
    log.write_text("first\n" + "x" * 3 * MOST_LOG + "\nlast\n")
    bundled = write_bundle(run, tmp_path / "out.tar.gz")
    text = (again(bundled, tmp_path).folder / "round-01" / "build.log").read_text()

    assert text.startswith("first\n")
    assert text.endswith("\nlast\n")
    assert len(text) < MOST_LOG + 1000
    assert "bytes left out of the bundle here" in text
    assert '"round-01/build.log"' in bundle_json(bundled)


def test_another_name_is_refused(run: Run, tmp_path: Path) -> None:
    """Nothing is written over by mistake."""
    with pytest.raises(UsageError, match=r"main\.go"):
        write_bundle(run, tmp_path / "main.go")


def test_members_are_plain(run: Run, tmp_path: Path) -> None:
    """Any tar reads it; the manifest comes first, names are in order, no times."""
    path = write_bundle(run, tmp_path / "out.tar.gz").path
    with tarfile.open(path) as archive:
        members = archive.getmembers()
    names = [each.name for each in members]

    assert "manifest.json" == names[0]
    assert sorted(names[1:]) == names[1:]
    assert {(0, 0, 0)} == {(each.mtime, each.uid, each.gid) for each in members}


def test_a_bundle_is_named_like_a_run(run: Run, tmp_path: Path) -> None:
    """Its folder is gone afterwards."""
    path = write_bundle(run, tmp_path / "out.tar.gz").path
    with named_run(tmp_path, str(path)) as (folder, bundle):
        assert bundle is not None
        assert run.about.run_id == read_run(folder).about.run_id

    assert not folder.exists()


def test_its_inner_archive_has_no_times(run: Run, tmp_path: Path) -> None:
    """Not even in the header of gzip."""
    bundle = again(write_bundle(run, tmp_path / "out.tar.gz"), tmp_path)
    packed = (bundle.folder / "inputs" / "sources.tar.gz").read_bytes()

    assert bytes(4) == packed[4:8]
    assert gzip.decompress(packed)
    assert json.loads((bundle.folder / "run.json").read_text()).keys() == {
        *("run_id", "project", "began", "autofix"),
    }
