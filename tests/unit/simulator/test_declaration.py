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

BOOK, OTHER, SHELF, READER = (f"00000000-0000-4000-8000-00000000000{number}" for number in range(1, 5))
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


def ask(api: Api, method: str, path: str, key: str = "key", **data: Any) -> tuple[int, Any]:
    """Send a request; return the status and the document, or a list of pointers and titles of errors."""
    path, _mark, query = path.partition("?")
    pairs = tuple((pair.partition("=")[0], pair.partition("=")[2]) for pair in query.split("&") if pair)
    headers = {"api-key": key, "content-type": MEDIA_TYPE}
    body = json.dumps({"data": {"type": "books", **data}}).encode()
    answer = api.handle(Request(method, f"/v3/{path}", pairs, headers, body, ""))
    document: Any = json.loads(answer.body) if answer.body else None
    if answer.status < 400:
        return answer.status, document
    return answer.status, [(error.get("source", {}).get("pointer"), error["title"]) for error in document["errors"]]


def change(api: Api, **members: Any) -> tuple[int, Any]:
    """Update the first book."""
    return ask(api, "PATCH", f"books/{BOOK}", id=BOOK, **members)


def cover(kind: str, **attributes: Any) -> dict[str, Any]:
    """Return the attributes of a change of the cover."""
    return {"attributes": {"cover": {"type": kind, "attributes": attributes}}}


def to_one(type_: str, record_id: str | None) -> dict[str, Any]:
    """Return a to-one relationship."""
    return {"data": None if record_id is None else {"type": type_, "id": record_id}}


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({}, HARD),
        ({"color": "blue"}, {**HARD, "color": "blue"}),
        ({"pages": 20, "most": 30}, {**HARD, "pages": 20, "most": 30}),
    ],
)
def test_a_variant_can_be_merged(api: Api, sent: dict[str, Any], stored: dict[str, Any]) -> None:
    status, answer = change(api, **cover("hard", **sent))
    assert (status, answer["data"]["attributes"]["cover"]) == (200, {"type": "hard", "attributes": stored})


COVER = "/data/attributes/cover"


@pytest.mark.parametrize(
    ("method", "members", "expected"),
    [
        ("PATCH", cover("hard", pages=10), (422, [(f"{COVER}/attributes/pages", "are too many")])),  # the merged cover
        ("PATCH", cover("soft", color="red"), (422, [(f"{COVER}/type", "is not allowed for update")])),
        ("PATCH", cover("hard", color=None), (422, [(f"{COVER}/attributes/color", "must be a string")])),
        ("PATCH", cover("hard", glue="fish"), (400, [(None, "Param not allowed")])),
        ("POST", {"attributes": {"name": "C"}}, (400, [(None, "Missing Parameter")])),
        ("POST", {"attributes": {"name": "S", **cover("soft")["attributes"]}}, (422, [("name", "taken")])),
        ("POST", {"attributes": {"name": "A", **cover("soft")["attributes"]}}, (422, [("name", "taken")])),
        (
            "PATCH",
            {"relationships": {"shelf": to_one("shelves", BOOK)}},
            (422, [("/data/attributes/shelf_id", "should exist")]),
        ),
        (
            "PATCH",
            {"relationships": {"sequels": {"data": [{"type": "books", "id": i} for i in (OTHER, SHELF, BOOK)]}}},
            (422, [("/data/attributes/sequel_ids", "are invalid")]),
        ),
        (
            "PATCH",
            {"relationships": {"shelf": to_one("shelves", SHELF), "reader": to_one("readers", READER)}},
            (422, [("/data/relationships/reader", "excludes shelf")]),
        ),
    ],
)
def test_a_rejected_request(api: Api, method: str, members: dict[str, Any], expected: tuple[int, Any]) -> None:
    taken = [("/data/attributes/name", "has already been taken")]
    status, errors = expected
    expected = (status, taken if errors == [("name", "taken")] else errors)
    assert (change(api, **members) if method == "PATCH" else ask(api, "POST", "books", **members)) == expected


def test_a_new_record_has_defaults(api: Api) -> None:
    soft = {"name": "C", "format": None, **cover("soft")["attributes"]}
    for attributes, stored in ((soft, {"color": None}), ({"name": "D", **cover("hard")["attributes"]}, HARD)):
        status, answer = ask(api, "POST", "books", attributes=attributes)
        assert (status, answer["data"]["attributes"]["cover"]["attributes"]) == (201, stored)
        assert answer["data"]["attributes"]["format"] == ("octavo" if "format" in attributes else None)


