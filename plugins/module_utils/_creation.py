# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""Plans that create or delete a trunk. Pure: no I/O, no Ansible, no HTTP."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._kinds import show
from ansible_collections.didww.voice.plugins.module_utils._settings import (
    AUTHENTICATION,
    AUTHENTICATION_ATTRIBUTES,
    COSTLY,
    REQUIRED,
    RESOURCE_TYPE,
    SETTABLE_TYPES,
    SETTINGS,
    InvalidOptions,
    Problem,
)
from ansible_collections.didww.voice.plugins.module_utils._trunk import (
    Desired,
    Plan,
    Trunk,
    check_default_did,
    check_name,
    managed_linkage,
    split,
    with_ids,
)

UNKNOWN = {"created_at": None, "threshold_reached": None, "spent_amount": None}


def create(
    desired: Desired,
    ids: Mapping[str, Collection[str]] | None = None,
    names: Mapping[str, str] | None = None,
    numbers: Mapping[str, str] | None = None,
) -> Plan:
    """Plan a trunk that does not exist yet.

    `ids`, `names`: as for `plan`. `numbers`: the number of each DID id where it is known. Raises InvalidOptions with
    everything that is missing, or that DIDWW would reject (DIDWW API 3, 2026-04-16, "Create Outbound Trunk").
    """
    if desired.selector == "id":
        words = f"no trunk has the id {desired.value}, and DIDWW chooses the id of a new one: select it by name"
        raise InvalidOptions([Problem("id", f"{words} or external_reference_id")])
    problems: list[Problem] = []
    given = with_ids(problems, desired, ids or {}, {}).settings | {desired.selector: desired.value}
    after = {row.name: given[row.name] for row in SETTINGS if row.name in given}
    problems += [Problem(name, "required to create a trunk") for name in REQUIRED if name not in after]
    _check_method(problems, after)
    check_name(problems, after, names or {})
    managed_linkage(problems, after, desired, {})
    if "on_cli_mismatch_action" in after:
        check_default_did(problems, after, desired)
    if problems:
        raise InvalidOptions(problems)
    attributes, relationships = split(after)
    method = after[AUTHENTICATION]
    # As canonical values: DIDWW takes an attribute that is null as one that is left out.
    details = {name: value for name, value in method.items() if name != "type" and value is not None}
    attributes[AUTHENTICATION] = {"type": method["type"], "attributes": details}
    resource = {"type": RESOURCE_TYPE, "attributes": attributes}
    if relationships:
        resource["relationships"] = relationships
    changes = {name: {"before": None, "after": value} for name, value in after.items()}
    return Plan(changes, resource, Trunk(None, after, UNKNOWN, numbers or {}), "POST")


def _check_method(problems: list[Problem], after: Mapping[str, Any]) -> None:
    """Add to `problems` what the authentication method of a new trunk lacks."""
    method = after.get(AUTHENTICATION)
    if method is None:
        return
    kind = method["type"]
    if kind not in SETTABLE_TYPES:
        words = f"{show(kind)} is not accepted for a new trunk; expected {' or '.join(SETTABLE_TYPES)}"
        problems.append(Problem(f"{AUTHENTICATION}.type", words))
    problems += [
        Problem(f"{AUTHENTICATION}.{row.name}", f"required to create a trunk with type {kind}")
        for row in AUTHENTICATION_ATTRIBUTES
        if row.required and kind in row.types and row.name not in method
    ]
    if kind == "credentials_and_ip" and "allowed_rtp_ips" not in after:
        words = f"required to create a trunk with type {kind}: list addresses, or write null for no restriction"
        problems.append(Problem("allowed_rtp_ips", words))


def delete(current: Trunk) -> Plan:
    """Plan that a trunk is deleted."""
    changes = {name: {"before": value, "after": None} for name, value in current.settings.items()}
    return Plan(changes, {"type": RESOURCE_TYPE, "id": current.id}, current, "DELETE", exists=False)


def nothing(desired: Desired) -> Plan:
    """Return the plan for a trunk that is to be deleted and does not exist."""
    identifier = desired.value if desired.selector == "id" else None
    settings = {} if identifier else {desired.selector: desired.value}
    return Plan({}, None, Trunk(identifier, settings, UNKNOWN), exists=False)


def unset(desired: Desired, answered: Trunk | None) -> list[str]:
    """Return a warning for each setting that can cost money and that DIDWW chose; `answered` is None in check mode."""
    warnings = []
    for name in COSTLY:
        if name not in desired.settings:
            known = answered is not None and name in answered.settings
            choice = f"chose {show(answered.settings[name])}" if answered and known else "chooses its default"
            warnings.append(f"the task does not set {name}, and DIDWW {choice}")
    return warnings
