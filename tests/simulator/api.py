# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The endpoints of the API: a request in, an answer out. Does not depend on sockets or Flask."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from simulator import documents, life_cycle, query, tokens
from simulator.accounts import FULL, TOKEN_VERSION, VERSIONS, Account
from simulator.documents import DIDS, MEDIA_TYPE, REGENERATION, TRUNKS, ApiError
from simulator.rate import Rate
from simulator.resources import voice_out_trunk as trunks
from simulator.store import Did, Store, Trunk
from simulator.tokens import Caller, InvalidToken, TokenError, Tokens

PREFIX = "/v3"
# The token service, on the same host.
TOKEN_PATH = "/token"
# DIDWW answers PUT like PATCH.
UPDATES = ("PATCH", "PUT")
CHANGES = (*UPDATES, "POST", "DELETE")
# The status of a successful answer, where it is not 200.
STATUS = {"POST": 201, "DELETE": 204}
RETRY_AFTER = {"Retry-After": "1"}
# The answers of the token service are not to be stored ("Authentication", 2026-11-19; RFC 6749, 5.1).
NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}
# Since this version, trunks can be changed without the Outbound feature: "Update Outbound Trunk", 2026-04-16.
WITHOUT_OUTBOUND_FEATURE = "2026-04-16"


@dataclass(frozen=True)
class Request:
    """A request. Header names are in lower case. Links start with `base`, the URL of /v3.

    `version` is the version of the answer, once the caller is known.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: bytes
    base: str
    version: str = ""


@dataclass(frozen=True)
class Answer:
    """An answer as the client receives it."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": MEDIA_TYPE})


def answer(status: int, document: Any, media_type: str = MEDIA_TYPE) -> Answer:
    """Make an answer from a document, by default one of JSON:API."""
    return Answer(status, json.dumps(document, separators=(",", ":")).encode(), {"Content-Type": media_type})


def token_answer(status: int, document: Any, headers: dict[str, str] | None = None) -> Answer:
    """Make an answer of the token service."""
    made = answer(status, document, tokens.MEDIA_TYPE)
    return replace(made, headers={**made.headers, **NOT_STORED, **(headers or {})})


def too_many_requests(version: str, number: int) -> Answer:
    """Make the 429 for an account that has used up its rate. `number` counts them.

    Before version 2026-11-19, DIDWW's documents disagree about the form of a 429. Here every second one has a
    Retry-After, and every second pair lacks the title and code of its error: four in a row show every combination.
    """
    documented = version >= TOKEN_VERSION
    code = documents.TOO_MANY_REQUESTS if documented else None
    error = documents.error(429, "Too Many Requests", "Too Many Requests", code)
    if not documented and number // 2 % 2:
        error = {name: error[name] for name in ("status", "detail")}
    limited = answer(429, {"errors": [error]})
    return replace(limited, headers={**limited.headers, **(RETRY_AFTER if documented or number % 2 else {})})


