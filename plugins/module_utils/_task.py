# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""One task, whichever front end runs it: options in, a result out; warnings, secrets and messages."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, MutableSequence
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils import _jsonapi as jsonapi
from ansible_collections.didww.voice.plugins.module_utils._kinds import rejection
from ansible_collections.didww.voice.plugins.module_utils._lookup import PAGE_SIZES
from ansible_collections.didww.voice.plugins.module_utils._settings import (
    CONNECTION,
    InvalidOptions,
    Problem,
    Setting,
    unsupported,
    variable,
)
from ansible_collections.didww.voice.plugins.module_utils._trunk import credentials

VERSION = "1.0.0"
API_VERSION = "2026-04-16"

# What to do about an HTTP status (DIDWW API 3, "Errors").
ADVICE = {
    400: "This collection and the API disagree: check api_url, and please report it.",
    401: (
        "Check api_key and api_url: keys of production (https://api.didww.com/v3) and of the sandbox "
        "(https://sandbox-api.didww.com/v3) differ, and a key may be limited to source addresses."
    ),
    403: "The Outbound API is not enabled for this account, or the account is in read-only mode: ask DIDWW.",
    404: "The account of this api_key has no such trunk: check the id, and that api_url ends in /v3.",
    409: "The update conflicts with the trunk's state: look at the trunk and run the task again.",
    429: (
        "Other clients use this key too, or it allows fewer requests per second: run fewer at once, lower "
        "max_requests_per_second, or raise api_retries."
    ),
}
FAULT = "DIDWW, or a gateway before it, has a fault: run the task again later."
# What else to do where no answer came, by what the reason says.
HINTS = {
    r"unable to get local issuer|self.signed": "If the authority is your own, name its bundle in ca_path.",
    r"timed out": "If the server is slow, raise api_timeout.",
    r"NO_CERTIFICATE": "The file that ca_path names holds no certificate.",
}
UNSETTLED = "The update was sent and may have been applied: run the task again, which settles it."


class Work(NamedTuple):
    """What a module does.

    `spec` returns the argument spec of its options. `parse` takes those that a task sets, and returns
    what `run` finds as `task.wanted`; raises InvalidOptions. `run` returns the result; raises
    InvalidOptions and jsonapi.RequestFailed. `changes`: whether it may change anything.
    """

    spec: Callable[[], dict[str, Any]]
    parse: Callable[[Mapping[str, Any]], Any]
    run: Callable[[Task], dict[str, Any]]
    changes: bool = True


