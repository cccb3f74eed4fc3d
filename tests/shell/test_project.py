"""Finding the plugin, what belongs to it and what its files say, on real trees."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from autofix.errors import ProjectError
from autofix.hintfiles import project_hints
from autofix.project import find_project, find_projects

INIT = "package main\n\nfunc InitModule(ctx context.Context) error { return nil }\n"
MODULE = "module example.com/arena\n\ngo 1.23\n"


def tree(root: Path, files: dict[str, str]) -> Path:
    """Write files, with their folders."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def refusal(start: Path, package: str | None = None) -> str:
    """Return the whole message with which a folder is refused."""
    with pytest.raises(ProjectError) as caught:
        find_project(start, package=package)
    return str(caught.value)


def names(project_root: Path, limit: int = 1000) -> tuple[list[str], list[str]]:
    """Return the files for the builder and those left out."""
    found = find_project(project_root).files(limit)
    return [each.path for each in found], [each.path for each in found.left_out]


def test_a_plugin_in_the_root(tmp_path: Path) -> None:
    """The usual layout: go.mod and main.go in one folder."""
    tree(tmp_path, {"go.mod": MODULE, "go.sum": "", "main.go": INIT, "a.lua": ""})
    found = find_project(tmp_path)

    assert (tmp_path, ".", ".", (".")) == (
        found.root,
        found.module_dir,
        found.package_dir,
        found.folders[0],
    )
    assert (True, False, None, "example.com/arena", ("a.lua",)) == (
        found.has_go_sum,
        found.vendored,
        found.workspace,
        found.module_path,
        found.runtime_files,
    )
    assert tmp_path / "go.mod" == found.go_mod


@pytest.mark.parametrize("start", ["", "server", "server/cmd/arena", "server/lib"])
def test_it_is_found_from_anywhere_around(tmp_path: Path, start: str) -> None:
    """From above, from the module and from inside it, the plugin is the same."""
    tree(
        tmp_path,
        {
            "server/go.mod": MODULE,
            "server/cmd/arena/main.go": INIT,
            "server/lib/x.go": "package lib\n",
            "server/vendor/modules.txt": "",
            "server/vendor/v/main.go": INIT,
            "server/testdata/t/main.go": INIT,
            "client/node_modules/n/go.mod": MODULE,
            "client/node_modules/n/main.go": INIT,
            ".cache/go.mod": MODULE,
            ".git/HEAD": "",
        },
    )
    found = find_project(tmp_path / start)

    assert (tmp_path / "server", "./cmd/arena", True, tmp_path) == (
        found.root,
        found.package_dir,
        found.vendored,
        found.repository,
    )


def test_of_several_modules_the_one_with_init_module(tmp_path: Path) -> None:
    """Other Go programs beside the plugin are not it."""
    tree(
        tmp_path,
        {
            "api/go.mod": "module example.com/api\n",
            "api/main.go": "package main\n\n// func InitModule(\nfunc main() {}\n",
            "game/go.mod": MODULE,
            "game/main.go": INIT,
        },
    )

    assert find_project(tmp_path).root == tmp_path / "game"


def test_a_module_with_the_plugin_in_a_module_below(tmp_path: Path) -> None:
    """A root module without InitModule does not hide the plugin's own module."""
    tree(
        tmp_path,
        {
            "go.mod": "module example.com/backend\n",
            "main.go": "package main\n",
            "nakama/go.mod": MODULE,
            "nakama/main.go": INIT,
        },
    )

    assert find_project(tmp_path).root == tmp_path / "nakama"
    assert find_project(tmp_path / "nakama").package_dir == "."


SEVERAL = {
    "go.mod": MODULE,
    "cmd/one/main.go": INIT,
    "cmd/two/main.go": INIT,
    "cmd/tool/main.go": "package main\n",
}


def test_plugins_of_one_module_belong_together(tmp_path: Path) -> None:
    """They share a go.mod, so one run works on all of them."""
    found = find_project(tree(tmp_path, SEVERAL))

    assert ("./cmd/one", ("./cmd/two",)) == (found.package_dir, found.other_packages)


