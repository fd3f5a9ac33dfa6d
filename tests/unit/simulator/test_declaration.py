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

from .conftest import linkage

BOOK, OTHER, SHELF, READER = (f"00000000-0000-4000-8000-00000000000{number}" for number in range(1, 5))
UPDATE = f"PATCH books/{BOOK}"
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


def ask(api: Api, request: str, key: str = "key", **data: Any) -> tuple[int, Any]:
    """Send a request; return the status and the document, or a list of pointers and titles of errors."""
    method, path = request.split(" ")
    path, _mark, query = path.partition("?")
    pairs = tuple((pair.partition("=")[0], pair.partition("=")[2]) for pair in query.split("&") if pair)
    headers = {"api-key": key, "content-type": MEDIA_TYPE}
    data |= {"type": "books", **({"id": path.partition("/")[2]} if method == "PATCH" else {})}
    answer = api.handle(Request(method, f"/v3/{path}", pairs, headers, json.dumps({"data": data}).encode(), ""))
    document: Any = json.loads(answer.body) if answer.body else None
    if answer.status < 400:
        return answer.status, document
    return answer.status, [(error.get("source", {}).get("pointer"), error["title"]) for error in document["errors"]]


def cover(kind: str, /, name: str | None = None, **attributes: Any) -> dict[str, Any]:
    """Return the attributes of a request with a cover, and with a name."""
    named = {} if name is None else {"name": name}
    return {"attributes": {**named, "cover": {"type": kind, "attributes": attributes}}}


def linked(**ids: str | list[str] | None) -> dict[str, Any]:
    """Return the relationships of a request, by name."""
    types = {"shelf": "shelves", "reader": "readers", "sequels": "books"}
    return {"relationships": {name: linkage(found, types[name]) for name, found in ids.items()}}


@pytest.mark.parametrize("sent", [{}, {"color": "blue"}, {"pages": 20, "most": 30}])
def test_a_variant_can_be_merged(api: Api, sent: dict[str, Any]) -> None:
    status, answer = ask(api, UPDATE, **cover("hard", **sent))
    assert (status, answer["data"]["attributes"]["cover"]["attributes"]) == (200, {**HARD, **sent})


COVER, TAKEN = "/data/attributes/cover", [("/data/attributes/name", "has already been taken")]


@pytest.mark.parametrize(
    ("request_", "members", "expected"),
    [
        (UPDATE, cover("hard", pages=10), (422, [(f"{COVER}/attributes/pages", "are too many")])),  # the merged cover
        (UPDATE, cover("soft", color="red"), (422, [(f"{COVER}/type", "is not allowed for update")])),
        (UPDATE, cover("hard", color=None), (422, [(f"{COVER}/attributes/color", "must be a string")])),
        (UPDATE, cover("hard", glue="fish"), (400, [(None, "Param not allowed")])),
        ("POST books", {"attributes": {"name": "C"}}, (400, [(None, "Missing Parameter")])),
        ("POST books", cover("soft", "S"), (422, TAKEN)),
        ("POST books", cover("soft", "A"), (422, TAKEN)),
        (UPDATE, linked(shelf=BOOK), (422, [("/data/attributes/shelf_id", "should exist")])),
        (UPDATE, linked(sequels=[OTHER, SHELF, BOOK]), (422, [("/data/attributes/sequel_ids", "are invalid")])),
        (UPDATE, linked(shelf=SHELF, reader=READER), (422, [("/data/relationships/reader", "excludes shelf")])),
        (f"GET readers/{READER}", {}, (404, [(None, "Not Found")])),  # only the list has an endpoint
        *[
            (f"{verb} {path}", {}, (405, [(None, "Method Not Allowed")]))
            for verb, path in (
                *[("POST", "readers"), ("POST", "shelves")],
                *[("PATCH", f"shelves/{SHELF}"), ("DELETE", f"shelves/{SHELF}")],
            )
        ],
        ("GET readers?page[size]=1", {}, (400, [(None, "Param not allowed")])),
        (f"DELETE books/{BOOK}", {}, (422, [("/data", "is on a shelf")])),
    ],
)
def test_a_rejected_request(api: Api, request_: str, members: dict[str, Any], expected: tuple[int, Any]) -> None:
    assert ask(api, request_, **members) == expected


