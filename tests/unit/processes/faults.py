# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults between a task and the API, one row each, and the scenarios that result from them.

The advice comes from the code: the unit tests of messages check its words, and these tests that it arrives.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import advice, messages
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

ONE, FLEET, INFO = "voice_out_trunk", "voice_out_trunks", "voice_out_trunk_info"
TRUNKS = [f"a0000000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3)]
# The trunk whose PATCH meets the fault. In a fleet, the others must not be affected.
STRUCK = TRUNKS[1]

# With characters that JSON, URLs and HTML escape.
KEY = 'planted-Key+7/"x"\\y&z=%'
USERNAME = "planted-user"
PASSWORD = 'planted-Pass+8/"q"\\r&s=%'

# The ways that run all scenarios. The others run most faults only on single tasks; with tokens, in the token service.
EVERYTHING = {"all": ("module", "action", "tokens"), "few": ()}.get(os.environ.get("SCENARIOS", ""), ("action",))
# A placeholder in rules for the URL of another server, whose journal must stay empty.
ELSEWHERE = "elsewhere"
# Seconds until an answer that stalls is given up. Answers that do not stall have as long as they need: see job.py.
TIMEOUT = 10
PATIENCE = 15  # seconds that a task waits after 429, per retry


class Way(NamedTuple):
    """A way to run tasks: with a front end, and a version of the API."""

    front_end: str
    api_version: str


WAYS = {
    "module": Way("module", "2026-04-16"),
    "action": Way("action", "2026-04-16"),
    "tokens": Way("action", "2026-11-19"),
}


class Fault(NamedTuple):
    """One row: a fault, and how a task handles it.

    `says`: a regular expression for the advice in the message. `rule`: the fault of the local API (see
    "Faults" in its README); faults without a rule concern the connection: `reach`. `again`: the request
    is retried. `settled`: an update that meets the fault was certainly not applied. `harmless`: it is
    not really a fault. `wait`: for 429, the seconds to wait. `in_lists`: it can also affect lists of
    trunks. `in_tokens`: it can also affect the token service.
    """

    name: str
    says: str
    rule: dict[str, Any] | None = None
    reach: str = ""
    again: bool = False
    settled: bool = False
    harmless: bool = False
    wait: float = 0
    in_lists: bool = True
    in_tokens: bool = True

    @property
    def stalls(self) -> bool:
        """Whether the answer stalls."""
        return "stall" in (self.rule or ())

    @property
    def strikes(self) -> list[tuple[str, bool]]:
        """The requests that can meet the fault: the method, and whether a PATCH is applied nevertheless."""
        if self.reach not in ("", "refused"):
            return [("GET", False)]  # the PATCH reuses the connection of the GET
        if self.harmless:
            return [("GET", False), ("PATCH", True)]
        return [("GET", False), ("PATCH", False), *([] if self.settled else [("PATCH", True)])]


def _advice(status: int, detail: str = "") -> str:
    """Return a pattern of the advice about a status and the `detail` of an error, of either service and version."""
    known = (*VOICE_OUT_TRUNK.advice, *advice.ADVICE)
    fitting = [row for row in known if row.status == status and re.search(row.sign, detail)]
    # Advice with a sign comes first, and the first that fits is shown.
    fitting.sort(key=lambda row: not row.sign)
    shown = {(row.tokens, *row.versions): row.text for row in reversed(fitting)}
    return "|".join(re.escape(text.replace("{noun}", VOICE_OUT_TRUNK.noun)) for text in shown.values())


def _check(error: jsonapi.RequestFailed) -> str:
    """Return a pattern of what to check after an error of the API or of the token service."""
    words = str(messages.explain(error, "")["msg"])
    return re.escape(words[words.index("Check ") :]).replace("api_url", "api_(token_)?url")


def _error(status: int, detail: str) -> Fault:
    error = {"detail": detail, "status": str(status), "source": {"pointer": "/data/attributes/capacity_limit"}}
    says = _advice(status, detail) or rf"HTTP {status} .*: {re.escape(detail)}\."
    return Fault(str(status), says, {"status": status, "body": {"errors": [error]}}, settled=True)


def _busy(name: str, retry_after: str | None, wait: float = 1.5) -> Fault:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    rule = {"status": 429, "headers": headers}
    says = _advice(429, "too_many_requests") + "|" + _advice(429)
    return Fault(f"429 {name}", says, rule, again=True, settled=True, wait=wait)


SERVER = re.escape(advice.FAULT)
NETWORK = _check(jsonapi.Unreachable("no answer"))
ANSWER = _check(jsonapi.UnusableAnswer("no data"))
(OWN_AUTHORITY,) = (re.escape(hint) for pattern, hint in messages.HINTS.items() if re.search(pattern, "self-signed"))
OTHER_HOST = rf"'127.0.0.1'.*match.*{NETWORK}|not valid for '127.0.0.1'.*{NETWORK}"

FAULTS = [
    _error(400, "capacity_limit - is not allowed"),
    _error(401, "Unauthorized"),
    _error(403, "Forbidden"),
    _error(404, f"The record identified by {STRUCK} could not be found."),
    _error(409, "Conflict")._replace(in_tokens=False),
    _error(422, "capacity_limit - must be less than 50"),
    _busy("without Retry-After", None),
    _busy("with Retry-After", "1"),
    _busy("with a past date", "Wed, 21 Oct 2015 07:28:00 GMT"),
    _busy("with a negative Retry-After", "-1"),
    _busy("with text as Retry-After", "soon"),
    _busy("with an absurd Retry-After", "1000000000", wait=PATIENCE),
    _busy("with an absurd date", "Fri, 31 Dec 9999 23:59:59 GMT", wait=PATIENCE),
    *(Fault(str(status), SERVER, {"status": status}, again=status > 500) for status in (500, 502, 503, 504)),
    Fault("connection refused", NETWORK, reach="refused", again=True, settled=True),
    Fault("no such host", NETWORK, reach="no such host", again=True, settled=True),
    Fault("self-signed certificate", OWN_AUTHORITY, reach="self-signed", settled=True),
    Fault("certificate of another host", OTHER_HOST, reach="wrong host", settled=True),
    Fault("expired certificate", rf"certificate has expired.*{NETWORK}", reach="expired", settled=True),
    Fault("reset before the headers", NETWORK, {"drop": "before"}, again=True),
    Fault("reset within the headers", NETWORK, {"drop": "headers", "reset": True}, again=True),
    Fault("closed within the headers", NETWORK, {"drop": "headers"}, again=True),
    Fault("reset after the headers", NETWORK, {"drop": "after_headers", "reset": True}, again=True),
    Fault("half a body", NETWORK, {"drop": "body"}, again=True),
    Fault("stalled body", NETWORK, {"stall": 10 * TIMEOUT}, again=True),
    Fault("gzip that does not unpack", NETWORK, {"garbage": "bad_gzip"}, again=True),
    Fault("nothing", NETWORK, {"garbage": "empty"}, again=True),
    Fault("HTML", ANSWER, {"garbage": "html"}),
    Fault("a list", ANSWER, {"garbage": "list"}),
    Fault("half of the JSON", ANSWER, {"garbage": "truncated"}),
    Fault("no data", ANSWER, {"garbage": "missing_data"}, in_tokens=False),
    Fault("another id", ANSWER, {"garbage": "other_id"}, in_lists=False, in_tokens=False),
    Fault("another type", ANSWER, {"garbage": "other_type"}, in_tokens=False),
    Fault("attributes of a wrong type", ANSWER, {"garbage": "attributes_type"}, in_tokens=False),
    Fault("301 to another host", "redirects are refused", {"redirect": {"status": 301, "location": ELSEWHERE}}),
    Fault("307 to another host", "redirects are refused", {"redirect": {"status": 307, "location": ELSEWHERE}}),
    Fault("10 MB", "", {"garbage": "big"}, harmless=True),
    Fault("HTML that quotes secrets", ANSWER, {"status": 200, "body": f"<p>{KEY} {USERNAME} {PASSWORD}</p>"}),
    Fault("500 that quotes secrets", SERVER, {"status": 500, "body": f"<p>{KEY} {USERNAME} {PASSWORD}</p>"}),
    _error(422, f"capacity_limit - is not for {KEY}")._replace(name="422 quoting the key", says="limit - is not for"),
]


class Scenario(NamedTuple):
    """A task of `module` that meets `fault` in its GET or PATCH, or in its POST to the token service.

    It meets the fault always if `lasting`, else once.

    `applied`: whether the PATCH was applied, and only its answer was lost.
    """

    module: str
    fault: Fault
    method: str
    applied: bool
    lasting: bool

    def __str__(self) -> str:
        applied, once = "applied" if self.applied else "", "" if self.lasting else "once"
        words = [self.module, self.method, applied, self.fault.name, once]
        return "-".join(word.replace(" ", "_") for word in words if word)

    @property
    def fails(self) -> bool:
        """Whether the task fails."""
        return not self.fault.harmless and self.lasting

    @property
    def retries(self) -> int:
        """The task's `api_retries`: 0 if it would wait after 429 again and again."""
        return 0 if self.lasting and 0 < self.fault.wait < PATIENCE else 1

    @property
    def requests(self) -> int:
        """The number of requests with this method that meet the fault or follow it."""
        # After a 400, which could concern the filter by id, a fleet reads pages.
        twice = self.module == FLEET and self.method == "GET" and self.fault.name == "400"
        return self.retries + 1 if self.fault.again else 1 + twice

    @property
    def seconds(self) -> float:
        """About how long the task waits."""
        return self.retries * self.fault.wait + (self.retries + 1) * TIMEOUT * self.fault.stalls

    def rule(self, elsewhere: str) -> dict[str, Any] | None:
        """Return the rule for the local API, if any. `elsewhere`: the URL of another server."""
        if self.fault.reach == "refused" and self.method == "PATCH":
            return {"method": "GET", "last": True}
        if self.fault.rule is None:
            return None
        rule = {"method": self.method, "apply": self.applied, "times": 0 if self.lasting else 1, **self.fault.rule}
        if self.method != "GET":
            rule["path_contains"] = STRUCK if self.method == "PATCH" else "/token"
        if self.method == "POST" and "errors" in (rule.get("body") or ()):
            detail = rule["body"]["errors"][0]["detail"]
            rule["body"] = {"error": "invalid_request", "error_description": detail}
        if "redirect" in rule:
            rule["redirect"] = {**rule["redirect"], "location": elsewhere}
        return rule


def _scenarios(way: Way) -> Iterator[Scenario]:
    everything = way in [WAYS[name] for name in EVERYTHING]
    for fault in FAULTS:
        in_tokens = way.api_version == "2026-11-19" and fault.in_tokens and not fault.reach
        if in_tokens:
            yield Scenario(ONE, fault, "POST", applied=False, lasting=True)
            if fault.again:
                yield Scenario(ONE, fault, "POST", applied=False, lasting=False)
        if in_tokens and not everything and not fault.harmless:
            continue
        for method, applied in fault.strikes:
            yield Scenario(ONE, fault, method, applied, lasting=True)
            if everything and fault.again and not fault.reach:
                yield Scenario(ONE, fault, method, applied, lasting=False)
        # Each way runs each module with an answer that quotes secrets, and with one that is no error.
        if not everything and not fault.harmless and "quot" not in fault.name:
            continue
        if fault.in_lists and fault.wait < PATIENCE:
            for module in (INFO, FLEET):
                yield Scenario(module, fault, "GET", applied=False, lasting=True)
        if not fault.reach:
            yield Scenario(FLEET, fault, *fault.strikes[-1], lasting=True)


SCENARIOS = {way: list(_scenarios(way)) for way in WAYS.values()}
# For tests that run for each way, with its scenarios.
ROWS = [(name, scenario) for name, way in WAYS.items() for scenario in SCENARIOS[way]]
NAMES = [f"{name}-{scenario}" for name, scenario in ROWS]
each_scenario = pytest.mark.parametrize(("way", "scenario"), ROWS, ids=NAMES, indirect=["way"])