MODULES = {
    "poker/go.mod": MODULE,
    "poker/main.go": INIT,
    "rummy/go.mod": MODULE,
    "rummy/cmd/a/main.go": INIT,
    "rummy/cmd/b/main.go": INIT,
    "cards/go.mod": MODULE,
    "cards/cards.go": "package cards\n",
}


def test_each_module_with_plugins_is_a_project(tmp_path: Path) -> None:
    """In the order of their folders; a module without a plugin is none."""
    found = find_projects(tree(tmp_path, MODULES))

    assert [("poker", "."), ("rummy", "./cmd/a")] == [
        (each.module_folder.name, each.package_dir) for each in found
    ]
    assert [(), ("./cmd/b",)] == [each.other_packages for each in found]


def test_where_one_module_is_wanted_several_are_named(tmp_path: Path) -> None:
    """The choice is the user's, and the message says how to make it."""
    message = refusal(tree(tmp_path, MODULES))

    assert "plugins of 2 modules" in message
    assert "./poker, ./rummy/cmd/a" in message
    assert "--package ./poker" in message


@pytest.mark.parametrize(
    ("start", "package"),
    [
        ("", "./cmd/two"),
        ("", "cmd/two/"),
        ("", "example.com/arena/cmd/two"),
        ("cmd/one", "./cmd/two"),
        ("cmd/two", None),
    ],
)
def test_a_plugin_is_chosen(tmp_path: Path, start: str, package: str | None) -> None:
    """By folder, by import path, or by starting in it."""
    found = find_project(tree(tmp_path, SEVERAL) / start, package=package)

    assert (tmp_path, "./cmd/two") == (found.root, found.package_dir)


@pytest.mark.parametrize(
    ("package", "expected"),
    [("./cmd/tool", "is not a plugin"), ("./cmd/three", "no package './cmd/three'")],
)
def test_a_choice_that_is_no_plugin(
    tmp_path: Path, package: str, expected: str
) -> None:
    """The plugins there are are named."""
    message = refusal(tree(tmp_path, SEVERAL), package)

    assert expected in message
    assert "./cmd/one, ./cmd/two" in message


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "There is no Go file either."),
        ({"main.go": INIT}, "There are 1 Go files, but no module."),
        ({"go.mod": MODULE}, "There is no Go file in it."),
        ({"go.mod": MODULE, "a.go": "package main\n"}, "Looked at 1 Go files"),
        (
            {"go.mod": MODULE, "foo/a.go": INIT.replace("main", "foo")},
            "InitModule in ./foo/a.go is in package foo, not main.",
        ),
        (
            {"go.mod": MODULE, "a_test.go": INIT},
            "InitModule in ./a_test.go is in a test file.",
        ),
        (
            {"go.mod": MODULE, "a.go": f"//go:build ignore\n\n{INIT}"},
            "InitModule in ./a.go is left out by the file's build constraint",
        ),
    ],
)
def test_what_is_no_plugin_is_told_apart(
    tmp_path: Path, files: dict[str, str], expected: str
) -> None:
    """Each has its own message: what was looked for, where, and what was found."""
    (tmp_path / ".git").mkdir()

    assert expected in refusal(tree(tmp_path, files))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """The path is in the message."""
    assert "no folder" in refusal(tmp_path / "none")


def test_links_in_a_circle(tmp_path: Path) -> None:
    """A start that leads back to itself is refused."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")

    assert "circle" in refusal(tmp_path / "a")


def test_a_link_to_a_parent_does_not_loop(tmp_path: Path) -> None:
    """A folder that links to its parent is walked once."""
    tree(tmp_path, {"go.mod": MODULE, "main.go": INIT, "data/x.txt": ""})
    (tmp_path / "data" / "up").symlink_to("..")

    files, left_out = names(tmp_path)
    assert ["data/up", "data/x.txt", "go.mod", "main.go"] == files
    assert left_out == []


def test_a_build_tag_that_the_plugin_needs(tmp_path: Path) -> None:
    """A plugin behind a tag of the project's own is found, with the tag."""
    text = f"//go:build nakama\n\n{INIT}"
    found = find_project(tree(tmp_path, {"go.mod": MODULE, "main.go": text}))

    assert found.tags == ("nakama",)


