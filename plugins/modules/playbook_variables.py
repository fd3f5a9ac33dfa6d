#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: playbook_variables
short_description: Check the variables of a playbook of didww.voice
version_added: 1.0.0
description:
  - Checks the variables of one of this collection's playbooks, and returns them in canonical form. All problems are
    reported together, before anything is read from DIDWW. The playbooks run this task first.
  - An empty text and V(null) count as not given, except that C(approved_plan) then approves nothing, and C(plan) is
    an error. Relative paths start in the folder where C(ansible-playbook) runs.
  - A variable that only another playbook of this collection has is an error if C(-e) or the play sets it. It is ignored
    if it comes from an inventory. The names of artifacts, which AWX passes on to the next job of a workflow, are
    always ignored.
  - A result that may hold a password is not shown, because its lists contain inbound trunks. If a vars file is broken,
    the message has the line and the column, and not their text.
  - It also reads the vars files of C(trunks_file) and C(blocked_file), as M(ansible.builtin.include_vars) does, and the
    plan that C(didww.voice.fleet) applies, as JSON.
  - If the playbook writes a report, the task replaces an old one, in check mode too. Until the playbook writes it, the
    file says that the run has not finished, or what is wrong with the variables.
author: didww.voice contributors (@didww)
attributes:
  action:
    description:
      - Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
    details: The action plugin does all the work, always on the controller. There is no module to run elsewhere.
  async:
    description: Supports being used with the C(async) keyword.
    support: none
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
    support: full
    details: Writes the report in check mode too, because it describes the run.
  diff_mode:
    description:
      - Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: none
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no
        change.
      - This assumes that the system controlled by the module has not changed in a relevant way.
    support: full
options:
  playbook:
    description:
      - The playbook, by its name in this collection.
    type: str
    required: true
    choices:
      - audit
      - awx.install
      - awx.project
      - block_trunk
      - export_trunks
      - fleet
      - rotate_credentials
      - unblock_trunk
      - update_trunk
      - watch_spend
seealso: [{module: ansible.builtin.validate_argument_spec}]
"""

EXAMPLES = r"""
- name: Check the variables
  didww.voice.playbook_variables:
    playbook: update_trunk
  register: didww_voice_given

- name: Block the trunk
  didww.voice.voice_out_trunk:
    id: "{{ didww_voice_given.variables.trunk_id }}"
    status: blocked
"""

RETURN = r"""
variables:
  description: The variables, in canonical form and with defaults. V(null) if one without a default is not given.
  returned: success
  type: dict
  sample:
    share: "80"
    report: /home/voice/spend.json
    fail_on_spend: true
    except: []
undo:
  description: Whether the vars file is one that a module of this collection wrote for C(undo_file).
  returned: success
  type: bool
  sample: false
rotated:
  description: The ids of the trunks in the file of C(credentials_file), if the run continues an earlier one.
  returned: success
  type: list
  elements: str
  sample: []
api_url:
  description: The URL of the API from the environment, as plans hold it.
  returned: success, for C(audit)
  type: str
  sample: https://api.didww.com/v3
plan:
  description: The plan in the file of C(plan). V(null) if there is none.
  returned: success, for C(fleet)
  type: dict
  sample: null
approved:
  description:
    - The tokens of C(plan) or C(approved_plan), with commas between them. V(null) if the run needs no approval.
  returned: success, for C(fleet)
  type: str
  sample: null
can_ask:
  description: Whether the playbook may ask for confirmation. It may not in check mode, and in AWX nobody could answer.
  returned: success
  type: bool
  sample: true
check_mode: {type: bool, returned: success, description: "Whether the playbook runs in check mode.", sample: false}
started: {type: str, returned: success, description: "When the task ran, in UTC.", sample: "2026-05-12T08:30:00+00:00"}
msg:
  description: What is wrong with the variables, and what to do about it.
  returned: failure
  type: str
  sample: 'fail_on_drift: "ture" is not accepted; expected true or false'
"""
