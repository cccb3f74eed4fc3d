"""
One commit on a branch of its own, made without touching what is checked out.

The tree is put together in an index and a work tree of its own, below a temporary
folder, from HEAD and the changed files; then the branch is created. The user's index,
files and HEAD stay as they are. No hook runs, nothing is signed, nothing is pushed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autofix.core.modfolders import submodule_folders
from autofix.durable import copy_tree, disk_errors
from autofix.errors import BranchError, DirtyProjectError, GitError
from autofix.git import PROTECTED, SECONDS
from autofix.project import Project
from autofix.scratch import scratch_folder
from autofix.tree import is_file, read_text

HEAD = "HEAD"
_LONGEST_LIST = 1 << 20
_NOBODY = "autofix"
_ADDRESS = "autofix@localhost"
_UNSAID = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "commit.gpgSign=false")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    Files of a project that changed; names are relative to ``root``, with slashes.

    None deletes a file; ``trees`` map a folder's name to its whole new content.
    """

    root: Path
    files: Mapping[str, bytes | None]
    trees: Mapping[str, Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A tree that is not on a branch yet; ``ignored`` are names that git ignores."""

    tree: str
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """
    A repository's root folder, and the branch that a commit is to go to.

    ``sources`` are the folders in it that are built, relative to the root; ``base`` is
    what commits are made upon: what is checked out, or a commit that was made upon it.
    """

    root: Path
    branch: str
    sources: tuple[str, ...] = (".",)
    base: str = HEAD

    def require_ready(self, *, allow_dirty: bool = False, commits: int = 1) -> None:
        """
        Refuse now what would keep the commits from being made at the end.

        The branch may hold up to as many already, by an earlier run.
        BranchError for a bad or a taken name, GitError without git or a first commit,
        DirtyProjectError if what would be built is not what HEAD has.
        """
        self._git("check-ref-format", "--branch", self.branch)
        head = self.head()
        tip = self._tip()
        if tip and head not in (tip, *self._below(tip, commits)):
            raise self._taken("It holds something else than an upgrade upon HEAD.")
        dirty = tuple(self._dirty())
        if dirty and not allow_dirty:
            raise DirtyProjectError(
                f"{', '.join(dirty[:5])} in {self.root} "
                f"{'has' if len(dirty) == 1 else 'have'} uncommitted changes.",
                why="A commit upon HEAD would not be what was built and started.",
                todo="Commit or stash them, or give --allow-dirty: they are built, and "
                "stay out of the commit.",
            )

    def head(self) -> str:
        """Return the commit that ``base`` is; GitError if there is none."""
        return self._git("rev-parse", "--verify", f"{self.base}^{{commit}}")

    def write(self, change: Change) -> Written:
        """
        Write the base's tree with a change to the repository's objects.

        GitError where a file lies in a submodule: that has commits of its own.
        """
        with self._apart() as (folder, environment):
            self._git("read-tree", self.base, environment=environment)
            names = [
                (change.root / name).relative_to(self.root).as_posix()
                for name in (*change.files, *change.trees)
            ]
            self._refuse_submodules(names)
            ignored = tuple(each for each in names if self._is_ignored(each))
            for name in (each for each in names if each not in ignored):
                self._lay_out(change, name, folder)
                self._git(
                    "add", "--force", "--all", "--", name, environment=environment
                )
            tree = self._git("write-tree", environment=environment)
        return Written(tree=tree, ignored=ignored)

    def _refuse_submodules(self, names: Sequence[str]) -> None:
        listed = self.root / ".gitmodules"
        if not is_file(listed):
            return
        for folder in submodule_folders(read_text(listed, _LONGEST_LIST)):
            inside = [each for each in names if each.startswith(f"{folder}/")]
            if inside:
                raise GitError(
                    f"{inside[0]} must change too, and lies in the submodule {folder}.",
                    why="A submodule has commits of its own; one of this repository "
                    "cannot hold the change.",
                    todo="Run without --commit, commit in the submodule, and then here.",
                )

    def commit(self, written: Written, message: str) -> tuple[str, bool]:
        """
        Put a tree on the branch; return the commit, and whether it was made now.

        A branch that already holds this very change is left as it is. "" where the
        tree is the base's own: there is nothing to commit.
        """
        return self.commits(((written, message),))

    def commits(self, steps: Sequence[tuple[Written, str]]) -> tuple[str, bool]:
        """
        Put trees on the branch, one upon the other, and return the last commit.

        As ``commit`` does; a tree that is the one below it makes no commit.
        """
        head, last = self.head(), steps[-1][0].tree
        if last == self._tree(head):
            return "", False
        tip = self._tip()
        for made in self._between(head, tip) if tip else ():
            if last == self._tree(made):
                return made, False
        if tip not in ("", head):
            raise self._taken("It holds something else than this upgrade.")
        commit, below = head, self._tree(head)
        for written, message in steps:
            if written.tree == below:
                continue
            commit = self._git(
                "commit-tree",
                written.tree,
                "-p",
                commit,
                given=message.encode("utf-8", "replace"),
                environment=self._identity(),
            )
            below = written.tree
        name = f"refs/heads/{self.branch}"
        order = f"update {name} {commit} {tip}" if tip else f"create {name} {commit}"
        self._git("update-ref", "--stdin", given=f"{order}\n".encode())
        return commit, True

    @contextmanager
    def _apart(self) -> Iterator[tuple[Path, dict[str, str]]]:
        """Yield an empty work tree with an index of its own, for this repository."""
        directory = self._git("rev-parse", "--absolute-git-dir")
        with (
            disk_errors("The commit cannot be put together"),
            scratch_folder() as temporary,
        ):
            folder = temporary / "tree"
            folder.mkdir()
            yield (
                folder,
                {
                    "GIT_DIR": directory,
                    "GIT_WORK_TREE": str(folder),
                    "GIT_INDEX_FILE": str(temporary / "index"),
                },
            )

    def _lay_out(self, change: Change, name: str, folder: Path) -> None:
        own = (self.root / name).relative_to(change.root).as_posix()
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if own in change.trees:
            copy_tree(change.trees[own], target)
            return
        content, real = change.files[own], self.root / name
        if content is not None:
            target.write_bytes(content)
            target.chmod(real.stat().st_mode & 0o777 if real.exists() else 0o644)

    def _is_ignored(self, name: str) -> bool:
        """Tell whether git neither has a name nor would take it."""
        if self._git("ls-files", "--", name):
            return False
        return self._succeeds("check-ignore", "--quiet", "--", name)

    def _dirty(self) -> Iterator[str]:
        """Yield changed sources that git has, and Go files that it has not."""
        command = ("status", "--porcelain", "-z", "--", *self.sources)
        entries = iter(self._git(*command, strip=False).split("\0"))
        for entry in filter(None, entries):
            state, name = entry[:2], entry[3:]
            if state[0] in "RC":
                next(entries, None)  # the name it had before
            if state != "??" or self._is_go(name):
                yield name

    def _is_go(self, name: str) -> bool:
        inside = (self.root / name).rglob("*.go") if name.endswith("/") else iter(())
        return name.endswith(".go") or next(inside, None) is not None

    def _tip(self) -> str:
        """Return the commit that the branch is at; "" if there is no such branch."""
        name = f"refs/heads/{self.branch}"
        if not self._succeeds("show-ref", "--verify", "--quiet", name):
            return ""
        return self._git("rev-parse", "--verify", f"{name}^{{commit}}")

    def _below(self, commit: str, count: int) -> tuple[str, ...]:
        """Return the commits below one, up to so many."""
        walk = ("rev-list", "--first-parent", f"--max-count={count + 1}")
        return tuple(self._git(*walk, commit).split()[1:])

    def _between(self, below: str, tip: str) -> tuple[str, ...]:
        """Return the commits above one, up to the branch's tip, the newest first."""
        walk = ("rev-list", "--first-parent", f"{below}..{tip}")
        return tuple(self._git(*walk).split())

    def _tree(self, commit: str) -> str:
        return self._git("rev-parse", f"{commit}^{{tree}}")

    def _identity(self) -> dict[str, str]:
        """Commit as the user, or under autofix's own name where git knows none."""
        if self._succeeds("var", "GIT_COMMITTER_IDENT"):
            return {}
        return {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in (("NAME", _NOBODY), ("EMAIL", _ADDRESS))
        }

    def _taken(self, why: str) -> BranchError:
        return BranchError(
            f"There is a branch {self.branch} in {self.root} already.",
            why=why,
            todo=f"Name another with --branch, or delete it: git branch -D {self.branch}",
        )

    def _succeeds(self, *arguments: str) -> bool:
        return self._done(arguments, {}, b"").returncode == 0

    def _git(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        given: bytes = b"",
        strip: bool = True,
    ) -> str:
        """Run git and return what it printed; GitError with its own words."""
        done = self._done(arguments, environment or {}, given)
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise GitError(
                f"git {arguments[0]} failed in {self.root}: {said or 'no reason given'}",
                todo="Mend that, or run without --commit.",
            )
        text = done.stdout.decode("utf-8", "surrogateescape")
        return text.strip() if strip else text

    def _done(
        self, arguments: tuple[str, ...], environment: Mapping[str, str], given: bytes
    ) -> subprocess.CompletedProcess[bytes]:
        settings = [word for each in (*PROTECTED, *_UNSAID) for word in ("-c", each)]
        try:
            return subprocess.run(
                ["git", *settings, *arguments],
                cwd=environment.get("GIT_WORK_TREE", self.root),
                env={**_surroundings(arguments[0]), **environment},
                input=given,
                capture_output=True,
                timeout=SECONDS * 10,
                check=False,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise GitError(
                f"git cannot be run: {error}.",
                todo="Install it, or leave --commit out.",
            ) from error


def _surroundings(command: str) -> dict[str, str]:
    """Return the environment without what a hook would be told of its repository."""
    told = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
    kept = {name: value for name, value in os.environ.items() if name not in told}
    # check-ignore has no patterns and refuses the setting (observed with git 2.39).
    literal = {} if command == "check-ignore" else {"GIT_LITERAL_PATHSPECS": "1"}
    return {**kept, **literal, "LC_ALL": "C"}


def repository_of(
    projects: Sequence[Project], branch: str, base: str = HEAD
) -> Repository:
    """Return the repository around projects; GitError if there is none, or several."""
    for project in projects:
        if project.git_root is None:
            raise GitError(
                f"{project.module_folder} is in no git repository.",
                todo="Run without --commit, or make one with git init.",
            )
    roots = {each.git_root for each in projects if each.git_root is not None}
    if len(roots) > 1:
        raise GitError(
            f"The modules are in several repositories: {', '.join(map(str, roots))}.",
            todo="Name one of them.",
        )
    (root,) = roots
    folders = (each.root / folder for each in projects for folder in each.folders)
    sources = (
        each.relative_to(root).as_posix()
        for each in folders
        if each.is_relative_to(root)
    )
    return Repository(
        root=root, branch=branch, sources=tuple(dict.fromkeys(sources)), base=base
    )
