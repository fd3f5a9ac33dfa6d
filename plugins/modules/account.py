#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: account
short_description: Manage the trunks and numbers of a DIDWW account in one task
version_added: 1.0.0
description:
  - Manages inbound trunks, numbers (DIDs) and outbound trunks together. Each list is that of
    M(didww.voice.voice_in_trunks), M(didww.voice.dids) or M(didww.voice.voice_out_trunks), and works in the same way.
    At least one of them is required.
  - All lists are read, checked and planned before the first change. If an entry is invalid, nothing is changed, and all
    problems of all lists are reported together.
  - A number can point to an inbound trunk that the same task creates or renames, in check mode too. An inbound trunk
    can be deleted whose numbers the same task moves. It is an error if a number would still point to it.
  - Inbound trunks are updated and created first, then numbers, then outbound trunks. Then outbound trunks are deleted,
    and inbound trunks last.
  - Nothing costs money or ends a number, and O(state=absent) does not apply to numbers.
author: didww.voice contributors (@didww)
extends_documentation_fragment: [didww.voice.attributes, didww.voice.connection, didww.voice.account]
attributes:
  check_mode: {details: "The id of what would be created is shown as C(new) and its name."}
seealso: [{module: didww.voice.voice_in_trunks}, {module: didww.voice.dids}, {module: didww.voice.voice_out_trunks}]
"""

EXAMPLES = r"""
# Use the tasks in a play with "hosts: localhost" and "gather_facts: false". The API key is in DIDWW_API_KEY.
- name: Send the calls to two numbers to a new server
  didww.voice.account:
    state: present
    in_trunks:
      - name: Vilnius
        configuration:
          type: sip_configurations
          host: vno.example.com
          codecs: [pcma, pcmu, telephone_event]
      - name: Frankfurt
        state: absent
    dids:
      - number: +370 614 98222
        voice_in_trunk: Vilnius
      - number: +370 614 98223
        voice_in_trunk: Vilnius
"""

RETURN = r"""
in_trunks:
  description: The result for the inbound trunks, as M(didww.voice.voice_in_trunks) returns it.
  returned: success, or if an update failed, with O(in_trunks)
  type: dict
  sample: {changed: true, trunks: []}
dids:
  description: The result for the numbers, as M(didww.voice.dids) returns it.
  returned: success, or if an update failed, with O(dids)
  type: dict
  sample: {changed: true, dids: []}
trunks:
  description: The result for the outbound trunks, as M(didww.voice.voice_out_trunks) returns it.
  returned: success, or if an update failed, with O(trunks)
  type: dict
  sample: {changed: false, trunks: []}
requests:
  description: The number of requests that the task sent, including retries.
  returned: success, or if an update failed
  type: int
  sample: 7
undo_file:
  description: The absolute path of the file that brings back the changes.
  returned: if O(undo_file) was written
  type: str
  sample: /var/lib/didww/undo.yml
api_version: {type: str, returned: success, description: "The version of the API that answered.", sample: "2026-04-16"}
msg:
  description: What went wrong, and what to do about it.
  returned: failure
  type: str
  sample: "dids[0] (37061498222): voice_in_trunk: no inbound trunk in this account has the name Vilnius"
"""

from ansible_collections.didww.voice.plugins.module_utils._engine import module
from ansible_collections.didww.voice.plugins.module_utils._engine.account import update_account
from ansible_collections.didww.voice.plugins.module_utils._resources.account import ACCOUNT

main = module.entry(update_account(ACCOUNT))

if __name__ == "__main__":
    main()
