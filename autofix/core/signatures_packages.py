"""
Entries for the loader's sentence about a package: one sentence, seven readings.

They go from the most particular to the pin; ``autofix.core.packages`` says what the
named package is to the server.
"""

from __future__ import annotations

import re

from autofix.core import signatures_readers as readers
from autofix.core.model import Answer, FailureClass
from autofix.core.signatures_base import Signature, Voice
from autofix.core.signatures_loader import (
    BUILD_HERE,
    CHANGE_NOTHING_IN_GOMOD,
    ENTRY_MESSAGES,
    GO_RUNTIME,
    LOADER_MESSAGES,
    refused,
)

ANOTHER_FILE = (
    Signature(
        name="stale-plugin",
        failure_class=FailureClass.PLUGIN_FILE,
        answer=Answer.STOP,
        voice=Voice.LOG,
        messages=LOADER_MESSAGES + ENTRY_MESSAGES,
        read=readers.of_another_file,
        words=(
            (
                "The server stopped at {file}, a stale or second plugin beside yours: it "
                "loads every .so below its module folder."
            ),
            "It says of it: {reason}.",
        ),
        remedy=(
            (
                "Remove {file} from the server's module folder, or rebuild it for this "
                "server too. Your own plugin is judged after it."
            ),
        ),
        seen="server/runtime_go.go of Nakama v3; observed on the kit's twin",
    ),
)

DIFFERENT = re.compile(
    r"plugin was built with a different version of package "
    r"(?P<package>[^\s\"'`,;()\\]++)"
)
_DIFFERENT_SEEN = "Go runtime/plugin.go; observed on Nakama 3.24.0, 3.26.0, 3.40.0"

DIFFERENT_PACKAGE = (
    refused(
        "imports-server-package",
        FailureClass.GO_DEPENDENCY,
        Answer.STOP,
        DIFFERENT,
        read=readers.of_server_itself,
        words=(
            (
                "The plugin imports {package}, a package of the Nakama server itself. "
                "Server and plugin can never agree on it, whatever the versions."
            ),
        ),
        remedy=(
            (
                "Import github.com/heroiclabs/nakama-common instead, or copy the code you "
                "need into your module."
            ),
        ),
        seen="observed on Nakama 3.40.0",
    ),
    refused(
        "go-version-differs",
        FailureClass.GO_RUNTIME,
        Answer.REBUILD,
        DIFFERENT,
        read=readers.of_other_go,
        words=(
            (
                "The server was built by Go {server_go}, the plugin by Go {plugin_go} "
                "(class go-runtime). They must be exactly the same; {package} is only the "
                "first standard package that shows it."
            ),
        ),
        remedy=(BUILD_HERE, CHANGE_NOTHING_IN_GOMOD),
        seen=_DIFFERENT_SEEN,
    ),
    refused(
        "build-flags-differ",
        FailureClass.GO_RUNTIME,
        Answer.REBUILD,
        DIFFERENT,
        read=readers.of_other_flags,
        words=(
            (
                "Server and plugin were both built by Go {server_go}, but with different "
                "build flags (class go-runtime): {package} is of the standard library."
            ),
            (
                "Differing: {flags}.",
                "Usual causes: -trimpath missing, -race, -cover, -gcflags.",
            ),
        ),
        remedy=(BUILD_HERE, CHANGE_NOTHING_IN_GOMOD),
        seen=_DIFFERENT_SEEN,
    ),
    refused(
        "standard-library-differs",
        FailureClass.GO_RUNTIME,
        Answer.REBUILD,
        DIFFERENT,
        read=readers.of_standard_library,
        words=(
            f"{GO_RUNTIME} (class go-runtime): {{package}} is of the standard library.",
            "The server's Go is {server_go}.",
            "The plugin's Go is {plugin_go}.",
            "The builder's Go is {builder_go}.",
        ),
        remedy=(BUILD_HERE, CHANGE_NOTHING_IN_GOMOD),
        seen=_DIFFERENT_SEEN,
    ),
    refused(
        "package-of-two-plugins",
        FailureClass.GO_DEPENDENCY,
        Answer.STOP,
        DIFFERENT,
        read=readers.of_no_server_module,
        words=(
            (
                "The server does not link {package} at all: two plugins in its module "
                "folder bring it in different versions."
            ),
        ),
        remedy=(
            (
                "Remove the plugin that is not wanted, or build both from the same "
                "versions."
            ),
        ),
        seen="observed with two plugins on a Go host (go-plugins.md, section 5)",
    ),
    refused(
        "package-version-differs",
        FailureClass.GO_DEPENDENCY,
        Answer.PIN,
        DIFFERENT,
        read=readers.of_module,
        words=(
            (
                (
                    "Package {package} differs although server and plugin both have "
                    "{module} {same_version} (class go-dependency)."
                ),
                (
                    "The plugin was built with {module} {plugin_version}, the server "
                    "with {version} (class go-dependency); the server noticed it at "
                    "package {package}."
                ),
                (
                    "The plugin was built with another version of {module} than the "
                    "server's {version} (class go-dependency); the server noticed it "
                    "at package {package}."
                ),
                (
                    "The plugin was built with another version of package {package} "
                    "than the server has (class go-dependency): a direct or a "
                    "transitive dependency differs."
                ),
            ),
        ),
        remedy=(
            (
                (
                    "{module} is at the server's version {same_version} already, so its "
                    "source differs: look for a replace, a fork or an edited vendor/."
                ),
                (
                    "Pin {module} to {version} (require it, and exclude higher versions "
                    "that are selected instead): autofix run does that."
                ),
                (
                    "Require the module of {package} at the version in this Nakama's "
                    "vendor/modules.txt: autofix run does that. A replace does not help."
                ),
            ),
        ),
        seen=_DIFFERENT_SEEN,
    ),
)
