# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""Which trunks a playbook acts on, and what became of them. Pure functions of the results of modules.

`given` is always the result of playbook_variables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import show
from ansible_collections.didww.voice.plugins.module_utils._engine.messages import SENT, SENT_BEFORE
from ansible_collections.didww.voice.plugins.plugin_utils._addresses import share_addresses
from ansible_collections.didww.voice.plugins.plugin_utils._parts import amount, identifiers, label, named

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
    spent = amount(trunk.get("spent_amount"), "unknown")
    limit = amount(trunk.get("threshold_amount", "unknown"), "no limit")
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
    found = [trunk for trunk in trunks if name in identifiers(trunk)]
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
