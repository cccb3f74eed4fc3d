"""An upgrade over real trees, with runs that are told how to end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from autofix.attempting import Attempt
from autofix.config import Config
from autofix.core.model import Ending, EndKind
from autofix.delivery import Delivery
from autofix.errors import (
    AutofixError,
    ConfigError,
    EngineLostError,
    GitError,
    ImageMissingError,
    InterruptedRunError,
)
from autofix.project import Project, find_project
from autofix.releases import release_table
from autofix.result import PortResult, RunResult, UpgradeResult
from autofix.upgrading.codeport import CodePort
from autofix.upgrading.delivering import UpgradeDelivery
from autofix.upgrading.journey import Request
from autofix.upgrading.projectmoves import named_release, project_moves
from autofix.upgrading.upgrade import upgraded, wanted
from tests.report.values import SERVER, clean

INIT = "package main\n\nfunc InitModule() error { return nil }\n"
MODULE = """\
module example.com/arena

go 1.23.5

require github.com/heroiclabs/nakama-common v1.36.0
"""
DOCKERFILE = "FROM heroiclabs/nakama:3.26.0\n"


def tree(root: Path, **files: str) -> Project:
    """Write a plugin for 3.26.0 with more files, and find it."""
    texts = {"go.mod": MODULE, "main.go": INIT, "Dockerfile": DOCKERFILE, **files}
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return find_project(root)


@dataclass(slots=True, kw_only=True)
class Runs:
    """Runs that end as told by release, clean where nothing is told."""

    ends: dict[str, EndKind | AutofixError] = field(default_factory=dict)
    configs: list[Config] = field(default_factory=list)
    port: CodePort | None = None
    edits: list[list[str]] = field(default_factory=list)

    def __call__(
        self, config: Config, _project: Project, delivery: Delivery
    ) -> Attempt:
        """Run once."""
        self.configs.append(config)
        end = self.ends.get(config.nakama, EndKind.CLEAN)
        self.edits.append(sorted(each.name for each in delivery.edits))
        if self.port is not None and "main.go" in self.edits[-1]:
            end = EndKind.CLEAN  # the code that did not compile is ported
        elif self.port is not None and isinstance(delivery, UpgradeDelivery):
            delivery.port = self.port
        error, ending = None, None
        if isinstance(end, AutofixError):
            error = end
        else:
            ending = Ending(kind=end, words="Said so.")
        clean = end is EndKind.CLEAN
        result = RunResult(
            run_id="1",
            run_folder="/runs/1",
            project="/project",
            ending=ending,
            error=str(error or ""),
            error_code=error.code if error else "",
            exit_code=error.exit_code if error else 0 if clean else 1,
            server=None,
            builder=None,
        )
        return Attempt(result=delivery.conclude(result), error=error)

    @property
    def tried(self) -> list[tuple[str, bool]]:
        """Return each release with whether the project could change."""
        return [(each.nakama, not each.dry_run) for each in self.configs]


def run(
    project: Project,
    runs: Runs,
    *,
    through: bool = False,
    keep_last_good: bool = False,
    commit: bool = False,
    port: bool = False,
) -> tuple[UpgradeResult, RunResult]:
    """Upgrade to 3.29.0 and return what was told."""
    request = Request(
        config=Config(),
        nakama="3.29.0",
        through=through,
        keep_last_good=keep_last_good,
        commit=commit,
        port=port,
    )
    (attempt,) = upgraded(
        request, (project,), release_table(), runs, lambda _text: None
    ).attempts
    result = attempt.result
    assert result.upgrade is not None
    return result.upgrade, result


def ends(upgrade: UpgradeResult) -> Sequence[tuple[str, str]]:
    """Return the steps as pairs."""
    return [(step.nakama, step.end) for step in upgrade.steps]


def test_one_release_is_one_run(tmp_path: Path) -> None:
    """The run is told the release, and what the settings say of servers is dropped."""
    runs = Runs()
    project = tree(tmp_path)
    request = Request(config=Config(server_image="old", diff=True), nakama="v3.40.0")
    (attempt,) = upgraded(request, (project,), release_table(), runs, print).attempts
    result = attempt.result

    assert [replace(Config(), nakama="3.40.0")] == runs.configs
    assert result.upgrade is not None
    assert ("3.26.0", "3.40.0", [("3.40.0", "clean")]) == (
        result.upgrade.before,
        result.upgrade.after,
        ends(result.upgrade),
    )


def test_through_tries_each_minor_release(tmp_path: Path) -> None:
    """Only the last one may change the project."""
    runs = Runs()
    upgrade, _ = run(tree(tmp_path), runs, through=True)

    assert [("3.27.1", False), ("3.28.0", False), ("3.29.0", True)] == runs.tried
    assert [("3.27.1", "clean"), ("3.28.0", "clean"), ("3.29.0", "clean")] == ends(
        upgrade
    )


def test_through_stops_at_the_release_that_broke(tmp_path: Path) -> None:
    """And says which one it was."""
    runs = Runs(ends={"3.28.0": EndKind.UNFIXABLE})
    upgrade, result = run(tree(tmp_path), runs, through=True)

    assert 1 == result.exit_code
    assert [("3.27.1", "clean"), ("3.28.0", "unfixable")] == ends(upgrade)


def test_the_last_good_release_is_kept_if_asked(tmp_path: Path) -> None:
    """The project goes as far as it can, and the exit code says that it fell short."""
    runs = Runs(ends={"3.29.0": EndKind.UNFIXABLE})
    upgrade, result = run(tree(tmp_path), runs, through=True, keep_last_good=True)

    assert ("3.28.0", True) == runs.tried[-1]
    assert ("3.28.0", "3.29.0", 1) == (upgrade.after, upgrade.aim, result.exit_code)
    assert ("3.29.0", "unfixable") in ends(upgrade)


def test_a_release_without_an_image_is_passed_over(tmp_path: Path) -> None:
    """What cannot be had on the way proves nothing; at its end it is an error."""
    missing = ImageMissingError("not to be had")
    runs = Runs(ends={"3.27.1": missing})
    upgrade, _ = run(tree(tmp_path), runs, through=True)

    assert [
        ("3.27.1", "image-missing"),
        ("3.28.0", "clean"),
        ("3.29.0", "clean"),
    ] == ends(upgrade)


def test_an_engine_that_goes_away_breaks_no_release(tmp_path: Path) -> None:
    """Nothing is known of that release, so none before it is kept in its place."""
    runs = Runs(ends={"3.28.0": EngineLostError("gone")})
    upgrade, result = run(tree(tmp_path), runs, through=True, keep_last_good=True)

    assert 3 == result.exit_code
    assert [("3.27.1", False), ("3.28.0", False)] == runs.tried
    assert [("3.27.1", "clean"), ("3.28.0", "engine-lost")] == ends(upgrade)


def test_an_interrupted_upgrade_keeps_nothing(tmp_path: Path) -> None:
    """Ctrl-C ends it, also where an earlier release was good."""
    runs = Runs(ends={"3.28.0": InterruptedRunError(2)})
    run(tree(tmp_path), runs, through=True, keep_last_good=True)

    assert ["3.27.1", "3.28.0"] == [each.nakama for each in runs.configs]


def test_a_commit_needs_a_repository_before_anything_runs(tmp_path: Path) -> None:
    """An hour of work must not end in a refusal."""
    runs = Runs()
    with pytest.raises(GitError, match="in no git repository"):
        run(tree(tmp_path), runs, commit=True)

    assert [] == runs.configs


@pytest.mark.parametrize("nakama", ["heroiclabs/nakama:3.40.0", "3.40", "newest", ""])
def test_only_a_release_can_be_written_into_files(nakama: str) -> None:
    """An image or half a version is refused."""
    with pytest.raises(ConfigError, match="no release"):
        wanted(nakama, release_table())


def test_latest_is_the_newest_that_is_known() -> None:
    """As ``autofix versions`` lists them."""
    assert release_table().newest.tag == wanted("latest", release_table())


def test_files_are_moved_whole(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 and Windows line ends survive; settings move too."""
    odd = b"# caf\xe9\r\nNAKAMA_VERSION=3.26.0\r\n"
    project = tree(tmp_path, **{"autofix.toml": 'nakama = "3.26.0"\n'})
    (tmp_path / "build.sh").write_bytes(odd)
    moves = project_moves(project, "3.40.0", release_table(), "3.26.0")

    assert {
        tmp_path / "Dockerfile": b"FROM heroiclabs/nakama:3.40.0\n",
        tmp_path / "autofix.toml": b'nakama = "3.40.0"\n',
        tmp_path / "build.sh": odd.replace(b"3.26.0", b"3.40.0"),
    } == moves.edits
    assert ["Dockerfile:1", "autofix.toml:1", "build.sh:2"] == [
        f"{each.file}:{each.line}" for each in moves.places
    ]


