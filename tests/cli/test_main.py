"""The command line from outside: exit codes, streams, help, signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract import checked
from tests.core.plugin_elves import PluginElf

Run = Callable[..., subprocess.CompletedProcess[str]]
COMMANDS = (
    "run",
    "check",
    "upgrade",
    "compare",
    "runs",
    "reproduce",
    "scenario",
    "explain",
    "fleet",
    "bisect",
    "doctor",
    "config",
    "versions",
    "export",
    "schedule",
    "schema",
    "clean",
)
NO_ENGINE = "tcp://127.0.0.1:1"
MISMATCH = "plugin was built with a different version of package google.golang.org/protobuf/internal/pragma"


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment without any of the machine's own settings."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONWARNINGS": "error",
        "DOCKER_HOST": NO_ENGINE,
        **more,
    }


@pytest.fixture
def autofix(tmp_path: Path) -> Run:
    """Return a function that runs autofix in an empty folder."""

    def run(
        *arguments: str, stdin: str = "", **more: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "autofix", *arguments],
            cwd=tmp_path,
            env=environment(tmp_path, **more),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """Write a small plugin for Nakama 3.40.0 into the folder."""
    (tmp_path / "go.mod").write_text(
        "module example.com/m\n\ngo 1.26.5\n\n"
        "require github.com/heroiclabs/nakama-common v1.47.0\n"
    )
    (tmp_path / "main.go").write_text(
        "package main\n\n"
        'import "github.com/heroiclabs/nakama-common/runtime"\n\n'
        "func InitModule(_ runtime.Logger) error { return nil }\n"
    )
    return tmp_path


@pytest.mark.parametrize("module", ["autofix.cli.main", "autofix.report.published"])
def test_help_comes_without_what_runs_need(
    autofix: Run, tmp_path: Path, module: str
) -> None:
    """Help and schemas come fast because nothing heavy is imported for them."""
    heavy = ("rich", "pydantic", "docker", "structlog", "tenacity", "yaml", "requests")
    script = (
        f"import sys, {module}\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )

    assert "[]\n" == done.stdout
    assert 0 == autofix("--help").returncode


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_has_help_with_an_example(
    autofix: Run, name: str, option: str
) -> None:
    """Help goes to stdout, ends with an example, and fits 80 columns."""
    done = autofix(name, option)

    assert 0 == done.returncode
    assert f"  autofix {name}" in done.stdout.partition("Examples:")[2]
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_the_commands_are_those_that_exist(autofix: Run) -> None:
    """Nothing is offered that does nothing, nothing is hidden."""
    listed = autofix("--help").stdout.partition("Commands:")[2].partition("Examples")[0]

    assert set(COMMANDS) == {line.split()[0] for line in listed.splitlines() if line.strip()}  # fmt: skip


def test_the_version(autofix: Run) -> None:
    """--version prints one line."""
    done = autofix("--version")

    assert 0 == done.returncode
    assert done.stdout.startswith("autofix ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "Usage"),
        (("--nakma",), "No such option"),
        (("rnu",), "No such command"),
        (("run", "--max-rounds", "0"), "--max-rounds cannot be '0'"),
        (("run", "--strategy", "best"), "--strategy cannot be 'best'"),
        (("run", "--config-file", "no.toml"), "no.toml"),
        (("run", "-v", "-q"), "exclude each other"),
        (("run", "--so", "no.so"), "there is no file no.so"),
        (("run",), "go.mod"),
        (("explain", "--nakama", "3.99.0", "x"), "no Nakama 3.99.0"),
        (("versions", "3.26.9"), "3.26.0"),
        (("versions", "--project", "."), "no go.mod"),
        (("doctor", "--output-format", "yaml"), "yaml"),
    ],
)
def test_usage_errors_end_with_2(
    autofix: Run, arguments: tuple[str, ...], told: str
) -> None:
    """They say what was wrong, on stderr, without a traceback."""
    done = autofix(*arguments)

    assert 2 == done.returncode
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not arguments or not done.stdout


def test_no_engine_ends_with_3(autofix: Run, plugin: Path) -> None:
    """The environment is to blame; the project is untouched; a result is written."""
    before = {path: path.read_bytes() for path in plugin.iterdir() if path.is_file()}
    done = autofix("run", "--output-format", "json")
    result = checked(done.stdout, "run")

    assert 3 == done.returncode
    assert ("engine-unavailable", 3) == (result["error_code"], result["exit_code"])
    assert "No container engine answers" in done.stderr
    assert result == json.loads(Path(result["run_folder"], "result.json").read_text())
    assert before == {p: p.read_bytes() for p in plugin.iterdir() if p.is_file()}


def test_a_result_can_go_to_a_file(autofix: Run, plugin: Path) -> None:
    """-o leaves stdout empty."""
    done = autofix("run", "--output-format", "json", "-o", "result.json")

    assert "" == done.stdout
    assert 3 == checked((plugin / "result.json").read_text(), "run")["exit_code"]


def test_progress_as_json_lines(autofix: Run, plugin: Path) -> None:
    """With --log-format json each line of progress on stderr is one object."""
    done = autofix("run", "--log-format", "json", str(plugin))
    lines = [line for line in done.stderr.splitlines() if line.startswith("{")]

    assert ["run began", "run ended"] == [json.loads(line)["event"] for line in lines]


def test_doctor_names_what_is_missing(autofix: Run, plugin: Path) -> None:
    """No engine is a failure with its mend; the rest is looked at all the same."""
    done = autofix("doctor", "--output-format", "json", str(plugin))
    checks = {
        check["name"]: check for check in checked(done.stdout, "doctor")["checks"]
    }

    assert 3 == done.returncode
    assert "fail" == checks["engine"]["status"]
    assert checks["engine"]["mend"]
    assert "ok" == checks["project"]["status"]
    assert "Nakama 3.40.0" in checks["target"]["text"]


def test_doctor_looks_at_every_module(autofix: Run, tmp_path: Path) -> None:
    """As a run would: each has its target, and what they share is looked at once."""
    for name, tag in (("arena", "3.39.0"), ("chat", "3.40.0")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "go.mod").write_text(f"module example.com/{name}\n\ngo 1.26\n")
        (folder / "main.go").write_text("package main\n\nfunc InitModule() {}\n")
        (folder / "Dockerfile").write_text(f"FROM heroiclabs/nakama:{tag}\n")
    done = autofix("doctor", "--output-format", "json", str(tmp_path))
    checks = checked(done.stdout, "doctor")["checks"]
    targets = [each["text"] for each in checks if each["name"] == "target"]

    assert ["example.com/arena: Nakama 3.39.0", "example.com/chat: Nakama 3.40.0"] == [
        each.partition(" (")[0] for each in targets
    ]
    assert 2 == sum(each["name"] == "project" for each in checks)
    assert 1 == sum(each["name"] == "engine" for each in checks)


def test_doctor_looks_at_this_machine_where_it_is_asked_to(
    autofix: Run, plugin: Path
) -> None:
    """No container engine is needed then; what is there and what is not has a line."""
    server = plugin / "nakama"
    server.write_text("#!/bin/sh\n")
    server.chmod(0o755)
    done = autofix(
        *("doctor", "--output-format", "json", "--server", str(server)), str(plugin)
    )
    checks = {
        check["name"]: check for check in checked(done.stdout, "doctor")["checks"]
    }

    assert "engine" not in checks
    assert ("ok", str(server)) == (
        checks["local server"]["status"],
        checks["local server"]["text"],
    )
    assert {"local Go", "local C compiler", "local database"} <= set(checks)


def test_clean_needs_no_engine_where_there_is_none_to_clean(autofix: Run) -> None:
    """--engine local leaves container engines alone."""
    done = autofix("clean", "--engine", "local")

    assert (0, "") == (done.returncode, done.stderr)


def test_clean_without_an_engine_says_so(autofix: Run) -> None:
    """What could not be cleaned is an environment failure."""
    done = autofix("clean", "--all-runs")

    assert 3 == done.returncode
    assert "No container engine answers" in done.stdout


def test_clean_removes_run_folders(autofix: Run, plugin: Path) -> None:
    """--all-runs removes what runs left here; --dry-run only says so."""
    autofix("run", str(plugin))
    would = autofix("clean", "--all-runs", "--dry-run").stdout
    runs = plugin / "state" / "autofix" / "runs"

    assert "would remove run folder" in would
    assert 2 == len(list(runs.iterdir()))
    assert "removed run folder" in autofix("clean", "--all-runs").stdout
    assert [] == list(runs.iterdir())


def test_explain_reads_a_line_a_file_or_a_pipe(autofix: Run, tmp_path: Path) -> None:
    """All three give the same diagnosis and exit code 0."""
    (tmp_path / "server.log").write_text(MISMATCH)
    done = [
        autofix("explain", "--nakama", "3.40.0", MISMATCH),
        autofix("explain", "--nakama", "3.40.0", "server.log"),
        autofix("explain", "--nakama", "3.40.0", "-", stdin=MISMATCH),
    ]

    assert {0} == {each.returncode for each in done}
    assert 1 == len({each.stdout for each in done})
    assert "v1.36.11" in done[0].stdout


def test_explain_admits_what_it_does_not_know(autofix: Run) -> None:
    """An unknown text ends with 1, as text and as JSON."""
    text, data = autofix("explain", "hello"), autofix("explain", "hello", "--output-format", "json")  # fmt: skip

    assert (1, 1) == (text.returncode, data.returncode)
    assert text.stdout.startswith("Unknown:")
    assert [] == checked(data.stdout, "explain")["diagnoses"]


@pytest.mark.parametrize("word", ["server.log", "/var/log/nakama", "./out"])
def test_explain_says_that_there_is_no_such_file(autofix: Run, word: str) -> None:
    """A mistyped name is not taken for a line of a log."""
    done = autofix("explain", word)

    assert (2, "") == (done.returncode, done.stdout)
    assert f"There is no file {word}." in done.stderr


def test_explain_says_that_nothing_came_in(autofix: Run) -> None:
    """A container without a log is no unknown failure."""
    done = autofix("explain", "-", stdin="\n")

    assert 2 == done.returncode
    assert "nothing came in" in done.stderr


def test_explain_lists_what_is_known(autofix: Run) -> None:
    """The table names every class of failure."""
    failures = checked(
        autofix("explain", "--list", "--output-format", "json").stdout,
        "explain",
    )

    assert {"platform", "go-runtime", "go-dependency"} <= {
        row["failure_class"] for row in failures["failures"]
    }


def test_config_shows_where_each_value_is_from(autofix: Run, plugin: Path) -> None:
    """Flag, variable, file and default, as text and as JSON."""
    (plugin / "autofix.toml").write_text('max-time = "5m"\n')
    done = autofix(
        "config",
        "--max-rounds",
        "7",
        "--output-format",
        "json",
        AUTOFIX_NAKAMA="3.38.0",
    )
    settings = checked(done.stdout, "config")["settings"]

    assert {
        "max-rounds": (7, "command line", "--max-rounds"),
        "nakama": ("3.38.0", "environment", "AUTOFIX_NAKAMA"),
        "max-time": (300.0, "file", str(plugin / "autofix.toml")),
        "strategy": ("all", "default", ""),
    } == {
        key: (settings[key]["value"], settings[key]["source"], settings[key]["where"])
        for key in ("max-rounds", "nakama", "max-time", "strategy")
    }


def test_what_config_prints_is_a_config_file(autofix: Run, plugin: Path) -> None:
    """The text can be pasted into autofix.toml and means the same."""
    first = autofix("config", "--tags", 'a "b"', "--max-time", "90s", "--kit").stdout
    (plugin / "autofix.toml").write_text(first)
    again = autofix("config").stdout

    def values(text: str) -> list[str]:
        return [line.partition(" # ")[0].rstrip() for line in text.splitlines()[1:]]

    assert values(first) == values(again)


@pytest.mark.parametrize("output_format", ["text", "json"])
def test_config_never_shows_the_databases_password(
    autofix: Run, output_format: str
) -> None:
    """Only that it is set, and where."""
    done = autofix(
        "config", "--output-format", output_format, AUTOFIX_DATABASE="u:hunter2@h/x"
    )

    assert "hunter2" not in done.stdout
    assert "AUTOFIX_DATABASE" in done.stdout


def test_an_unknown_variable_is_mentioned(autofix: Run) -> None:
    """A misspelt AUTOFIX_ variable does not pass in silence."""
    done = autofix("config", AUTOFIX_MAX_ROUND="3")

    assert 0 == done.returncode
    assert "AUTOFIX_MAX_ROUND is set" in done.stderr


def test_versions_shows_what_differs(autofix: Run, plugin: Path) -> None:
    """The best fit comes first, and one release can be compared."""
    fits = checked(
        autofix("versions", "--project", str(plugin), "--output-format", "json").stdout,
        "versions",
    )["fits"]
    one = autofix("versions", "3.38.0", "--project", str(plugin)).stdout

    assert "3.40.0" == fits[0]["release"]["tag"]
    assert [] == fits[0]["differences"]
    assert "v1.47.0 -> v1.45.0" in one


def test_versions_of_one_release(autofix: Run) -> None:
    """3.38.0's builder has another Go than its server."""
    shown = autofix("versions", "3.38.0").stdout

    assert "Go 1.26.1; pluginbuilder's Go: 1.25.5" in shown


