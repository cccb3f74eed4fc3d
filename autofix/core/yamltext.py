"""
YAML as text: what compose files, pipelines and workflows are read with.

PyYAML is imported with the first document: most projects have none, and it takes as
long as reading all their other files.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

LINE = ("line",)
"""The key under which each mapping keeps its line (from 0); no file can have it."""

_MOST_KEYS = 10_000


def parse_yaml(text: str) -> tuple[Any, str]:
    """Read one YAML document with all scalars as text; None and why if it cannot be."""
    import yaml  # noqa: PLC0415 - see above

    try:
        return _loader()(text.removeprefix("\ufeff")).get_single_data(), ""
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        first = str(error).strip().splitlines() or [type(error).__name__]
        return None, first[0]


@cache
def _loader() -> type[yaml.SafeLoader]:
    """
    Return a loader that reads every scalar as text.

    An unquoted tag 3.10 must not become the number 3.1. Compose's own tags
    (``!reset``, ``!override``) are read as plain values.
    """
    import yaml  # noqa: PLC0415

    class Loader(yaml.SafeLoader):
        def flatten_mapping(self, node: yaml.MappingNode) -> None:
            """Merge ``<<``; merges of merges that grow without end are refused."""
            super().flatten_mapping(node)
            if len(node.value) > _MOST_KEYS:
                raise yaml.constructor.ConstructorError(
                    None, None, "too many merged keys", node.start_mark
                )

    def mapping(loader: Loader, node: yaml.MappingNode) -> dict[Any, Any]:
        loader.flatten_mapping(node)
        found: dict[Any, Any] = loader.construct_mapping(node, deep=True)
        found[LINE] = node.start_mark.line
        return found

    def whatever(loader: Loader, _: str, node: yaml.Node) -> Any:
        match node:
            case yaml.MappingNode():
                return mapping(loader, node)
            case yaml.SequenceNode():
                return loader.construct_sequence(node, deep=True)
            case yaml.ScalarNode():
                return loader.construct_scalar(node)
            case _:
                return None

    Loader.yaml_implicit_resolvers = {}
    Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile("^<<$"), ["<"])
    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    Loader.add_multi_constructor("!", whatever)
    Loader.add_multi_constructor("tag:", whatever)
    return Loader
