# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API itself: a request in, an answer out. Knows the protocol, but no sockets and no Flask."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from simulator import documents, query, trunks
from simulator.documents import DIDS, MEDIA_TYPE, REGENERATION, TRUNKS, ApiError
from simulator.store import Account, Did, Store, Trunk

PREFIX = "/v3"
VERSIONS = ("2022-05-10", "2026-04-16")
# PUT is answered like PATCH (reference).
UPDATES = ("PATCH", "PUT")
CHANGES = (*UPDATES, "POST", "DELETE")
# What answers a request that is not answered with 200.
STATUS = {"POST": 201, "DELETE": 204}
# From here on, trunks can be updated without the Outbound feature (update reference).
WITHOUT_OUTBOUND_FEATURE = "2026-04-16"


@dataclass(frozen=True)
class Request:
    """One request. Header names are in lower case; `base` is the URL of /v3 for links."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: bytes
    base: str


@dataclass(frozen=True)
class Answer:
    """One answer, as it goes over the wire."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": MEDIA_TYPE})


def answer(status: int, document: Any) -> Answer:
    """An answer with a JSON:API document."""
    return Answer(status, json.dumps(document, separators=(",", ":")).encode())


class RateLimit:
    """A sliding window of one second per key; requests that are refused take no place in it."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.refused = 0
        self._seen: defaultdict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def check(self, key: str) -> Answer | None:
        """None if the request may pass, else the 429.

        Every other one has a Retry-After; every other pair lacks the title and code of its error, as the reference
        warns: four in a row show every combination.
        """
        if self.rate <= 0:
            return None
        now = time.monotonic()
        with self._lock:
            seen = self._seen[key]
            while seen and seen[0] <= now - 1:
                seen.popleft()
            if len(seen) < self.rate:
                seen.append(now)
                return None
            self.refused += 1
            retry_after = {"Retry-After": "1"} if self.refused % 2 else {}
            bare = self.refused // 2 % 2
        error = documents.error(429, "Too Many Requests", "Too Many Requests")
        if bare:
            error = {name: error[name] for name in ("status", "detail")}
        refused = answer(429, {"errors": [error]})
        return Answer(429, refused.body, {**refused.headers, **retry_after})


class Api:
    """The endpoints of /v3 on a store."""

    def __init__(self, store: Store, rate: float) -> None:
        self.store = store
        self.rate = RateLimit(rate)

    def handle(self, request: Request, commit: bool = True) -> Answer:
        """Answer a request; never raises for what a client can send.

        With `commit` false, a change is answered as if it had been carried out, but is not.
        """
        try:
            account = self._authenticate(request)
            refused = self.rate.check(account.api_key)
            if refused is not None:
                return refused
            version = _version(request, account)
            _negotiate(request)
            document = self._dispatch(request, account, version, commit)
        except ApiError as exc:
            return answer(exc.status, {"errors": exc.errors})
        status = STATUS.get(request.method, 200)
        if status == 204:
            return Answer(status, b"", {})
        document["meta"] = {**document.get("meta", {}), "api_version": version}
        return answer(status, document)

    def _authenticate(self, request: Request) -> Account:
        account = self.store.accounts.get(request.headers.get("api-key", ""))
        if account is None:
            raise documents.refusal(401, "Unauthorized", "Authorization failed")
        return account

    def _dispatch(self, request: Request, account: Account, version: str, commit: bool) -> dict[str, Any]:
        """Find the endpoint (reference, "Endpoints used"); 404 if there is none, 405 if it has
        another method."""
        path = request.path.removeprefix(PREFIX + "/") if request.path.startswith(PREFIX) else ""
        parts = path.split("/")
        if parts[0] not in (TRUNKS, DIDS, REGENERATION):
            raise documents.refusal(404, "Not Found", "The requested resource could not be found.")
        is_trunk = parts[0] == TRUNKS
        if parts[0] != DIDS and not account.outbound_api:
            raise documents.refusal(403, "Forbidden", "The Outbound API is not enabled for the account.")
        if parts == [REGENERATION]:
            _only(request, "POST")
            return self._regenerate(request, account, version, commit)
        relationship = parts[-1] if parts[-1] in documents.TRUNK_RELATIONSHIPS else None
        match parts[1:]:
            case [] if parts[0] != REGENERATION:
                _only(request, "GET", *(("POST",) if is_trunk else ()))
                if request.method == "POST":
                    return self._create(request, account, version, commit)
                return self._list(request, account, parts[0])
            case [record_id] if is_trunk:
                _only(request, "GET", "DELETE", *UPDATES)
                if request.method == "DELETE":
                    return self._delete(account, version, record_id, commit)
                if request.method in UPDATES:
                    return self._update(request, account, version, record_id, commit)
                asked = self._asked(request, account, TRUNKS)
                return self._trunk_document(self._trunk(account, record_id), request, asked)
            case [record_id] if parts[0] == DIDS:
                _only(request, "GET")
                did = self.store.did(account, record_id)
                if did is None:
                    raise documents.not_found(record_id)
                asked = self._asked(request, account, DIDS)
                return {"data": documents.did_resource(did, asked.fields.get(DIDS))}
            case [record_id, _] if is_trunk and relationship:
                _only(request, "GET")
                trunk = self._trunk(account, record_id)
                linked = self._linked(trunk, relationship)
                return _collection(request, self._asked(request, account, DIDS, True), linked, self)
            case [record_id, "relationships", _] if is_trunk and relationship:
                _only(request, "GET")
                trunk = self._trunk(account, record_id)
                self._asked(request, account, DIDS)
                return {
                    "links": documents.relationship_links(request.base, trunk, relationship),
                    "data": documents.identifiers(trunk.linked(relationship)),
                }
        raise documents.refusal(404, "Not Found", "The requested resource could not be found.")

    def _asked(self, request: Request, account: Account, resource: str, collection: bool = False) -> query.Query:
        return query.parse(request.query, resource, collection, account, self.store)

    def _trunk(self, account: Account, trunk_id: str) -> Trunk:
        trunk = self.store.trunk(account, trunk_id)
        if trunk is None:
            raise documents.not_found(trunk_id)
        return trunk

    def _linked(self, trunk: Trunk, relationship: str) -> list[Did]:
        return [self.store.dids[did_id] for did_id in trunk.linked(relationship)]

    def _list(self, request: Request, account: Account, resource: str) -> dict[str, Any]:
        asked = self._asked(request, account, resource, collection=True)
        if resource == TRUNKS:
            return _collection(request, asked, self.store.trunks_of(account), self)
        return _collection(request, asked, self.store.dids_of(account), self)

    def _trunk_document(self, trunk: Trunk, request: Request, asked: query.Query) -> dict[str, Any]:
        document: dict[str, Any] = {"data": self.render(trunk, request, asked)}
        if asked.include:
            document["included"] = self.included([trunk], asked)
        return document

    def render(self, record: Trunk | Did, request: Request, asked: query.Query) -> dict[str, Any]:
        """A record as a resource object with the fields that were asked for."""
        if isinstance(record, Did):
            return documents.did_resource(record, asked.fields.get(DIDS))
        fields = asked.fields.get(TRUNKS)
        return documents.trunk_resource(record, request.base, asked.include, fields)

    def included(self, found: Sequence[Trunk], asked: query.Query) -> list[dict[str, Any]]:
        """The DIDs of the included relationships of some trunks, each once (JSON:API)."""
        did_ids = dict.fromkeys(did_id for trunk in found for name in asked.include for did_id in trunk.linked(name))
        fields = asked.fields.get(DIDS)
        return [documents.did_resource(self.store.dids[did_id], fields) for did_id in did_ids]

    def _update(self, request: Request, account: Account, version: str, trunk_id: str, commit: bool) -> dict[str, Any]:
        """PATCH and PUT: all or nothing. Raises ApiError 403, 404, 415, 400 or 422."""
        _check_change(account, version)
        _check_content_type(request)
        asked = self._asked(request, account, TRUNKS)
        store = self.store
        with store.lock:
            trunk = self._trunk(account, trunk_id)
            changed = trunks.apply(trunks.parse(_json(request.body), trunk_id), trunk, account, store)
            if commit:
                store.put(changed)
        return self._trunk_document(changed, request, asked)

    def _create(self, request: Request, account: Account, version: str, commit: bool) -> dict[str, Any]:
        """POST: a new trunk, or ApiError 403, 415, 400 or 422."""
        _check_change(account, version)
        _check_content_type(request)
        asked = self._asked(request, account, TRUNKS)
        with self.store.lock:
            update = trunks.parse(_json(request.body), None)
            created = trunks.apply(update, trunks.new(account), account, self.store, create=True)
            if commit:
                self.store.put(created)
        return self._trunk_document(created, request, asked)

    def _delete(self, account: Account, version: str, trunk_id: str, commit: bool) -> dict[str, Any]:
        """DELETE: final. Links to DIDs do not prevent it. Raises ApiError 403 or 404."""
        _check_change(account, version)
        with self.store.lock:
            self._trunk(account, trunk_id)
            if commit:
                self.store.remove(trunk_id)
        return {}

    def _regenerate(self, request: Request, account: Account, version: str, commit: bool) -> dict[str, Any]:
        """POST of a regeneration: the answer holds the trunk's id alone. Raises ApiError 403, 415, 400 or 422."""
        _check_change(account, version)
        _check_content_type(request)
        data = trunks.resource_in(_json(request.body), REGENERATION, ("type", "relationships"))
        names = sorted(set(data) - {"type", "relationships"})
        relationships = data["relationships"] if isinstance(data["relationships"], dict) else {}
        names += [name for name in relationships if name != "voice_out_trunk"]
        if names:
            raise ApiError(400, [documents.not_allowed(name) for name in names])
        trunk_id = trunks.to_one(relationships.get("voice_out_trunk"), TRUNKS)
        with self.store.lock:
            trunk = self.store.trunk(account, str(trunk_id))
            if trunk is None:
                pointer = "/data/relationships/voice_out_trunk"
                words = "must exist"
                detail = f"voice_out_trunk - {words}"
                raise ApiError(422, [documents.error(422, words, detail, documents.VALIDATION, pointer)])
            changed = trunks.regenerate(trunk)
            if commit:
                self.store.put(changed)
        return {"data": {"id": trunk.id, "type": REGENERATION}}


