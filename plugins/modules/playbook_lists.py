#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: playbook_lists
short_description: Read, compare or update the lists of a playbook of didww.voice
version_added: 1.0.0
description:
  - Runs the modules that the lists of one of this collection's playbooks need, with the options that its variables
    set. The playbooks use it.
  - For the list C(trunks) alone, this is M(didww.voice.voice_out_trunks) or M(didww.voice.voice_out_trunk_info), and
    the result is that of the module. For any other lists, it is M(didww.voice.account), or the module that reads each
    list, and there is a result for each list.
author: didww.voice contributors (@didww)
attributes:
  action:
    description:
      - Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
    details: The action plugin runs the actions of the modules. There is no module of this name to run elsewhere.
  async:
    description: Supports being used with the C(async) keyword.
    support: none
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
    support: full
  diff_mode:
    description:
      - Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no
        change.
      - This assumes that the system controlled by the module has not changed in a relevant way.
    support: full
options:
  work:
    description:
      - V(read) reads all resources of the lists in the variable C(lists). V(audit) and V(update) compare and update
        them.
      - V(compare) compares the vars file that was written with the account, and fails if they differ. Use it in check
        mode.
    type: str
    required: true
    choices: [audit, compare, read, update]
  given: {type: dict, required: true, description: "The result of M(didww.voice.playbook_variables)."}
seealso: [{module: didww.voice.account}, {module: didww.voice.playbook_variables}]
"""

EXAMPLES = r"""
- name: Check the variables
  didww.voice.playbook_variables:
    playbook: fleet
  register: didww_voice_given

- name: Update the trunks
  didww.voice.playbook_lists:
    work: update
    given: "{{ didww_voice_given }}"
"""

RETURN = r"""
in_trunks:
  description:
    - The result for the inbound trunks, as M(didww.voice.voice_in_trunks) or M(didww.voice.voice_in_trunk_info)
      returns it.
  returned: success, or if an update failed, with the list C(in_trunks)
  type: dict
  sample: {changed: true, trunks: []}
dids:
  description: The result for the numbers, as M(didww.voice.dids) or M(didww.voice.did_info) returns it.
  returned: success, or if an update failed, with the list C(dids)
  type: dict
  sample: {changed: true, dids: []}
trunks:
  description:
    - The result for the outbound trunks, as M(didww.voice.voice_out_trunks) or M(didww.voice.voice_out_trunk_info)
      returns it. Without another list, its C(trunks), as part of the result of that module.
  returned: success, or if an update failed, with the list C(trunks)
  type: raw
  sample: {changed: false, trunks: []}
msg:
  description: What went wrong, and what to do about it.
  returned: failure
  type: str
  sample: "dids[0] (37061498222): voice_in_trunk: no inbound trunk in this account has the name Vilnius"
"""