class Api:
    """The endpoints of /v3 and the token service, with a store."""

    def __init__(self, store: Store, rate: float, minted: Tokens, token_rate: float) -> None:
        self.store = store
        self.tokens = minted
        self.rate = Rate(rate)
        self.token_rate = Rate(token_rate)

    def handle(self, request: Request, commit: bool = True) -> Answer:
        """Return the answer to a request. No request raises an exception.

        With `commit` false, the answer is the same, but the store does not change.
        """
        if request.path == TOKEN_PATH:
            return self._mint(request)
        try:
            caller = self._authenticate(request)
            account, version = caller.account, caller.version
            if not self.rate.admits(account.api_key):
                return too_many_requests(version, self.rate.limited)
            if caller.scope != FULL and request.method != "GET":
                raise documents.token_rejection(403, "Insufficient scope", "insufficient_scope")
            _negotiate(request)
            document = self._dispatch(replace(request, version=version), account, version, commit)
        except ApiError as exc:
            rejected = answer(exc.status, {"errors": exc.errors}) if exc.errors else Answer(exc.status, b"", {})
            return replace(rejected, headers={**rejected.headers, **exc.headers})
        status = STATUS.get(request.method, 200)
        if status == 204:
            return Answer(status, b"", {})
        document["meta"] = {**document.get("meta", {}), "api_version": version}
        return answer(status, document)

    def _mint(self, request: Request) -> Answer:
        """Return the answer of the token service."""
        try:
            accounts = self.store.accounts
            granted = self.tokens.mint(request.method, request.headers, request.body, accounts, self.token_rate)
        except TokenError as exc:
            return token_answer(exc.status, exc.document, RETRY_AFTER if exc.status == 429 else {})
        return token_answer(200, granted)

    def _authenticate(self, request: Request) -> Caller:
        """Return the caller, by token or by key. Raises ApiError 401."""
        accounts = self.store.accounts
        if "authorization" in request.headers:
            try:
                if "api-key" in request.headers:
                    raise InvalidToken("Authorization and Api-Key exclude each other")
                return self.tokens.verify(request.headers["authorization"], accounts)
            except InvalidToken as exc:
                raise documents.token_rejection(401, str(exc), "invalid_token") from exc
        oldest = min(known.default_version for known in accounts.values())
        account = accounts.get(request.headers.get("api-key", ""))
        version = _version(request, oldest if account is None else account.default_version)
        if version >= TOKEN_VERSION:
            raise ApiError(401, [])
        if account is None:
            raise documents.rejection(401, "Unauthorized", "Authorization failed")
        return Caller(account, version)

    def _dispatch(self, request: Request, account: Account, version: str, commit: bool) -> dict[str, Any]:
        """Return the document that answers the request.

        Raises ApiError: 404 if there is no such endpoint, 405 if it does not accept the method, or what it raises.
        """
        path = request.path.removeprefix(PREFIX + "/") if request.path.startswith(PREFIX) else ""
        parts = path.split("/")
        if parts[0] not in (TRUNKS, DIDS, REGENERATION):
            raise documents.rejection(404, "Not Found", "The requested resource could not be found.")
        is_trunk = parts[0] == TRUNKS
        if parts[0] != DIDS and not account.outbound_api:
            raise documents.rejection(403, "Forbidden", "The Outbound API is not enabled for the account.")
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
                    return self._delete(request, account, version, record_id, commit)
                if request.method in UPDATES:
                    return self._update(request, account, version, record_id, commit)
                asked = self._asked(request, account, TRUNKS)
                return self._document(self._trunk(account, record_id), request, asked)
            case [record_id] if parts[0] == DIDS:
                _only(request, "GET")
                did = self.store.did(account, record_id)
                if did is None:
                    raise documents.not_found(record_id)
                return self._document(did, request, self._asked(request, account, DIDS))
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
        raise documents.rejection(404, "Not Found", "The requested resource could not be found.")

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

    def _document(self, record: Trunk | Did, request: Request, asked: query.Query) -> dict[str, Any]:
        document: dict[str, Any] = {"data": self.render(record, request, asked)}
        if asked.include:
            document["included"] = self.included([record], request, asked)
        return document

    def render(self, record: Trunk | Did, request: Request, asked: query.Query) -> dict[str, Any]:
        """A record as a resource object with the requested fields."""
        if isinstance(record, Did):
            return documents.did_resource(record, request.base, asked.include, asked.fields.get(DIDS))
        fields = asked.fields.get(TRUNKS)
        return documents.trunk_resource(record, request.base, request.version, asked.include, fields)

    def included(self, found: Sequence[Trunk | Did], request: Request, asked: query.Query) -> list[dict[str, Any]]:
        """The resources in the included relationships of some records, without duplicates (JSON:API)."""
        trunks_found = [record for record in found if isinstance(record, Trunk)]
        did_ids = dict.fromkeys(
            did_id for trunk in trunks_found for name in asked.include for did_id in trunk.linked(name)
        )
        fields = asked.fields.get(DIDS)
        return [documents.did_resource(self.store.dids[did_id], request.base, (), fields) for did_id in did_ids]

    def _update(self, request: Request, account: Account, version: str, trunk_id: str, commit: bool) -> dict[str, Any]:
        """Update a trunk, for PATCH and PUT. Raises ApiError 403, 404, 415, 400 or 422: then nothing changes."""
        _check_change(account, version)
        _check_content_type(request)
        asked = self._asked(request, account, TRUNKS)
        store = self.store
        with store.lock:
            trunk = self._trunk(account, trunk_id)
            changed = trunks.apply(trunks.parse(_json(request.body), trunk_id), trunk, account, store, version)
            if commit:
                store.put(changed)
        return self._document(changed, request, asked)

    def _create(self, request: Request, account: Account, version: str, commit: bool) -> dict[str, Any]:
        """Create a trunk, for POST. Raises ApiError 403, 415, 400 or 422."""
        _check_change(account, version)
        _check_content_type(request)
        asked = self._asked(request, account, TRUNKS)
        with self.store.lock:
            created = life_cycle.create(_json(request.body), account, self.store, version)
            if commit:
                self.store.put(created)
        return self._document(created, request, asked)

    def _delete(self, request: Request, account: Account, version: str, trunk_id: str, commit: bool) -> dict[str, Any]:
        """Delete a trunk, even if DIDs are linked to it. Raises ApiError 403, 400 or 404."""
        _check_change(account, version)
        _no_query(request)
        with self.store.lock:
            self._trunk(account, trunk_id)
            if commit:
                self.store.remove(trunk_id)
        return {}

    def _regenerate(self, request: Request, account: Account, version: str, commit: bool) -> dict[str, Any]:
        """Generate new credentials for a trunk. Raises ApiError 403, 415, 400 or 422."""
        _check_change(account, version)
        _check_content_type(request)
        _no_query(request)
        with self.store.lock:
            changed = life_cycle.regenerate(_json(request.body), account, self.store)
            if commit:
                self.store.put(changed)
        return life_cycle.regenerated(changed)