def test_a_file_that_is_too_long_stays(tmp_path: Path) -> None:
    """It was never read to its end, so nothing of it is written."""
    text = "#" * (256 << 10) + "\nNAKAMA_VERSION=3.26.0\n"
    project = tree(tmp_path, **{"build.sh": text})
    moves = project_moves(project, "3.40.0", release_table(), "3.26.0")

    assert {tmp_path / "Dockerfile"} == set(moves.edits)
    assert ["file-too-long"] == [each.name for each in moves.findings]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (("autofix.lock", "go.mod"), ["Dockerfile", "autofix.lock"]),
        ((), ["Dockerfile"]),
    ],
)
def test_a_lock_file_that_changed_is_told(
    tmp_path: Path, files: tuple[str, ...], told: list[str]
) -> None:
    """One that says already what the new server links is no change."""
    project = tree(tmp_path, **{"autofix.lock": "format = 1\n"})
    moves = project_moves(project, "3.40.0", release_table(), "3.26.0")
    delivery = UpgradeDelivery(project=project, moves=moves, aim="3.40.0")
    result = replace(clean(), root=str(tmp_path), files=files)
    upgrade = delivery.conclude(result).upgrade

    assert upgrade is not None
    assert told == [each.file for each in upgrade.moves]
    assert delivery.renews_lock


