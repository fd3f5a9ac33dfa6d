#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: voice_out_trunks
short_description: Manage many DIDWW outbound SIP trunks in one task
version_added: 1.0.0
description:
  - Manages a list of trunks in one task, with few requests. Each entry has the options of
    M(didww.voice.voice_out_trunk) and works in the same way.
  - By default the trunks must exist. O(state) and O(trunks[].state) create and delete trunks.
  - O(trunks[].id), O(trunks[].external_reference_id) or O(trunks[].name) selects the trunk of an entry. If more than
    one is set, the first in this order selects it. Each entry must refer to a different trunk.
  - A setting that is left out, or that is V(omit), is not changed. Settings have no defaults. Where C(ansible-doc)
    prints V(null) as a default, it means that the option is not set.
  - An explicit V(null) clears a setting that can be cleared. For any other setting it is an error.
  - Every entry is checked and compared before anything is sent, in check mode too. If any entry is invalid, nothing is
    changed, and all problems are reported together, each with the index and the name of its entry. O(skip_invalid)
    leaves invalid entries out instead.
  - O(undo_file) writes a file that brings back what the task changes.
  - Each planned request has a token, RV(trunks[].token). With O(approved), the task sends only what was reviewed.
  - The trunks that differ are updated concurrently, at most O(max_requests_per_second) in a second.
  - If an update fails, the others continue. The task fails at the end, and RV(trunks) reports what happened to each
    trunk.
  - The remaining updates fail without being sent if DIDWW answered none of the last 20 updates. They also do if every
    request stayed rate-limited for the whole time that O(api_retries) allows.
  - All trunks in the account are read together, with one request for every 1000 trunks. If at most 50 entries all
    select their trunks by O(trunks[].id), and DIDWW accepts ids as a filter, one request reads only these trunks.
author: didww.voice contributors (@didww)
extends_documentation_fragment: [didww.voice.attributes, didww.voice.connection, didww.voice.trunk.trunks]
attributes:
  check_mode: {details: "Reads the trunks and reports what would change."}
  idempotent:
    details: If DIDWW stores another value than an entry sets, the module warns, and each run reports a change.
seealso: [{module: didww.voice.voice_out_trunk}, {module: didww.voice.voice_out_trunk_info}]
"""

EXAMPLES = r"""
# Use the tasks in a play with "hosts: localhost" and "gather_facts: false". The API key is in DIDWW_API_KEY.
- name: Manage the trunks of an account
  vars:
    trunks:
      - name: EU SBC
        capacity_limit: 60
        threshold_amount: 500
      - external_reference_id: crm-0002
        status: blocked
      - id: cf2e6377-fcaa-4416-8c8e-acd5f31a427f
        allowed_rtp_ips: null
        dids: [+370 614 98222]
  block:
    # For a whole playbook: ansible-playbook trunks.yml --check --diff
    - name: Show what would change
      didww.voice.voice_out_trunks:
        trunks: "{{ trunks }}"
      check_mode: true
      diff: true

    - name: Update the trunks
      didww.voice.voice_out_trunks:
        trunks: "{{ trunks }}"
      register: fleet

    - name: Show how many trunks changed
      ansible.builtin.debug:
        var: fleet.summary

- name: Create the trunks that do not exist yet, and delete one
  didww.voice.voice_out_trunks:
    state: present
    trunks:
      - name: US SBC
        on_cli_mismatch_action: reject_call
        authentication_method:
          type: twilio
          twilio_account_sid: AC39347AF064AF97E1682C3B7332DAAEE6
        capacity_limit: 10
        threshold_amount: 50
      - name: Old SBC
        state: absent

- name: Lower the limits of two trunks, with a way back
  didww.voice.voice_out_trunks:
    undo_file: /var/lib/didww/undo.yml
    # A second run adds to the file, which keeps the limits from before the first one.
    undo_add: true
    trunks:
      - name: EU SBC
        threshold_amount: 50
      - name: Twilio London
        threshold_amount: 50

- name: Plan a change
  didww.voice.voice_out_trunks:
    trunks: "{{ trunks }}"
  check_mode: true
  register: plan

- name: Apply exactly what was planned, or nothing
  didww.voice.voice_out_trunks:
    trunks: "{{ trunks }}"
    approved: "{{ plan.trunks | selectattr('token', 'defined') | map(attribute='token') | list }}"

# As the playbook didww.voice.fleet does
- name: Read the way back
  ansible.builtin.include_vars:
    file: /var/lib/didww/undo.yml
    name: undo

- name: Bring the limits back, even if one of the trunks is gone
  didww.voice.voice_out_trunks:
    trunks: "{{ undo.trunks }}"
    skip_invalid: true

# The playbook didww.voice.fleet manages the trunks in a vars file.
- name: Read the active trunks
  didww.voice.voice_out_trunk_info:
    status: active
  register: active

# Only the status differs, so only the status is sent.
- name: Block the trunks
  didww.voice.voice_out_trunks:
    trunks: "{{ active.settings | map('combine', {'status': 'blocked'}) | list }}"
"""

RETURN = r"""
changed:
  description: Whether any trunk was changed, or would be changed in check mode.
  returned: always
  type: bool
  sample: true
