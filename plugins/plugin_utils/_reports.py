# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""Reports of the playbooks: what they show, write and fail with. Pure functions of the results of modules.

`given` is always the result of playbook_variables. A report has `lines` to show, the JSON `report`, and `problem`,
which is empty unless the playbook must fail. Unknown is neither zero nor false.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import nearest, show
from ansible_collections.didww.voice.plugins.module_utils._engine.messages import SENT, SENT_BEFORE
from ansible_collections.didww.voice.plugins.module_utils._resources.account import ACCOUNT
from ansible_collections.didww.voice.plugins.plugin_utils._addresses import share_addresses

# What the report of an audit does not repeat of each trunk.
OUTCOME = ("changed", "method", "token")
KNOWN = ("id", "name", "status", "threshold_reached", "spent_amount", "threshold_amount")


# --- Tables ---------------------------------------------------------------------------------------


def one_line(text: object) -> str:
    """Return a text with its control characters and line breaks escaped."""
    return re.sub(
        "[\x00-\x1f\x7f-\x9f\u2028\u2029]", lambda match: match[0].encode("unicode_escape").decode(), str(text)
    )


def table(rows: Sequence[Sequence[object]]) -> list[str]:
    """Return the lines of a table whose first row is its header. Without another row it is empty."""
    if len(rows) < 2:
        return []
    cells = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def label(trunk: Mapping[str, Any]) -> str:
    """Return what to call a trunk: its name, or its id if the name is unknown."""
    return one_line(trunk.get("name") or trunk.get("id") or "(unknown)")


def named(trunks: Iterable[Mapping[str, Any]]) -> str:
    """Return the names of trunks, or an empty text."""
    return ", ".join(label(trunk) for trunk in trunks)


# --- Lists ----------------------------------------------------------------------------------------


class Part(NamedTuple):
    """The result for one list. `name`: its variable, or an empty text if there is only that of outbound trunks.

    `entries`: what it has. `key`: what results call them. `nouns`: what people call them.
    """

    name: str
    result: Mapping[str, Any]
    entries: Sequence[Mapping[str, Any]]
    key: str
    nouns: str

    @property
    def listed(self) -> str:
        """The variable of the list."""
        return self.name or "trunks"

    def cells(self, *cells: Any) -> list[Any]:
        """Return a row of a table, in which the list comes first if there are several."""
        return [self.name, *cells] if self.name else [*cells]

    def words(self, text: str) -> str:
        """Return a text about the list, which names it if there are several."""
        return f"{self.name}: {text}" if self.name else text


def parts_of(result: Mapping[str, Any]) -> list[Part]:
    """Return the results of the lists in the result of a module, even a failed one, in the order of work."""
    found = {name: result[name] for name in ACCOUNT if isinstance(result.get(name), Mapping)}
    return [
        Part(name, one, one[key], key, {"in_trunks": "inbound trunks", "dids": "numbers"}.get(name, "outbound trunks"))
        for name, one in found.items()
        for key in (ACCOUNT[name].keys,)
    ] or [Part("", result, result.get("trunks", ()), "trunks", "trunks")]


def differing(compared: Mapping[str, Any]) -> str:
    """Return what to say if a new vars file differs from the account. `compared`: the result of check mode."""
    words = "differs from the account, which changed while it was exported: write the file again."
    found = [(part, [entry for entry in part.entries if entry["changed"]]) for part in parts_of(compared)]
    return " ".join([words, *(f"These {part.nouns} differ: {named(entries)}." for part, entries in found if entries)])


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