@pytest.mark.parametrize("path", [f"shelves/{SHELF}", "books", "books?filter[cover.type]=soft,hard"])
def test_what_can_be_read(api: Api, path: str) -> None:
    assert ask(api, f"GET {path}")[0] == 200


def test_a_new_record_has_defaults(api: Api) -> None:
    soft = cover("soft", "C")
    soft["attributes"]["format"] = None
    for members, stored, form in ((soft, {"color": None}, "octavo"), (cover("hard", "D"), HARD, None)):
        status, answer = ask(api, "POST books", **members)
        attributes = answer["data"]["attributes"]
        assert (status, attributes["cover"]["attributes"], attributes["format"]) == (201, stored, form)


def test_to_one_relationships_that_exclude_each_other(api: Api) -> None:
    for name, record_id in (("reader", READER), ("shelf", SHELF), ("shelf", None)):
        assert ask(api, UPDATE, **linked(**{name: record_id}))[0] == 200
        stored = api.store.records["books"][BOOK].links
        assert {**stored, "sequels": ()} == {"reader": None, "shelf": None, "sequels": (), name: record_id}
    assert ask(api, UPDATE, **linked(reader=READER))[0] == 200
    reader = linkage(READER, "readers")["data"]
    shown = ask(api, f"GET books/{BOOK}?include=reader,shelf")[1]
    relationships = shown["data"]["relationships"]
    assert (relationships["reader"]["data"], relationships["shelf"]["data"]) == (reader, None)
    assert [record["id"] for record in shown["included"]] == [READER]
    assert ask(api, f"GET books/{BOOK}/reader")[1]["data"]["id"] == READER
    assert ask(api, f"GET books/{BOOK}/shelf")[1]["data"] is None
    assert ask(api, f"GET books/{BOOK}/relationships/reader")[1]["data"] == reader


def test_the_other_side_of_a_relationship(api: Api) -> None:
    def shelf() -> tuple[Any, Any]:
        data = ask(api, f"GET shelves/{SHELF}?include=books.reader")[1]["data"]
        return [found["id"] for found in data["relationships"]["books"]["data"]], data["meta"]

    other = f"PATCH books/{OTHER}"
    assert shelf() == ([BOOK], {"room": "1", "books_count": 1})
    ask(api, other, **linked(shelf=SHELF))
    assert shelf() == ([BOOK, OTHER], {"room": "1", "books_count": 2})
    assert [book["id"] for book in ask(api, f"GET shelves/{SHELF}/books")[1]["data"]] == [BOOK, OTHER]
    ask(api, UPDATE, **linked(sequels=[OTHER]))
    ask(api, other, **linked(shelf=None))
    included = ask(api, f"GET shelves/{SHELF}?include=books.sequels")[1]["included"]
    shown = [(book["id"], "data" in book["relationships"]["sequels"]) for book in included]
    assert shown == [(BOOK, True), (OTHER, False)]
    ask(api, other, **linked(shelf=SHELF))
    assert len(ask(api, f"GET books?filter[shelf.id]={SHELF}")[1]["data"]) == 2
    api.store.remove("shelves", SHELF)
    assert api.store.records["books"][OTHER].links["shelf"] is None
    for member in ("books", "books_count"):
        with pytest.raises(SeedError, match="shelf is an object of account, attributes, id, room"):
            api.store.poke(SHELVES, SHELF, {member: []})


def test_a_record_that_is_no_longer_kept(api: Api) -> None:
    assert ask(api, UPDATE, **linked(shelf=None))[0] == 200
    assert ask(api, f"DELETE books/{BOOK}") == (204, None)


def test_records_of_all_accounts_in_a_single_page(api: Api) -> None:
    for key in ("key", "other"):
        status, answer = ask(api, "GET readers", key)
        assert (status, [reader["id"] for reader in answer["data"]], set(answer)) == (200, [READER], {"data", "meta"})
    assert ask(api, f"GET books/{BOOK}", "other")[0] == 404


def test_only_declarations_name_resource_types() -> None:
    folder = Path(simulator.__file__).parent
    for path in (*folder.glob("*.py"), *folder.glob("resources/*.py")):
        text = path.read_text(encoding="utf-8")
        assert "ansible" not in text, path
        # The server has methods for tests of trunks, a fault has another type.
        if path.parent == folder and path.name not in ("server.py", "faults.py"):
            assert re.search(r"trunk|\bdids?\b", text, re.IGNORECASE) is None, path
