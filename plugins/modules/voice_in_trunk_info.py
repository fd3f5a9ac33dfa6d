#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: voice_in_trunk_info
short_description: Read DIDWW inbound trunks
version_added: 1.0.0
description:
  - Reads one inbound trunk, all of them, or those that match filters. It changes nothing.
  - Passwords are never returned. RV(trunks[].withheld) lists the options that hold one.
author: didww.voice contributors (@didww)
extends_documentation_fragment: [didww.voice.attributes, didww.voice.connection]
attributes:
  diff_mode: {support: N/A, details: This module changes nothing.}
options:
  id:
    description: The ids (UUIDs) of the trunks to read. It cannot be combined with filters.
    type: list
    elements: str
  trunk: {type: str, description: "The id, the external reference id or the exact name of the trunk to read."}
  name: {type: list, elements: str, description: "Only return trunks with one of these names."}
  external_reference_id: {type: str, description: "Only return trunks with this external reference id."}
  configuration_type:
    description: Only return trunks of these types, such as V(sip_configurations).
    type: list
    elements: str
  include_credentials:
    description:
      - Whether to also return the SIP username and password that DIDWW generated for a trunk that registers. Set
        C(no_log) on such a task.
    type: bool
    default: false
seealso: [{module: didww.voice.voice_in_trunk}, {module: didww.voice.voice_in_trunks}]
"""

EXAMPLES = r"""
# Use the tasks in a play with "hosts: localhost" and "gather_facts: false". The API key is in DIDWW_API_KEY.
- name: Read an inbound trunk
  didww.voice.voice_in_trunk_info:
    trunk: Frankfurt
  register: frankfurt
"""

RETURN = r"""
trunks:
  description:
    - The trunks. The settings have the names of the options of M(didww.voice.voice_in_trunk), with the ids of POPs and
      groups.
  returned: success
  type: list
  elements: dict
  contains:
    withheld:
      description: The options whose values are passwords.
      type: list
      elements: str
      returned: always
      sample: [configuration.auth_password]
    credentials:
      description: The SIP username and password that DIDWW generated.
      type: dict
      returned: if O(include_credentials=true)
      sample: {incoming_auth_username: null, incoming_auth_password: null}
    names: {type: dict, returned: always, description: "The names of the POP and the group, by id.", sample: {}}
    created_at: {type: str, returned: always, description: "When it was created.", sample: "2026-01-15T08:00:00.000Z"}
    not_accepted:
      description: The settings whose values no task can set, with the reason.
      type: dict
      returned: if there are any
      sample: {}
  sample:
    - id: 5f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f01
      name: Frankfurt
settings:
  description: The same trunks with only the options of M(didww.voice.voice_in_trunk), without passwords.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 5f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f01
      name: Frankfurt
api_version: {type: str, returned: success, description: "The version of the API that answered.", sample: "2026-04-16"}
msg:
  description: What went wrong, and what to do about it.
  returned: failure
  type: str
  sample: "trunk: no trunk has the id, external_reference_id or name \"Frankfort\""
"""

from ansible_collections.didww.voice.plugins.module_utils._engine import module
from ansible_collections.didww.voice.plugins.module_utils._engine.reading import read_many
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_in_trunk import VOICE_IN_TRUNK

main = module.entry(read_many(VOICE_IN_TRUNK))

if __name__ == "__main__":
    main()
