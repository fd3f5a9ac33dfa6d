# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Ansible side of a task, for both front ends: options, result, warnings, secrets and error messages."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, MutableSequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._client.authentication import ApiKey, Tokens, TokenService
from ansible_collections.didww.voice.plugins.module_utils._client.http import Authentication
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import rejection
from ansible_collections.didww.voice.plugins.module_utils._engine.lookup import PAGE_SIZES
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import credentials
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import (
    API_VERSIONS,
    AUDIENCE,
    CONNECTION,
    DEFAULT_VERSION,
    NEWEST,
    TOKEN_URLS,
    WITH_TOKENS,
    InvalidOptions,
    Problem,
    Setting,
    unsupported,
    variable,
)

VERSION = "1.0.0"


class Advice(NamedTuple):
    """What to do about an HTTP status.

    `sign`: a pattern in the errors or in WWW-Authenticate. `versions`: the versions of the API. `tokens`: whether the
    token service answered.
    """

    status: int
    text: str
    sign: str = ""
    versions: Collection[str] = API_VERSIONS
    tokens: bool = False

    def fits(self, error: jsonapi.ApiError, version: str) -> bool:
        """Return whether this is the advice for an error."""
        answered = (self.status, self.tokens) == (error.status, bool(error.token_url))
        signs = f"{error.challenge} {error.errors}"
        return answered and version in self.versions and re.search(self.sign, signs) is not None


KEYS = (
    "production (https://api.didww.com/v3) and the sandbox (https://sandbox-api.didww.com/v3) have different keys, and "
    "a key may be limited to source addresses."
)
# The first that fits is shown: DIDWW API 3 (2026-04-16 and 2026-11-19), "Errors".
ADVICE = (
    Advice(400, "Check api_token_url and api_version; if both are correct, please report a bug.", tokens=True),
    Advice(401, f"Check api_key and api_token_url: {KEYS}", tokens=True),
    Advice(403, "Check api_token_url, and whether the key may be used from this address.", tokens=True),
    Advice(404, "Check api_token_url.", tokens=True),
    Advice(
        429,
        "Too many tokens were requested. The items of a loop share one: use a loop or a fleet, or raise api_retries.",
        tokens=True,
    ),
    Advice(
        400,
        "DIDWW does not accept this filter value. The values replace_cli and randomize_cli, and default_did, require a "
        "feature of the account: without it, leave the filter out.",
        sign="(?i)filter value",
    ),
    Advice(400, "The API does not understand this request: check api_url; if it is correct, please report a bug."),
    Advice(
        401,
        f"Check api_key and api_url: {KEYS} If both are correct, the account may be on a newer version of the API, "
        f"which does not accept keys: then set api_version to {NEWEST}.",
        versions=[version for version in API_VERSIONS if version not in WITH_TOKENS],
    ),
    Advice(
        401,
        "The API rejects the token that the token service generated: check that api_url and api_token_url belong "
        "together, and whether the key may be used from this address. If the account is still on version "
        f"{DEFAULT_VERSION}, set api_version to it.",
    ),
    Advice(
        403,
        "The token service generated a token that only allows reading. If the API key allows changes, please report a "
        "bug.",
        sign=r"(?i)insufficient.scope",
    ),
    Advice(
        403, "The Outbound API is not enabled for this account, or the account is in read-only mode: contact DIDWW."
    ),
    Advice(
        404,
        "The account has no such trunk: check the id, the api_key, and that api_url ends in /v3.",
        sign="record identified by",
    ),
    Advice(404, "The API has nothing at this address: check that api_url ends in /v3."),
    Advice(409, "The update conflicts with the trunk's state: check the trunk, then run the task again."),
    Advice(
        429,
        "The account's request budget is spent, which all its clients share: run fewer tasks at once, lower "
        "max_requests_per_second, or raise api_retries.",
        sign="too_many_requests",
    ),
    Advice(
        429,
        "Other clients use this key too, or it allows fewer requests per second: run fewer tasks at once, lower "
        "max_requests_per_second, or raise api_retries.",
    ),
)
FAULT = "DIDWW, or a gateway in front of it, is failing: run the task again later."
# More advice if there was no answer, by patterns of the reason.
HINTS = {
    r"unable to get local issuer|self.signed": "If you use your own certificate authority, set ca_path to its bundle.",
    r"timed out": "If the server is slow, raise api_timeout.",
    r"NO_CERTIFICATE": "The file in ca_path contains no certificate.",
}
SENT = "The request was sent and may have been applied:"
# If the token service failed later.
SENT_BEFORE = "The request to the API was sent before, and may have been applied:"
SETTLE = "run the task again, which settles it."