def _check_change(account: Account, version: str) -> None:
    """Raises ApiError 403 if the account may not change trunks."""
    if account.read_only:
        raise documents.refusal(403, "Forbidden", "The account is in read-only mode.")
    if not account.outbound_feature and version < WITHOUT_OUTBOUND_FEATURE:
        raise documents.refusal(403, "Forbidden", "The account has no Outbound feature.")


def _check_content_type(request: Request) -> None:
    """Raises ApiError 415 unless the body is declared as JSON:API."""
    content_type = request.headers.get("content-type", "")
    if content_type.lower() != MEDIA_TYPE:
        detail = (
            f"All requests that create or update must use the '{MEDIA_TYPE}' Content-Type. "
            f"This request specified '{content_type}'."
        )
        raise documents.refusal(415, "Unsupported media type", detail)


def _only(request: Request, *methods: str) -> None:
    if request.method not in methods:
        detail = f"{request.method} is not allowed here."
        raise documents.refusal(405, "Method Not Allowed", detail)


def _version(request: Request, account: Account) -> str:
    """The API version that answers: the account's, or a newer one that the request asks for.

    A version that is unknown, or older than the account's, is ignored without a word (reference).
    """
    asked = request.headers.get("x-didww-api-version", "")
    return max(asked, account.default_version) if asked in VERSIONS else account.default_version


