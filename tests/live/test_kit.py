"""The twin servers against the facts observed on Nakama, in real containers."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from scenarios.kit import KitImages, ensure_images, release
from scenarios.kit.engine import ContextFile, file_from, open_engine
from scenarios.kit.local import build_twin
from tests.kit.pkghashes import package_hashes
from tests.kit.plugins import build_plugins
from tests.kit.stage import LABELS, MODULES, Outcome, Stage, open_stage

pytestmark = pytest.mark.live

SERVER = "autofix-kit/nakama:3.40.0"
MISMATCH = (
    'plugin.Open("/nakama/data/modules/backend"): plugin was built with a different '
    "version of package github.com/gofrs/uuid/v5"
)
Plugins = dict[str, bytes]


@pytest.fixture(scope="session")
def images() -> KitImages:
    """Make what is missing, once for all tests here."""
    return ensure_images(["3.40.0", "3.38.0", "3.26.0"])


@pytest.fixture(scope="session")
def plugins(images: KitImages) -> Plugins:
    """Build every plugin in one container."""
    builder = images.releases["3.40.0"].builder
    with open_engine() as engine:
        return build_plugins(engine, builder, release("3.40.0"))


@pytest.fixture(scope="session")
def stage(images: KitImages) -> Iterator[Stage]:
    """Set a stage with a migrated database named nakama."""
    with open_stage(images.postgres) as opened:
        migrated = opened.run(
            SERVER, "migrate", "up", "--database.address", opened.address("nakama")
        )
        assert migrated.exit_code == 0, migrated
        yield opened


def _hashes_of_twin(image: str) -> dict[str, str]:
    client = docker.from_env()
    container = client.containers.create(image, labels=LABELS)
    try:
        return package_hashes(file_from(container, "/nakama/nakama"))
    finally:
        container.remove(v=True)
        client.close()


def _start(stage: Stage, *arguments: str, **modules: bytes) -> Outcome:
    named = {f"{name}.so": content for name, content in modules.items()}
    return stage.run(
        SERVER, "--database.address", stage.address("nakama"), *arguments, modules=named
    )


def _check(stage: Stage, **modules: bytes) -> Outcome:
    named = {f"{name}.so": content for name, content in modules.items()}
    return stage.run(SERVER, "check", modules=named)


@pytest.mark.parametrize(("tag", "equal"), [("3.26.0", 0.98), ("3.40.0", 0.98)])
def test_the_twin_has_the_package_hashes_of_nakama(
    images: KitImages, tag: str, equal: float
) -> None:
    """What differs is bluge, which Nakama vendors in changed form."""
    found = _hashes_of_twin(images.releases[tag].server)

    observed = release(tag).observed_hashes
    shared = observed.keys() & found.keys()
    differing = {path for path in shared if found[path] != observed[path]}
    assert len(shared) == len(observed)
    assert len(shared) - len(differing) >= equal * len(shared)
    assert {
        path for path in differing if not path.startswith("github.com/blugelabs/")
    } == set()


def test_an_older_protobuf_differs_as_observed_on_nakama(
    stage: Stage, plugins: Plugins
) -> None:
    """
    Nakama 3.40.0 named this package, and 32 of 224 shared hashes differed.

    Three of the 32 are nakama-common's, whose version was right.
    """
    outcome = _check(stage, backend=plugins["older-protobuf"])
    plugin, twin = package_hashes(plugins["older-protobuf"]), _hashes_of_twin(SERVER)

    shared = plugin.keys() & twin.keys()
    differing = {path for path in shared if plugin[path] != twin[path]}
    assert outcome.line("Could not open Go module")["error"].endswith(
        "different version of package google.golang.org/protobuf/internal/pragma"
    )
    assert (len(differing), len(shared)) == (32, 224)
    assert len([path for path in differing if "/nakama-common/" in path]) == 3


def test_making_again_makes_nothing(images: KitImages) -> None:
    """The labels of the images in the engine decide."""
    again = ensure_images(list(images.releases))

    assert again.made == ()
    assert again.releases == images.releases


@pytest.mark.parametrize("tag", ["3.26.0", "3.38.0", "3.40.0"])
def test_the_version_says_that_it_is_a_twin(
    stage: Stage, images: KitImages, tag: str
) -> None:
    """Otherwise it has the form of Nakama's own."""
    outcome = stage.run(images.releases[tag].server, "--version")

    assert (outcome.exit_code, outcome.stdout) == (0, f"{tag}+twin\n")


