"""
Entries for Nakama's own sentences: entry point, modules, database, configuration.

All are exact texts of the server's source in v3; the plugin's own log lines carry
``runtime`` and never get here.
"""

from __future__ import annotations

import re

from autofix.core.model import Answer, FailureClass
from autofix.core.signatures_base import Reader, Sentence, Signature, Voice
from autofix.core.signatures_readers import of_the_server

_SOURCE = "server source of Nakama v3 (read)"


def _log(
    name: str,
    failure_class: FailureClass,
    *messages: str,
    pattern: str = "",
    words: tuple[Sentence, ...],
    remedy: tuple[Sentence, ...],
    seen: str = _SOURCE,
    read: Reader | None = None,
    general: bool = False,
) -> Signature:
    return Signature(
        name=name,
        failure_class=failure_class,
        answer=Answer.STOP,
        voice=Voice.LOG,
        messages=messages,
        pattern=re.compile(pattern) if pattern else None,
        read=read,
        words=words,
        remedy=remedy,
        seen=seen,
        general=general,
    )


SIGNATURE_OF_INIT = (
    "func InitModule(ctx context.Context, logger runtime.Logger, db *sql.DB, "
    "nk runtime.NakamaModule, initializer runtime.Initializer) error"
)

ENTRY = (
    _log(
        "init-module-missing",
        FailureClass.PLUGIN_ENTRY,
        "Error looking up InitModule function in Go module",
        words=("The plugin has no function InitModule in its main package.",),
        remedy=(
            (
                f"Add `{SIGNATURE_OF_INIT}` to the package that is built, or build the "
                "package that has it."
            ),
        ),
        seen="observed on Nakama 3.40.0",
    ),
    _log(
        "init-module-signature",
        FailureClass.PLUGIN_ENTRY,
        "Error reading InitModule function in Go module",
        words=("The plugin's InitModule has another signature than Nakama calls.",),
        remedy=(
            (
                f"Make it exactly `{SIGNATURE_OF_INIT}`, with runtime from "
                "github.com/heroiclabs/nakama-common/runtime."
            ),
        ),
        seen="observed on Nakama 3.40.0; nakama #12",
    ),
    _log(
        "init-module-error",
        FailureClass.PLUGIN_INIT,
        "Error returned by InitModule function in Go module",
        words=("The plugin loads, but its InitModule returns an error: {reason}.",),
        remedy=(
            (
                "Mend what it says. If it needs your configuration (runtime.env), name "
                "Nakama's configuration file with --server-config; services of your own "
                "are not there in the test start."
            ),
        ),
        seen="observed on Nakama 3.40.0",
    ),
)

MODULES = (
    _log(
        "runtime-path-unreadable",
        FailureClass.SERVER_SETUP,
        "Error listing runtime path",
        "Failed to list runtime path",
        words=("The server cannot read its module folder: {reason}.",),
        remedy=("Make the folder readable for the server's user.",),
    ),
    _log(
        "runtime-path-not-a-folder",
        FailureClass.SERVER_SETUP,
        "Failed initializing runtime modules",
        pattern=r"mkdir (?P<path>[^\s:]++): (?:not a directory|file exists)",
        words=("The module folder {path} cannot be made: a file is in its place.",),
        remedy=("Make runtime.path a folder.",),
        seen="reported (nakama.md 1.2, case J)",
    ),
    _log(
        "lua-module-unreadable",
        FailureClass.RUNTIME_MODULES,
        "Could not read Lua module",
        "Could not set Lua module path",
        words=("A Lua module beside the plugin cannot be read: {reason}.",),
        remedy=("Make the file readable, or remove it from the module folder.",),
    ),
    _log(
        "lua-module-invalid",
        FailureClass.RUNTIME_MODULES,
        "Could not load module",
        words=("The Lua module {file} has an error: {reason}.",),
        remedy=("Mend the Lua module; the Go plugin is not to blame.",),
    ),
    _log(
        "lua-module-fails",
        FailureClass.RUNTIME_MODULES,
        "Error initialising Lua runtime provider",
        "Failed to initialize Lua runtime",
        words=("A Lua module beside the plugin fails when it runs: {reason}.",),
        remedy=("Mend the Lua module; the Go plugin was loaded.",),
    ),
    _log(
        "javascript-unreadable",
        FailureClass.RUNTIME_MODULES,
        "Could not read JavaScript module",
        "JavaScript entrypoint must be a valid path",
        "JavaScript entrypoint must point to a .js file",
        words=(
            (
                "The JavaScript entry point cannot be read: {reason}.",
                "The JavaScript entry point cannot be read.",
            ),
        ),
        remedy=("Set runtime.js_entrypoint to an existing .js file.",),
    ),
    _log(
        "javascript-invalid",
        FailureClass.RUNTIME_MODULES,
        "Could not compile JavaScript module",
        words=("The JavaScript module beside the plugin has an error: {reason}.",),
        remedy=("Mend or rebuild it; the Go plugin is not to blame.",),
    ),
    _log(
        "javascript-init-missing",
        FailureClass.RUNTIME_MODULES,
        "InitModule function not found. Function must be defined at top level.",
        words=("The JavaScript module has no InitModule function at its top level.",),
        remedy=("Add it, or remove index.js from the module folder.",),
    ),
    _log(
        "javascript-fails",
        FailureClass.RUNTIME_MODULES,
        "Failed to load JavaScript module.",
        "Failed to eval JavaScript modules.",
        "Failed to load JavaScript files",
        "Failed to initialize JavaScript runtime",
        "Error initialising JavaScript runtime provider",
        words=("The JavaScript module beside the plugin fails: {reason}.",),
        remedy=("Mend the JavaScript module; the Go plugin was loaded.",),
    ),
)

