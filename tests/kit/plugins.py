"""Small plugins for the kit's live tests, each one way to load or to fail."""

from __future__ import annotations

from uuid import uuid4

from scenarios.kit.build import machine_ca_bundle
from scenarios.kit.engine import ContextFile, KitEngine, file_from
from scenarios.kit.making import CACHE_VOLUME
from scenarios.kit.release import Release

_HEAD = """package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/gofrs/uuid/v5"
	"github.com/heroiclabs/nakama-common/runtime"
)

var _ = errors.New
var _ = uuid.Nil

func main() {}
"""
_SIGNATURE = """
func InitModule(
	ctx context.Context, logger runtime.Logger, db *sql.DB,
	nk runtime.NakamaModule, initializer runtime.Initializer,
) error {
"""
_RPC = """
func rpc(context.Context, runtime.Logger, *sql.DB, runtime.NakamaModule, string) (string, error) {
	return "", nil
}
"""

SOURCES = {
    "good": _HEAD
    + _RPC
    + _SIGNATURE
    + """	env := ctx.Value(runtime.RUNTIME_CTX_ENV).(map[string]string)
	logger.WithField("motto", env["MOTTO"]).Info("hello from the plugin")
	logger.Warn("a warning")
	if err := initializer.RegisterRpc("Greet", rpc); err != nil {
		return err
	}
	err := initializer.RegisterBeforeGetAccount(func(context.Context, runtime.Logger, *sql.DB, runtime.NakamaModule) error {
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := db.Exec("TABLE migration_info"); err != nil {
		return err
	}
	return nil
}
""",
    "fails": _HEAD + _SIGNATURE + '\treturn errors.New("no luck")\n}\n',
    "panics": _HEAD + _SIGNATURE + '\tpanic("no luck")\n}\n',
    "panics-early": _HEAD
    + '\nfunc init() { panic("early") }\n'
    + _SIGNATURE
    + "\treturn nil\n}\n",
    "nameless": _HEAD.replace('"context"\n\t"database/sql"\n\t', "").replace(
        '\t"github.com/heroiclabs/nakama-common/runtime"\n', ""
    ),
    "other-signature": _HEAD.replace('"context"\n\t"database/sql"\n\t', "").replace(
        '\t"github.com/heroiclabs/nakama-common/runtime"\n', ""
    )
    + "\nfunc InitModule() error { return nil }\n",
    "asks-error": _HEAD
    + _SIGNATURE
    + '\t_, err := nk.AccountGetId(ctx, "someone")\n\treturn err\n}\n',
    "asks-value": _HEAD + _SIGNATURE + "\tnk.GetSatori()\n\treturn nil\n}\n",
    "mismatched": _HEAD + _SIGNATURE + "\treturn nil\n}\n",
    "older-protobuf": _HEAD + _SIGNATURE + "\treturn nil\n}\n",
}
_OLDER = {
    "mismatched": ("github.com/gofrs/uuid/v5", "v5.3.0"),
    "older-protobuf": ("google.golang.org/protobuf", "v1.36.6"),
}


def build_plugins(
    engine: KitEngine, builder: str, release: Release
) -> dict[str, bytes]:
    """Build every plugin in the release's builder; name to ``.so``."""
    modules = (
        "github.com/heroiclabs/nakama-common",
        "github.com/gofrs/uuid/v5",
        "google.golang.org/protobuf",
    )
    files = []
    for name, source in SOURCES.items():
        path, version = _OLDER.get(name, ("", ""))
        requires = [
            f"\t{module} {version if module == path else release.modules[module]}\n"
            for module in modules
        ]
        mod = f"module example.com/{name}\n\ngo {release.builder_go}\n\n"
        mod += f"require (\n{''.join(requires)})\n"
        if path:
            # nakama-common may ask for the release's version.
            mod += f"\nexclude {path} {release.modules[path]}\n"
        files.append(ContextFile(path=f"{name}/go.mod", content=mod.encode()))
        files.append(ContextFile(path=f"{name}/main.go", content=source.encode()))
    container = engine.compile(
        builder,
        "for name in *; do (cd $name && go build -mod=mod -trimpath -buildvcs=false "
        "-buildmode=plugin -ldflags '-s -w' -o ../$name.so .); done",
        name=f"autofix-kit-test-{uuid4().hex[:8]}",
        files=files,
        folder="/builder",
        environment={"GOCACHE": "/cache/build", "GOMODCACHE": "/cache/mod"},
        cache={CACHE_VOLUME: "/cache"},
        ca_bundle=machine_ca_bundle(),
        note=lambda _line: None,
    )
    try:
        return {name: file_from(container, f"/builder/{name}.so") for name in SOURCES}
    finally:
        container.remove(force=True, v=True)
