#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: dids
short_description: Route many DIDWW numbers (DIDs) in one task
version_added: 1.0.0
description:
  - Decides where the calls to a list of numbers go, with few requests. Each entry has the options of
    M(didww.voice.did) and works in the same way. Everything is checked and compared before the first update.
  - It never sends anything that costs money or ends a number. Orders, cancellations, renewals, channels, capacity
    groups, verifications and emergency services stay with DIDWW's panel. What DIDWW reports of them is only returned.
  - Numbers are read 100 in a request, however many the account has, and names of inbound trunks 100 in a request.
author: didww.voice contributors (@didww)
extends_documentation_fragment:
  - didww.voice.attributes
  - didww.voice.connection
  - didww.voice.did.dids
  - didww.voice.fleet
seealso: [{module: didww.voice.did}, {module: didww.voice.did_info}, {module: didww.voice.voice_in_trunks}]
"""

EXAMPLES = r"""
# Use the tasks in a play with "hosts: localhost" and "gather_facts: false". The API key is in DIDWW_API_KEY.
- name: Route the numbers of the support team
  didww.voice.dids:
    dids:
      - number: +370 614 98222
        voice_in_trunk: Frankfurt
      - number: +370 614 98223
        voice_in_trunk: Frankfurt
        capacity_limit: 20
    undo_file: /var/lib/didww/undo-numbers.yml
"""

RETURN = r"""
dids:
  description:
    - What happened to each number, in the order of the entries, with the keys of
      RV(didww.voice.voice_out_trunks#module:trunks). C(name) is the number.
  returned: success, or if an update failed
  type: list
  elements: dict
  sample:
    - id: 6b1f4c0a-0000-4000-8000-000000000001
      name: "37061498222"
      changed: true
      changes: {capacity_limit: {before: null, after: 20}}
      held: {}
summary:
  description: The numbers of entries and requests, as RV(didww.voice.voice_out_trunks#module:summary).
  returned: success, or if an update failed
  type: dict
  sample: {total: 2, changed: 1, created: 0, deleted: 0, held: 0, unchanged: 1, failed: 0, requests: 3}
missing: {type: list, elements: dict, returned: with O(audit) or O(skip_invalid), description: "Entries without a DID."}
unmanaged: {type: list, elements: dict, returned: if O(audit=true), description: "The numbers that no entry refers to."}
undo_file: {type: str, returned: if O(undo_file) was written, description: "The absolute path of that file."}
api_version: {type: str, returned: success, description: "The version of the API that answered.", sample: "2026-04-16"}
msg:
  description: What went wrong, and what to do about it.
  returned: failure
  type: str
  sample: "dids[1] (37061498229): number: no DID has the number \"37061498229\""
"""

from ansible_collections.didww.voice.plugins.module_utils._engine import module
from ansible_collections.didww.voice.plugins.module_utils._engine.fleet import update_many
from ansible_collections.didww.voice.plugins.module_utils._resources.did import DID

main = module.entry(update_many(DID))

if __name__ == "__main__":
    main()
