# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON Schema of DIDWW's documents, `documents.schema.json`, and the document that answers a request."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("documents.schema.json").read_text(encoding="utf-8"))
# The resource that a document has instead of the other one if a request selects fields of the type.
SPARSE = {
    "voice_out_trunks": ("trunk_resource", "sparse_trunk_resource"),
    "dids": ("did_resource", "sparse_did_resource"),
    "voice_in_trunks": ("in_trunk_resource", "sparse_in_trunk_resource"),
    "voice_in_trunk_groups": ("in_group_resource", "sparse_in_group_resource"),
}
# Documents with one, and with several.
NAMES = {
    "voice_out_trunks": ("trunk", "trunks"),
    "dids": ("did", "dids"),
    "voice_in_trunks": ("in_trunk", "in_trunks"),
    "voice_in_trunk_groups": ("in_group", "in_groups"),
    "pops": ("pop", "pops"),
}
RELATED = {
    "voice_in_trunk": "in_trunk",
    "voice_in_trunk_group": "in_group",
    "pop": "pop",
    "voice_in_trunks": "in_trunks",
}
_WITH = ", sparse "


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    document, _with, types = name.partition(_WITH)
    definitions = dict(SCHEMA["$defs"])
    for type_ in filter(None, types.split(" ")):
        whole, sparse = SPARSE[type_]
        definitions[whole] = {"$ref": f"#/$defs/{sparse}"}
    return Draft202012Validator({**SCHEMA, "$defs": definitions, "$ref": f"#/$defs/{document}"})


def expected(path: str, query: Mapping[str, str], status: int, has_body: bool = True) -> str:
    """Return the name of the document with which DIDWW answers a request, such as `trunk, sparse dids`.

    A 401 with and without a body is documented, for a refused and for a missing token (2026-11-19).
    """
    if path == "/token":
        return "token" if status == 200 else "token_error"
    if status == 204 or (status == 401 and not has_body):
        return "nothing"
    if status not in (200, 201):
        return "errors"
    resource, *rest = path.partition("/v3/")[2].split("/")
    if resource == "voice_out_trunk_regenerate_credentials":
        return "regeneration"
    if "relationships" in rest:
        return "linkage"
    one_or_many = NAMES[resource][0 if rest or status == 201 else 1]
    name = RELATED.get(rest[1], "dids") if len(rest) == 2 else one_or_many
    sparse = [type_ for type_ in SPARSE if f"fields[{type_}]" in query]
    return name + (_WITH + " ".join(sparse) if sparse else "")


def violations(name: str, document: Any) -> list[str]:
    """Return the violations of the schema of the document `name`, each with its place."""
    return [f"{error.json_path}: {error.message}" for error in _validator(name).iter_errors(document)]