def test_folders_outside_the_module(tmp_path: Path) -> None:
    """Targets of replaces, theirs too, are copied; nothing else beside them is."""
    tree(
        tmp_path,
        {
            ".git/HEAD": "",
            "game/server/go.mod": f"{MODULE}\nreplace example.com/a => ../../lib/a\n",
            "game/server/main.go": INIT,
            "lib/a/go.mod": "module example.com/a\nreplace example.com/b => ../b\n",
            "lib/b/go.mod": "module example.com/b\n",
            "lib/c/go.mod": "module example.com/c\n",
            "client/huge.bin": "",
        },
    )
    found = find_project(tmp_path / "game" / "server")

    assert (tmp_path, "game/server", ("game/server", "lib/a", "lib/b")) == (
        found.root,
        found.module_dir,
        found.folders,
    )
    assert (tmp_path / "lib/a", tmp_path / "lib/b") == found.replace_folders
    assert [
        "game/server/go.mod",
        "game/server/main.go",
        "lib/a/go.mod",
        "lib/b/go.mod",
    ] == [each.path for each in found.files()]


def test_a_replace_by_the_folder_above(tmp_path: Path) -> None:
    """An example plugin of a library: the library is copied, the plugin within it."""
    tree(
        tmp_path,
        {
            "go.mod": "module example.com/library\n",
            "library.go": "package library\n",
            "examples/arena/go.mod": f"{MODULE}replace example.com/library => ../..\n",
            "examples/arena/main.go": INIT,
        },
    )
    found = find_project(tmp_path / "examples" / "arena")

    assert (tmp_path, "examples/arena", (".",)) == (
        found.root,
        found.module_dir,
        found.folders,
    )


def test_replaces_that_the_builder_cannot_follow(tmp_path: Path) -> None:
    """
    A missing, an empty and an absolute target are said, at their lines.

    One that nothing requires is not looked at by Go either.
    """
    other = tree(tmp_path / "other", {"go.mod": "module example.com/b\n"})
    lines = (
        "require (",
        *(f"\texample.com/{name} v0.0.0" for name in "abc"),
        ")",
        "replace example.com/a => ../none",
        f"replace example.com/b => {other}",
        "replace example.com/c => ./empty",
        "replace example.com/unused => ../unused",
    )
    go_mod = MODULE + "".join(f"{line}\n" for line in lines)
    tree(tmp_path / "game", {"go.mod": go_mod, "main.go": INIT})
    (tmp_path / "game" / "empty").mkdir()
    found = find_project(tmp_path / "game")
    first = go_mod.splitlines().index(lines[5]) + 1
    said = (
        ("replace-folder-missing", "a by ../none, which does not exist."),
        ("replace-folder-absolute", f"b by {other}, a path of this machine only."),
        ("replace-folder-missing", "c by ./empty, which has no go.mod."),
    )

    assert [
        (name, f"game/go.mod:{line} replaces example.com/{text}")
        for line, (name, text) in enumerate(said, first)
    ] == [(finding.name, finding.text) for finding in found.findings]


@pytest.mark.parametrize("cloned", [True, False])
def test_a_replace_by_a_submodule_that_is_not_checked_out(
    tmp_path: Path, *, cloned: bool
) -> None:
    """``git clone`` leaves its folder empty; an archive has none. Both say what to do."""
    tree(
        tmp_path,
        {
            ".git/HEAD": "",
            ".gitmodules": '[submodule "common"]\n\tpath = server/common\n\turl = x\n',
            "server/go.mod": MODULE
            + "require example.com/c v0.0.0\n\nreplace example.com/c => ./common\n",
            "server/main.go": INIT,
        },
    )
    if cloned:
        (tmp_path / "server" / "common").mkdir()
    (finding,) = find_project(tmp_path / "server").findings

    assert "git submodule update --init" in finding.answer
    assert finding.text.startswith("server/go.mod:")