def extended(tmp_path: Path, body: str) -> list[str]:
    """Return a command line that runs autofix with one more command, ``extra``."""
    script = tmp_path / "extended.py"
    script.write_text(
        "import os, sys, time\n"
        "from autofix.cli.main import application, main\n"
        "from autofix.errors import *\n\n"
        "commands = application()\n"
        f"@commands.command()\ndef extra() -> None:\n    {body}\n\n"
        "sys.argv[1:] = ['extra']\n"
        "sys.exit(main(commands))\n"
    )
    return [sys.executable, str(script)]


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        ("raise ValueError('boom')", 70, "autofix has a bug: ValueError: boom"),
        ("raise DiskFullError('Full.', todo='Make room.')", 3, "Make room."),
        ("raise ProjectError('No project.')", 2, "autofix: No project."),
        ("raise InternalError('Odd.')", 70, "autofix: Odd."),
        ("raise KeyboardInterrupt", 130, ""),
    ],
)
def test_exceptions_become_exit_codes(
    tmp_path: Path, body: str, code: int, told: str
) -> None:
    """Each error has its exit code and its words; nobody sees a traceback."""
    done = subprocess.run(
        extended(tmp_path, body),
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (code, "") == (done.returncode, done.stdout)
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bug_leaves_a_report_without_secrets(tmp_path: Path) -> None:
    """The traceback is in a file; local variables and the environment are not."""
    body = "secret = 'hunter' + '2'; raise ValueError('boom')"
    done = subprocess.run(
        extended(tmp_path, body),
        env=environment(tmp_path, TOKEN="hunter3"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    (report,) = (tmp_path / "state" / "autofix" / "crashes").iterdir()

    assert report.name in done.stderr
    assert "ValueError: boom" in report.read_text()
    assert "hunter2" not in report.read_text()
    assert "hunter3" not in report.read_text()


def test_a_traceback_can_be_asked_for(tmp_path: Path) -> None:
    """AUTOFIX_DEBUG shows it besides the message."""
    done = subprocess.run(
        extended(tmp_path, "raise ProjectError('No project.')"),
        env=environment(tmp_path, AUTOFIX_DEBUG="1"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert 2 == done.returncode
    assert "Traceback" in done.stderr


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_signals_become_exit_codes(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """Ctrl-C and SIGTERM end as shells expect, quietly."""
    body = "print('ready', flush=True); time.sleep(60)"
    with subprocess.Popen(
        extended(tmp_path, body),
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        _, told = process.communicate(timeout=30)

    assert code == process.returncode
    assert "Traceback" not in told


def test_a_closed_pipe_is_no_error_message(tmp_path: Path) -> None:
    """``autofix explain --list | head -1`` ends quietly."""
    command = f"'{sys.executable}' -m autofix explain --list | head -1"
    done = subprocess.run(
        ["sh", "-c", command],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "" == done.stderr


@pytest.mark.parametrize(
    ("redirection", "code", "said"),
    [
        ("| true", 141, ""),
        (">/dev/full", 3, "no space left"),
        (">&-", 0, ""),
        (">&- <&- 2>&-", 0, ""),
    ],
)
def test_output_that_nobody_can_read_is_no_verdict(
    tmp_path: Path, redirection: str, code: int, said: str
) -> None:
    """Neither 1, which would tell of the plugin, nor a bug."""
    command = f"set -o pipefail; '{sys.executable}' -m autofix versions {redirection}"
    done = subprocess.run(
        ["bash", "-c", command],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert code == done.returncode, done.stderr
    assert said in done.stderr
    assert bool(said) == bool(done.stderr)


@pytest.fixture
def pair(tmp_path: Path) -> None:
    """Write a server, a plugin that fits and one that does not."""
    hashes = {"fmt": bytes(8), "example.com/leaf": bytes(8)}
    other = {**hashes, "example.com/leaf": b"\1" * 8}
    (tmp_path / "nakama").write_bytes(PluginElf(hashes=hashes).laid_out())
    for name, found in (("good.so", hashes), ("bad.so", other)):
        elf = PluginElf(hashes=found, order=tuple(found))
        (tmp_path / name).write_bytes(elf.laid_out())


@pytest.mark.usefixtures("pair")
def test_compare_tells_by_its_exit_code(autofix: Run, tmp_path: Path) -> None:
    """0 if they fit, 1 if not, in all formats; -o leaves stdout empty."""
    (tmp_path / "imports.txt").write_text("fmt\nexample.com/leaf fmt\n")
    good = autofix("compare", "nakama", "good.so")
    bad = autofix("compare", "nakama", "bad.so", "--output-format", "json")
    page = autofix(
        "compare", "nakama", "bad.so", "--output-format", "html", "-o", "tree.html",
        "--imports", "-", stdin="fmt\nexample.com/leaf fmt\n",
    )  # fmt: skip

    assert (0, 1, 1) == (good.returncode, bad.returncode, page.returncode)
    assert good.stdout.startswith("Equal")
    assert (
        "example.com/leaf" == checked(bad.stdout, "compare")["foretelling"]["package"]
    )
    assert ("", "") == (page.stdout, page.stderr)
    assert (tmp_path / "tree.html").read_text().startswith("<!doctype html>")


@pytest.mark.usefixtures("pair")
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("nakama", "none.so"), 2, "There is no file none.so"),
        (("nakama", "good.so", "--imports", "nakama"), 2, "does not list imports"),
        (("nakama", "good.so", "--imports", "none"), 3, "none"),
        (("nakama",), 2, "PLUGIN"),
        (("3.40.0", "good.so"), 3, "No container engine answers"),
    ],
)
def test_compare_without_what_it_needs(
    autofix: Run, arguments: tuple[str, ...], code: int, told: str
) -> None:
    """Usage ends with 2, a missing engine with 3; nothing goes to stdout."""
    done = autofix("compare", *arguments)

    assert code == done.returncode
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert "" == done.stdout


def test_past_runs_are_listed_and_told(autofix: Run, plugin: Path) -> None:
    """A run that found no server left a folder; it is listed, and told as a story."""
    failed = autofix("run", "--nakama", "3.40.0", DOCKER_HOST=NO_ENGINE)
    listed = autofix("runs").stdout
    shown = autofix("runs", "show")
    page = autofix("runs", "show", "latest", "--output-format", "html").stdout

    assert 3 == failed.returncode
    assert str(plugin) in listed
    assert 0 == shown.returncode
    assert "How it ended" in shown.stdout
    assert page.startswith("<!doctype html>")
    assert 2 == autofix("runs", "show", "nothing").returncode


class TestSeveralModules:
    """Each module with plugins is a run of its own."""

    def test_one_result_for_each_and_one_for_all(
        self, autofix: Run, tmp_path: Path
    ) -> None:
        """What fails in one module is in its result; the others are tried too."""
        for name in ("poker", "rummy"):
            folder = tmp_path / "games" / name
            folder.mkdir(parents=True)
            (folder / "go.mod").write_text(f"module example.com/{name}\n\ngo 1.26\n")
            (folder / "main.go").write_text(
                "package main\n\nfunc InitModule() error { return nil }\n"
            )
        command = ("run", "--nakama", "3.40.0", str(tmp_path / "games"))
        stored = checked(autofix(*command, "--output-format", "json").stdout, "run")
        told = autofix(*command)

        assert (3, 3) == (stored["exit_code"], told.returncode)
        assert [("poker", 3), ("rummy", 3)] == [
            (Path(each["project"]).name, each["exit_code"]) for each in stored["runs"]
        ]
        assert "module 2 of 2: " in told.stderr
        assert 2 == told.stdout.count("Stopped: ")


def test_the_other_outputs_for_machines_fit_their_schemas(autofix: Run) -> None:
    """What is cleaned, the releases, and no runs yet."""
    for name in ("clean", "versions", "runs"):
        done = autofix(name, "--output-format", "json")

        assert done.returncode in {0, 3}, done.stderr
        assert 1 == checked(done.stdout, name)["schema_version"]


def test_a_schema_is_printed_as_it_is_published(autofix: Run) -> None:
    """One a line without a name; another name is a usage error."""
    listed = [line.split()[0] for line in autofix("schema").stdout.splitlines()]
    wrong = autofix("schema", "rum")

    assert {"run", "check", "compare", "runs", "events"} <= set(listed)
    for name in listed[:2]:
        found = json.loads(autofix("schema", name).stdout)
        assert f"urn:autofix:{name}:1" == found["$id"]
    assert 2 == wrong.returncode
    assert "There is no schema rum." in wrong.stderr
