# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""Plans of the playbooks: JSON files with the requests that `audit` planned, and with the tokens that approve them.

The tokens are the authority, and the rest of a file is for its readers. It is never loaded as a vars file: the names in
it come from the account, and must not become templates.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._engine.approval import TOKEN, TOKENS, canonical_url
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import CONNECTION, variable
from ansible_collections.didww.voice.plugins.module_utils._engine.diff import changed_lines
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import Kind, show, whole
from ansible_collections.didww.voice.plugins.module_utils._engine.task import VERSION
from ansible_collections.didww.voice.plugins.plugin_utils._parts import Part, label, names_in, parts_of, table

# The marker of a plan, and the version of its format.
PLAN, FORMAT = "didww_voice_plan", 1
REQUESTS = {"POST": "create", "PATCH": "update", "DELETE": "delete"}


def api_url() -> str:
    """Return the URL of the API that the playbooks use, as plans hold it. Empty if it is not valid."""
    (row,) = (row for row in CONNECTION if row.name == "api_url")
    try:
        return canonical_url(row.kind.canonical(os.environ.get(variable(row.name)) or row.default))
    except ValueError:
        return ""


# --- Variables ------------------------------------------------------------------------------------


def _tokens(value: Any) -> list[str]:
    """Convert the tokens in an artifact. From ansible-core 2.19 on, an empty text of AWX arrives as null."""
    try:
        return [] if value is None or value == "" else list(TOKENS.canonical(value))
    except ValueError as error:
        raise ValueError("tokens, each p1- and 64 hexadecimal digits, with commas between them") from error


def _seconds(value: Any) -> int:
    try:
        return int(whole(1, 10**9).canonical(value))
    except ValueError as error:
        raise ValueError("a number of seconds, such as 86400") from error


APPROVED = Kind({"type": "list"}, _tokens)
AGE = Kind({"type": "int"}, _seconds)


def conflicts(variables: Mapping[str, Any]) -> Iterable[str]:
    """Yield what is wrong with the variables of an approval. One with a problem of its own is missing."""
    if "plan" not in variables or "approved_plan" not in variables:
        return
    plan, tokens = variables["plan"], variables["approved_plan"]
    if plan is not None and tokens is not None:
        yield "approved_plan: cannot be combined with plan"
    if plan is None and variables.get("plan_max_age") is not None:
        yield "plan_max_age: requires plan, the file whose age counts"
    if plan is None and tokens is None and variables.get("require_plan"):
        yield (
            "Nothing was done, because require_plan is true. Which plan? Give the file that didww.voice.audit wrote: "
            "-e plan=plan.json, or the tokens in the artifact of its job (approved_plan)."
        )


# --- Write ----------------------------------------------------------------------------------------


