"""The commits between two of a repository, read without touching what is checked out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autofix.errors import GitError, ProjectError, UsageError
from autofix.git import git_output

CHECKOUT_SECONDS = 300.0
_SUBMODULE = "160000 commit "
_FIELDS = "%H%x00%an%x00%aI%x00%s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit as git tells it; ``date`` is the author's, in ISO form."""

    id: str
    author: str
    date: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A repository by its root folder; nothing here changes it."""

    root: Path

    @classmethod
    def around(cls, folder: Path) -> History:
        """Return the history of a folder's repository; GitError if it is in none."""
        if not folder.is_dir():
            raise ProjectError(f"There is no folder {folder}.")
        try:
            root = git_output(folder, "rev-parse", "--show-toplevel")
        except GitError as error:
            raise GitError(
                f"{folder} is in no git repository that can be read.",
                why=error.what,
                todo="To search Nakama's releases, give --from and --to.",
            ) from error
        return cls(root=Path(root.removesuffix("\n")))

    def between(self, good: str, bad: str) -> tuple[Commit, ...]:
        """
        Return the commits from one to the other, both included, along first parents.

        GitError for what is no commit here, UsageError if the first is not below the
        second.
        """
        first, last = self._commit(good), self._commit(bad)
        if first == last:
            raise UsageError(
                f"{good} and {bad} are the same commit.",
                todo="Name an older commit that loads, and a newer one that does not.",
            )
        if self._below(first, last) != first:
            raise UsageError(
                f"{good} is not an ancestor of {bad}.",
                todo="--good is the older commit, --bad the newer one."
                if self._below(last, first) == last
                else "Name a commit below --bad: 'git merge-base' tells one.",
            )
        plain = ("log", "--no-show-signature", f"--format={_FIELDS}")
        walk = ("--first-parent", "--reverse", f"{first}..{last}")
        lines = self._git(*plain, "--max-count=1", first) + self._git(*plain, *walk)
        return tuple(_commit(line) for line in lines.split("\n") if line)

    def lay_out(self, commit: str, folder: Path) -> tuple[str, ...]:
        """
        Write a commit's files to a new folder, by an index of its own beside it.

        Submodules are as they were then; those of which this clone has no such commit
        are returned, and their folders are empty. The folder counts as a repository's
        root: files around the plugin's module belong to it, and nothing above does.
        GitError if git cannot write it.
        """
        index = folder.with_name(f"{folder.name}.index")
        missing = tuple(self._lay_out(commit, folder, index))
        (folder / ".git").mkdir(exist_ok=True)
        return missing

    def _lay_out(self, commit: str, folder: Path, index: Path) -> Iterator[str]:
        folder.mkdir(parents=True, exist_ok=True)
        apart = {
            "GIT_DIR": self._git("rev-parse", "--absolute-git-dir").strip(),
            "GIT_WORK_TREE": str(folder),  # the commit's own .gitattributes count
            "GIT_INDEX_FILE": str(index),
        }
        for words in (("read-tree", commit), ("checkout-index", "--all", "--force")):
            git_output(folder, *words, environment=apart, seconds=CHECKOUT_SECONDS)
        for name, pinned in self._submodules(commit):
            inner = History(root=self.root / name)
            if inner.has(pinned):
                below = inner._lay_out(pinned, folder / name, index)
                yield from (f"{name}/{each}" for each in below)
            else:
                (folder / name).mkdir(parents=True, exist_ok=True)
                yield name

    def has(self, commit: str) -> bool:
        """Tell whether the root is a repository's own, and that has a commit."""
        if not (self.root / ".git").exists():  # else git would look above it
            return False
        try:
            self._git("cat-file", "-e", f"{commit}^{{commit}}")
        except GitError:
            return False
        return True

    def _submodules(self, commit: str) -> Iterator[tuple[str, str]]:
        """Yield the path of each submodule, and the commit that it is at."""
        for line in self._git("ls-tree", "-r", "-z", commit).split("\0"):
            if line.startswith(_SUBMODULE):
                pinned, _, name = line.removeprefix(_SUBMODULE).partition("\t")
                yield name, pinned

    def change(self, before: str, after: str) -> str:
        """Return a patch of every go.mod that differs between two commits."""
        plain = ("--no-color", "--no-ext-diff", "--no-textconv")
        prefixes = ("--src-prefix=a/", "--dst-prefix=b/")
        return self._git(
            "diff", *plain, *prefixes, before, after, "--", ":(glob)**/go.mod"
        )

    def _commit(self, revision: str) -> str:
        name = f"{revision}^{{commit}}"
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options", name)
        try:
            return self._git(*words).strip()
        except GitError as error:
            raise GitError(
                f"There is no commit {revision} in {self.root}.",
                todo="A shallow clone has few: fetch the others first.",
            ) from error

    def _below(self, one: str, other: str) -> str:
        """Return where two commits part; "" if they have nothing in common."""
        try:
            return self._git("merge-base", one, other).strip()
        except GitError:
            return ""

    def _git(self, *words: str) -> str:
        return git_output(self.root, *words, seconds=CHECKOUT_SECONDS)


def _commit(line: str) -> Commit:
    id_, author, date, subject = line.split("\0")
    return Commit(id=id_, author=author, date=date, subject=subject)