def names_in(entry: Mapping[str, Any]) -> dict[str, str]:
    """Return the known names of the resources that the one of an entry links to, by id."""
    return {id_: name for resource in ACCOUNT.values() for id_, name in entry.get(resource.known_as, {}).items()}


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
            row = [label(trunk), trunk.get("status", "unknown"), _amount(trunk.get("spent_amount"), "unknown")]
            rows.append([*row, _amount(limit, "none"), words[group]])
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
        found = {trunk["id"] for trunk in trunks if name in _identifiers(trunk)}
        if not found:
            near = nearest(name, [trunk["name"] for trunk in trunks if trunk.get("name")])
            hint = f" Did you mean {show(near)}?" if near else ""
            mistakes.append(f"except: no trunk has the id, external_reference_id or name {show(name)}.{hint}")
        ids |= found
    return ids, mistakes


def _identifiers(trunk: Mapping[str, Any]) -> list[Any]:
    return [trunk.get(name) for name in ("id", "external_reference_id", "name")]


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


def _amount(value: Any, otherwise: str) -> str:
    return otherwise if value is None else str(value)


# --- Selection ------------------------------------------------------------------------------------

# What a playbook does, as a question and afterwards.
VERBS = {
    "block": ("block", "blocked"),
    "unblock": ("unblock", "unblocked"),
    "rotate": ("rotate the credentials of", "rotated"),
}


def select_trunks(read: Mapping[str, Any], given: Mapping[str, Any], verb: str) -> dict[str, Any]:
    """Return the trunks that a playbook will `verb`: a key of VERBS. `read` is the result of voice_out_trunk_info.

    `targets`: the trunks. `entries`: for voice_out_trunks. `notes`, `ignored`: what else to report. `lines`: to show
    before. `question`: to ask for confirmation. `must_ask`: whether to ask it. `must_confirm`: whether it must be
    confirmed. `problem`: why there is nothing to do, or an empty text.
    """
    variables = given["variables"]
    choose = {"block": _to_block, "unblock": _to_unblock, "rotate": _to_rotate}[verb]
    selected: dict[str, Any] = {"verb": verb, "lines": [], "entries": [], "notes": [], "ignored": [], "problem": ""}
    selected |= choose(read["trunks"], given)
    targets = selected["targets"]
    # A single trunk is blocked or rotated without being asked.
    sure = variables["confirm"] or given["check_mode"] or (variables["trunk"] and verb != "unblock")
    must_confirm = bool(targets) and not sure
    these = "this trunk" if len(targets) == 1 else f"these {len(targets)} trunks"
    return {
        **selected,
        "targets": [{"id": trunk["id"], "name": label(trunk)} for trunk in targets],
        "must_confirm": must_confirm,
        "must_ask": must_confirm and variables["confirm"] is None and given["can_ask"],
        "question": f"{VERBS[verb][0].capitalize()} {these}: {named(targets)}? (yes/no)",
    }


