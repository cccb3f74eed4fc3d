"""Load the built-in table of Nakama's releases from the package's data."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files

from autofix.core.releases import Release, ReleaseTable

TABLE = "releases.json"


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
