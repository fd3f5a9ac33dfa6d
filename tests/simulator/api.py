# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The endpoints of the API: a request in, an answer out. Does not depend on sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from simulator import body, change, errors, query, tokens
from simulator.accounts import FULL, TOKEN_VERSION, VERSIONS, Context
from simulator.documents import Renderer
from simulator.errors import MEDIA_TYPE, ApiError
from simulator.rate import Rate
from simulator.resource import Record, Resource
from simulator.resources import ACTIONS
from simulator.store import Store
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
    code = errors.TOO_MANY_REQUESTS if documented else None
    error = errors.error(429, "Too Many Requests", "Too Many Requests", code)
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
            if not self.rate.admits(caller.account.api_key):
                return too_many_requests(caller.version, self.rate.limited)
            if caller.scope != FULL and request.method != "GET":
                raise errors.token_rejection(403, "Insufficient scope", "insufficient_scope")
            _negotiate(request)
            document = _Exchange(self.store, request, Context(caller.account, caller.version), commit).dispatch()
        except ApiError as exc:
            rejected = answer(exc.status, {"errors": exc.errors}) if exc.errors else Answer(exc.status, b"", {})
            return replace(rejected, headers={**rejected.headers, **exc.headers})
        status = STATUS.get(request.method, 200)
        if status == 204:
            return Answer(status, b"", {})
        document["meta"] = {**document.get("meta", {}), "api_version": caller.version}
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
                raise errors.token_rejection(401, str(exc), "invalid_token") from exc
        oldest = min(known.default_version for known in accounts.values())
        account = accounts.get(request.headers.get("api-key", ""))
        version = _version(request, oldest if account is None else account.default_version)
        if version >= TOKEN_VERSION:
            raise ApiError(401, [])
        if account is None:
            raise errors.rejection(401, "Unauthorized", "Authorization failed")
        return Caller(account, version)


