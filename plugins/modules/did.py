#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: did
short_description: Route a DIDWW number (DID)
version_added: 1.0.0
description:
  - Decides where the calls to a number go, and sets its description and its limit. It sends a single update with only
    the settings that differ, or nothing.
  - It never sends anything that costs money or ends a number. Orders, cancellations, renewals, channels, capacity
    groups, verifications and emergency services stay with DIDWW's panel. What DIDWW reports of them is only returned.
  - The number must belong to the account. A setting that is left out, or that is V(omit), is not changed.
author: didww.voice contributors (@didww)
extends_documentation_fragment: [didww.voice.attributes, didww.voice.connection, didww.voice.did]
seealso: [{module: didww.voice.did_info}, {module: didww.voice.dids}, {module: didww.voice.voice_in_trunk}]
"""

EXAMPLES = r"""
# Use the tasks in a play with "hosts: localhost" and "gather_facts: false". The API key is in DIDWW_API_KEY.
- name: Send the calls to the sales number to the Frankfurt trunk
  didww.voice.did:
    number: +370 614 98222
    voice_in_trunk: Frankfurt

- name: Limit the calls to a number, and describe it
  didww.voice.did:
    number: "37061498222"
    capacity_limit: 20
    description: Sales, Vilnius
"""

RETURN = r"""
did:
  description: The number after the task, with the keys of RV(didww.voice.did_info#module:dids).
  returned: success
  type: dict
  sample:
    id: 6b1f4c0a-0000-4000-8000-000000000001
    number: "37061498222"
    voice_in_trunk: 5f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f01
    target_names: {5f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f01: Frankfurt}
changes:
  description: The settings that differ, by option name, each with its value C(before) and C(after).
  returned: success
  type: dict
  sample: {capacity_limit: {before: null, after: 20}}
api_version: {type: str, returned: success, description: "The version of the API that answered.", sample: "2026-04-16"}
msg:
  description: What went wrong, and what to do about it.
  returned: failure
  type: str
  sample: 'number: no DID has the number "37061498229"'
"""

from ansible_collections.didww.voice.plugins.module_utils._engine import module
from ansible_collections.didww.voice.plugins.module_utils._engine.change import update_one
from ansible_collections.didww.voice.plugins.module_utils._resources.did import DID

main = module.entry(update_one(DID))

if __name__ == "__main__":
    main()
