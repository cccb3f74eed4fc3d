"""
Bad input, end to end: what a person sees, and what is left of it.

Every run must end by itself, soon, with its own words and exit code; leave the
project as it was to the last time stamp, nothing in the engine, nothing in its
temporary folder; and take bounded memory whatever is thrown at it. Runs that spend
their time waiting are started together.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from scenarios.catalogue import load
from scenarios.kit import KitImages
from tests.engine_proxy import engine_proxy
from tests.live.hostile.images import hostile_images
from tests.live.hostile.plugins import misbehave
from tests.live.hostile.runs import Moment, Seen, autofix, left_by, listing

pytestmark = pytest.mark.live

SECONDS = 5
"""What a server gets to start that is to run into its time limit."""

PLENTY = 60
"""What any other gets: it must not depend on how busy the machine is."""

LATE = {
    "init-module-hangs",
    "migration-timed-out",
    "server-silent",
    "server-timed-out",
}
"""Failures that are noticed by the time limit."""

SLACK = 40.0
"""Seconds a run may take besides, on a busy machine."""

MEMORY = 160 << 20
"""Bytes; a run on a well-behaved server takes 75 MB."""

TOGETHER = 3

SERVERS = {
    "floods": "server-timed-out",
    "floods-stderr": "server-timed-out",
    "endless-line": "server-timed-out",
    "no-utf8": "unknown",
    "escapes": "stale-plugin",
    "silent": "server-silent",
    "closes-output": "server-silent",
    "leaves": "server-ends-silently",
    "killed": "process-killed",
    "no-plugin": "no-modules-found",
    "deaf": "server-silent",
    "forks": "unknown",
    "check-silent": "init-module-hangs",
    "migrate-floods": "migration-timed-out",
}
"""A way to misbehave (tests/live/hostile/server.go), and what the run ends with."""

PLUGINS = {
    "sleeps": "init-module-hangs",
    "exits": "init-exits",
    "panics-later": "plugin-panics",
    "prints": "",
    "forks": "",
    "recurses": "plugin-crashes",
}
"""A way to misbehave (tests/live/hostile/plugins.py), and the failure, if any."""


def healthy(folder: Path) -> Path:
    """Copy the healthy plugin."""
    shutil.copytree(load("healthy").path / "plugin", folder)
    return folder


class Together:
    """Runs on copies of the healthy plugin that are under way at the same time."""

    def __init__(self, folder: Path, pool: ThreadPoolExecutor) -> None:
        self._folder = folder
        self._pool = pool
        self._runs: dict[str, Future[Seen]] = {}

    def start(
        self,
        name: str,
        *options: str,
        expected: str,
        change: Callable[[Path], None] = lambda _project: None,
    ) -> None:
        """Begin a run by a name of its own."""
        home = self._folder / name
        project = healthy(home / "plugin")
        change(project)
        limit = f"--startup-timeout={SECONDS if expected in LATE else PLENTY}s"
        self._runs[name] = self._pool.submit(
            autofix, project, limit, *options, home=home
        )

    def seen(self, name: str) -> Seen:
        """Wait for the end of a run."""
        return self._runs[name].result()


@pytest.fixture(scope="module")
def together(
    kit: KitImages, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Together]:
    """Start every run on a server or a plugin that misbehaves."""
    folder = tmp_path_factory.mktemp("together")
    with (
        hostile_images(kit, tuple(SERVERS)) as images,
        ThreadPoolExecutor(max_workers=TOGETHER) as pool,
    ):
        runs = Together(folder, pool)
        for way, image in images.items():
            given = ("--server-image", image)
            runs.start(f"server-{way}", *given, expected=SERVERS[way])
        for way, expected in PLUGINS.items():

            def change(project: Path, way: str = way) -> None:
                misbehave(project, way)

            runs.start(f"plugin-{way}", expected=expected, change=change)
        yield runs


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the folder that a run has for itself."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def assert_nothing_left(seen: Seen) -> None:
    """Neither in the project nor in the engine nor in the temporary folder."""
    assert ((), [], ()) == (seen.changed, left_by(seen.pid), seen.temporary)


@pytest.mark.parametrize("way", SERVERS)
def test_a_hostile_server_ends_in_time_with_its_own_words(
    way: str, together: Together
) -> None:
    """It costs its time limit and no memory, and is called what it is."""
    seen = together.seen(f"server-{way}")

    assert (1, SERVERS[way]) == (seen.exit_code, seen.diagnosis), seen.stderr
    assert seen.seconds < 2 * SECONDS + SLACK
    assert seen.memory < MEMORY
    assert_nothing_left(seen)


@pytest.mark.parametrize("way", PLUGINS)
def test_a_hostile_plugin_is_explained(way: str, together: Together) -> None:
    """Whatever InitModule does, the run tells it or goes on."""
    seen = together.seen(f"plugin-{way}")

    failed = bool(PLUGINS[way])
    assert (int(failed), PLUGINS[way]) == (seen.exit_code, seen.diagnosis), seen.stderr
    assert seen.seconds < 2 * SECONDS + SLACK
    assert seen.memory < MEMORY
    assert_nothing_left(seen)


def test_what_a_server_prints_does_not_steer_the_terminal(
    kit: KitImages, home: Path
) -> None:
    """Title, cursor, direction and markup arrive as visible text, with -v as well."""
    leader, follower = os.openpty()
    with hostile_images(kit, ["escapes"]) as images:
        run = subprocess.Popen(
            [
                *(sys.executable, "-m", "autofix", "run", "-v", "--kit"),
                *("--server-image", images["escapes"], str(healthy(home / "plugin"))),
            ],
            env={**os.environ, "XDG_STATE_HOME": str(home), "TERM": "xterm"},
            stdin=subprocess.DEVNULL,
            stdout=follower,
            stderr=follower,
        )
        os.close(follower)
        shown = b"".join(iter(lambda: _read(leader), b"")).decode()
        os.close(leader)

    assert 1 == run.wait()
    assert "[/red]" in shown
    assert r"\x1b]0;owned\x07" in shown
    own = re.compile(r"\x1b\[(?:\?25[hl]|[0-9;]*m|[0-9]*[AGK]|2K)|\r")
    assert "" == re.sub(r"[\x20-\U0001f9ff\n]", "", own.sub("", shown))
    assert "\u202e" not in shown


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how a terminal without another side says that this is the end
        return b""


@pytest.mark.parametrize("phase", ["prepare", "build", "load", "start"])
def test_an_engine_that_dies_is_said_and_cleared_up_after(
    phase: str, kit: KitImages, home: Path
) -> None:
    """Exit 3 within seconds; what it took along is gone after the next command."""
    assert kit.releases
    target = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not target.startswith("unix://"):
        pytest.skip("the proxy stands before a socket of this machine")
    with engine_proxy(home, target.removeprefix("unix://")) as proxy:
        seen = autofix(
            healthy(home / "plugin"),
            home=home,
            environment={"DOCKER_HOST": proxy.address},
            moment=Moment(phase=phase, act=proxy.cut, delay=0.8),
        )
    subprocess.run([sys.executable, "-m", "autofix", "clean"], check=True)

    assert (3, "engine-lost") == seen.error
    assert seen.seconds < SLACK
    assert_nothing_left(seen)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("tcp://127.0.0.1:1", "refused"),
        ("unix:///there/is/no/engine.sock", "no such socket"),
        ("nonsense", "cannot be used"),
    ],
)
def test_no_engine_is_said_at_once(address: str, words: str, home: Path) -> None:
    """Exit 3, and the address that was tried."""
    project = healthy(home / "plugin")
    seen = autofix(project, home=home, environment={"DOCKER_HOST": address})

    assert (3, "engine-unavailable") == seen.error
    assert address in seen.result["error"]
    assert words in seen.result["error"]
    assert seen.seconds < SLACK
    assert () == seen.changed


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        (["--nakama", "3.26.9"], "image-missing", "knows no Nakama 3.26.9"),
        (["--nakama", "9.9.9"], "image-missing", "knows no Nakama 9.9.9"),
        (["--nakama", "[/red] $(x)"], "target", "neither a release tag nor an image"),
        (["--server-image", "{postgres}"], "foreign-image", "no file /nakama/nakama"),
        (["--server-image", "{golang}"], "foreign-image", "no file /nakama/nakama"),
        (["--builder-image", "{debian}"], "foreign-image", "is not a builder"),
        (["--builder-image", "{server}"], "foreign-image", "is not a builder"),
    ],
)
def test_images_that_are_not_what_they_should_be(
    options: list[str], error: str, words: str, kit: KitImages, home: Path
) -> None:
    """A tag nobody released, no tag at all, another program's image."""
    release = kit.releases["3.40.0"]
    named = {
        "postgres": kit.postgres,
        "debian": kit.debian,
        "golang": release.golang,
        "server": release.server,
    }
    given = [options[0], options[1].format(**named)]
    seen = autofix(healthy(home / "plugin"), *given, home=home)

    assert (2 if error == "target" else 3, error) == seen.error
    assert words in seen.result["error"]
    assert_nothing_left(seen)