def refusal(selected: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """Return why nothing is done without confirmation, or an empty text. `answer` is the result of the question."""
    typed = str(answer.get("user_input", "")).strip().lower()
    if not selected["must_confirm"] or typed in ("y", "yes", "true"):
        return ""
    targets = selected["targets"]
    verb, done = VERBS[selected["verb"]]
    these = "this trunk" if len(targets) == 1 else f"these {len(targets)} trunks"
    return f"Nothing was {done}. To {verb} {these} without being asked, add -e confirm=yes: {named(targets)}"


def _to_block(trunks: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    name = given["variables"]["shares_addresses_with"]
    chosen, ignored, problem = _sharing(trunks, name) if name else _chosen(trunks, given["variables"], "blocked")
    # An unknown status is not blocked.
    targets = [trunk for trunk in chosen if trunk.get("status") != "blocked"]
    already = [trunk for trunk in chosen if trunk.get("status") == "blocked"]
    return {
        "targets": targets,
        "entries": [{"id": trunk["id"], "status": "blocked"} for trunk in targets],
        "notes": _note("Already blocked", already),
        "ignored": _ignored(ignored),
        "problem": problem,
    }


def _to_rotate(trunks: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    chosen, ignored, problem = _chosen(trunks, given["variables"], "rotated")
    if not given["variables"]["trunk"]:
        # Unknown is not another type: the module then says what is wrong.
        types = ("credentials_and_ip", None)
        chosen = [trunk for trunk in chosen if trunk.get("authentication_method", {}).get("type") in types]
    listed = [trunk for trunk in chosen if trunk["id"] in given["rotated"]]
    return {
        "targets": [trunk for trunk in chosen if trunk["id"] not in given["rotated"]],
        "notes": _note("In the file already", listed),
        "ignored": _ignored(ignored),
        "problem": problem,
    }


def _to_unblock(trunks: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    variables = given["variables"]
    if variables["trunk"]:
        ids = [trunk["id"] for trunk in trunks]
    elif variables["blocked_file"]:
        others = [entry for entry in variables["trunks"] if {*entry} != {"id", "status"} or entry["status"] != "active"]
        if others:
            words = f"{variables['blocked_file']} also changes other settings. To apply it, run didww.voice.fleet with "
            return {"targets": [], "problem": f"Nothing was unblocked: {words}it as trunks_file"}
        ids = [str(entry["id"]).lower() for entry in variables["trunks"]]
    else:
        ids = variables["blocked"]
    targets = [trunk for trunk in trunks if trunk["id"] in ids]
    gone = sorted({*ids} - {trunk["id"] for trunk in targets})
    problem = "" if targets else f"Nothing was unblocked: this account has no trunk with the id {', '.join(gone)}"
    unblock = {"unblock": True} if variables["unblock"] else {}
    return {
        "targets": targets,
        "lines": [_spend_line(trunk) for trunk in targets],
        "entries": [{"id": trunk["id"], "status": "active", **unblock} for trunk in targets],
        "notes": _note("Gone", [{"id": trunk} for trunk in gone]),
        "problem": problem,
    }


def _spend_line(trunk: Mapping[str, Any]) -> str:
    words: dict[Any, str] = {True: "threshold reached", False: "threshold not reached"}
    reached = words.get(trunk.get("threshold_reached"), "unknown whether the threshold was reached")
    spent = _amount(trunk.get("spent_amount"), "unknown")
    limit = _amount(trunk.get("threshold_amount", "unknown"), "no limit")
    return f"{label(trunk)}: {trunk.get('status', 'status unknown')}, {reached}, spent {spent} of {limit}"


def _chosen(
    trunks: Sequence[Mapping[str, Any]], variables: Mapping[str, Any], done: str
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]], str]:
    """Return the selected trunks, those that may not match, and why there is none."""
    names = ("name_contains", "threshold_reached", "authentication_method_type")
    filters = {name: variables[name] for name in names if variables[name] is not None}
    if variables["trunk"]:
        return [*trunks], [], ""
    chosen = [trunk for trunk in trunks if _matches(trunk, filters)]
    ignored = [trunk for trunk in trunks if not _matches(trunk, filters)]
    problem = ""
    if not chosen:
        words = " and ".join(f"{name} {' or '.join(map(show, _choices(value)))}" for name, value in filters.items())
        problem = f"Nothing was {done}: this account has no trunk{' with ' if words else ''}{words}"
        if ignored:
            problem += f". {_ignored(ignored)[0]}"
    return chosen, ignored, problem


def _sharing(
    trunks: Sequence[Mapping[str, Any]], name: str
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]], str]:
    """Return the trunk with a name or an id and those that share its addresses, and the rest as `_chosen` does."""
    found = [trunk for trunk in trunks if name in _identifiers(trunk)]
    if len(found) != 1:
        words = f"{'no trunk has' if not found else 'several trunks have'} the id, external_reference_id or name"
        return [], [], f"Nothing was blocked: {words} {show(name)}"
    shared = [(trunk, trunk is found[0] or share_addresses(found[0], trunk)) for trunk in trunks]
    return [trunk for trunk, shares in shared if shares], [trunk for trunk, shares in shared if shares is None], ""