def test_without_a_lock_file_none_is_renewed(tmp_path: Path) -> None:
    """An upgrade makes no file that nobody asked for."""
    moves = project_moves(tree(tmp_path), "3.40.0", release_table(), "3.26.0")
    delivery = UpgradeDelivery(project=tree(tmp_path), moves=moves, aim="3.40.0")

    assert not delivery.renews_lock


def test_a_project_that_names_no_image_is_known_by_nakama_common(
    tmp_path: Path,
) -> None:
    """Then only go.mod moves, which is the run's."""
    project = tree(tmp_path, Dockerfile="FROM scratch\n")
    moves = project_moves(project, "3.40.0", release_table(), "3.26.0")

    assert "3.26.0" == named_release(project, release_table())
    assert {} == moves.edits


def test_manifests_move_and_texts_are_told(tmp_path: Path) -> None:
    """What would be forgotten beside the Dockerfile; the project's past is not."""
    manifest = "image: heroiclabs/nakama:3.26.0\n"
    project = tree(
        tmp_path,
        **{
            "deploy/game.yaml": manifest,
            "README.md": "# Game\n\nNeeds Nakama 3.26.0.\n",
            "CHANGELOG.md": "Moved to Nakama 3.26.0.\n",
            "node_modules/x/README.md": "nakama 3.26.0\n",
        },
    )
    moves = project_moves(project, "3.40.0", release_table(), "3.26.0")
    told = {each.name: each.text for each in moves.findings}

    assert (
        manifest.replace("3.26.0", "3.40.0").encode()
        == moves.edits[tmp_path / "deploy" / "game.yaml"]
    )
    assert "README.md:3 still names Nakama 3.26.0." == told["named-elsewhere"]
    assert "deploy/game.yaml" in [each.file for each in moves.places]


def test_another_servers_start_proves_nothing(tmp_path: Path) -> None:
    """A local engine may start a Nakama that is not the one moved to."""
    heard: list[Delivery] = []
    runs = Runs()

    def keep(config: Config, project: Project, delivery: Delivery) -> Attempt:
        heard.append(delivery)
        return runs(config, project, delivery)

    request = Request(config=Config(), nakama="3.39.0")
    upgraded(request, (tree(tmp_path),), release_table(), keep, print)

    with pytest.raises(ConfigError, match=r"is Nakama 3\.40\.0, not 3\.39\.0"):
        heard[0].require(SERVER)


def test_code_that_does_not_compile_is_ported_and_run_again(tmp_path: Path) -> None:
    """The release is one step; the second run has the ported files as well."""
    project = tree(tmp_path)
    result = PortResult(before="v1.36.0", after="v1.39.0")
    port = CodePort(edits={tmp_path / "main.go": b"package main\n"}, result=result)
    runs = Runs(ends={"3.29.0": EndKind.UNFIXABLE}, port=port)
    upgrade, last = run(project, runs, port=True)

    assert [["Dockerfile"], ["Dockerfile", "main.go"]] == runs.edits
    assert [("3.29.0", "clean")] == ends(upgrade)
    assert result == upgrade.port
    assert 0 == last.exit_code


def test_code_that_cannot_be_ported_ends_the_upgrade(tmp_path: Path) -> None:
    """There is no second run; what was tried is told."""
    result = PortResult(before="v1.36.0", after="v1.39.0", refusal="no Go")
    port = CodePort(edits={}, result=result)
    runs = Runs(ends={"3.29.0": EndKind.UNFIXABLE}, port=port)
    upgrade, last = run(tree(tmp_path), runs, port=True)

    assert [["Dockerfile"]] == runs.edits
    assert result == upgrade.port
    assert 1 == last.exit_code


def test_the_last_good_release_is_kept_with_its_ported_code(tmp_path: Path) -> None:
    """What made it start is there when it is run once more to be kept."""
    project = tree(tmp_path)
    result = PortResult(before="v1.36.0", after="v1.37.0")
    port = CodePort(edits={tmp_path / "main.go": b"package main\n"}, result=result)

    class Broken(Runs):
        """Runs of which that of the last release stops whatever is ported."""

        def __call__(
            self, config: Config, project: Project, delivery: Delivery
        ) -> Attempt:
            """Run once; 3.29.0 cannot be ported."""
            self.port = None if config.nakama == "3.29.0" else port
            return super().__call__(config, project, delivery)

    runs = Broken(ends=dict.fromkeys(("3.27.1", "3.28.0", "3.29.0"), EndKind.UNFIXABLE))
    upgrade, _ = run(project, runs, through=True, keep_last_good=True, port=True)

    assert ("3.28.0", False) in [(each.nakama, each.dry_run) for each in runs.configs]
    assert ["Dockerfile", "main.go"] == runs.edits[-1]
    assert "3.28.0" == upgrade.after