def _no_module(project: Path) -> None:
    (project / "go.mod").unlink()


def _empty(project: Path) -> None:
    shutil.rmtree(project)
    project.mkdir()


def _no_init_module(project: Path) -> None:
    (project / "main.go").write_text("package main\n\nfunc main() {}\n")


def _not_main(project: Path) -> None:
    source = (project / "main.go").read_text()
    (project / "main.go").write_text(source.replace("package main", "package game"))


def _link_in_a_circle(project: Path) -> None:
    (project / "a.go").symlink_to("b.go")
    (project / "b.go").symlink_to("a.go")


def _unreadable_source(project: Path) -> None:
    (project / "main.go").chmod(0)


def _unreadable_project(project: Path) -> None:
    project.chmod(0)


def _read_only(project: Path) -> None:
    project.chmod(0o555)


def _read_only_go_mod(project: Path) -> None:
    (project / "go.mod").chmod(0o444)


def _dirty(project: Path) -> None:
    git = ["git", "-C", str(project), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "all"], check=True)
    with (project / "go.mod").open("a") as file:
        file.write("// mine\n")


@pytest.mark.parametrize(
    ("spoil", "exit_code", "words"),
    [
        (_no_module, 2, "this is not a Go module"),
        (_empty, 2, "this is not a Go module"),
        (_no_init_module, 2, "no package main with `func InitModule(`"),
        (_not_main, 2, "InitModule in ./main.go is in package game, not main"),
        (_link_in_a_circle, 2, "a.go is a symbolic link that leads nowhere"),
        (_unreadable_source, 2, "main.go cannot be read: Permission denied"),
        (_unreadable_project, 2, "cannot be opened: permission denied"),
        (_read_only, 3, "is read-only for this user"),
        (_read_only_go_mod, 3, "go.mod is read-only"),
        (_dirty, 2, "go.mod in"),
    ],
)
def test_a_project_that_cannot_be_worked_on(
    spoil: Callable[[Path], None],
    exit_code: int,
    words: str,
    kit: KitImages,
    home: Path,
) -> None:
    """Said before anything is built, and nothing is touched."""
    assert kit.releases
    project = healthy(home / "plugin")
    spoil(project)
    seen = autofix(project, home=home, before=_without_privileges())
    project.chmod(0o755)

    assert exit_code == seen.exit_code
    assert words in seen.result["error"]
    assert seen.result["error"].count("\n") <= 2
    assert_nothing_left(seen)