def test_a_workspace(tmp_path: Path) -> None:
    """go.work and the modules it uses go along, if it uses the plugin."""
    work = "go 1.23\n\nuse (\n\t./server\n\t./tools\n)\n"
    tree(
        tmp_path,
        {
            ".git/HEAD": "",
            "go.work": work,
            "go.work.sum": "",
            "server/go.mod": MODULE,
            "server/main.go": INIT,
            "tools/go.mod": "module example.com/tools\n",
            "docs/x.md": "",
        },
    )
    found = find_project(tmp_path / "server")

    assert (tmp_path / "go.work", "server") == (found.workspace, found.module_dir)
    assert [
        "go.work",
        "go.work.sum",
        "server/go.mod",
        "server/main.go",
        "tools/go.mod",
    ] == [each.path for each in found.files()]
    (tmp_path / "go.work").write_text("go 1.23\n\nuse ./tools\n")
    assert find_project(tmp_path / "server").workspace is None


def test_large_files_are_left_out_unless_go_needs_them(tmp_path: Path) -> None:
    """Sources and what //go:embed may match stay, whatever their size."""
    embeds = 'package main\n\n//go:embed all:web "maps/*.json"\nvar files embed.FS\n'
    tree(
        tmp_path,
        {
            "go.mod": MODULE,
            "main.go": INIT + "//" + "x" * 2000,
            "assets/embed.go": embeds,
            "assets/web/deep/a.png": "x" * 2000,
            "assets/maps/one.json": "x" * 2000,
            "assets/maps/deep/two.txt": "x" * 2000,
            "web/a.png": "x" * 2000,
            "small.png": "x",
            ".git/pack": "x",
            "node_modules/x.js": "x",
        },
    )
    files, left_out = names(tmp_path, limit=1000)

    assert [
        "assets/embed.go",
        "assets/maps/one.json",
        "assets/web/deep/a.png",
        "go.mod",
        "main.go",
        "small.png",
    ] == files
    assert ["assets/maps/deep/two.txt", "web/a.png"] == left_out


def test_a_file_of_two_gigabytes_costs_nothing(tmp_path: Path) -> None:
    """It is left out by its size, without being read."""
    tree(tmp_path, {"go.mod": MODULE, "main.go": INIT})
    with (tmp_path / "world.save").open("wb") as file:
        file.truncate(2 * 1024**3)
    found = find_project(tmp_path).files()

    assert [("world.save", 2 * 1024**3)] == [
        (each.path, each.size) for each in found.left_out
    ]
    assert "2,048 MB" in found.findings[0].text


def test_links_within_and_out_of_the_project(tmp_path: Path) -> None:
    """A link inside is kept, made relative; one that leads out is refused."""
    tree(tmp_path, {"outside/secret.txt": "", "game/go.mod": MODULE})
    game = tree(tmp_path / "game", {"main.go": INIT, "data/a.txt": ""})
    (game / "inner").symlink_to(game / "data" / "a.txt")
    (game / "outer").symlink_to("../outside/secret.txt")
    (game / "gone").symlink_to("nowhere")
    found = find_project(game).files()

    links = {each.path: each.link for each in found if each.link}
    assert {"inner": "data/a.txt"} == links
    assert ["gone", "outer"] == [each.path for each in found.left_out]


def test_a_link_to_a_folder_of_the_repository(tmp_path: Path) -> None:
    """Shared source that is linked into the module goes along, elsewhere or not."""
    tree(
        tmp_path,
        {
            ".git/HEAD": "",
            "game/go.mod": MODULE,
            "game/main.go": INIT,
            "shared/x.go": "package shared\n",
        },
    )
    (tmp_path / "game" / "shared").symlink_to("../shared")
    (tmp_path / "game" / "all").symlink_to("..")
    found = find_project(tmp_path / "game")

    assert (tmp_path, ("game", "shared")) == (found.root, found.folders)
    assert {"game/shared": "../shared"} == {
        each.path: each.link for each in found.files() if each.link
    }
    assert ["game/all"] == [each.path for each in found.files().left_out]


