"""URLs of submodules as git reads them: a relative one begins at its repository's."""

from __future__ import annotations

_UP, _HERE = "../", "./"


def submodule_url(repository: str, url: str) -> str:
    """
    Return where a submodule is; ``repository`` is the URL of the one it is in.

    ``""`` if it leads above all that a URL has. As git 2.39 resolves it, also for
    ``host:path``.
    """
    if not url.startswith((_UP, _HERE)):
        return url
    scheme, mark, base = repository.rstrip("/").rpartition("://")
    between = "/"
    while url.startswith((_UP, _HERE)):
        if url.startswith(_HERE):
            url = url.removeprefix(_HERE)
            continue
        url = url.removeprefix(_UP)
        if "/" in base:
            base = base.rpartition("/")[0]
        elif ":" in base and not mark:
            base, between = base.rpartition(":")[0], ":"
        else:
            return ""
    return f"{scheme}{mark}{base}{between}{url}".rstrip("/")


def is_plain(url: str) -> bool:
    """Tell whether a URL of somebody else's may be handed to git."""
    return bool(url) and url.isprintable() and not url.startswith("-")