def plan_report(compared: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plan of an audit: `compared` is the result of the module, even a failed one.

    `text`: the plan as a file. `tokens`: those of all requests, with commas between them. `lines`: to show.
    """
    parts = [] if compared.get("failed") else parts_of(compared)
    requests = [
        {
            **_listed_in(part),
            **{name: entry[name] for name in ("name", "id", "method", "token")},
            "changes": _words(entry),
            "diff": _diff(entry),
        }
        for part in parts
        for entry in part.entries
        if entry.get("token")
    ]
    plan = {
        PLAN: FORMAT,
        "at": given["started"],
        "api_url": given["api_url"],
        "api_version": compared.get("api_version"),
        "written_by": f"didww.voice.audit {VERSION}",
        "requests": requests,
    }
    variables = given["variables"]
    lines = _lines(requests, variables["plan"]) if variables["plan"] or variables["show_plan"] else []
    return {
        "text": _printable(json.dumps(plan, indent=2, ensure_ascii=False)),
        "tokens": ",".join(request["token"] for request in requests),
        "lines": [] if compared.get("failed") else lines,
    }


def _listed_in(part: Part) -> dict[str, str]:
    """Return the member of a request that names its list, if there are others than outbound trunks."""
    return {"list": part.name} if part.name else {}


def _printable(text: str) -> str:
    """Return JSON with escapes for what is not visible, so that no name reorders or hides what a reader sees."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(char if char == "\n" or char.isprintable() else json.dumps(char)[1:-1] for char in text)


def _words(entry: Mapping[str, Any]) -> list[str]:
    """Return the changes of a request in words."""
    numbers = names_in(entry)
    found = []
    for setting, before, after in (part for name, change in entry["changes"].items() for part in _parts(name, change)):
        # A new trunk has nothing before, and a deleted one nothing afterwards.
        sides = {"POST": [after], "DELETE": [before]}.get(entry["method"], [before, after])
        words = " -> ".join(_value(side, numbers) for side in sides)
        found.append(f"{setting}: {words}")
    return found


def _parts(setting: str, change: Mapping[str, Any]) -> Iterable[tuple[str, Any, Any]]:
    """Yield what changes, with both values: of a dictionary, the members that differ. One that is missing is `...`."""
    sides = change["before"], change["after"]
    if not any(isinstance(side, Mapping) for side in sides):
        yield setting, *sides
        return
    before, after = (side if isinstance(side, Mapping) else {} for side in sides)
    for name in dict.fromkeys([*before, *after]):
        values = before.get(name, ...), after.get(name, ...)
        if values[0] != values[1]:
            yield f"{setting}.{name}", *values


def _diff(entry: Mapping[str, Any]) -> list[str]:
    """Return the diff of a request as lines. Of a new or deleted trunk, it has only one side."""
    signs = {"POST": "+", "DELETE": "-"}.get(entry["method"], "-+")
    return [line for line in changed_lines(entry["changes"], names_in(entry)) if line[0] in signs]


def _value(value: Any, numbers: Mapping[str, str]) -> str:
    """Return a value as JSON; what is linked by number or name, where it is known."""
    if value is ...:
        return "(none)"
    if isinstance(value, list):
        return show([numbers.get(str(one), one) for one in value])
    return show(numbers.get(value, value) if isinstance(value, str) else value)


def _lines(requests: Sequence[Mapping[str, Any]], path: str | None) -> list[str]:
    """Return a table with the changes of each request, and a line with their number."""
    rows = [_header(requests, "REQUEST", "CHANGES")]
    for request in requests:
        first = [*_called(request), REQUESTS[request["method"]]]
        changes = request["changes"] or [""]
        rows += [[*(first if number == 0 else [""] * len(first)), words] for number, words in enumerate(changes)]
    where = f", in {path}" if path else ""
    return [*table(rows), f"{len(requests)} requests planned{where}"]


def _header(requests: Iterable[Mapping[str, Any]], *cells: str) -> list[str]:
    return [*(["LIST", "NAME"] if any("list" in request for request in requests) else ["TRUNK"]), *cells]


def _called(request: Mapping[str, Any]) -> list[str]:
    """Return the cells of a table that say what a request is about."""
    return [*([request["list"]] if "list" in request else []), label(request)]


# --- Read -----------------------------------------------------------------------------------------


def read_plan(path: str, url: str, now: datetime, max_age: int | None = None) -> dict[str, Any]:
    """Return the plan in a file, made for the API at `url`, at most `max_age` seconds ago. Raises ValueError."""
    try:
        with open(path, encoding="utf-8") as file:
            plan = json.load(file)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not a plan: it is not valid JSON") from error
    problem = _problem(plan)
    if problem:
        raise ValueError(f"{path} is not a plan{problem}; expected a file that didww.voice.audit wrote (-e plan=FILE)")
    if url and plan["api_url"] != url:
        raise ValueError(f"{path} was made for {plan['api_url']}, but this run is for {url}")
    age = (now - datetime.fromisoformat(plan["at"])).total_seconds()
    if age < 0:
        raise ValueError(f"{path} is from the future: it was made at {plan['at']}. Compare the clocks, or plan again")
    if max_age is not None and age > max_age:
        words = f"{path} is {int(age)} seconds old, and plan_max_age is {max_age}: plan again"
        raise ValueError(f"{words}, and have the new plan approved")
    return dict(plan)


def is_plan(path: str) -> bool:
    """Return whether a file is a plan, of any account and age."""
    return not _problem(json_in(path))


def json_in(path: str) -> Any:
    """Return the data in a JSON file, or None if it cannot be read as one."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError, RecursionError):
        return None


def _problem(plan: Any) -> str:
    """Return why something is no plan, or an empty text."""
    if not isinstance(plan, dict) or PLAN not in plan:
        return f": it has no {PLAN}"
    if plan[PLAN] != FORMAT:
        return f": its format is {show(plan[PLAN])}, and this version of the collection reads {FORMAT}"
    try:
        aware = datetime.fromisoformat(plan["at"]).tzinfo is not None
    except (KeyError, TypeError, ValueError):
        aware = False
    if not aware or not isinstance(plan.get("api_url"), str):
        return ": it does not say when, and for which API, it was made"
    requests = plan.get("requests")
    if not isinstance(requests, list) or not all(map(_is_request, requests)):
        return ": its requests are damaged"
    return ""


def _is_request(request: Any) -> bool:
    if not isinstance(request, dict) or request.get("method") not in [*REQUESTS]:
        return False
    changes = request.get("changes")
    try:
        TOKEN.canonical(request.get("token"))
    except ValueError:
        return False
    texts = [request.get("name"), request.get("list", ""), *(changes if isinstance(changes, list) else [None])]
    return all(isinstance(text, str) for text in texts) and isinstance(request.get("id"), (str, type(None)))


# --- Compare --------------------------------------------------------------------------------------


def plan_differences(result: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """Return what was approved, and what would happen now, for each trunk where these differ: the lines of a table.

    `result` is that of the module. Without a request that is not approved, the table is empty.
    """
    plan = given["plan"]
    approved = plan["requests"] if plan else []
    tokens = {*given["approved"].split(",")} if given["approved"] is not None else None
    parts = parts_of(result)
    now = [{**_listed_in(part), **entry} for part in parts for entry in part.entries if entry.get("token")]
    if tokens is None or all(entry["token"] in tokens for entry in now):
        return []
    # Tokens alone do not say what they approve.
    otherwise = ["(nothing)" if plan or not given["approved"] else "(unknown)"]
    if any("list" in request for request in [*approved, *now]):
        # The plan, or what would happen now, can be for outbound trunks alone.
        approved, now = ([{"list": "trunks", **request} for request in side] for side in (approved, now))
    rows = [_header([*approved, *now], "APPROVED", "NOW")]
    left = [request for request in approved if request["token"] not in {entry["token"] for entry in now}]
    for entry in now:
        if entry["token"] in tokens:
            continue
        before = next((request for request in left if _is_same(request, entry)), None)
        if before:
            left.remove(before)
        rows += _sides(entry, _told(before) if before else otherwise, _told({**entry, "changes": _words(entry)}))
    for request in left:
        rows += _sides(request, _told(request), ["(nothing to send)"])
    return table(rows)


def _is_same(request: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    """Return whether a request in a plan, and one that would be sent now, are about the same resource."""
    if request.get("list", "trunks") != entry.get("list", "trunks"):
        return False
    if request["id"] and entry["id"]:
        return bool(request["id"] == entry["id"])
    # Somebody created it, or deleted it.
    return bool(request["name"] == entry["name"])


def _told(request: Mapping[str, Any]) -> list[str]:
    """Return a request in words."""
    if request["method"] == "PATCH":
        return list(request["changes"])
    return [f"({REQUESTS[request['method']]})", *request["changes"]]


def _sides(trunk: Mapping[str, Any], approved: Sequence[str], now: Sequence[str]) -> Iterable[list[str]]:
    pairs = itertools.zip_longest(approved, now, fillvalue="")
    first = _called(trunk)
    return [[*(first if number == 0 else [""] * len(first)), *pair] for number, pair in enumerate(pairs)]
