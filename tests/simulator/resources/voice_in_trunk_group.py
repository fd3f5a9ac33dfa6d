# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trunk groups, which can be read here. DIDWW's OpenAPI, 2026-04-16."""

from __future__ import annotations

from simulator.resource import LIST, Attribute, Filter, Link, Resource

TYPE = "voice_in_trunk_groups"
MEMBERS = Link("voice_in_trunks", "voice_in_trunks", many=True, inverse="voice_in_trunk_group")

VOICE_IN_TRUNK_GROUP = Resource(
    type=TYPE,
    collection="in_groups",
    noun="trunk group",
    attributes=(
        Attribute("name", beside_id=True),
        Attribute("capacity_limit"),
        Attribute("external_reference_id"),
        Attribute("created_at", default="2025-04-01T10:00:00.000Z"),
    ),
    links=(MEMBERS,),
    meta={"trunks_count": lambda group, store: len(store.linked(group, MEMBERS))},
    # There is no filter by name.
    filters={"id": Filter(LIST), "external_reference_id": Filter()},
    sorts=("name", "created_at", "external_reference_id", "capacity_limit"),
)
