"""Load the built-in table of Nakama's releases from the package's data."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files

from autofix.core.apichanges import Changes
from autofix.core.modulestxt import ModulesTxt, VendoredModule
from autofix.core.releases import Release, ReleaseTable
from autofix.errors import TargetError

TABLE = "releases.json"
PACKAGES = "packages.json"
API_CHANGES = "apichanges.json"


@lru_cache(maxsize=1)
def release_table() -> ReleaseTable:
    """
    Return the built-in release table.

    In the file each release is a row of six columns, and each module lists runs of
    ``[first row, last row, version]``, since few modules change from one release to
    the next.
    """
    text = files("autofix").joinpath("data", TABLE).read_text("utf-8")
    stored = json.loads(text)
    rows: list[list[str]] = stored["releases"]
    modules: list[dict[str, str]] = [{} for _ in rows]
    for path, runs in stored["modules"].items():
        for first, last, version in runs:
            for row in range(first, last + 1):
                modules[row][path] = version
    return ReleaseTable(
        Release(
            tag=tag,
            date=date,
            go=go,
            builder_go=builder_go,
            nakama_common=nakama_common,
            debian=debian,
            modules=modules[row],
        )
        for row, (tag, date, go, builder_go, nakama_common, debian) in enumerate(rows)
    )


def vendored_packages(tag: str) -> ModulesTxt | None:
    """
    Return the vendor/modules.txt of a release; None where its packages are not known.

    The file has the packages of some releases, in runs of rows as the table has them.
    """
    release = release_table().by_tag(tag)
    text = files("autofix").joinpath("data", PACKAGES).read_text("utf-8")
    stored = json.loads(text)
    if release is None or release.tag not in stored["releases"]:
        return None
    row = stored["releases"].index(release.tag)
    modules: dict[str, dict[str, list[list[int]]]] = stored["modules"]
    return ModulesTxt(
        modules=tuple(
            VendoredModule(
                path=path,
                version=version,
                packages=tuple(
                    path if name == "." else f"{path}/{name}"
                    for name, runs in modules.get(path, {}).items()
                    if any(first <= row <= last for first, last in runs)
                ),
            )
            for path, version in release.modules.items()
        )
    )


@lru_cache(maxsize=1)
def api_changes() -> Changes:
    """Return in which versions symbols of nakama-common changed, from 1.32.0 on."""
    text = files("autofix").joinpath("data", API_CHANGES).read_text("utf-8")
    stored: dict[str, list[str]] = json.loads(text)
    return {symbol: tuple(versions) for symbol, versions in stored.items()}


def known_release(tag: str) -> Release:
    """Return a release by its tag; TargetError names the ones near it."""
    table = release_table()
    found = table.by_tag(tag)
    if found is None:
        near = ", ".join(each.tag for each in table.nearest(tag))
        raise TargetError(
            f"There is no Nakama {tag} in the release table.",
            why=f"The table ends with {table.newest.tag}; a newer release can still be "
            "matched from its image.",
            todo=f"Near it: {near}.",
        )
    return found