class Task:
    """A task that does `work`, from its options to its result.

    `given`: the options as the task writes them; None is an explicit null. Raises InvalidOptions with
    everything that is wrong with them. The front end sets `check_mode`, `show_diff` and `agent`, maybe
    `clients` that earlier tasks of this process used and `turns`, memory that processes share in which
    each account has a place for its pace. It passes `warnings` on.
    """

    def __init__(self, work: Work, given: Mapping[str, Any]) -> None:
        self._work = work
        problems: list[Problem] = []
        options = work.spec()
        unsupported(problems, given, [*(row.name for row in CONNECTION), *options])
        self.connection = _connection(problems, given)
        try:
            self.wanted = work.parse({name: value for name, value in given.items() if name in options})
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
        """Do the work; return its result, or what is to be said of its failure."""
        try:
            return self._work.run(self)
        except (InvalidOptions, jsonapi.RequestFailed) as error:
            return {"failed": True, **self.explain(error)}
        except BaseException:
            # A timeout or ^C: what is under way must not be followed by more.
            for client in self.clients.values():
                client.stop()
            raise

    def connect(self) -> jsonapi.Client:
        """Return a client for the API that the connection options name: that of an earlier task, if there is one."""
        key = (self.agent, *self.connection.items())
        if key not in self.clients:
            self.clients[key] = self._new_client()
        self.clients[key].begin()
        return self.clients[key]

    def _new_client(self) -> jsonapi.Client:
        options = self.connection
        place = hash((options["api_url"], options["api_key"])) % (len(self.turns) // 2) * 2
        return jsonapi.Client(
            url=options["api_url"],
            authenticate=_api_key(options["api_key"]),
            headers={
                "X-DIDWW-API-Version": API_VERSION,
                "User-Agent": f"ansible-collection/didww.voice/{VERSION} {self.agent}".rstrip(),
            },
            timeout=options["api_timeout"],
            retries=options["api_retries"],
            verify=options["validate_certs"] and (options["ca_path"] or True),
            page_sizes=PAGE_SIZES,
            pace=jsonapi.Pace(options["max_requests_per_second"], self.turns[place : place + 2]),
        )

    def warn(self, text: str) -> None:
        """Add a warning to the result."""
        self.warnings.append(text)

    def warn_of_version(self, meta: Mapping[str, Any]) -> None:
        """Warn if another version of the API answered than the one that this collection speaks."""
        version = meta.get("api_version")
        if version and version != API_VERSION:
            self.warn(
                f"DIDWW answered with API version {version} where this collection speaks {API_VERSION}: "
                "settings may be missing or mean something else"
            )

    def keep_secret(self, resources: Iterable[Mapping[str, Any]]) -> None:
        """Redact these trunks' SIP credentials from error messages.

        Not left to Ansible's no_log, which would also blank out every setting that has the same value.
        """
        for resource in resources:
            self._secrets.update(str(value) for value in credentials(resource).values() if value)

    def explain(self, error: InvalidOptions | jsonapi.RequestFailed) -> dict[str, Any]:
        """Return what a result says of an error, without secrets."""
        return explain(error, self.connection["api_url"], self._secrets)


# --- Connection -----------------------------------------------------------------------------------


def _connection(problems: list[Problem], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the connection options: from the task, otherwise from the environment, otherwise the default."""
    values: dict[str, Any] = {}
    for row in CONNECTION:
        # An empty variable, as AWX leaves an empty field, counts as not set.
        value = given[row.name] if row.name in given else os.environ.get(variable(row.name)) or row.default
        if row.name not in given and value is None:
            values[row.name] = None
            if row.required:
                words = f"required; the environment variable {variable(row.name)} can hold it too"
                problems.append(Problem(row.name, words))
            continue
        try:
            values[row.name] = None if value is None and row.name == "ca_path" else row.kind.canonical(value)
        except ValueError as error:
            source = "" if row.name in given else f" of the environment variable {variable(row.name)}"
            problems.append(Problem(row.name, _rejected(row, value, error, source)))
    return values


def _rejected(row: Setting, value: Any, expected: object, source: str) -> str:
    """Return why the value of a connection option is rejected, without a secret that it may be or hold."""
    if value is None or not (row.secret or re.search(r"[@?]", str(value))):
        return rejection(value, expected, source)
    words = f"the value{source} is not accepted; expected {expected}"
    if isinstance(value, str) and value != value.strip():
        words += "; it begins or ends with a space or a line break, as a vault or echo may add"
    return words


def _api_key(key: str) -> Callable[[Any], Any]:
    """Return what puts the API key on a request. Other credentials of a newer version go here."""

    def authenticate(request: Any) -> Any:
        request.headers["Api-Key"] = key
        return request

    return authenticate


# --- Messages -------------------------------------------------------------------------------------


def explain(error: InvalidOptions | jsonapi.RequestFailed, url: str, secrets: Iterable[str] = ()) -> dict[str, Any]:
    """Return what a result says of an error: `msg`, and `status` and `errors` if the API answered.

    `secrets` are blanked out where an answer quotes them.
    """
    if isinstance(error, InvalidOptions):
        return {"msg": joined(error.messages())}
    result: dict[str, Any] = {}
    reason = without(secrets, str(error))
    if isinstance(error, jsonapi.ApiError):
        errors = [without(secrets, _in_option_names(item)) for item in error.errors]
        result = {"status": error.status, "errors": errors}
        details = joined([_detail(item) for item in errors]) if errors else "no explanation was given"
        advice = ADVICE.get(error.status, "" if error.status < 500 else FAULT)
        words = f"DIDWW ({url}) answered {reason}: {details.rstrip('.')}. {advice}"
    elif isinstance(error, jsonapi.Unreachable):
        words = f"DIDWW ({url}) gave no usable answer: {reason}. Check api_url, the network, and any proxy in between."
        words += "".join(f" {hint}" for pattern, hint in HINTS.items() if re.search(pattern, reason))
    elif isinstance(error, jsonapi.ListKeepsChanging):
        words = f"Somebody else works on the account ({url}): {reason}. Run the task again."
    else:
        words = f"{url} did not answer as DIDWW's API does: {reason}. Check api_url, and any proxy in between."
    result["msg"] = f"{words.rstrip()} {UNSETTLED}" if error.unsettled else words.rstrip()
    return result


def without(secrets: Iterable[str], value: Any) -> Any:
    """Return `value`, of plain JSON, with each of `secrets` blanked out in its texts.

    Fewer than four characters are no secret, and would be found in other words.
    """
    if isinstance(value, dict):
        return {name: without(secrets, item) for name, item in value.items()}
    if isinstance(value, list):
        return [without(secrets, item) for item in value]
    if isinstance(value, str):
        # The longest first: a shorter one may be a part of it.
        for secret in sorted(secrets, key=len, reverse=True):
            if len(secret) >= 4:
                value = value.replace(secret, "********")
    return value


def joined(messages: list[str]) -> str:
    """Return one message that holds all of `messages`, numbered if there are several."""
    if len(messages) == 1:
        return messages[0]
    return f"{len(messages)} problems: " + "; ".join(f"({n}) {message}" for n, message in enumerate(messages, 1))


def option_of(pointer: Any) -> str | None:
    """Return the option that a JSON:API error pointer is about: `/data/attributes/name` is `name`.

    None for a pointer that is about no part of the resource (DIDWW API 3, "Errors").
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