def test_a_clean_start_logs_nakamas_lines_in_order(
    stage: Stage, plugins: Plugins
) -> None:
    """The lines of Nakama 3.40.0, and the plugin among the modules."""
    outcome = _start(stage, "--runtime.env", "MOTTO=try", backend=plugins["good"])

    expected = [
        "Nakama starting",
        "Node",
        "Data directory",
        "Database connections",
        "Database information",
        "Initialising runtime",
        "Initialising runtime event queue processor",
        "Runtime event queue processor started",
        "Initialising Go runtime provider",
        "hello from the plugin",
        "Go runtime modules loaded",
        "Found runtime modules",
        "Registered Go runtime RPC function invocation",
        "Registered Go runtime Before function invocation",
        "Starting API server for gRPC requests",
        "Starting API server gateway for HTTP requests",
        "Startup done",
    ]
    assert outcome.exit_code is None
    assert expected == [said for said in outcome.messages if said in expected]
    assert outcome.line("Found runtime modules") == {
        "level": "info",
        "msg": "Found runtime modules",
        "count": 1,
        "modules": ["backend.so"],
    }
    assert (
        outcome.line("Registered Go runtime RPC function invocation")["id"] == "greet"
    )
    assert outcome.line("Node")["runtime"] == "go1.26.5"


def test_a_plugin_logs_as_in_nakama(stage: Stage, plugins: Plugins) -> None:
    """Its lines say so, carry its fields, and a warning says where it comes from."""
    outcome = _start(stage, "--runtime.env", "MOTTO=try", backend=plugins["good"])

    assert outcome.line("hello from the plugin") == {
        "level": "info",
        "msg": "hello from the plugin",
        "runtime": "go",
        "motto": "try",
    }
    assert outcome.line("a warning")["source"] == "example.com/good/main.go:27"


def test_a_password_is_not_logged(stage: Stage) -> None:
    """The address is redacted, as in Nakama."""
    dsns = _start(stage).line("Database connections")["dsns"]

    assert dsns == [f"postgres:xxxxx@{stage.host}:5432/nakama"]


def test_check_of_a_good_plugin_is_silent(stage: Stage, plugins: Plugins) -> None:
    """Silence and exit code 0 are its success."""
    outcome = _check(stage, backend=plugins["good"])

    assert outcome == Outcome(exit_code=0, stdout="", stderr="")


def test_a_mismatch_is_one_line_in_check(stage: Stage, plugins: Plugins) -> None:
    """Case A: the words are the Go runtime's own."""
    outcome = _check(stage, backend=plugins["mismatched"])

    assert outcome.exit_code == 1
    assert outcome.failures == [("error", "Could not open Go module")]
    line = outcome.line("Could not open Go module")
    assert line["path"] == "/nakama/data/modules/backend.so"
    assert line["error"] == MISMATCH


def test_a_mismatch_is_three_lines_in_a_start(stage: Stage, plugins: Plugins) -> None:
    """Case A: the same error three times, the last one fatal."""
    outcome = _start(stage, backend=plugins["mismatched"])

    assert outcome.exit_code == 1
    assert outcome.failures == [
        ("error", "Could not open Go module"),
        ("error", "Error initialising Go runtime provider"),
        ("fatal", "Failed initializing runtime modules"),
    ]
    assert {line["error"] for line in outcome.lines if "error" in line} == {MISMATCH}


def test_a_text_file_is_no_plugin(stage: Stage) -> None:
    """The file keeps its extension in the message, since dlopen refused it."""
    outcome = _check(stage, backend=b"no ELF" * 20)

    assert outcome.line("Could not open Go module")["error"] == (
        'plugin.Open("/nakama/data/modules/backend.so"): '
        "/nakama/data/modules/backend.so: invalid ELF header"
    )


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        ("nameless", "Error looking up InitModule function in Go module"),
        ("other-signature", "Error reading InitModule function in Go module"),
    ],
)
def test_a_plugin_without_its_function_is_fatal(
    stage: Stage, plugins: Plugins, plugin: str, message: str
) -> None:
    """Cases B and C: one line with the name and without an error field."""
    expected = [{"level": "fatal", "msg": message, "name": "backend"}]

    for outcome in (
        _check(stage, backend=plugins[plugin]),
        _start(stage, backend=plugins[plugin]),
    ):
        assert outcome.exit_code == 1
        assert outcome.failures == [("fatal", message)]
        assert expected == [outcome.line(message)]


def test_an_error_of_initmodule_is_fatal_in_a_start_only(
    stage: Stage, plugins: Plugins
) -> None:
    """Case D: check does not call InitModule."""
    outcome = _start(stage, backend=plugins["fails"])

    message = "Error returned by InitModule function in Go module"
    assert outcome.exit_code == 1
    assert outcome.failures == [("fatal", message)]
    assert outcome.line(message)["name"] == "backend"
    assert outcome.line(message)["error"] == "no luck"
    assert _check(stage, backend=plugins["fails"]).exit_code == 0


