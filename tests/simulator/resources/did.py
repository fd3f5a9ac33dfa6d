# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DIDs, which can be read. DIDWW's OpenAPI, 2026-04-16."""

from __future__ import annotations

from simulator.resource import FLAG, LIST, PART, Attribute, Filter, Link, Resource

TYPE = "dids"
SORTS = (
    "number",
    "blocked",
    "awaiting_registration",
    "terminated",
    "description",
    "capacity_limit",
    "channels_included_count",
    "dedicated_channels_count",
    "billing_cycles_count",
    "expires_at",
    "created_at",
)

DID = Resource(
    type=TYPE,
    collection="dids",
    noun="DID",
    # With these defaults, a DID can be linked to any trunk. A number has no +.
    attributes=(
        Attribute("number", beside_id=True),
        Attribute("blocked", default=False),
        Attribute("awaiting_registration", default=False),
        Attribute("terminated", default=False),
        Attribute("emergency_enabled", default=True),
        Attribute("description"),
        Attribute("capacity_limit"),
        Attribute("channels_included_count", default=2),
        Attribute("dedicated_channels_count", default=0),
        Attribute("billing_cycles_count"),
        Attribute("expires_at"),
        Attribute("created_at", default="2025-04-01T10:00:00.000Z"),
    ),
    # The local API has none of these resources: all relationships are null.
    links=(
        Link("did_group", "did_groups"),
        Link("order", "orders"),
        Link("capacity_pool", "capacity_pools"),
        Link("shared_capacity_group", "shared_capacity_groups"),
        Link("address_verification", "address_verifications"),
        Link("voice_in_trunk", "voice_in_trunks"),
        Link("voice_in_trunk_group", "voice_in_trunk_groups"),
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
    },
    sorts=SORTS,
    order=(("number", False),),
    max_page_size=100,
)
