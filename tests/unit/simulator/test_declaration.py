# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a declaration can say, and outbound trunks and DIDs do not: shown with books, shelves and readers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import simulator
from simulator import values
from simulator.accounts import SeedError
from simulator.api import Api, Request
from simulator.change import Draft
from simulator.errors import MEDIA_TYPE
from simulator.resource import Attribute, Filter, Link, Record, Resource, Unique, Variant
from simulator.store import Store, from_seed
from simulator.tokens import Tokens

from .conftest import NAMES, TABLES, play

BOOK, OTHER, SHELF, READER = (NAMES[name] for name in ("BOOK", "OTHER", "SHELF", "READER"))
NAME = Attribute("name", values.not_blank, default="A", unique=Unique(("books", "shelves")))
ON_IT = Link("books", "books", many=True, inverse="shelf")


def shelf_or_reader(draft: Draft) -> None:
    """A book has a shelf or a reader: a new one replaces the other."""
    if draft.links.get("shelf") and draft.links.get("reader"):
        draft.reject("relationships/reader", "excludes shelf")
    for name, other in (("shelf", "reader"), ("reader", "shelf")):
        if draft.links.get(name):
            draft.links.setdefault(other, None)


def pages_fit(draft: Draft) -> None:
    """A hard cover limits the pages. A rule gets the merged variant."""
    cover = draft.after("cover")
    if cover["type"] == "hard" and cover["attributes"]["pages"] > cover["attributes"]["most"]:
        draft.reject("attributes/cover/attributes/pages", "are too many")


def keeps(record: Record, store: Store) -> str | None:
    return "is on a shelf" if record.linked("shelf") else None


HARD = {"color": "red", "pages": 1, "most": 9, "glue": "bone", "code": "x"}
BOOKS = Resource(
    type="books",
    collection="books",
    noun="book",
    attributes=(
        NAME,
        Attribute("format", values.choice("octavo", "folio"), nullable=True, null="octavo"),
        Variant(
            "cover",
            types={
                "hard": (
                    Attribute("color", values.text, default="red"),
                    Attribute("pages", values.integer(0, 999), default=1),
                    Attribute("most", values.integer(0, 999), default=9),
                    Attribute("glue", default="bone"),
                    Attribute("code", generate=lambda: "x"),
                ),
                "soft": (Attribute("color", values.text, nullable=True),),
            },
            default={"type": "hard", "attributes": HARD},
            merges=True,
        ),
    ),
    links=(
        Link("shelf", "shelves", writable=True, place="attributes/shelf_id", missing="should exist"),
        Link("reader", "readers", writable=True),
        Link("sequels", "books", writable=True, many=True, place="attributes/sequel_ids", missing="are invalid"),
    ),
    rules=(shelf_or_reader, pages_fit),
    methods=("LIST", "GET", "POST", "PATCH", "DELETE"),
    malformed_without=("cover",),
    filters={"shelf.id": Filter(known="shelves"), "cover.type": Filter("list")},
    keeps=keeps,
)
SHELVES = Resource(
    type="shelves",
    collection="shelves",
    noun="shelf",
    attributes=(NAME,),
    links=(ON_IT,),
    meta={"room": "1", "books_count": lambda record, store: len(store.linked(record, ON_IT))},
)
READERS = Resource(
    "readers", "readers", "reader", (Attribute("name"),), methods=("LIST",), shared=True, max_page_size=None
)
SEED: dict[str, Any] = {
    "api_keys": ["key", "other"],
    "readers": [{"id": READER, "attributes": {"name": "Ada"}}],
    "shelves": [{"id": SHELF, "attributes": {"name": "S"}}],
    "books": [{"id": BOOK, "shelf": SHELF}, {"id": OTHER, "attributes": {"name": "B"}}],
}


@pytest.fixture(autouse=True)
def _answers_match_the_schema() -> None:
    """DIDWW has no books."""


@pytest.fixture
def api() -> Api:
    """Endpoints with books, shelves and readers."""
    resources = {resource.type: resource for resource in (READERS, SHELVES, BOOKS)}
    return Api(from_seed(SEED, resources, "2026-04-16"), 0, Tokens(), 0)


@pytest.mark.parametrize("name", TABLES["books"])
def test_scenario(api: Api, name: str) -> None:
    def ask(verb: str, path: str, body: Any, **headers: str) -> tuple[int, str]:
        path, _mark, query = path.partition("?")
        pairs = tuple((pair.partition("=")[0], pair.partition("=")[2]) for pair in query.split("&") if pair)
        sent = {"api-key": headers.get("Api-Key", "key"), "content-type": MEDIA_TYPE}
        answer = api.handle(Request(verb, f"/v3{path}", pairs, sent, json.dumps(body).encode(), ""))
        return answer.status, answer.body.decode()

    play(TABLES["books"][name], ask)


def test_what_stores_and_seeds_know(api: Api) -> None:
    api.store.remove("shelves", SHELF)
    assert api.store.records["books"][BOOK].links["shelf"] is None
    for member in ("books", "books_count"):
        with pytest.raises(SeedError, match="shelf is an object of account, attributes, id, room"):
            api.store.poke(SHELVES, SHELF, {member: []})


def test_only_declarations_name_resource_types() -> None:
    folder = Path(simulator.__file__).parent
    for path in (*folder.glob("*.py"), *folder.glob("resources/*.py")):
        text = path.read_text(encoding="utf-8")
        assert "ansible" not in text, path
        # The server has methods for tests of trunks, a fault has another type.
        if path.parent == folder and path.name not in ("server.py", "faults.py"):
            assert re.search(r"trunk|\bdids?\b", text, re.IGNORECASE) is None, path
