#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: did_info
short_description: Read DIDWW numbers (DIDs)
version_added: 1.0.0
description:
  - Reads one number, all numbers, or those that match filters, which DIDWW applies. It changes nothing.
  - No module of this collection sends anything that costs money or ends a number. Orders, cancellations, renewals,
    channels, capacity groups, verifications and emergency services stay with DIDWW's panel. What DIDWW reports of them
    is only returned.
author: didww.voice contributors (@didww)
extends_documentation_fragment: [didww.voice.attributes, didww.voice.connection]
attributes:
  diff_mode: {support: N/A, details: This module changes nothing.}
options:
  id: {type: list, elements: str, description: "The ids (UUIDs) of the DIDs to read. It excludes filters."}
  did: {type: str, description: "The id or the number of the DID to read. It excludes filters."}
  number: {type: list, elements: str, description: "Only return DIDs with one of these numbers."}
  description: {type: str, description: "Only return DIDs whose description contains this text."}
  voice_in_trunk: {type: str, description: "Only return DIDs that point to this inbound trunk, by id or exact name."}
  voice_in_trunk_group: {type: str, description: "Only return DIDs that point to this group, by id or exact name."}
  billing_cycles_count: {type: int, description: "Only return DIDs with this number of billing cycles left."}
  blocked: {type: bool, description: "Only return DIDs that are, or are not, blocked."}
  terminated: {type: bool, description: "Only return DIDs that are, or are not, cancelled."}
  awaiting_registration: {type: bool, description: "Only return DIDs that do, or do not, wait for a registration."}
  emergency_enabled: {type: bool, description: "Only return DIDs on which emergency calling is, or is not, enabled."}
  country_id: {type: list, elements: str, description: "Only return DIDs in these countries, by id."}
  region_id: {type: list, elements: str, description: "Only return DIDs in these regions, by id."}
  city_id: {type: list, elements: str, description: "Only return DIDs in these cities, by id."}
  did_group_id: {type: list, elements: str, description: "Only return DIDs of these DID groups, by id."}
  order_id: {type: list, elements: str, description: "Only return DIDs from these orders, by id."}
  capacity_pool_id: {type: list, elements: str, description: "Only return DIDs in these capacity pools, by id."}
  shared_capacity_group_id: {type: list, elements: str, description: "Only return DIDs in these groups, by id."}
seealso: [{module: didww.voice.did}, {module: didww.voice.dids}]
"""

EXAMPLES = r"""
# Use the tasks in a play with "hosts: localhost" and "gather_facts: false". The API key is in DIDWW_API_KEY.
- name: Read the numbers that point to a trunk
  didww.voice.did_info:
    voice_in_trunk: Frankfurt
  register: numbers

- name: Point them to another one
  didww.voice.dids:
    dids: "{{ numbers.settings | map('combine', {'voice_in_trunk': 'Vilnius'}) | list }}"
"""

RETURN = r"""
dids:
  description:
    - The numbers. The settings are called as the options of M(didww.voice.did), with the ids of trunks and groups.
  returned: success
  type: list
  elements: dict
  contains:
    target_names: {type: dict, returned: always, description: "The name of the trunk or group it points to, by id."}
    blocked: {type: bool, returned: always, description: "Whether the number takes no calls.", sample: false}
    terminated: {type: bool, returned: always, description: "Whether it is cancelled.", sample: false}
    awaiting_registration: {type: bool, returned: always, description: "Whether it waits for a registration."}
    emergency_enabled: {type: bool, returned: always, description: "Whether emergency calling is enabled."}
    billing_cycles_count: {type: int, returned: always, description: "The billing cycles left. V(null) if unlimited."}
    channels_included_count: {type: int, returned: always, description: "The included channels.", sample: 2}
    dedicated_channels_count: {type: int, returned: always, description: "The dedicated channels.", sample: 0}
    created_at: {type: str, returned: always, description: "When it was ordered.", sample: "2026-01-15T08:00:00.000Z"}
    expires_at: {type: str, returned: always, description: "When its period ends.", sample: "2026-12-15T08:00:00.000Z"}
settings:
  description: The same numbers with only the options of M(didww.voice.did), and targets by name, to be given back.
  returned: success
  type: list
  elements: dict
  sample:
    - {number: "37061498222", description: Sales, capacity_limit: 20, voice_in_trunk: Frankfurt}
api_version: {type: str, returned: success, description: "The version of the API that answered.", sample: "2026-04-16"}
msg: {type: str, returned: failure, description: "What went wrong, and what to do about it."}
"""

from ansible_collections.didww.voice.plugins.module_utils._engine import module
from ansible_collections.didww.voice.plugins.module_utils._engine.reading import read_many
from ansible_collections.didww.voice.plugins.module_utils._resources.did import DID

main = module.entry(read_many(DID))

if __name__ == "__main__":
    main()