DATABASE = (
    _log(
        "database-login-refused",
        FailureClass.DATABASE,
        "Error pinging database",
        "Failed to check if db exists",
        "Failed to create database",
        pattern=r"password authentication failed|no pg_hba\.conf entry|role \""
        r"|SQLSTATE 28(?:000|P01)",
        words=("The database refuses the user or password: {reason}.",),
        remedy=("Correct --database.address (user:password@host:port/name).",),
    ),
    _log(
        "database-unreachable",
        FailureClass.DATABASE,
        "Error pinging database",
        "Failed to check if db exists",
        "Error querying database version",
        "Failed to acquire db conn for migration",
        "Failed to acquire pgx conn for migration",
        "Failed to acquire db conn for migration check",
        "Failed to acquire pgx conn for migration check",
        words=(
            (
                "The server cannot reach its database, and ended before it looked at any "
                "plugin: {reason}."
            ),
        ),
        remedy=("Start the database first, and correct --database.address.",),
        seen="observed on Nakama 3.40.0",
    ),
    _log(
        "database-schema-missing",
        FailureClass.DATABASE,
        "Database schema not found, run `nakama migrate up`",
        "Could not get migration records, run `nakama migrate up`",
        "Could not get migration records",
        words=("The database has no Nakama schema yet.",),
        remedy=("Run `nakama migrate up` with the same --database.address first.",),
        seen="observed on Nakama 3.40.0",
    ),
    _log(
        "database-schema-outdated",
        FailureClass.DATABASE,
        "DB schema outdated, run `nakama migrate up`",
        words=("The database's schema is older than this Nakama.",),
        remedy=("Run `nakama migrate up` of this Nakama release first.",),
    ),
    _log(
        "database-too-old",
        FailureClass.DATABASE,
        "Failed to apply migrations",
        pattern=r"function gen_random_uuid\(\) does not exist",
        words=("The PostgreSQL is too old for this Nakama's migrations.",),
        remedy=("Use PostgreSQL 13 or newer (the compose file in the docs has 12).",),
        seen="migrations of Nakama 3.33.0 (nakama.md 2.4)",
    ),
    _log(
        "database-migration-failed",
        FailureClass.DATABASE,
        "Failed to apply migrations",
        "Failed to create database",
        "Could not find migrations",
        words=("The database could not be prepared: {reason}.",),
        remedy=("Give `nakama migrate up` an empty database and a user that owns it.",),
    ),
    _log(
        "database-address-invalid",
        FailureClass.DATABASE,
        "Bad database connection URL",
        "Bad connection URL",
        words=("--database.address cannot be read.",),
        remedy=(
            (
                "Write it as user:password@host:port/name, without postgres://, special "
                "characters of the password as %XX."
            ),
        ),
    ),
)

