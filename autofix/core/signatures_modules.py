"""
Entries for modules: downloads, go.sum, vendor/.

Texts are of cmd/go from 1.19 to 1.26; where a wording changed, both are known.
"""

from __future__ import annotations

from autofix.core import signatures_readers as readers
from autofix.core.model import Answer, FailureClass
from autofix.core.signatures_gomod import tool

NETWORK = (
    tool(
        "certificate-not-trusted",
        FailureClass.MODULE_FETCH,
        Answer.STOP,
        r"x509: (?P<reason>[^\n]++)|server certificate verification failed",
        words=(
            (
                "The module proxy's certificate is not trusted in the builder: usually a "
                "company proxy with a CA of its own."
            ),
        ),
        remedy=("Give that CA's file with --ca-bundle (or SSL_CERT_FILE).",),
    ),
    tool(
        "network-unreachable",
        FailureClass.MODULE_FETCH,
        Answer.STOP,
        r"dial tcp|i/o timeout|no such host|Could not resolve host|TLS handshake "
        r"timeout|connection reset by peer|context deadline exceeded|Client\.Timeout"
        r"|proxyconnect tcp|Network is unreachable|: 50\d [A-Z]|unexpected EOF"
        # A proxy that closes the connection before it answers.
        r"|ssh: connect to host|unable to access '|https?://[^\s\"]+\"?: EOF",
        read=readers.with_scene_module,
        words=(
            (
                (
                    "{module} cannot be downloaded: the network or the module proxy does "
                    "not answer."
                ),
                (
                    "A module cannot be downloaded: the network or the module proxy does "
                    "not answer."
                ),
            ),
        ),
        remedy=(
            (
                "Look at the network of the builder, GOPROXY and HTTPS_PROXY; a vendored "
                "project needs no network."
            ),
        ),
    ),
)

SUMS = (
    tool(
        "go-sum-entry-missing",
        FailureClass.GO_SUM,
        Answer.SYNC,
        r"missing go\.sum entry(?: for module providing package (?P<package>[^\s;]++)"
        r"| needed to verify package (?P<verified>[^\s;]++)| for go\.mod file)?",
        words=(
            (
                "go.sum has no entry for the module of {package}.",
                "go.sum has no entry for a module that go.mod selects.",
            ),
        ),
        remedy=(
            "Let the go command complete go.sum (-mod=mod): autofix run does that.",
        ),
    ),
    tool(
        "go-sum-mismatch",
        FailureClass.GO_SUM,
        Answer.STOP,
        r"verifying (?P<module>[^\s@]++)@(?P<version>[^\s:/]++)(?:/go\.mod)?: "
        r"checksum mismatch",
        words=(
            (
                "{module}@{version} is not what go.sum says it was: the version was "
                "published again, or the download is not genuine."
            ),
        ),
        remedy=(
            (
                "Find out which is right. If the module was republished, remove its two "
                "lines from go.sum."
            ),
        ),
    ),
    tool(
        "go-sum-malformed",
        FailureClass.GO_SUM,
        Answer.STOP,
        r"malformed go\.sum|go\.sum:\d++: wrong number of fields",
        words=("go.sum cannot be read: often the marks of a merge conflict.",),
        remedy=("Remove the broken lines; the go command adds what is missing.",),
    ),
    tool(
        "checksum-database-refuses",
        FailureClass.GO_SUM,
        Answer.STOP,
        r"verifying (?:go\.mod|module): (?:(?P<module>[^\s@]++)@(?P<version>v[^\s:]++))?",
        words=(
            (
                (
                    "The checksum database does not know {module}@{version}: it is private "
                    "or was removed."
                ),
                "The checksum database could not be asked for a module.",
            ),
        ),
        remedy=("Set GOPRIVATE (or GONOSUMDB) for private modules.",),
    ),
    tool(
        "go-mod-updates-needed",
        FailureClass.GO_SUM,
        Answer.SYNC,
        r"updates to go\.(?:mod|sum) needed",
        words=("go.mod and go.sum are not in step with what they select.",),
        remedy=("Let the go command write them (-mod=mod): autofix run does that.",),
    ),
)

VENDORING = (
    tool(
        "vendor-inconsistent",
        FailureClass.VENDORING,
        Answer.VENDOR,
        r"go: inconsistent vendoring in",
        words=("vendor/ is not in step with go.mod.",),
        remedy=("Run `go mod vendor`: autofix run does that.",),
    ),
    tool(
        "vendor-package-missing",
        FailureClass.VENDORING,
        Answer.VENDOR,
        r"cannot find module providing package (?P<package>[^\s:]++): import lookup "
        r"disabled by -mod=vendor",
        words=("vendor/ has no package {package}.",),
        remedy=("Run `go mod vendor`: autofix run does that.",),
    ),
    tool(
        "vendor-flag-in-workspace",
        FailureClass.VENDORING,
        Answer.STOP,
        r"go: -mod may only be set to readonly(?: or vendor)? when in workspace mode",
        words=("The build uses -mod in a workspace (go.work), which Go refuses.",),
        remedy=("Build with GOWORK=off, as in a Docker build of the plugin alone.",),
    ),
)