def _matches(trunk: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    """Return whether a trunk is known to match filters.

    voice_out_trunk_info fails if a trunk does not match, as after a gateway that drops the query, unless the answer
    lacks what is compared. It also knows how DIDWW may compare names.
    """
    held = {
        "threshold_reached": trunk.get("threshold_reached"),
        "authentication_method_type": trunk.get("authentication_method", {}).get("type"),
        "name_contains": filters.get("name_contains") if trunk.get("name") else None,
    }
    return all(held[name] in _choices(value) for name, value in filters.items())


def _choices(value: Any) -> list[Any]:
    """Return the values that a filter accepts: some filters are lists."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _note(title: str, trunks: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{title}: {named(trunks)}."] if trunks else []


def _ignored(trunks: Sequence[Mapping[str, Any]]) -> list[str]:
    return _note("Ignored, because it is unknown whether they match", trunks)


# --- Outcomes -------------------------------------------------------------------------------------


def outcome_report(result: Mapping[str, Any], selected: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what became of the selected trunks. `result` is that of the module, or of its loop, even a failed one.

    `text`: the report. `ids`: the trunks that were changed, or may have been. `problem`: what is not as wanted.
    """
    verb, targets = selected["verb"], selected["targets"]
    done = VERBS[verb][1]
    outcomes = {outcome["id"]: outcome for outcome in _outcomes(result)}
    groups: dict[str, list[Any]] = {"changed": [], "unchanged": [], "held": [], "unsettled": [], "failed": []}
    for trunk in targets:
        groups[_group(outcomes.get(trunk["id"]))].append(trunk)
    words = {
        "unsettled": f"MAY BE {done.upper()}, because the answer was lost",
        "failed": f"NOT {done.upper()}",
        "held": "STILL BLOCKED, because the threshold was reached or this is unknown",
        "unchanged": {"block": "Already blocked", "unblock": "Already active"}.get(verb, "Unchanged"),
    }
    notes = {group: _note(title, groups[group]) for group, title in words.items()}
    gone = _note("Gone", [{"id": entry["value"]} for entry in result.get("missing", ())])
    sentences = [
        f"{f'Would be {done}' if given['check_mode'] else done.capitalize()}: {named(groups['changed']) or 'none'}.",
        *(sentence for found in notes.values() for sentence in found),
        *selected["notes"],
        *selected["ignored"],
        *gone,
    ]
    if verb == "rotate" and groups["changed"] and not given["check_mode"]:
        sentences.append(f"The new credentials are in {given['variables']['credentials_file']}")
    advice = []
    if groups["held"]:
        advice.append("To unblock them too, add -e unblock=true.")
    # Otherwise the reason is not one that time settles.
    if (groups["unsettled"] or groups["failed"]) and outcomes:
        advice.append("Run the playbook again.")
    wrong = [*notes["unsettled"], *notes["failed"], *notes["held"], *selected["ignored"]]
    # The playbook's variable has another name than the module's option.
    reason = str(result.get("msg", "")).replace("undo_file: ", "blocked_file: ").rstrip(".")
    return {
        "text": " ".join(sentences),
        "ids": [trunk["id"] for trunk in groups["changed"] + groups["unsettled"]],
        "problem": " ".join([*([f"{reason}."] if reason and wrong else []), *wrong, *advice]),
    }


def _outcomes(result: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Yield what became of each trunk, with its id."""
    yield from result.get("trunks", ())
    for item in result.get("results", ()):
        yield {**item, "id": item["item"]["id"]}


def _group(outcome: Mapping[str, Any] | None) -> str:
    """Return the group of an outcome. None: the task failed before it came to the trunk."""
    if outcome is None:
        return "failed"
    if outcome.get("failed"):
        lost = any(words in outcome["msg"] for words in (SENT, SENT_BEFORE))
        return "unsettled" if outcome.get("unsettled") or lost else "failed"
    if outcome["changed"]:
        return "changed"
    return "held" if outcome.get("held") else "unchanged"


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
