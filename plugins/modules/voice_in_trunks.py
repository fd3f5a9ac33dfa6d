#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: voice_in_trunks
short_description: Manage many DIDWW inbound trunks in one task
version_added: 1.0.0
description:
  - Manages a list of inbound trunks in one task, with few requests. Each entry has the options of
    M(didww.voice.voice_in_trunk) and works in the same way.
  - Everything is checked and compared before the first change. If an update fails, the others continue, and the task
    fails at the end.
author: didww.voice contributors (@didww)
extends_documentation_fragment:
  - didww.voice.attributes
  - didww.voice.connection
  - didww.voice.inbound_trunk.trunks
  - didww.voice.fleet
  - didww.voice.fleet.state
seealso: [{module: didww.voice.voice_in_trunk}, {module: didww.voice.voice_in_trunk_info}]
"""

EXAMPLES = r"""
# Use the tasks in a play with "hosts: localhost" and "gather_facts: false". The API key is in DIDWW_API_KEY.
- name: Manage the inbound trunks
  didww.voice.voice_in_trunks:
    state: present
    trunks:
      - name: Frankfurt
        configuration: {type: sip_configurations, host: fra.example.com, codecs: [pcma, telephone_event]}
      - name: Reception
        configuration: {type: pstn_configurations, dst: "37061498222"}
"""

RETURN = r"""
trunks:
  description:
    - What happened to each trunk, in the order of the entries, with the keys of
      RV(didww.voice.voice_out_trunks#module:trunks).
  returned: success, or if an update failed
  type: list
  elements: dict
  sample:
    - id: 5f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f01
      name: Frankfurt
      changed: false
      changes: {}
      held: {}
summary:
  description: The numbers of entries and requests, as RV(didww.voice.voice_out_trunks#module:summary).
  returned: success, or if an update failed
  type: dict
  sample: {total: 2, changed: 1, created: 0, deleted: 0, held: 0, unchanged: 1, failed: 0, requests: 3}
missing: {type: list, elements: dict, returned: with O(audit) or O(skip_invalid), description: "Entries without one."}
unmanaged: {type: list, elements: dict, returned: if O(audit=true), description: "The trunks that no entry refers to."}
undo_file: {type: str, returned: if O(undo_file) was written, description: "The absolute path of that file."}
api_version: {type: str, returned: success, description: "The version of the API that answered.", sample: "2026-04-16"}
msg:
  description: What went wrong, and what to do about it.
  returned: failure
  type: str
  sample: "trunks[1] (Reception): configuration.dst: \"+370\" is not accepted; expected a number in E.164"
"""

from ansible_collections.didww.voice.plugins.module_utils._engine import module
from ansible_collections.didww.voice.plugins.module_utils._engine.fleet import update_many
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_in_trunk import VOICE_IN_TRUNK

main = module.entry(update_many(VOICE_IN_TRUNK))

if __name__ == "__main__":
    main()
