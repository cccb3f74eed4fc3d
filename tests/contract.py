"""Outputs for machines, read as a program would that trusts their schemas."""

from __future__ import annotations

import functools
import json
from typing import Any

from jsonschema import Draft202012Validator

from autofix.report.published import published


def checked(text: str, name: str) -> dict[str, Any]:
    """Read a JSON output; it must fit its published schema, with no key beyond it."""
    content: dict[str, Any] = json.loads(text)
    _validator(name).validate(content)
    return content


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    schema = json.loads(published(name))
    Draft202012Validator.check_schema(schema)
    forms = [schema, *schema.get("anyOf", ())]
    at_the_top = {form["$ref"].rpartition("/")[2] for form in forms if "$ref" in form}
    for key, definition in schema["$defs"].items():
        if key not in at_the_top and "properties" in definition:
            definition.setdefault("additionalProperties", False)
    # Keys of the top come from several places: the form's own and schema_version.
    schema["unevaluatedProperties"] = False
    return Draft202012Validator(schema)
