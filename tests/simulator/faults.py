# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults: which requests they affect, and how they change the answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from simulator import errors, tokens
from simulator.api import TOKEN_PATH, Answer, answer, token_answer

BIG = 10 * 1024 * 1024
OTHER_ID = "00000000-0000-4000-8000-000000000000"
HTML = b"<!DOCTYPE html><html><head><title>Gateway</title></head><body>Gateway</body></html>"


class FaultError(ValueError):
    """An invalid rule."""


class Cut(Exception):
    """Raised to end the connection, after a fault has written its part of the answer.

    With `reset`, the connection is reset (RST). Otherwise it is closed (FIN).
    """

    def __init__(self, reset: bool) -> None:
        super().__init__("a fault ended the connection")
        self.reset = reset


@dataclass
class Fault:
    """A rule, with the number of requests that it still skips and affects."""

    rule: dict[str, Any]
    kind: str
    skip: int
    left: int

    @property
    def delay(self) -> float:
        """Seconds between the change and the answer."""
        return float(self.rule["delay"])

    @property
    def commits(self) -> bool:
        """Whether the change that a request makes is applied in spite of the fault."""
        return bool(self.rule["apply"]) or self.kind in ("delay", "answer_attributes", "last")

    @property
    def needs_answer(self) -> bool:
        """Whether the fault modifies the normal answer."""
        if self.kind == "drop":
            return self.rule["drop"] in ("after_headers", "body")
        return self.kind not in ("status", "redirect")

    def matches(self, method: str, target: str) -> bool:
        """Whether the rule matches the request. The token service needs a rule of its own."""
        part = self.rule["path_contains"]
        if target.partition("?")[0] == TOKEN_PATH and not (part or "").startswith(TOKEN_PATH):
            return False
        return self.rule["method"] in (None, method) and (part is None or part in target)

    def shape(self, normal: Answer | None, path: str) -> Answer:
        """Return the answer to send instead of the normal one, which is None unless the fault needs it."""
        value: Any = self.rule.get(self.kind)
        if self.kind == "status":
            return self._status(value, path)
        if self.kind == "redirect":
            return Answer(value["status"], b"", {"Location": value["location"]})
        if normal is None:
            return Answer(200, b"")
        if self.kind == "last":
            return replace(normal, headers={**normal.headers, "Connection": "close"})
        if not normal.body and value not in WITHOUT_BODY:
            return normal  # the answer to a DELETE: there is nothing to modify
        if self.kind == "garbage":
            return GARBAGE[value](normal)
        if self.kind == "answer_attributes":
            return _edited(normal, lambda item: item.setdefault("attributes", {}).update(value))
        return normal

    def _status(self, status: int, path: str) -> Answer:
        body = self.rule["body"]
        if path == TOKEN_PATH and status >= 400 and not isinstance(body, str):
            document = tokens.oauth_error(status, "A fault.") if body is None else body
            made = token_answer(status, document)
        elif body is None and status >= 500:
            made = Answer(status, HTML, {"Content-Type": "text/html"})
        elif body is None:
            error = errors.error(status, f"Status {status}", "A fault.")
            made = answer(status, {"errors": [error]})
        elif isinstance(body, str):
            made = Answer(status, body.encode(), {"Content-Type": "text/plain"})
        else:
            made = answer(status, body)
        return replace(made, headers={**made.headers, **self.rule["headers"]})


def _edited(normal: Answer, edit: Callable[[dict[str, Any]], Any]) -> Answer:
    """Return the answer after an edit of every resource in its data. A document with errors has none."""
    document = json.loads(normal.body)
    data = document.get("data", [])
    for item in data if isinstance(data, list) else [data]:
        edit(item)
    return answer(normal.status, document)


def _without_data(normal: Answer) -> Answer:
    document = {name: value for name, value in json.loads(normal.body).items() if name != "data"}
    return answer(normal.status, document)