def _check_change(account: Account, version: str) -> None:
    """Raises ApiError 403 if the account cannot change trunks."""
    if account.read_only:
        raise documents.rejection(403, "Forbidden", "The account is in read-only mode.")
    if not account.outbound_feature and version < WITHOUT_OUTBOUND_FEATURE:
        raise documents.rejection(403, "Forbidden", "The account has no Outbound feature.")


def _check_content_type(request: Request) -> None:
    """Raises ApiError 415 unless the body is declared as JSON:API."""
    content_type = request.headers.get("content-type", "")
    if content_type.lower() != MEDIA_TYPE:
        detail = (
            f"All requests that create or update must use the '{MEDIA_TYPE}' Content-Type. "
            f"This request specified '{content_type}'."
        )
        raise documents.rejection(415, "Unsupported media type", detail)


def _no_query(request: Request) -> None:
    """Raises ApiError 400 if the request has query parameters."""
    if request.query:
        raise ApiError(400, [documents.not_allowed(name) for name in dict(request.query)])


def _only(request: Request, *methods: str) -> None:
    """Raises ApiError 405 for another method."""
    if request.method not in methods:
        detail = f"{request.method} is not allowed here."
        raise documents.rejection(405, "Method Not Allowed", detail)


def _version(request: Request, default: str) -> str:
    """The API version of a request with a key: the account's, or a newer one that the request selects.

    DIDWW ignores unknown versions, and versions older than the account's.
    """
    asked = request.headers.get("x-didww-api-version", "")
    return max(asked, default) if asked in VERSIONS else default


def _negotiate(request: Request) -> None:
    """Raises ApiError 406 unless Accept allows the media type of JSON:API without parameters."""
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
    raise documents.rejection(406, "Not acceptable", detail)


def _json(body: bytes) -> Any:
    """Parse the body. Raises ApiError 400 if it is not JSON; NaN and Infinity are not."""

    def no_constant(text: str) -> Any:
        raise ValueError(f"{text} is not JSON")

    try:
        return json.loads(body.decode("utf-8"), parse_constant=no_constant)
    except (ValueError, RecursionError) as exc:
        raise documents.rejection(400, "Bad Request", f"The body is not valid JSON: {exc}") from exc


def _collection(request: Request, asked: query.Query, records: Sequence[Trunk | Did], api: Api) -> dict[str, Any]:
    """A page of records, with total_records and links. The last page has no `next`."""
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
        document["included"] = api.included(page, request, asked)
    return document


def _page_url(request: Request, asked: query.Query, number: int) -> str:
    wanted = {**dict(request.query), "page[number]": number, "page[size]": asked.page_size}
    return f"{request.base}{request.path.removeprefix(PREFIX)}?{urlencode(wanted)}"