def test_a_panic_of_initmodule_ends_silently_with_0(
    stage: Stage, plugins: Plugins
) -> None:
    """Case E: main defers os.Exit(0) since 3.23.0."""
    outcome = _start(stage, backend=plugins["panics"])

    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert outcome.messages[-1] == "Initialising Go runtime provider"


def test_a_panic_while_opening_ends_check_silently_with_0(
    stage: Stage, plugins: Plugins
) -> None:
    """Case F: opening a plugin runs its package initialisation."""
    outcome = _check(stage, backend=plugins["panics-early"])

    assert outcome == Outcome(exit_code=0, stdout="", stderr="")


def test_a_truncated_plugin_ends_with_2(stage: Stage, plugins: Plugins) -> None:
    """Case H: the Go runtime's own dump on stderr, and no line."""
    half = plugins["good"][: len(plugins["good"]) // 2]

    outcome = _check(stage, backend=half)

    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert "SIGBUS: bus error" in outcome.stderr


def test_a_runtime_path_that_is_a_file_fails_without_a_line(stage: Stage) -> None:
    """Case J."""
    outcome = stage.run(SERVER, "check", "--runtime.path=/nakama/nakama")

    assert (outcome.exit_code, outcome.stdout) == (1, "")


def test_an_unknown_flag_of_check_ends_with_2(stage: Stage) -> None:
    """It has only --runtime.path, unlike the full start."""
    outcome = stage.run(SERVER, "check", "--logger.level=INFO")

    assert outcome.exit_code == 2
    assert outcome.stderr.startswith("flag provided but not defined: -logger.level\n")


def test_plugins_are_found_below_folders_and_in_capitals(
    stage: Stage, plugins: Plugins
) -> None:
    """Every .so counts, in lexical order; the first that fails is named."""
    files = {"old/stale.SO": b"no ELF" * 20, "backend.so": plugins["good"]}

    outcome = stage.run(SERVER, "check", modules=files)

    path = outcome.line("Could not open Go module")["path"]
    assert path == "/nakama/data/modules/old/stale.SO"


def test_a_call_that_is_not_served_says_so(stage: Stage, plugins: Plugins) -> None:
    """Where the call can return an error, InitModule gets it; else it is fatal."""
    returned = _start(stage, backend=plugins["asks-error"])
    fatal = _start(stage, backend=plugins["asks-value"])

    said = "not served by autofix's twin server, a test double of Nakama 3.40.0"
    assert returned.lines[-1]["error"] == f"NakamaModule.AccountGetId: {said}"
    assert fatal.exit_code == 1
    assert fatal.line("The twin server does not serve this call")["error"] == (
        f"NakamaModule.GetSatori: {said}"
    )


def test_the_stackdriver_format_has_its_own_keys(
    stage: Stage, plugins: Plugins
) -> None:
    """Severity, time and message; fatal is CRITICAL."""
    outcome = _start(
        stage, "--logger.format", "stackdriver", backend=plugins["mismatched"]
    )

    last = outcome.stdout.splitlines()[-1]
    assert '{"severity":"CRITICAL","time":"' in last
    assert '"message":"Failed initializing runtime modules"' in last


def test_a_config_file_is_read_and_flags_override_it(stage: Stage) -> None:
    """Below level WARN "Startup done" never comes, unless a flag says INFO."""
    config = ContextFile(
        path="nakama/data/local.yml",
        content=b"name: from-file\nlogger:\n  level: WARN\nruntime:\n  env: [A=1]\n",
    )

    outcome = stage.run(
        SERVER,
        "--config=/nakama/data/local.yml",
        "--logger.level=INFO",
        f"--database.address={stage.address('nakama')}",
        files=[config],
    )

    assert outcome.line("Node")["name"] == "from-file"
    assert outcome.messages[-1] == "Startup done"


def test_a_port_in_use_is_fatal(stage: Stage) -> None:
    """The console's port is given to the API."""
    outcome = _start(stage, "--socket.port=7351")

    assert outcome.exit_code == 1
    assert outcome.failures == [("fatal", "Console server gateway listener failed")]
    assert "address already in use" in outcome.lines[-1]["error"]


def test_a_running_server_is_healthy(stage: Stage) -> None:
    """The subcommand of the same binary asks over HTTP."""
    outcome = stage.run(
        SERVER,
        f"--database.address={stage.address('nakama')}",
        then=["/nakama/nakama", "healthcheck"],
    )

    assert outcome.messages[-1] == "healthcheck ok"


def test_a_healthcheck_without_a_server_fails(stage: Stage) -> None:
    """Nothing listens in a container of its own."""
    outcome = stage.run(SERVER, "healthcheck")

    assert outcome.exit_code == 1
    assert outcome.failures == [("fatal", "healthcheck failed")]


def test_a_database_that_is_down_is_fatal(stage: Stage) -> None:
    """Nothing is retried."""
    outcome = stage.run(SERVER, "--database.address=root@127.0.0.1:1/nakama")

    assert outcome.exit_code == 1
    assert outcome.failures == [("fatal", "Error pinging database")]


def test_a_database_that_is_missing_asks_for_migration(stage: Stage) -> None:
    """The text is Nakama's, though it is the database that is missing."""
    outcome = stage.run(SERVER, f"--database.address={stage.address('nowhere')}")

    message = "Database schema not found, run `nakama migrate up`"
    assert outcome.exit_code == 1
    assert outcome.failures == [("fatal", message)]


def test_a_database_without_schema_is_outdated(stage: Stage) -> None:
    """PostgreSQL's own database exists and was never migrated."""
    outcome = stage.run(SERVER, f"--database.address={stage.address('postgres')}")

    message = "DB schema outdated, run `nakama migrate up`"
    assert outcome.failures == [("fatal", message)]
    assert outcome.line(message)["migrations"] == 2


def test_migrating_creates_the_database_once(stage: Stage) -> None:
    """The first time it is created and migrated, the second time left alone."""
    arguments = ("migrate", "up", "--database.address", stage.address("fresh"))

    first, second = stage.run(SERVER, *arguments), stage.run(SERVER, *arguments)

    applied = "Successfully applied migration"
    assert [first.exit_code, second.exit_code] == [0, 0]
    assert first.messages == [
        "Creating new database",
        "Database information",
        "Applying database migrations",
        applied,
    ]
    assert first.line(applied)["count"] == 2
    assert second.line(applied)["count"] == 0


def test_migrating_without_a_subcommand_ends_silently_with_0(stage: Stage) -> None:
    """Nakama since 3.23.0 does the same."""
    assert stage.run(SERVER, "migrate") == Outcome(exit_code=0, stdout="", stderr="")


def test_a_javascript_error_has_its_line(stage: Stage) -> None:
    """The entrypoint is evaluated for real."""
    script = b"function InitModule(ctx, logger, nk, initializer) {\n  oops();\n}\n"
    files = [ContextFile(path=f"{MODULES}/index.js", content=script)]

    outcome = stage.run(
        SERVER, f"--database.address={stage.address('nakama')}", files=files
    )

    assert outcome.exit_code == 1
    assert outcome.failures == [
        ("error", "Failed to eval JavaScript modules."),
        ("error", "Error initialising JavaScript runtime provider"),
        ("fatal", "Failed initializing runtime modules"),
    ]
    assert outcome.lines[-1]["error"] == (
        "ReferenceError: oops is not defined\n\tat InitModule (index.js:2:7(2))\n"
    )


def test_javascript_registrations_are_announced(stage: Stage) -> None:
    """As in Nakama, with the module among the modules found."""
    script = (
        b"function greet() {}\nfunction InitModule(ctx, logger, nk, initializer) {\n"
        b"  initializer.registerRpc('Greet', greet);\n}\n"
    )

    outcome = stage.run(
        SERVER,
        f"--database.address={stage.address('nakama')}",
        modules={"index.js": script},
    )

    said = "Registered JavaScript runtime RPC function invocation"
    assert outcome.line(said)["id"] == "greet"
    assert outcome.line("Found runtime modules")["modules"] == ["index.js"]


def test_a_lua_module_is_not_run_and_said_so(stage: Stage) -> None:
    """Nakama's Lua is part of Nakama; the twin warns and goes on."""
    outcome = stage.run(SERVER, "check", modules={"old.lua": b"print(1)"})

    assert outcome.exit_code == 0
    assert [line["level"] for line in outcome.lines] == ["warn"]
    assert outcome.lines[0]["path"] == "/nakama/data/modules/old.lua"


def test_the_twin_is_the_same_whoever_builds_it(images: KitImages) -> None:
    """
    What this machine's own Go builds has the package hashes of what is in the image.

    On Debian 12, with the compiler of the image, it is the same bit for bit.
    """
    with open_engine() as engine:
        in_image = engine.file(images.releases["3.40.0"].server, "/nakama/nakama")

    here = package_hashes(build_twin(release("3.40.0")))
    assert package_hashes(in_image) == here
    assert len(here) > 400