trunks:
  description: What happened to each trunk, in the order of the entries.
  returned: success, or if an update failed
  type: list
  elements: dict
  contains:
    id:
      description:
        - The id of the trunk. V(null) if it is unknown, because the trunk does not exist or would be created in check
          mode.
      type: str
      returned: always
      sample: 0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10
    name:
      description: The name of the trunk after the task. If the update failed, the name before it.
      type: str
      returned: always
      sample: EU SBC
    changed:
      description:
        - Whether the trunk was changed, or would be changed in check mode. With O(audit=true), not for a trunk that
          would be created.
      type: bool
      returned: always
      sample: true
    method:
      description: The HTTP method of the request, V(POST), V(PATCH) or V(DELETE).
      type: str
      returned: if a request was sent, or would be sent
      sample: PATCH
    token:
      description:
        - The token that approves the request in O(approved). It is a hash of the API's URL, the method, the id of the
          trunk, or what selects a new one, the settings to send, and the values before of the settings that
          change.
        - The same entry has the same token as long as none of these changes, in check mode, with O(audit=true), and
          in the real run. A deletion depends on all settings of the trunk except its DIDs.
      type: str
      returned: if a request was sent, or would be sent
      sample: p1-af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf
    changes:
      description:
        - The settings that differ, by option name, each with its value C(before) and C(after). Empty if nothing
          differs.
        - If the update failed, these are the changes that it would have made.
      type: dict
      returned: always
      sample:
        capacity_limit:
          before: 30
          after: 60
    held:
      description: The change of O(trunks[].status) that was not made. See RV(didww.voice.voice_out_trunk#module:held).
      returned: always
      type: dict
      sample:
        status:
          before: blocked
          after: active
    did_numbers:
      description: The numbers of the DIDs in these changes, by id, if they are known.
      type: dict
      returned: if O(trunks[].dids) or O(trunks[].emergency_dids) differs
      sample:
        6b1f4c0a-0000-4000-8000-000000000001: "37061498222"
    failed:
      description:
        - Whether the update of the trunk failed, or was not sent because of O(approved), or whether its entry is
          invalid.
      type: bool
      returned: if the update failed, or if O(skip_invalid=true) and the entry is invalid
      sample: true
    unsettled:
      description: Whether the update may have been applied, although it failed.
      type: bool
      returned: if the update failed
      sample: false
    msg:
      description: What went wrong with the update, or what is wrong with the entry, and what to do about it.
      type: str
      returned: if the update failed, or if O(skip_invalid=true) and the entry is invalid
      sample: "DIDWW (https://api.didww.com/v3) answered HTTP 422 Unprocessable Entity: name - has already been taken."
    status:
      description: The HTTP status of the API's answer.
      type: int
      returned: if the API rejected the update
      sample: 422
    errors:
      description: The errors in the API's answer, in the same form as M(didww.voice.voice_out_trunk) returns them.
      type: list
      elements: dict
      returned: if the API rejected the update
      sample:
        - option: name
          pointer: /data/attributes/name
          title: has already been taken
          detail: name - has already been taken
          code: "100"
          status: "422"
summary:
  description: The numbers of trunks and requests.
  returned: success, or if an update failed
  type: dict
  contains:
    total: {type: int, returned: always, description: "The number of entries.", sample: 4}
    changed:
      description: The number of trunks that were changed, or would be changed in check mode.
      type: int
      returned: always
      sample: 2
    created: {type: int, returned: always, description: "How many of the changed trunks were created.", sample: 1}
    deleted: {type: int, returned: always, description: "How many of the changed trunks were deleted.", sample: 0}
    held:
      description: The number of trunks whose block was not undone. See RV(trunks[].held).
      type: int
      returned: always
      sample: 0
    unchanged:
      description: The number of trunks that already had the settings.
      type: int
      returned: always
      sample: 1
    failed: {type: int, returned: always, description: "The number of trunks whose update failed.", sample: 1}
    requests:
      description: The number of requests that the task sent, including retries.
      type: int
      returned: always
      sample: 4
  sample:
    total: 4
    changed: 2
    created: 1
    deleted: 0
    held: 0
    unchanged: 1
    failed: 1
    requests: 4
missing:
  description: The entries whose trunk does not exist, each with its C(index), the C(selector) and its C(value).
  returned: if O(audit=true) or O(skip_invalid=true)
  type: list
  elements: dict
  sample:
    - index: 2
      selector: name
      value: US SBC
unmanaged:
  description: The trunks in the account that no entry refers to.
  returned: if O(audit=true)
  type: list
  elements: dict
  sample:
    - id: 3d9b7f52-2a61-4f0e-9c11-7f5a60b8e002
      name: Carrier interconnect
undo_file:
  description: The absolute path of the file that brings back the changes.
  returned: if O(undo_file) was written
  type: str
  sample: /var/lib/didww/undo.yml
diff:
  description:
    - The changed settings before and after, as text, for each trunk that changes. The headers show its name and id.
  returned: in diff mode
  type: list
  elements: dict
  sample:
    - before_header: voice_out_trunk EU SBC (0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10)
      after_header: voice_out_trunk EU SBC (0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10)
      before: "capacity_limit: 30\n"
      after: "capacity_limit: 60\n"
api_version:
  description: The version of the API that answered.
  returned: success, or if an update failed
  type: str
  sample: "2026-04-16"
msg:
  description:
    - What went wrong, and what to do about it. Problems and failures are reported with the index and the name of each
      entry.
  returned: failure
  type: str
  sample: "trunks[1] (crm-0002): rtp_timeout: 5 is not accepted; expected a whole number from 30 to 600"
status:
  description: The HTTP status of the API's answer when the trunks could not be read.
  returned: failure, if the API answered with an error while the trunks were read
  type: int
  sample: 401
errors:
  description: The errors in the API's answer when the trunks could not be read.
  returned: failure, if the API answered with an error while the trunks were read
  type: list
  elements: dict
  sample:
    - option: null
      pointer: null
      title: Unauthorized
      detail: Authorization failed
      code: "401"
      status: "401"
"""

from ansible_collections.didww.voice.plugins.module_utils._engine import module
from ansible_collections.didww.voice.plugins.module_utils._engine.fleet import update_many
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

main = module.entry(update_many(VOICE_OUT_TRUNK))

if __name__ == "__main__":
    main()