def _without_privileges() -> tuple[str, ...]:
    """Return what takes from root the right to read and write everything."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root without setpriv may read everything")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def test_odd_names_and_files_do_not_matter(kit: KitImages, home: Path) -> None:
    """Markup, blanks, line ends, bytes; links that lead away; 2 GB of something."""
    assert kit.releases
    project = healthy(home / "a [brackets] b [/red] é\n c")
    (project / "ünï cödé.go").write_text("package main\n\nvar Extra = 1\n")
    (project / "with space").mkdir()
    (project / "with space" / "日本 .txt").touch()
    os.close(os.open(os.fsencode(project) + b"/\xff\xfe.txt", os.O_CREAT))
    for link, target in (("a", "b"), ("b", "a"), ("up", ".."), ("pw", "/etc/passwd")):
        (project / link).symlink_to(target)
    with (project / "dump.bin").open("wb") as file:
        file.truncate(2 << 30)
    (project / "data").mkdir()
    (project / "data").chmod(0)
    seen = autofix(project, home=home, before=_without_privileges())
    (project / "data").chmod(0o755)

    left_out = {
        finding["text"].partition(" is not brought")[0]
        for finding in seen.result["findings"]
        if finding["name"] == "file-left-out"
    }
    assert 0 == seen.exit_code, seen.stderr
    assert left_out - {"data"} == {"a", "b", "up", "pw", "dump.bin"}
    assert seen.memory < MEMORY
    assert_nothing_left(seen)


ODD_GO_MOD = """\
// about the module

module example.com/tickets

go 1.27.1 // as of today

toolchain go1.27.2

// before
require ( // open
	// inside
	github.com/gofrs/uuid/v5 v5.3.2 // we like this one

	github.com/heroiclabs/nakama-common v1.47.0
) // closed