@dataclass
class _Exchange:
    """A request to /v3 and what its answer depends on."""

    store: Store
    request: Request
    context: Context
    commit: bool
    path: str = ""

    def dispatch(self) -> dict[str, Any]:
        """Return the document that answers the request.

        Raises ApiError: 404 if there is no such endpoint, 405 if it does not accept the method, or what it raises.
        """
        self.path = self.request.path.removeprefix(PREFIX + "/") if self.request.path.startswith(PREFIX) else ""
        type_, *rest = self.path.split("/")
        action = ACTIONS.get(type_)
        resource = self.store.resources.get(type_ if action is None else action.target)
        if resource is None:
            raise _no_endpoint()
        self._check_access(resource, changes=False)
        match rest:
            case [] if action is not None:
                self._accept("POST")
                return self._act(resource)
            case [] if action is None:
                offered = {"LIST": "GET", "POST": "POST"}
                self._accept(*(offered[method] for method in resource.methods if method in offered))
                return self._create(resource) if self.request.method == "POST" else self._list(resource)
            case [record_id] if action is None and "GET" in resource.methods:
                updates = UPDATES if "PATCH" in resource.methods else ()
                self._accept("GET", *updates, *(["DELETE"] if "DELETE" in resource.methods else []))
                if self.request.method == "DELETE":
                    return self._delete(resource, record_id)
                if self.request.method in UPDATES:
                    return self._update(resource, record_id)
                record = self._find(resource, record_id)
                return self._render.one(record, self._query(resource))
            case [record_id, name] | [record_id, "relationships", name] if action is None:
                return self._linked(resource, record_id, name, related=len(rest) == 2)
        raise _no_endpoint()

    def _linked(self, resource: Resource, record_id: str, name: str, related: bool) -> dict[str, Any]:
        """The linkage of a relationship, or with `related` the linked records."""
        link = resource.link(name)
        target = self.store.resources.get(link.type) if link is not None and link.readable else None
        if link is None or target is None:
            raise _no_endpoint()
        self._accept("GET")
        record = self._find(resource, record_id)
        asked = self._query(target, collection=related and link.many)
        if not related:
            return self._render.linkage(record, link)
        found = [self.store.records[link.type][linked] for linked in self.store.linked(record, link)]
        if link.many:
            return self._render.page(found, asked, self.path, dict(self.request.query))
        return self._render.one(found[0], asked) if found else {"data": None}

    def _list(self, resource: Resource) -> dict[str, Any]:
        asked = self._query(resource, collection=True)
        records = self.store.all(self.context.account, resource.type)
        return self._render.page(records, asked, self.path, dict(self.request.query))

    def _update(self, resource: Resource, record_id: str) -> dict[str, Any]:
        """Update a record, for PATCH and PUT. Raises ApiError 403, 404, 415, 400 or 422: then nothing changes."""
        self._check_change(resource)
        asked = self._query(resource)
        with self.store.lock:
            record = self._find(resource, record_id)
            sent = body.parse(_json(self.request.body), resource.of(self.context), record_id)
            return self._render.one(self._keep(change.update(sent, record, self.context, self.store)), asked)

    def _create(self, resource: Resource) -> dict[str, Any]:
        """Create a record, for POST. Raises ApiError 403, 415, 400 or 422."""
        self._check_change(resource)
        asked = self._query(resource)
        with self.store.lock:
            sent = body.parse(_json(self.request.body), resource.of(self.context), None)
            return self._render.one(self._keep(change.create(sent, resource, self.context, self.store)), asked)

    def _delete(self, resource: Resource, record_id: str) -> dict[str, Any]:
        """Delete a record. Raises ApiError 403, 400, 404, or 422 if the resource keeps it."""
        self._check_access(resource, changes=True)
        self._no_query()
        with self.store.lock:
            reason = resource.keeps(self._find(resource, record_id), self.store)
            if reason is not None:
                raise ApiError(422, [errors.error(422, reason, reason, errors.VALIDATION, "/data")])
            if self.commit:
                self.store.remove(resource.type, record_id)
        return {}

    def _act(self, resource: Resource) -> dict[str, Any]:
        """Change a record by an action. Raises ApiError 403, 415, 400 or 422."""
        self._check_change(resource)
        self._no_query()
        action = ACTIONS[self.path]
        with self.store.lock:
            record_id = body.parse_action(_json(self.request.body), action)
            changed = self._keep(change.act(action, record_id, self.context, self.store))
        return {"data": {"id": changed.id, "type": action.type}}

    @property
    def _render(self) -> Renderer:
        return Renderer(self.store, self.context, self.request.base)

    def _query(self, resource: Resource, collection: bool = False) -> query.Query:
        return query.parse(self.request.query, resource, collection, self.context, self.store)

    def _find(self, resource: Resource, record_id: str) -> Record:
        record = self.store.find(self.context.account, resource.type, record_id)
        if record is None:
            raise errors.not_found(record_id)
        return record

    def _keep(self, record: Record) -> Record:
        if self.commit:
            self.store.put(record)
        return record

    def _accept(self, *methods: str) -> None:
        """Raises ApiError 405 for another method."""
        if self.request.method not in methods:
            detail = f"{self.request.method} is not allowed here."
            raise errors.rejection(405, "Method Not Allowed", detail)

    def _check_access(self, resource: Resource, changes: bool) -> None:
        """Raises ApiError 403 if the account cannot read, or change, records of the type."""
        reason = resource.refuses(self.context, changes)
        if changes and self.context.account.read_only:
            reason = "The account is in read-only mode."
        if reason is not None:
            raise errors.rejection(403, "Forbidden", reason)

    def _check_change(self, resource: Resource) -> None:
        """Raises ApiError 403, or 415 unless the body is declared as JSON:API."""
        self._check_access(resource, changes=True)
        content_type = self.request.headers.get("content-type", "")
        if content_type.lower() != MEDIA_TYPE:
            detail = (
                f"All requests that create or update must use the '{MEDIA_TYPE}' Content-Type. "
                f"This request specified '{content_type}'."
            )
            raise errors.rejection(415, "Unsupported media type", detail)

    def _no_query(self) -> None:
        """Raises ApiError 400 if the request has query parameters."""
        if self.request.query:
            raise ApiError(400, [errors.not_allowed(name) for name in dict(self.request.query)])


def _no_endpoint() -> ApiError:
    return errors.rejection(404, "Not Found", "The requested resource could not be found.")


def _version(request: Request, default: str) -> str:
    """The API version of a request with a key: the account's, or a newer one that the request selects.

    DIDWW ignores unknown versions, and versions older than the account's.
    """
    asked = request.headers.get("x-didww-api-version", "")
    return max(asked, default) if asked in VERSIONS else default


def _negotiate(request: Request) -> None:
    """Raises ApiError 406 unless Accept allows the media type of JSON:API without parameters."""
    accept = request.headers.get("accept", "*/*")
    offers = parse_accept_header(accept, MIMEAccept)
    if any(weight > 0 and offer.lower() in ("*/*", "application/*", MEDIA_TYPE) for offer, weight in offers):
        return
    detail = (
        f"All requests must use the '{MEDIA_TYPE}' Accept without media type parameters. "
        f"This request specified '{accept}'."
    )
    raise errors.rejection(406, "Not acceptable", detail)


def _json(body: bytes) -> Any:
    """Parse the body. Raises ApiError 400 if it is not JSON; NaN and Infinity are not."""

    def no_constant(text: str) -> Any:
        raise ValueError(f"{text} is not JSON")

    try:
        return json.loads(body.decode("utf-8"), parse_constant=no_constant)
    except (ValueError, RecursionError) as exc:
        raise errors.rejection(400, "Bad Request", f"The body is not valid JSON: {exc}") from exc