def test_a_source_that_is_a_broken_link(tmp_path: Path) -> None:
    """Go would need it: the run ends before it begins, with the file's name."""
    tree(tmp_path, {"go.mod": MODULE, "main.go": INIT})
    (tmp_path / "rpc.go").symlink_to("rpc.go")

    with pytest.raises(ProjectError, match=r"rpc\.go is a symbolic link"):
        find_project(tmp_path).files()


def test_pipes_are_not_read(tmp_path: Path) -> None:
    """A pipe would block for ever; it is left out, also where its name ends in .go."""
    tree(tmp_path, {"go.mod": MODULE, "main.go": INIT})
    os.mkfifo(tmp_path / "pipe.go")

    assert (["go.mod", "main.go"], ["pipe.go"]) == names(tmp_path)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Run as a user to whom permissions apply; root may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def forbidden(root: Path, path: str) -> Iterator[None]:
    """Take every right to a path away, and run as somebody to whom that matters."""
    for folder in (root, *list(root.parents)[:4]):
        folder.chmod(0o755)
    (root / path).chmod(0)
    try:
        with as_nobody():
            yield
    finally:
        (root / path).chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")
def test_a_source_file_that_cannot_be_read_stops(tmp_path: Path) -> None:
    """Go needs it, so the run ends with its name."""
    tree(tmp_path, {"go.mod": MODULE, "main.go": INIT, "rpc.go": INIT})
    with forbidden(tmp_path, "rpc.go"):
        project = find_project(tmp_path)
        with pytest.raises(ProjectError, match=r"rpc\.go cannot be read"):
            project.files()
    assert ["unreadable"] == [finding.name for finding in project.findings]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")
def test_a_folder_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    """A database's folder beside the source ends no run; it is named."""
    tree(tmp_path, {"go.mod": MODULE, "main.go": INIT, "data/base/1": ""})
    with forbidden(tmp_path, "data"):
        project = find_project(tmp_path)
        hints = project_hints(project)
        listed = project.files()

    assert ["go.mod", "main.go"] == [file.path for file in listed]
    assert [("data", "permission denied")] == [
        (each.path, each.why) for each in listed.left_out
    ]
    assert () == hints.findings


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("main.go", r"No plugin found in .*main\.go cannot be read: Permission denied"),
        ("go.mod", r"go\.mod cannot be read: Permission denied"),
        (".", "cannot be opened: permission denied"),
    ],
)
def test_what_hides_the_plugin_is_named(tmp_path: Path, path: str, words: str) -> None:
    """Where the plugin may be in what cannot be read, that is what is said."""
    folder = tmp_path / "plugin"
    tree(folder, {"go.mod": MODULE, "main.go": INIT})
    with forbidden(folder, path), pytest.raises(ProjectError, match=words):
        find_project(folder)