DOWNLOADS = (
    tool(
        "module-private",
        FailureClass.MODULE_FETCH,
        Answer.STOP,
        r"(?:terminal prompts disabled|could not read (?:Username|Password)"
        r"|Permission denied \(publickey|Host key verification failed"
        r"|Could not read from remote repository|Authentication failed for"
        r"|no secure protocol found for repository"
        r"|: 40[13] (?:Forbidden|Unauthorized))",
        read=readers.with_scene_module,
        words=(
            (
                (
                    "{module} cannot be fetched: it is private and needs credentials, or the "
                    "proxy refuses it."
                ),
                "A module cannot be fetched: it is private and needs credentials.",
            ),
        ),
        remedy=(
            (
                "Name its host in GOPRIVATE: autofix then passes on what your own git "
                "has for it (netrc, insteadOf, SSH agent). Or vendor it where you have "
                "the credentials, or give a GOPROXY that has it."
            ),
        ),
    ),
    tool(
        "module-not-found",
        FailureClass.MODULE_FETCH,
        Answer.STOP,
        r"(?:: (?:400 Bad Request|404 Not Found|410 Gone)|unknown revision|no matching versions for"
        r"|[Rr]epository not found|[Rr]epository '[^']*+' not found"
        r"|cannot find module providing package"
        r"|: reading file://[^\s:]++: no such file or directory)",
        read=readers.with_scene_module,
        words=(
            (
                (
                    "{module}@{version} does not exist where the go command looks: the "
                    "version or the path is wrong, or the module is private."
                ),
                (
                    "{module} does not exist where the go command looks: the path is "
                    "wrong, or the module is private."
                ),
                (
                    "A module does not exist where the go command looks: the path or "
                    "version is wrong, or it is private."
                ),
            ),
        ),
        remedy=(
            (
                "Correct the require line. For a private module name its host in "
                "GOPRIVATE: autofix then passes on what your own git has for it."
            ),
        ),
    ),
    tool(
        "module-lookup-off",
        FailureClass.MODULE_FETCH,
        Answer.STOP,
        r"module lookup disabled by GOPROXY=off",
        words=("A module must be downloaded, but GOPROXY=off forbids it.",),
        remedy=("Set GOPROXY, or vendor the project.",),
    ),
    tool(
        "module-renamed",
        FailureClass.MODULE_FETCH,
        Answer.STOP,
        r"module declares its path as: (?P<module>\S++)",
        words=("A required module calls itself {module}: it moved or is a fork.",),
        remedy=("Require {module} itself, or use a replace for the fork.",),
    ),
    tool(
        "module-lacks-package",
        FailureClass.MODULE_FETCH,
        Answer.FIT,
        r"(?:/pkg/mod/(?P<importer>[^\s@]{1,300}+@v[^\s/]{1,100}+)/\S{0,500}+ )?"
        r"module (?P<module>[^\s@]++)@\S++ found(?: \((?P<version>v[^)\s]++)\))?, but does "
        r"not contain package (?P<package>\S++)",
        words=("{module} has no package {package} at that version.",),
        remedy=("Correct the import, or require a version that has the package.",),
    ),
    tool(
        "exclude-without-newer",
        FailureClass.GO_DEPENDENCY,
        Answer.STOP,
        r"(?:^|[\s(])(?P<importer>[^\s:@]++@v[^\s:]++): \S++ depends on excluded "
        r"(?P<module>[^\s(]++)\((?P<version>v[^)\s]++)\) with no newer version",
        words=(
            (
                "{importer} asks for {module} {version}, which go.mod excludes, and this "
                "Go takes the next higher version instead, of which there is none."
            ),
        ),
        remedy=(
            (
                "Go before 1.16 cannot override a requirement downwards: use a version "
                "of {importer} that asks for less."
            ),
        ),
        seen="observed with Go 1.15.15",
    ),
    tool(
        "replace-folder-missing",
        FailureClass.MODULE_FETCH,
        Answer.STOP,
        r"replacement directory (?P<path>\S++) does not exist"
        r"|\(replaced by (?P<replaced>[./][^\s)]*+)\): reading \S++ open \S++ no such",
        words=(
            (
                "A replace points to {path}, which is not there in the builder.",
                "A replace points to a folder that is not there in the builder.",
            ),
        ),
        remedy=(
            (
                "Keep the folder inside the repository (autofix takes the repository's "
                "root along), or drop the replace."
            ),
        ),
    ),
)