require google.golang.org/protobuf v1.36.11 // indirect
"""


def test_line_ends_and_comments_of_go_mod_survive(kit: KitImages, home: Path) -> None:
    """Only what had to change has changed, in a file of CRLF lines too."""
    assert kit.releases
    project = healthy(home / "plugin")
    (project / "go.mod").write_bytes(ODD_GO_MOD.replace("\n", "\r\n").encode())
    seen = autofix(project, home=home)
    text = (project / "go.mod").read_bytes().decode()

    assert 0 == seen.exit_code, seen.stderr
    assert "go1.27.2" == seen.result["dropped_toolchain"]
    expected = (
        ODD_GO_MOD.replace("go 1.27.1", "go 1.26.5")
        .replace("toolchain go1.27.2\n\n", "")
        .replace("v5.3.2 // we like", "v5.4.0 // we like")
        .replace("this one", "this one; autofix: nakama 3.40.0")
    )
    assert expected.replace("\n", "\r\n") == text
    assert [] == left_by(seen.pid)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "go-mod-nameless"),
        ("module example.com/a\n\nrequir (\n", "go-mod-malformed"),
        ("module example.com/a\n\ngo banana\n", "go-mod-malformed"),
        ("<<<<<<< HEAD\nmodule example.com/a\n", "go-mod-malformed"),
    ],
)
def test_a_go_mod_that_go_cannot_read(
    text: str, name: str, kit: KitImages, home: Path
) -> None:
    """The go command's own words are quoted."""
    assert kit.releases
    project = healthy(home / "plugin")
    (project / "go.mod").write_text(text)
    seen = autofix(project, "--nakama", "3.40.0", home=home)

    assert (1, name) == (seen.exit_code, seen.diagnosis), seen.stderr
    assert_nothing_left(seen)


@pytest.mark.parametrize(
    ("spoil", "options", "name"),
    [
        ("uuid.NewV7()", ["--build-timeout", "1s"], "build-timed-out"),
        ("generated()", [], "code-does-not-compile"),
    ],
)
def test_a_build_that_does_not_end_well(
    spoil: str, options: list[str], name: str, kit: KitImages, home: Path
) -> None:
    """Too slow for its limit; a file that was never generated."""
    assert kit.releases
    project = healthy(home / "plugin")
    source = (project / "main.go").read_text()
    source += f"\n// never compiled before: {home}\n"
    (project / "main.go").write_text(source.replace("uuid.NewV7()", spoil))
    seen = autofix(project, *options, home=home)

    assert (1, name) == (seen.exit_code, seen.diagnosis), seen.stderr
    assert_nothing_left(seen)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mount disks of a given size."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    disk = tmp_path / "disk"
    disk.mkdir()

    def mounted(size: str) -> Path:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
        subprocess.run(mount, check=True)
        return disk

    yield mounted
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(
    ("variable", "size"),
    [
        ("XDG_STATE_HOME", "4k"),
        ("XDG_STATE_HOME", "16k"),
        ("XDG_STATE_HOME", "28k"),
        ("TMPDIR", "8k"),
        ("TMPDIR", "60m"),
    ],
)
def test_a_full_disk_is_called_so(
    variable: str,
    size: str,
    kit: KitImages,
    home: Path,
    small_disk: Callable[[str], Path],
) -> None:
    """At the start, in the middle, and when the plugin comes out of the builder."""
    assert kit.releases
    disk = small_disk(size)
    project = healthy(home / "plugin")
    (project / "large.go").write_text(
        'package main\n\nimport _ "embed"\n\n//go:embed large.bin\nvar Large []byte\n'
    )
    (project / "large.bin").write_bytes(os.urandom(1 << 20) * 64)
    seen = autofix(project, home=home, environment={variable: str(disk)})

    assert (3, "disk-full") == seen.error
    assert ((), []) == (seen.changed, left_by(seen.pid))
    assert variable != "TMPDIR" or ["."] == list(listing(disk))


def test_two_runs_of_one_project(kit: KitImages, home: Path) -> None:
    """The second is told who works there; the first is not disturbed."""
    assert kit.releases
    project = healthy(home / "plugin")
    seconds: list[Seen] = []

    def again() -> None:
        seconds.append(autofix(project, home=home))

    first = autofix(project, home=home, moment=Moment(phase="build", act=again))

    assert (0, ()) == (first.exit_code, first.changed)
    assert (2, "project-locked") == seconds[0].error
    assert f"process {first.pid}" in seconds[0].result["error"]
    assert [] == left_by(seconds[0].pid)