def _padded(normal: Answer) -> Answer:
    document = json.loads(normal.body)
    return answer(normal.status, {**document, "meta": {**document.get("meta", {}), "padding": "x" * BIG}})


GARBAGE: dict[str, Callable[[Answer], Answer]] = {
    "html": lambda _normal: Answer(200, HTML, {"Content-Type": "text/html"}),
    "list": lambda _normal: Answer(200, b"[1,2,3]"),
    "truncated": lambda normal: replace(normal, body=normal.body[: len(normal.body) // 2]),
    "bad_gzip": lambda normal: replace(normal, headers={**normal.headers, "Content-Encoding": "gzip"}),
    "other_id": lambda normal: _edited(normal, lambda item: item.update(id=OTHER_ID)),
    "other_type": lambda normal: _edited(normal, lambda item: item.update(type="voice_in_trunks")),
    "attributes_type": lambda normal: _edited(normal, lambda item: item.update(attributes=["not", "an", "object"])),
    "missing_data": _without_data,
    "empty": lambda normal: replace(normal, body=b""),
    "big": _padded,
}
# Garbage that needs no body in the normal answer.
WITHOUT_BODY = ("html", "list")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and value >= 0


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and value >= 0


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


# The kinds of rules, and which values each accepts.
KINDS: dict[str, Callable[[Any], bool]] = {
    "status": lambda value: isinstance(value, int) and 200 <= value <= 599,
    "drop": lambda value: value in ("before", "headers", "after_headers", "body"),
    "stall": _is_number,
    "garbage": lambda value: value in [*GARBAGE],
    "answer_attributes": _is_object,
    "redirect": lambda value: _is_object(value) and set(value) == {"status", "location"},
    "last": lambda value: value is True,
}
# The members of a rule besides its kind: their defaults, and which values some accept.
COMMON: dict[str, Any] = {"method": None, "path_contains": None, "times": 1, "after": 0}
COMMON |= {"apply": False, "delay": 0, "reset": False, "headers": {}, "body": None}
ACCEPTED = {**KINDS, "times": _is_count, "after": _is_count, "delay": _is_number, "headers": _is_object}
ACCEPTED["reset"] = lambda value: isinstance(value, bool)


def parse(rule: Any) -> Fault:
    """Make a fault from a rule (README, "Faults"). Raises FaultError if it is invalid."""
    if not isinstance(rule, dict):
        raise FaultError("a rule is an object")
    unknown = set(rule) - set(COMMON) - set(KINDS)
    if unknown:
        raise FaultError(f"unknown in a rule: {', '.join(sorted(unknown))}")
    kinds = [kind for kind in KINDS if kind in rule]
    if len(kinds) > 1 or not (kinds or "delay" in rule):
        raise FaultError(f"a rule has one of {', '.join(KINDS)}, or a delay alone")
    invalid = [name for name, value in rule.items() if name in ACCEPTED and not ACCEPTED[name](value)]
    if invalid:
        raise FaultError(f"not a valid {invalid[0]} in a rule: {json.dumps(rule)}")
    filled = {**COMMON, **rule}
    return Fault(filled, kinds[0] if kinds else "delay", skip=filled["after"], left=filled["times"])


class FaultQueue:
    """Rules in order. A request meets the first rule that matches it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, rules: Any) -> None:
        """Append a rule or a list of rules. Raises FaultError if one is invalid, and then appends none."""
        parsed = [parse(rule) for rule in (rules if isinstance(rules, list) else [rules])]
        with self._lock:
            self._faults += parsed

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self._faults = []

    def pending(self) -> list[dict[str, Any]]:
        """The rules that can still affect a request."""
        with self._lock:
            return [dict(fault.rule) for fault in self._faults]

    def take(self, method: str, target: str) -> Fault | None:
        """Return the fault that a request meets, and count it. `target` is the path and the decoded query."""
        with self._lock:
            for fault in self._faults:
                if not fault.matches(method, target):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                if fault.left == 1:
                    self._faults.remove(fault)
                elif fault.left:
                    fault.left -= 1
                return fault
        return None
