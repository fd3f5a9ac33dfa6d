# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The layers of the code: imports point down, files are small, and only declarations name what they declare."""

from __future__ import annotations

import ast
import graphlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._resources.did import DID
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_in_trunk import VOICE_IN_TRUNK
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

from ...conftest import ROOT

UTILS = ROOT / "plugins" / "module_utils"
# From the bottom.
LAYERS = ("_client", "_engine", "_resources")
PACKAGE = "ansible_collections.didww.voice.plugins.module_utils."
FILES = sorted(UTILS.rglob("*.py"))
# What Ansible runs in its own process. Files with documentation are longer.
FRONT_ENDS = [path for name in ("action", "plugin_utils") for path in sorted((ROOT / "plugins" / name).glob("*.py"))]
NAMES = [str(path.relative_to(UTILS)) for path in FILES]
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 480, 50
# Also ordinary words, or words of HTTP, JSON:API, Ansible or telephony in general.
ORDINARY = {"id", "name", "type", "status", "active", "disabled", "blocked", "username", "password", "credentials"}


def imports_of(path: Path) -> Iterator[str]:
    """Yield the modules of module_utils that a file imports, as paths: `_engine/kinds.py`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            module = str(node.module).removeprefix(PACKAGE).replace(".", "/")
            # A module, or names in it.
            found = [f"{module}/{name.name}.py" for name in node.names]
            yield from (name for name in found if (UTILS / name).exists())
            if (UTILS / f"{module}.py").exists():
                yield f"{module}.py"


@pytest.mark.parametrize("name", NAMES)
def test_imports_point_down(name: str) -> None:
    layer = LAYERS.index(name.partition("/")[0])
    above = [other for other in imports_of(UTILS / name) if LAYERS.index(other.partition("/")[0]) > layer]
    assert above == []


def test_imports_have_no_circle() -> None:
    graph = {name: set(imports_of(UTILS / name)) for name in NAMES}
    assert sum(map(len, graph.values())) > 50
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert set(order) == set(NAMES)


def test_everything_is_in_a_layer() -> None:
    assert {name.partition("/")[0] for name in NAMES} == set(LAYERS)


@pytest.mark.parametrize("path", [*FILES, *FRONT_ENDS], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_files_and_functions_are_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= MOST_LINES_OF_A_FUNCTION]
    assert long == []


@pytest.mark.parametrize("name", NAMES)
def test_each_file_begins_with_its_docstring(name: str) -> None:
    text = (UTILS / name).read_text(encoding="utf-8")
    # Sanity of ansible-core 2.16 and 2.17 requires an empty one.
    assert re.match(r'(#.*\n){3}\n"""', text) if not name.endswith("__init__.py") else text == ""


def words_of(resource: Resource) -> set[str]:
    """Return the names and values that are DIDWW's own: of settings, attributes, types, choices and relationships."""
    rows = [*resource.settings, *resource.flags, *resource.filters.values()]
    names = {resource.type, resource.name, resource.known_as, *resource.facts, *resource.meta}
    for variant in resource.variants:
        rows += variant.attributes.values()
        names |= {*variant.types, *variant.all_hidden, variant.revealed_as}
    for row in rows:
        names |= {row.name, row.key, *row.kind.spec.get("choices", ())}
    return names | {link.type for link in resource.links}


WORDS = words_of(VOICE_OUT_TRUNK) | {"trunk", "trunks", "dids", "sip", "cli"}
# Many of their words are ordinary ones.
WORDS |= {word for resource in (DID, VOICE_IN_TRUNK) for word in words_of(resource) if "_" in word}


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("_resources")])
def test_only_declarations_name_what_they_declare(name: str) -> None:
    text = (UTILS / name).read_text(encoding="utf-8")
    # "did" is also a verb, "DID" is not.
    found = {
        word for word in re.findall(r"[A-Za-z_]+", text) if word.lower() in WORDS - ORDINARY or word in ("DID", "DIDS")
    }
    assert found == set()