class Work(NamedTuple):
    """What a module does.

    `spec` returns the argument spec of its options. `parse` converts the options that a task sets, for a version of the
    API; the result becomes `task.wanted`. It raises InvalidOptions. `run` returns the result; it raises
    InvalidOptions and jsonapi.RequestFailed. `changes`: whether it can change anything.
    """

    spec: Callable[[], dict[str, Any]]
    parse: Callable[[Mapping[str, Any], str], Any]
    run: Callable[[Task], dict[str, Any]]
    changes: bool = True


class Task:
    """A task: runs `work` with the options `given`.

    `given`: the raw options; None is an explicit null. Raises InvalidOptions with every problem. The front
    end sets `check_mode`, `show_diff` and `agent`, and shows `warnings`. It can also set `clients`, to
    reuse those of earlier tasks in this process, and `turns`, shared memory in which each account has a
    place for its pace.
    """

    def __init__(self, work: Work, given: Mapping[str, Any]) -> None:
        self._work = work
        problems: list[Problem] = []
        options = work.spec()
        unsupported(problems, given, [*(row.name for row in CONNECTION), *options])
        self.connection = _connection(problems, given)
        try:
            self.wanted = work.parse({name: given[name] for name in given if name in options}, self.version)
        except InvalidOptions as error:
            problems += error.problems
        if problems:
            raise InvalidOptions(problems)
        self.check_mode = False
        self.show_diff = False
        self.agent = ""
        self.clients: dict[Any, jsonapi.Client] = {}
        self.turns: MutableSequence[float] | memoryview[float] = [0.0, 0.0]
        self.warnings: list[str] = []
        self._secrets: set[str] = set()

    def run(self) -> dict[str, Any]:
        """Run the work; return its result, or a failed result with an error message."""
        try:
            return self._work.run(self)
        except (InvalidOptions, jsonapi.RequestFailed) as error:
            return {"failed": True, **self.explain(error)}
        except BaseException:
            # After a timeout or ^C, requests in progress must be the last ones.
            for client in self.clients.values():
                client.stop()
            raise

    @property
    def version(self) -> str:
        """The version of the API."""
        return str(self.connection.get("api_version", DEFAULT_VERSION))

    def connect(self) -> jsonapi.Client:
        """Return a client for the connection options, reusing that of an earlier task if there is one."""
        key = (self.agent, *self.connection.items())
        if key not in self.clients:
            self.clients[key] = self._new_client()
        self.clients[key] = self.clients[key].begin()
        return self.clients[key]

    def _new_client(self) -> jsonapi.Client:
        options = self.connection
        place = hash((options["api_url"], options["api_key"])) % (len(self.turns) // 2) * 2
        headers = {"User-Agent": f"ansible-collection/didww.voice/{VERSION} {self.agent}".rstrip()}
        both: dict[str, Any] = {
            "timeout": options["api_timeout"],
            "retries": options["api_retries"],
            "verify": options["validate_certs"] and (options["ca_path"] or True),
        }
        authentication: Authentication = ApiKey(options["api_key"])
        if self.version in WITH_TOKENS:
            service = TokenService(url=options["api_token_url"], authentication=authentication, headers=headers, **both)
            authentication = Tokens(service, AUDIENCE, self.version)
        return jsonapi.Client(
            url=options["api_url"],
            authentication=authentication,
            headers={**headers, "X-DIDWW-API-Version": self.version},
            page_sizes=PAGE_SIZES,
            pace=jsonapi.Pace(options["max_requests_per_second"], self.turns[slice(place, place + 2)]),
            **both,
        )

    @property
    def writer(self) -> str:
        """What writes a file in this task."""
        return f"didww.voice {VERSION}"

    def warn(self, text: str) -> None:
        """Add a warning to the result."""
        self.warnings.append(text)

    def check_version(self, meta: Mapping[str, Any], changes: bool) -> None:
        """Warn if an answer is from another version of the API than `api_version`, where settings may differ.

        `changes`: whether the task would change something. Then raises InvalidOptions instead.
        """
        answered = meta.get("api_version")
        if not answered or answered == self.version:
            return
        fix = f"set api_version to {answered}"
        if answered not in API_VERSIONS:
            fix = f"this collection supports {' and '.join(API_VERSIONS)}: update it, or change the account's version"
        words = f"DIDWW answered with API version {answered}, but api_version is {self.version}"
        if changes:
            words += ", so nothing was changed: settings may differ between versions"
            raise InvalidOptions([Problem("api_version", f"{words}; {fix}")])
        self.warn(f"{words}: settings may be missing or have another meaning; {fix}")

    def keep_secret(self, resources: Iterable[Mapping[str, Any]]) -> None:
        """Redact these trunks' SIP credentials from error messages.

        Ansible's no_log would not do: it would also redact every setting with the same value.
        """
        for resource in resources:
            self._secrets.update(str(value) for value in credentials(resource).values() if value)

    def explain(self, error: InvalidOptions | jsonapi.RequestFailed) -> dict[str, Any]:
        """Return the part of a result that describes an error, without secrets."""
        secrets = self._secrets.union(*(client.authentication.secrets for client in self.clients.values()))
        return explain(error, self.connection["api_url"], secrets, self.version)


# --- Connection -----------------------------------------------------------------------------------


def _connection(problems: list[Problem], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the connection options: from the task, else from the environment, else the defaults."""
    values: dict[str, Any] = {}
    for row in CONNECTION:
        # An empty variable, which AWX sets for an empty field, counts as unset.
        value = given[row.name] if row.name in given else os.environ.get(variable(row.name)) or row.default
        if row.name not in given and value is None:
            values[row.name] = None
            if row.required:
                words = f"required; set this option or the environment variable {variable(row.name)}"
                problems.append(Problem(row.name, words))
            continue
        try:
            values[row.name] = None if value is None and row.nullable else row.kind.canonical(value)
        except ValueError as error:
            source = "" if row.name in given else f" from the environment variable {variable(row.name)}"
            problems.append(Problem(row.name, _rejected(row, value, error, source)))
    if values.get("api_version") in WITH_TOKENS and "api_url" in values and values.get("api_token_url", "") is None:
        values["api_token_url"] = TOKEN_URLS.get(urlsplit(values["api_url"]).hostname or "")
        if values["api_token_url"] is None:
            words = (
                f"required with api_version {values['api_version']} and an api_url other than those of production and "
                f"the sandbox; set this option or the environment variable {variable('api_token_url')}"
            )
            problems.append(Problem("api_token_url", words))
    return values


def _rejected(row: Setting, value: Any, expected: object, source: str) -> str:
    """Return why the value of a connection option is rejected, without the value if it may contain a secret."""
    if value is None or not (row.secret or re.search(r"[@?]", str(value))):
        return rejection(value, expected, source)
    words = f"the value{source} is not accepted; expected {expected}"
    if isinstance(value, str) and value != value.strip():
        words += "; it starts or ends with a space or a line break, which ansible-vault or echo may have added"
    return words


# --- Messages -------------------------------------------------------------------------------------


def explain(
    error: InvalidOptions | jsonapi.RequestFailed,
    url: str,
    secrets: Iterable[str] = (),
    version: str = DEFAULT_VERSION,
) -> dict[str, Any]:
    """Return the part of a result that describes an error: `msg`, and `status` and `errors` if the API answered.

    `url` and `version` are those of the API. `secrets` are redacted.
    """
    if isinstance(error, InvalidOptions):
        return {"msg": joined(error.messages())}
    result: dict[str, Any] = {}
    reason = without(secrets, str(error))
    server, option = ("DIDWW's token service", "api_token_url") if error.token_url else ("DIDWW", "api_url")
    server += f" ({error.token_url or url})"
    if isinstance(error, jsonapi.ApiError):
        errors = [without(secrets, _in_option_names(item)) for item in error.errors]
        result = {"status": error.status, "errors": errors}
        details = joined([_detail(item) for item in errors]) if errors else "no explanation was given"
        advice = _advice(error, version)
        if any(item["option"] == "name" and "taken" in str(item) for item in errors):
            advice = "Another trunk of this account has that name."
        words = f"{server} answered {reason}: {details.rstrip('.')}. {advice}"
    elif isinstance(error, jsonapi.Unreachable):
        words = f"{server} gave no usable answer: {reason}. Check {option}, the network, and any proxy in between."
        words += "".join(f" {hint}" for pattern, hint in HINTS.items() if re.search(pattern, reason))
    elif isinstance(error, jsonapi.ListKeepsChanging):
        words = f"{reason[:1].upper()}{reason[1:]} ({url}). Others are changing the account: run the task again."
    else:
        like = "token service" if error.token_url else "API"
        words = f"{error.token_url or url} did not answer like DIDWW's {like}: {reason}. "
        words += f"Check {option}, and any proxy in between."
    unsettled = ""
    if error.unsettled or error.settle:
        unsettled = f"{SENT_BEFORE if error.token_url else SENT} {error.settle or SETTLE}"
    parts = (words.rstrip(), error.hint, unsettled)
    result["msg"] = " ".join(part for part in parts if part)
    return result


def _advice(error: jsonapi.ApiError, version: str) -> str:
    """Return what to do about an error of the API or of the token service."""
    otherwise = "" if error.status < 500 else FAULT
    return next((advice.text for advice in ADVICE if advice.fits(error, version)), otherwise)


def without(secrets: Iterable[str], value: Any) -> Any:
    """Return `value`, plain JSON, with `secrets` redacted in its texts.

    Secrets of fewer than four characters are skipped: they would be found inside other words.
    """
    if isinstance(value, dict):
        return {name: without(secrets, item) for name, item in value.items()}
    if isinstance(value, list):
        return [without(secrets, item) for item in value]
    if isinstance(value, str):
        # The longest first: it may contain a shorter one.
        for secret in sorted(secrets, key=len, reverse=True):
            if len(secret) >= 4:
                value = value.replace(secret, "********")
    return value


def joined(messages: list[str]) -> str:
    """Return `messages` as one; if there are several, their number comes first."""
    return numbered(messages) if len(messages) == 1 else f"{len(messages)} problems: {numbered(messages)}"


def numbered(messages: list[str]) -> str:
    """Return `messages` as one, numbered if there are several."""
    if len(messages) == 1:
        return messages[0]
    return "; ".join(f"({number}) {message}" for number, message in enumerate(messages, 1))


def option_of(pointer: Any) -> str | None:
    """Return the option for a JSON:API error pointer: `name` for `/data/attributes/name`.

    None if the pointer does not refer to a part of the resource: DIDWW API 3 (2026-04-16), "Errors".
    """
    parts = pointer.split("/") if isinstance(pointer, str) else []
    frame = {"", "data", "attributes", "relationships"}
    return ".".join(part for part in parts if part not in frame and not part.isdigit()) or None


def _in_option_names(error: Mapping[str, Any]) -> dict[str, Any]:
    source = error.get("source")
    pointer = source.get("pointer") if isinstance(source, Mapping) else None
    kept = {name: error[name] for name in ("title", "detail", "code", "status") if name in error}
    return {"option": option_of(pointer), "pointer": pointer, **kept}


def _detail(error: Mapping[str, Any]) -> str:
    words = str(error.get("detail") or error.get("title") or "no explanation was given")
    option = error["option"]
    return words if option is None or words.startswith(option.rpartition(".")[2]) else f"{option}: {words}"
