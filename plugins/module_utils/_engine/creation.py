# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans that create or delete a trunk. Pure: no I/O, no Ansible, no HTTP."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import show
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import (
    Desired,
    Plan,
    Trunk,
    check_default_did,
    check_name,
    check_settable,
    managed_linkage,
    new_method,
    resource_of,
    with_ids,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import (
    AUTHENTICATION,
    COSTLY,
    IDENTIFIERS,
    REQUIRED,
    RESOURCE_TYPE,
    SETTABLE_TYPES,
    SETTINGS,
    InvalidOptions,
    Problem,
)

UNKNOWN = {"created_at": None, "threshold_reached": None, "spent_amount": None}
# What a new trunk is compared with.
BLANK = Trunk(None, {AUTHENTICATION: {"type": None}}, UNKNOWN)


def create(
    desired: Desired,
    ids: Mapping[str, Collection[str]] | None = None,
    names: Mapping[str, str] | None = None,
    numbers: Mapping[str, str] | None = None,
) -> Plan:
    """Plan a new trunk.

    `ids`, `names`: see `plan`. `numbers`: known DID numbers, by id. Raises InvalidOptions with everything that is
    missing or that DIDWW would reject (DIDWW API 3 (2026-04-16), "Create Outbound Trunk").
    """
    if desired.selector == "id":
        words = f"no trunk has the id {desired.value}, and DIDWW chooses the id of a new one: select it by name"
        raise InvalidOptions([Problem("id", f"{words} or external_reference_id")])
    problems: list[Problem] = []
    given = with_ids(problems, desired, ids or {}, {}).settings | {desired.selector: desired.value}
    after = {row.name: given[row.name] for row in SETTINGS if row.name in given}
    problems += [Problem(name, "required to create a trunk") for name in REQUIRED if name not in after]
    if AUTHENTICATION in after:
        kind = after[AUTHENTICATION]["type"]
        if kind not in SETTABLE_TYPES:
            words = f"{show(kind)} is not accepted for a new trunk; expected {' or '.join(SETTABLE_TYPES)}"
            problems.append(Problem(f"{AUTHENTICATION}.type", words))
        when = f"to create a trunk with type {kind}"
        after[AUTHENTICATION] = new_method(problems, desired, {}, when)
    check_name(problems, after, names or {})
    for name in managed_linkage(problems, after, desired, {}):
        del after[name]
    check_default_did(problems, after, desired, {})
    check_settable(problems, after, {}, desired.version)
    if problems:
        raise InvalidOptions(problems)
    changes = {name: {"before": None, "after": value} for name, value in after.items()}
    return Plan(changes, resource_of(BLANK, after, after), Trunk(None, after, UNKNOWN, numbers or {}), "POST")


def delete(desired: Desired, current: Trunk) -> Plan:
    """Plan the deletion of a trunk. Raises InvalidOptions if the task describes another trunk."""
    problems = []
    for name in IDENTIFIERS:
        if name in desired.settings and desired.settings[name] != current.settings.get(name):
            found = (
                f"the trunk with the {desired.selector} {show(desired.value)} has {show(current.settings.get(name))}"
            )
            words = f"{found}, but the task says {show(desired.settings[name])}, so it is not deleted: correct {name}, "
            problems.append(Problem(name, f"{words}or leave it out"))
    if problems:
        raise InvalidOptions(problems)
    changes = {name: {"before": value, "after": None} for name, value in current.settings.items()}
    return Plan(changes, {"type": RESOURCE_TYPE, "id": current.id}, current, "DELETE", exists=False, before=current)


def nothing(desired: Desired) -> Plan:
    """Return the plan for a trunk that does not exist and stays so."""
    identifier = desired.value if desired.selector == "id" else None
    settings = {} if identifier else {desired.selector: desired.value}
    return Plan({}, None, Trunk(identifier, settings, UNKNOWN), exists=False)


def chosen_by_didww(desired: Desired, answered: Trunk | None) -> list[str]:
    """Return a warning for each spending limit that DIDWW chooses; `answered` is None in check mode."""
    known = answered.settings if answered else {}
    return [
        f"the task does not set {name}, and DIDWW {f'chose {show(known[name])}' if name in known else 'chooses it'}"
        for name in COSTLY
        if name not in desired.settings
    ]