@pytest.mark.parametrize("name", ["go.mod", "Dockerfile"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    """Nobody ever writes to it; a run would never end."""
    tree(tmp_path, {"go.mod": MODULE, "main.go": INIT})
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)

    with suppress(ProjectError):
        assert "" == project_hints(find_project(tmp_path)).nakama_common


def test_a_folder_called_go_sum(tmp_path: Path) -> None:
    """It would be taken for the file at the end of a run."""
    tree(tmp_path, {"go.mod": MODULE, "main.go": INIT, "go.sum/x": ""})

    with pytest.raises(ProjectError, match=r"go\.sum is a folder"):
        find_project(tmp_path)


def test_a_go_mod_that_lies_elsewhere(tmp_path: Path) -> None:
    """Without it there is nothing to build, so the run says so at once."""
    tree(tmp_path, {"module/main.go": INIT, "elsewhere/go.mod": MODULE})
    (tmp_path / "module" / "go.mod").symlink_to("../elsewhere/go.mod")
    project = find_project(tmp_path / "module")

    with pytest.raises(ProjectError, match=r"go\.mod is a symbolic link out of"):
        project.files()


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")
def test_a_dockerfile_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """It would have said which Nakama; that it did not count is told."""
    tree(tmp_path, {"go.mod": MODULE, "main.go": INIT, "Dockerfile": "FROM a:1\n"})
    with forbidden(tmp_path, "Dockerfile"):
        hints = project_hints(find_project(tmp_path))

    assert [("hint-unreadable", "Dockerfile cannot be read: Permission denied.")] == [
        (each.name, each.text) for each in hints.findings
    ]


def test_the_tree_is_only_read(tmp_path: Path) -> None:
    """Searching and listing leave no trace."""
    tree(tmp_path, {"go.mod": MODULE, "main.go": INIT, "Dockerfile": "FROM a:1\n"})
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    before = sorted(path for path in tmp_path.rglob("*") if ".git" not in path.parts)
    project = find_project(tmp_path)
    project_hints(project)
    project.files()
    after = sorted(path for path in tmp_path.rglob("*") if ".git" not in path.parts)

    assert before == after


def test_hints_come_from_around_the_module(tmp_path: Path) -> None:
    """Deploy folders of the repository count, other modules' Dockerfiles do not."""
    common = "\nrequire github.com/heroiclabs/nakama-common v1.36.0\n"
    tree(
        tmp_path,
        {
            ".git/HEAD": "",
            "nakama/go.mod": MODULE + common,
            "nakama/main.go": INIT,
            "deploy/nakama.Dockerfile": "FROM heroiclabs/nakama:3.26.0\n",
            "other/go.mod": "module example.com/other\n",
            "other/Dockerfile": "FROM heroiclabs/nakama:3.1.0\n",
            ".github/workflows/ci.yml": "env:\n  NAKAMA_VERSION: 3.26.0\n",
            "vendor/Dockerfile": "FROM heroiclabs/nakama:3.2.0\n",
        },
    )
    hints = project_hints(find_project(tmp_path / "nakama"))

    assert ["deploy/nakama.Dockerfile:1", ".github/workflows/ci.yml:2"] == [
        hint.place for hint in hints.servers
    ]
    assert ("v1.36.0", "nakama/go.mod:5") == (
        hints.nakama_common,
        hints.nakama_common_place,
    )


def test_another_modules_dockerfile_is_better_than_none(tmp_path: Path) -> None:
    """Where nothing else names a Nakama, every file of the repository is asked."""
    tree(
        tmp_path,
        {
            ".git/HEAD": "",
            "nakama/go.mod": MODULE,
            "nakama/main.go": INIT,
            "server/go.mod": "module example.com/server\n",
            "server/Dockerfile": "FROM heroiclabs/nakama:3.26.0\n",
        },
    )
    hints = project_hints(find_project(tmp_path / "nakama"))

    assert ["server/Dockerfile:1"] == [hint.place for hint in hints.servers]


def test_a_file_stands_for_its_folder_only_if_it_is_of_a_module(tmp_path: Path) -> None:
    """Any other file is refused, before modules beside it are taken for what is meant."""
    tree(tmp_path, {"go.mod": MODULE, "main.go": INIT, "run.tar.gz": "", "a.txt": ""})

    for name in ("go.mod", "main.go"):
        assert tmp_path == find_project(tmp_path / name).root
    for name, said in (("run.tar.gz", "autofix reproduce"), ("a.txt", "folder")):
        with pytest.raises(ProjectError, match="is a file") as caught:
            find_projects(tmp_path / name)

        assert said in caught.value.todo


def test_modules_of_several_repositories_keep_to_their_own(tmp_path: Path) -> None:
    """Found below a folder that is in none: what names a server is not another's."""
    arena, chess = tmp_path / "arena", tmp_path / "chess"
    tree(
        tmp_path,
        {
            "arena/.git/HEAD": "",
            "arena/Dockerfile": "FROM heroiclabs/nakama:3.38.0\n",
            "arena/server/go.mod": MODULE,
            "arena/server/main.go": INIT,
            "chess/go.mod": MODULE,
            "chess/main.go": INIT,
        },
    )
    first, second = find_projects(tmp_path)

    assert (arena, None) == (first.git_root, second.git_root)
    assert ["arena/server", "chess"] == [
        each.module_folder.relative_to(tmp_path).as_posix() for each in (first, second)
    ]
    assert ["3.38.0"] == [each.image.tag for each in project_hints(first).servers]
    assert () == project_hints(second).servers
    assert chess == second.root
