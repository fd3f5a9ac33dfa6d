# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""Reports of the playbooks: what they show, write and fail with. Pure functions of the results of modules.

`given` is always the result of playbook_variables. A report has `lines` to show, the JSON `report`, and `problem`,
which is empty unless the playbook must fail. Unknown is neither zero nor false.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import nearest, show
from ansible_collections.didww.voice.plugins.plugin_utils._parts import (
    Part,
    amount,
    identifiers,
    label,
    named,
    names_in,
    one_line,
    parts_of,
    table,
)

# What the report of an audit does not repeat of each trunk.
OUTCOME = ("changed", "method", "token")
KNOWN = ("id", "name", "status", "threshold_reached", "spent_amount", "threshold_amount")


# --- Drift ----------------------------------------------------------------------------------------


def audit_report(compared: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the report of an audit: `compared` is the result of the module, even a failed one."""
    if compared.get("failed"):
        return _unfinished(compared, given)
    variables = given["variables"]
    parts = [(part, _drift(part, variables)) for part in parts_of(compared)]
    header = parts[0][0].cells("TRUNK", "SETTING", "IS", "SHOULD BE")
    if len(header) > 4:
        header[:2] = ["LIST", "NAME"]
    rows = [header, *(part.cells(*row) for part, drift in parts for row in drift["rows"])]
    reports = {part.name: drift["report"] for part, drift in parts}
    problems = [part.words("; ".join(drift["found"])) for part, drift in parts if drift["found"]]
    every = {name: sum(one[name] for one in reports.values()) for name in ("checked", "drifted")}
    head = {"at": given["started"], "failed": False}
    return {
        "lines": [*table(rows), *(drift["total"] for _part, drift in parts)],
        "report": {**head, **reports[""]} if "" in reports else {**head, **every, "lists": reports},
        "problem": "; ".join(problems) if variables["fail_on_drift"] else "",
    }


def _drift(part: Part, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return where a list differs: `rows` of a table, a line with the `total`, what was `found`, and the `report`."""
    trunks, nouns = part.entries, part.nouns
    drifted = [trunk for trunk in trunks if trunk["changed"]]
    drifted += [trunk for trunk in trunks if trunk["held"] and not trunk["changed"]]
    missing = [
        {**entry, "name": _listed_name(entry, variables[part.listed])} for entry in part.result.get("missing", ())
    ]
    unmanaged = part.result.get("unmanaged", [])
    rows = []
    for trunk in drifted:
        rows += [[label(trunk), *row] for row in _differences(trunk)]
    for entry in missing:
        selected = f"no such {entry['selector']}"
        if entry["name"] not in (None, entry["value"]):
            selected += f": {entry['value']}"
        rows.append([entry["name"] or entry["value"], "(missing)", selected, "in the account"])
    rows += [[label(trunk), "(unmanaged)", "in the account", "not in the list"] for trunk in unmanaged]
    total = f"{len(trunks)} {nouns} checked: {f'{len(drifted)} with drift' if drifted else 'no drift'}"
    total += f", {len(missing)} missing" if missing else ""
    total += f", {len(unmanaged)} not in the list" if unmanaged else ""
    found = []
    if drifted:
        found.append(
            f"{len(drifted)} of {len(trunks)} {nouns} {'differs' if len(drifted) == 1 else 'differ'} from the list: "
            f"{named(drifted)}"
        )
    if missing:
        found.append(f"missing: {', '.join(one_line(entry['name'] or entry['value']) for entry in missing)}")
    if unmanaged and variables["fail_on_unmanaged"]:
        found.append(f"not in the list: {named(unmanaged)}")
    report = {
        "checked": len(trunks),
        "drifted": len(drifted),
        part.key: [{name: value for name, value in trunk.items() if name not in OUTCOME} for trunk in drifted],
        "missing": missing,
        "unmanaged": unmanaged,
    }
    return {"rows": rows, "total": total, "found": found, "report": report}


def _unfinished(result: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    report = {"at": given["started"], "failed": True, "msg": result.get("msg", "the task failed without a reason")}
    return {"lines": [], "report": report, "problem": ""}


def _listed_name(entry: Mapping[str, Any], trunks: Sequence[Mapping[str, Any]]) -> Any:
    listed = trunks[entry["index"]]
    return listed.get("name") if isinstance(listed, Mapping) else None


def _differences(trunk: Mapping[str, Any]) -> list[list[str]]:
    """Return a row for each setting that differs: the setting, and both values."""
    numbers = names_in(trunk)
    rows = []
    for setting, change in {**trunk["changes"], **trunk["held"]}.items():
        before, after = change["before"], change["after"]
        if not isinstance(after, Mapping):
            rows.append([setting, _shown(before, numbers), _shown(after, numbers)])
            continue
        before = before if isinstance(before, Mapping) else {}
        for part in dict.fromkeys([*before, *after]):
            if before.get(part) != after.get(part):
                # The other type does not have this attribute. null would look like a value that a task can set.
                sides = (
                    _shown(side[part], numbers) if part in side else words
                    for side, words in ((before, "(none)"), (after, "(gone)"))
                )
                rows.append([f"{setting}.{part}", *sides])
    return rows


def _shown(value: Any, numbers: Mapping[str, str]) -> str:
    """Return a value for a table. What is linked is shown by number or name, as in the vars file, where it is known."""
    if isinstance(value, (list, tuple)):
        return ", ".join(str(numbers.get(entry, entry)) for entry in value) or "none"
    return str(numbers.get(value, value)) if isinstance(value, str) else show(value)


# --- Spend ----------------------------------------------------------------------------------------


def spend_report(read: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the report of the spend: `read` is the result of voice_out_trunk_info, even a failed one."""
    if read.get("failed"):
        return _unfinished(read, given)
    variables = given["variables"]
    trunks = read["trunks"]
    excepted, mistakes = _excepted(variables["except"], trunks)
    groups: dict[str, list[dict[str, Any]]] = {"reached": [], "near": [], "unlimited": [], "unknown": []}
    for trunk in trunks:
        group = _spend_of(trunk, Decimal(variables["share"]))
        if group and not (group == "unlimited" and trunk["id"] in excepted):
            groups[group].append({name: trunk[name] for name in KNOWN if name in trunk})
    rows = [["TRUNK", "STATUS", "SPENT", "THRESHOLD", "WHY"]]
    words = {"reached": "reached", "near": "near", "unlimited": "no threshold", "unknown": "unknown"}
    for group, found in groups.items():
        for trunk in found:
            limit = trunk.get("threshold_amount", "unknown")
            row = [label(trunk), trunk.get("status", "unknown"), amount(trunk.get("spent_amount"), "unknown")]
            rows.append([*row, amount(limit, "none"), words[group]])
    total = (
        f"{len(trunks)} trunks checked: {len(groups['reached'])} reached the threshold, {len(groups['near'])} near it, "
        f"{len(groups['unlimited'])} without one"
    )
    total += f", {len(groups['unknown'])} unknown" if groups["unknown"] else ""
    titles = {
        "reached": "Reached the threshold",
        "near": "Near the threshold",
        "unlimited": "Without a threshold",
        "unknown": "Unknown spend or threshold",
    }
    found_words = [f"{title}: {named(groups[group])}." for group, title in titles.items() if groups[group]]
    return {
        "lines": [*table(rows), total],
        "report": {"at": given["started"], "failed": False, "checked": len(trunks), **groups},
        # A mistake in `except` fails in any case.
        "problem": " ".join([*mistakes, *(found_words if variables["fail_on_spend"] else [])]),
    }


def _excepted(names: Sequence[str], trunks: Sequence[Mapping[str, Any]]) -> tuple[set[str], list[str]]:
    """Return the ids of the trunks that may be without a threshold, and a message for each unknown name."""
    ids, mistakes = set(), []
    for name in names:
        found = {trunk["id"] for trunk in trunks if name in identifiers(trunk)}
        if not found:
            near = nearest(name, [trunk["name"] for trunk in trunks if trunk.get("name")])
            hint = f" Did you mean {show(near)}?" if near else ""
            mistakes.append(f"except: no trunk has the id, external_reference_id or name {show(name)}.{hint}")
        ids |= found
    return ids, mistakes


def _spend_of(trunk: Mapping[str, Any], share: Decimal) -> str:
    """Return the group of a trunk, or an empty text if nothing is to report."""
    if trunk.get("threshold_reached") is True:
        # Whatever the spend is: DIDWW's sources disagree about its period.
        return "reached"
    if trunk.get("threshold_amount", "unknown") is None:
        return "unlimited"
    try:
        spent, threshold = (Decimal(str(trunk.get(name))) for name in ("spent_amount", "threshold_amount"))
        known = spent.is_finite() and threshold.is_finite() and trunk.get("threshold_reached") is False
    except InvalidOperation:
        known = False
    if not known:
        return "unknown"
    return "near" if spent * 100 >= threshold * share else ""


# --- Fleets ---------------------------------------------------------------------------------------


def fleet_report(result: Mapping[str, Any], given: Mapping[str, Any]) -> str | list[str]:
    """Return what became of a fleet: how many trunks were created, updated and so on. `result` is that of the module.

    With other lists than outbound trunks, a sentence for each.
    """
    parts = parts_of(result)
    sentences = [_counts(part, given) for part in parts]
    return sentences if parts[0].name else sentences[0]


def _counts(part: Part, given: Mapping[str, Any]) -> str:
    counted = part.result["summary"]
    path = "" if part.name else given["variables"].get("trunks_file")
    updated = counted["changed"] - counted["created"] - counted["deleted"]
    words = f"{counted['total']} {part.nouns}{f' of {path}' if path else ''}"
    words += f"{' in check mode' if given['check_mode'] else ''}: "
    numbers = {
        "created": counted["created"],
        "updated": updated,
        "deleted": counted["deleted"],
        "unchanged": counted["unchanged"],
        "held back": counted["held"],
    }
    # Numbers are never created or deleted, and only an outbound trunk is held back.
    shown = {"dids": ("updated", "unchanged"), "in_trunks": (*numbers,)[:4]}.get(part.name, numbers)
    words += ", ".join(f"{numbers[name]} {name}" for name in shown)
    if part.name == "dids" and given["variables"].get("state") == "absent":
        words += ". Numbers are never deleted"
    missing = [{"id": entry["value"]} for entry in part.result.get("missing", ())]
    return words + (f". Gone: {named(missing)}" if missing else "")
