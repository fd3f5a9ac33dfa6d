# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DIDs. DIDWW's OpenAPI, 2026-04-16."""

from __future__ import annotations

from simulator import values
from simulator.change import Draft
from simulator.resource import FLAG, LIST, PART, Attribute, Filter, Link, Resource

TYPE = "dids"
TRUNK, GROUP = "voice_in_trunk", "voice_in_trunk_group"


def one_target(draft: Draft) -> None:
    """A DID points to an inbound trunk or to a group.

    That a request with one of them clears the other is not documented: it must send both.
    """
    after = {name: draft.links.get(name, draft.before.links[name]) for name in (TRUNK, GROUP)}
    if all(after.values()):
        draft.reject(f"attributes/{GROUP}_id", f"cannot be set together with {TRUNK}")


DID = Resource(
    type=TYPE,
    collection="dids",
    noun="DID",
    # With these defaults, a DID can be linked to any trunk. A number has no +.
    attributes=(
        Attribute("number", beside_id=True),
        Attribute("blocked", default=False),
        Attribute("awaiting_registration", default=False),
        # Also writable with DIDWW, where it costs money or ends the number: nothing here does that.
        Attribute("terminated", default=False),
        Attribute("emergency_enabled", default=True),
        Attribute("description", values.text, nullable=True),
        Attribute("capacity_limit", values.integer(1, 32767), nullable=True),
        Attribute("channels_included_count", default=2),
        Attribute("dedicated_channels_count", default=0),
        Attribute("billing_cycles_count"),
        Attribute("expires_at"),
        Attribute("created_at", default="2025-04-01T10:00:00.000Z"),
    ),
    # The local API has only inbound trunks and their groups: the other relationships are null.
    links=(
        Link("did_group", "did_groups"),
        Link("order", "orders"),
        Link("capacity_pool", "capacity_pools"),
        Link("shared_capacity_group", "shared_capacity_groups"),
        Link("address_verification", "address_verifications"),
        Link(TRUNK, "voice_in_trunks", writable=True, place=f"attributes/{TRUNK}_id", missing="should exist"),
        Link(GROUP, "voice_in_trunk_groups", writable=True, place=f"attributes/{GROUP}_id", missing="should exist"),
        Link("emergency_calling_service", "emergency_calling_services"),
        Link("emergency_verification", "emergency_verifications"),
        Link("identity", "identities"),
    ),
    # Filters that need other resources (countries, orders, ...) are missing.
    filters={
        "id": Filter(LIST),
        "number": Filter(LIST),
        "billing_cycles_count": Filter(LIST),
        "description": Filter(PART),
        "blocked": Filter(FLAG),
        "awaiting_registration": Filter(FLAG),
        "terminated": Filter(FLAG),
        "emergency_enabled": Filter(FLAG),
        "voice_in_trunk.id": Filter(LIST),
        "voice_in_trunk_group.id": Filter(LIST),
    },
    sorts=(
        *("number", "blocked", "awaiting_registration", "terminated", "description", "capacity_limit", "expires_at"),
        *("channels_included_count", "dedicated_channels_count", "billing_cycles_count", "created_at"),
    ),
    rules=(one_target,),
    methods=("LIST", "GET", "PATCH"),
    order=(("number", False),),
    max_page_size=100,
)