def test_to_one_relationships_that_exclude_each_other(api: Api) -> None:
    for name, type_, record_id in (("reader", "readers", READER), ("shelf", "shelves", SHELF), ("shelf", "", None)):
        assert change(api, relationships={name: to_one(type_, record_id)})[0] == 200
        stored = api.store.records["books"][BOOK].links
        assert (stored["reader"], stored["shelf"]) == (
            READER if name == "reader" else None,
            record_id if name == "shelf" else None,
        )
    assert change(api, relationships={"reader": to_one("readers", READER)})[0] == 200
    shown = ask(api, "GET", f"books/{BOOK}?include=reader,shelf")[1]
    assert shown["data"]["relationships"]["reader"]["data"] == {"type": "readers", "id": READER}
    assert shown["data"]["relationships"]["shelf"]["data"] is None
    assert [record["id"] for record in shown["included"]] == [READER]
    assert ask(api, "GET", f"books/{BOOK}/reader")[1]["data"]["id"] == READER
    assert ask(api, "GET", f"books/{BOOK}/shelf")[1]["data"] is None
    assert ask(api, "GET", f"books/{BOOK}/relationships/reader")[1]["data"] == {"type": "readers", "id": READER}


def test_the_other_side_of_a_relationship(api: Api) -> None:
    def shelf() -> tuple[Any, Any]:
        data = ask(api, "GET", f"shelves/{SHELF}?include=books.reader")[1]["data"]
        return [found["id"] for found in data["relationships"]["books"]["data"]], data["meta"]

    assert shelf() == ([BOOK], {"room": "1", "books_count": 1})
    ask(api, "PATCH", f"books/{OTHER}", id=OTHER, relationships={"shelf": to_one("shelves", SHELF)})
    assert shelf() == ([BOOK, OTHER], {"room": "1", "books_count": 2})
    assert [book["id"] for book in ask(api, "GET", f"shelves/{SHELF}/books")[1]["data"]] == [BOOK, OTHER]
    change(api, relationships={"sequels": {"data": [{"type": "books", "id": OTHER}]}})
    ask(api, "PATCH", f"books/{OTHER}", id=OTHER, relationships={"shelf": to_one("shelves", None)})
    included = ask(api, "GET", f"shelves/{SHELF}?include=books.sequels")[1]["included"]
    assert [(book["id"], "data" in book["relationships"]["sequels"]) for book in included] == [
        (BOOK, True),
        (OTHER, False),
    ]
    ask(api, "PATCH", f"books/{OTHER}", id=OTHER, relationships={"shelf": to_one("shelves", SHELF)})
    assert len(ask(api, "GET", f"books?filter[shelf.id]={SHELF}")[1]["data"]) == 2
    api.store.remove("shelves", SHELF)
    assert api.store.records["books"][OTHER].links["shelf"] is None
    for member in ("books", "books_count"):
        with pytest.raises(SeedError, match="shelf is an object of account, attributes, id, room"):
            api.store.poke(SHELVES, SHELF, {member: []})


def test_a_record_that_is_kept(api: Api) -> None:
    assert ask(api, "DELETE", f"books/{BOOK}") == (422, [("/data", "is on a shelf")])
    assert change(api, relationships={"shelf": to_one("shelves", None)})[0] == 200
    assert ask(api, "DELETE", f"books/{BOOK}") == (204, None)


def test_records_of_all_accounts_in_a_single_page(api: Api) -> None:
    for key in ("key", "other"):
        status, answer = ask(api, "GET", "readers", key)
        assert (status, [reader["id"] for reader in answer["data"]], set(answer)) == (200, [READER], {"data", "meta"})
    assert ask(api, "GET", f"books/{BOOK}", "other")[0] == 404
    assert ask(api, "GET", "readers?page[size]=1") == (400, [(None, "Param not allowed")])


def test_only_declarations_name_resource_types() -> None:
    folder = Path(simulator.__file__).parent
    for path in (*folder.glob("*.py"), *folder.glob("resources/*.py")):
        text = path.read_text(encoding="utf-8")
        assert "ansible" not in text, path
        # The server has methods for tests of trunks, a fault has another type.
        if path.parent == folder and path.name not in ("server.py", "faults.py"):
            assert re.search(r"trunk|\bdids?\b", text, re.IGNORECASE) is None, path


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"readers/{READER}", 404),  # only the list has an endpoint
        ("POST", "readers", 405),
        ("POST", "shelves", 405),
        ("PATCH", f"shelves/{SHELF}", 405),
        ("DELETE", f"shelves/{SHELF}", 405),
        ("GET", f"shelves/{SHELF}", 200),
        ("GET", "books", 200),
        ("GET", "books?filter[cover.type]=soft,hard", 200),
    ],
)
def test_methods(api: Api, method: str, path: str, status: int) -> None:
    assert ask(api, method, path)[0] == status
