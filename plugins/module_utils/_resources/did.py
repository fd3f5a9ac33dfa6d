# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The DID: where its calls go. It is ordered and cancelled elsewhere; no setting costs money or ends a number.

DIDWW API 3 (2026-04-16), "Update DID", and DIDWW's OpenAPI document. Version 2026-11-19 does not differ here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._engine import kinds
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import matching, set_of, whole
from ansible_collections.didww.voice.plugins.module_utils._engine.link import Link
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Draft, Setting, filter_by

NUMBER = kinds.converted(kinds.e164, "a number in E.164 such as +37061498222")
TEXT = matching(r".+", "a text", re.DOTALL)
NAMED = kinds.id_or_name("an id (UUID) or an exact name")


def to_one(name: str, **members: Any) -> Link:
    """Return a relationship with something that tasks refer to by its id or its name, and that can be ended."""
    return Link(name, NAMED, nullable=True, by="name", suggested=True, always_read=True, **members)


TRUNK = to_one("voice_in_trunk", type="voice_in_trunks", noun="inbound trunk")
# DIDWW has no filter for the names of groups.
GROUP = to_one("voice_in_trunk_group", type="voice_in_trunk_groups", noun="trunk group", found_by="pages")
# The playbook knows the lists of all resources.
UNDONE_BY = "ansible-playbook didww.voice.fleet -e trunks_file=THIS_FILE"
TARGETS = (TRUNK.name, GROUP.name)


def one_target(draft: Draft) -> None:
    """A DID points to a trunk or to a group: setting one clears the other, and both are sent.

    DIDWW's OpenAPI document: one or the other, never both. What a request with only one of them does to the other is
    not documented.
    """
    chosen = [name for name in TARGETS if draft.wanted.get(name)]
    if len(chosen) > 1:
        draft.reject(TARGETS[1], f"cannot be combined with {TARGETS[0]}: a DID points to one of them; set one")
    elif chosen:
        for name in TARGETS:
            if name not in chosen:
                draft.after[name] = None
    if any(draft.before.get(name) for name in TARGETS) and not any(draft.after.get(name) for name in TARGETS):
        draft.warn("the number loses its target, and calls to it go nowhere")
    if any(draft.after.get(name) != draft.before.get(name) for name in TARGETS):
        for name in TARGETS:
            draft.after.setdefault(name, None)
            draft.add(name)


def _filters(kind: kinds.Kind, *names: str) -> dict[str, Setting]:
    return {name: filter_by(name, kind) for name in names}


FILTERED_BY_ID = ("country", "region", "city", "did_group", "order", "capacity_pool", "shared_capacity_group")
DID = Resource(
    type="dids",
    name="did",
    noun="DID",
    called="DID",
    identifiers=("id", "number"),
    unique="",
    creatable=False,
    listed_by="number",
    settings=(
        Setting("number", NUMBER, fixed=True),
        Setting("description", TEXT, nullable=True),
        Setting("capacity_limit", whole(1, 32767), nullable=True),
        TRUNK,
        GROUP,
    ),
    facts=(
        *("blocked", "terminated", "awaiting_registration", "emergency_enabled", "billing_cycles_count"),
        *("channels_included_count", "dedicated_channels_count", "created_at", "expires_at"),
    ),
    filters={
        "number": filter_by("number", set_of(NUMBER)),
        **_filters(matching(r'[^,"]+', "text without commas and quotation marks"), "description"),
        **{f"{row.name}.id": replace(row, nullable=False, left_out="to not filter by it") for row in (TRUNK, GROUP)},
        **_filters(whole(0, 999), "billing_cycles_count"),
        **_filters(kinds.BOOL, "blocked", "terminated", "awaiting_registration", "emergency_enabled"),
        **{f"{name}.id": filter_by(f"{name}_id", kinds.UUIDS) for name in FILTERED_BY_ID},
    },
    partial=("description",),
    page_sizes={"dids": 100, "voice_in_trunks": 100, "voice_in_trunk_groups": 100},
    known_as="target_names",
    rules=(one_target,),
    undone_by=UNDONE_BY,
)