def _negotiate(request: Request) -> None:
    """406 unless Accept allows the JSON:API media type without parameters (JSON:API)."""
    accept = request.headers.get("accept", "*/*")
    for offer in accept.split(","):
        media_type, *parameters = (part.strip().lower() for part in offer.split(";"))
        weights = [parameter for parameter in parameters if parameter.startswith("q=")]
        if any(not weight.removeprefix("q=").strip("0.") for weight in weights):
            continue
        if media_type in ("*/*", "application/*"):
            return
        if media_type == MEDIA_TYPE and parameters == weights:
            return
    detail = (
        f"All requests must use the '{MEDIA_TYPE}' Accept without media type parameters. "
        f"This request specified '{accept}'."
    )
    raise documents.refusal(406, "Not acceptable", detail)


def _json(body: bytes) -> Any:
    """The body as JSON; ApiError 400 if it is none. NaN and the like are not JSON."""

    def no_constant(text: str) -> Any:
        raise ValueError(f"{text} is not JSON")

    try:
        return json.loads(body.decode("utf-8"), parse_constant=no_constant)
    except (ValueError, RecursionError) as exc:
        raise documents.refusal(400, "Bad Request", f"The body is not valid JSON: {exc}") from exc


def _collection(request: Request, asked: query.Query, records: Sequence[Trunk | Did], api: Api) -> dict[str, Any]:
    """A page of records with total_records and links; no `next` on the last page (reference)."""
    found = asked.select(records)
    page = asked.page(found)
    last = max(1, -(-len(found) // asked.page_size))
    numbers = {"first": 1, "last": last}
    if asked.page_number > 1:
        numbers["prev"] = min(asked.page_number - 1, last)
    if asked.page_number < last:
        numbers["next"] = asked.page_number + 1
    document: dict[str, Any] = {
        "data": [api.render(record, request, asked) for record in page],
        "meta": {"total_records": len(found)},
        "links": {name: _page_url(request, asked, number) for name, number in numbers.items()},
    }
    if asked.include:
        document["included"] = api.included([r for r in page if isinstance(r, Trunk)], asked)
    return document


def _page_url(request: Request, asked: query.Query, number: int) -> str:
    wanted = {**dict(request.query), "page[number]": number, "page[size]": asked.page_size}
    return f"{request.base}{request.path.removeprefix(PREFIX)}?{urlencode(wanted)}"