SETUP = (
    _log(
        "port-in-use",
        FailureClass.SERVER_SETUP,
        "API server listener failed to start",
        "API server gateway listener failed to start",
        "API server gateway listener failed",
        "Console server listener failed to start",
        "Console server gateway listener failed",
        pattern=r"listen \w++ (?P<address>\S+?): bind: address already in use",
        words=("The plugin loaded, but port {address} is in use by another process.",),
        remedy=("Stop the other server, or set socket.port and console.port.",),
    ),
    _log(
        "listener-failed",
        FailureClass.SERVER_SETUP,
        "API server listener failed to start",
        "API server listener failed",
        "API server gateway listener failed to start",
        "API server gateway listener failed",
        "Console server listener failed to start",
        "Console server listener failed",
        "Console server gateway listener failed",
        words=("The plugin loaded, but the server cannot listen: {reason}.",),
        remedy=("Correct socket.address and the ports in the configuration.",),
    ),
    _log(
        "config-file-unreadable",
        FailureClass.SERVER_SETUP,
        "Could not read config file",
        words=("The server's configuration file cannot be read: {reason}.",),
        remedy=("Correct --config, or copy the file into the image.",),
        seen="observed on Nakama 3.40.0 (texts), server/config.go",
    ),
    _log(
        "config-file-malformed",
        FailureClass.SERVER_SETUP,
        "Could not parse config file",
        words=("The server's configuration file is malformed: {reason}.",),
        remedy=("Mend the YAML; an unknown or misplaced key is enough.",),
    ),
    Signature(
        name="flag-unknown",
        failure_class=FailureClass.SERVER_SETUP,
        answer=Answer.STOP,
        voice=Voice.CRASH,
        pattern=re.compile(r"^flag provided but not defined: (?P<flag>-\S++)"),
        read=of_the_server,
        words=("This Nakama does not know the flag {flag}.",),
        remedy=("Remove it; `nakama check` knows --runtime.path only.",),
        seen="Go's flag package, observed on Nakama 3.40.0",
    ),
    Signature(
        name="flag-invalid",
        failure_class=FailureClass.SERVER_SETUP,
        answer=Answer.STOP,
        voice=Voice.CRASH,
        pattern=re.compile(
            r"^(?:invalid (?:boolean )?value \"(?P<value>[^\"]*+)\" for (?:flag )?"
            r"|flag needs an argument: )(?P<flag>-[\w.]++)"
        ),
        words=("The flag {flag} has a value that Nakama cannot read.",),
        remedy=("Write flags as --name=value.",),
        seen="Go's flag package (read in source)",
    ),
    _log(
        "arguments-invalid",
        FailureClass.SERVER_SETUP,
        "Could not parse command line arguments",
        "Could not parse check flags.",
        "Migrate requires a subcommand. Available commands are: 'up', 'down', "
        "'redo', 'status'.",
        "Unrecognized migrate subcommand. Available commands are: 'up', 'down', "
        "'redo', 'status'.",
        words=(
            (
                "Nakama's command line is wrong: {reason}.",
                "Nakama's command line is wrong.",
            ),
        ),
        remedy=("Compare it with `nakama --help`.",),
    ),
    _log(
        "server-name-invalid",
        FailureClass.SERVER_SETUP,
        "Name must be 1-16 characters",
        words=("The server's name must have 1 to 16 characters.",),
        remedy=("Set name (or --name) to a short one.",),
    ),
    _log(
        "config-value-invalid",
        FailureClass.SERVER_SETUP,
        "Server key must be set",
        "Encryption key must be set",
        "Refresh token encryption key must be set",
        "Encryption key and refresh token encryption cannot match",
        "Runtime HTTP key must be set",
        "Console username must be set and valid",
        "Console password must be set",
        "Console signing key must be set",
        "Logger level invalid, must be one of: DEBUG, INFO, WARN, or ERROR",
        "Could not create log file",
        "Could not create log directory",
        "Error loading SSL certificate",
        "Error loading SSL certificate cert file",
        "Error loading SSL certificate key file",
        words=("A value in the server's configuration is not accepted.",),
        remedy=("Correct the value that the quoted line names.",),
    ),
)

SERVER = DATABASE + ENTRY + MODULES + SETUP
