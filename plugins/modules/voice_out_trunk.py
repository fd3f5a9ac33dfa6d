#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: voice_out_trunk
short_description: Manage a DIDWW outbound SIP trunk
version_added: 1.0.0
description:
  - Compares the settings in the task with the trunk, and sends a single update with only the changed settings, plus
    the settings that DIDWW needs resent with them. If nothing differs, no update is sent.
  - By default the trunk must exist. O(state) creates and deletes trunks.
  - O(id), O(external_reference_id) or O(name) selects the trunk. If more than one is set, the first in this order
    selects it. It is an error if no trunk, or more than one, matches.
  - A setting that is left out, or that is V(omit), is not changed. Settings have no defaults. Where C(ansible-doc)
    prints V(null) as a default, it means that the option is not set.
  - An explicit V(null) clears a setting that can be cleared. For any other setting it is an error.
  - Invalid input is rejected before anything is sent, in check mode too, and all problems are reported together.
    Problems that depend on the trunk are reported after it has been read, and before it is changed.
author: didww.voice contributors (@didww)
extends_documentation_fragment: [didww.voice.attributes, didww.voice.connection, didww.voice.trunk]
attributes:
  check_mode: {details: "Reads the trunk and reports what would change."}
  idempotent:
    details: If DIDWW stores another value than the task sets, the module warns, and each run reports a change.
seealso: [{module: didww.voice.voice_out_trunk_info}, {module: didww.voice.voice_out_trunks}]
"""

EXAMPLES = r"""
# Use the tasks in a play with "hosts: localhost" and "gather_facts: false". The API key is in DIDWW_API_KEY.
- name: Read the EU trunk
  didww.voice.voice_out_trunk_info:
    name: EU SBC
  register: eu

- name: Show its settings
  ansible.builtin.debug:
    var: eu.trunks

# For a whole playbook: ansible-playbook trunks.yml --check --diff
- name: Show what would change
  didww.voice.voice_out_trunk:
    name: EU SBC
    capacity_limit: 60
    threshold_amount: 500
  check_mode: true
  diff: true

- name: Set the limits of the EU trunk
  didww.voice.voice_out_trunk:
    name: EU SBC
    capacity_limit: 60
    threshold_amount: 500

- name: Remove the call limit and the callback URL
  didww.voice.voice_out_trunk:
    name: EU SBC
    capacity_limit: null
    callback_url: null

- name: Manage several trunks in one task
  didww.voice.voice_out_trunks:
    trunks:
      - name: EU SBC
        capacity_limit: 60
      - external_reference_id: crm-0002
        status: blocked

- name: Create a trunk, or update it if it exists
  didww.voice.voice_out_trunk:
    name: US SBC
    state: present
    on_cli_mismatch_action: reject_call
    authentication_method:
      type: credentials_and_ip
      allowed_sip_ips: [203.0.113.7]
    allowed_rtp_ips: null
    capacity_limit: 10
    threshold_amount: 50

- name: Delete a trunk
  didww.voice.voice_out_trunk:
    name: US SBC
    state: absent

- name: Unblock a trunk that reached its threshold
  didww.voice.voice_out_trunk:
    name: EU SBC
    status: active
    unblock: true

- name: Block a trunk by its external reference id
  didww.voice.voice_out_trunk:
    external_reference_id: crm-0001
    status: blocked

- name: Rename a trunk
  didww.voice.voice_out_trunk:
    id: 0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10
    name: EU SBC 2

- name: Authenticate with a Twilio account, and accept media from any address
  didww.voice.voice_out_trunk:
    id: cf2e6377-fcaa-4416-8c8e-acd5f31a427f
    allowed_rtp_ips: null
    authentication_method:
      type: twilio
      twilio_account_sid: AC39347AF064AF97E1682C3B7332DAAEE6

- name: Accept calls from two addresses, and leave the tech prefix as it is
  didww.voice.voice_out_trunk:
    name: EU SBC
    authentication_method:
      type: credentials_and_ip
      allowed_sip_ips:
        - 203.0.113.1
        - 2001:db8:5::/48

- name: Allow only these two DIDs as CLI
  didww.voice.voice_out_trunk:
    name: EU SBC
    dids:
      - +370 614 98222
      - 6b1f4c0a-0000-4000-8000-000000000002

- name: Change a setting only if the variable is set
  didww.voice.voice_out_trunk:
    name: EU SBC
    capacity_limit: "{{ eu_capacity_limit | default(omit) }}"

- name: Set the connection options once for all tasks in a play
  module_defaults:
    group/didww.voice.all:
      api_key: "{{ didww_api_key }}"
      api_url: https://sandbox-api.didww.com/v3
  block:
    - name: Limit what a stolen password can cost
      didww.voice.voice_out_trunk:
        name: EU SBC
        threshold_amount: 500
        default_dst_action: reject_all
        dst_prefixes: ["44", "49", "353"]
"""

RETURN = r"""
changed:
  description: Whether the trunk was changed, or would be changed in check mode.
  returned: always
  type: bool
  sample: true
changes:
  description:
    - The changed settings by option name, each with its value C(before) and C(after). Empty if nothing differs.
    - For a created trunk, every C(before) is V(null). For a deleted trunk, every C(after) is V(null).
  returned: success
  type: dict
  sample:
    allowed_rtp_ips:
      before: [198.51.100.0/24]
      after: null
    capacity_limit:
      before: 300
      after: 60
diff:
  description: The changed settings before and after, as text. The headers show the name and id of the trunk.
  returned: in diff mode
  type: dict
  sample:
    before_header: voice_out_trunk Outbound trunk Name (cf2e6377-fcaa-4416-8c8e-acd5f31a427f)
    after_header: voice_out_trunk Outbound trunk Name (cf2e6377-fcaa-4416-8c8e-acd5f31a427f)
    before: "capacity_limit: 300\n"
    after: "capacity_limit: 60\n"
held:
  description:
    - The change of O(status) that was not made, with its value C(before) and C(after). It is held back if
      DIDWW blocked the trunk because of its threshold, or does not report whether it did, or does
      not report the status. Empty if nothing is held
      back.
  returned: success
  type: dict
  sample:
    status:
      before: blocked
      after: active
trunk:
  description:
    - The trunk after the task, as an entry of RV(didww.voice.voice_out_trunk_info#module:trunks). In check mode, the
      trunk as it would be, with the C(id) V(null) if it would be created.
    - V(null) if the trunk does not exist after the task.
    - A setting is included if DIDWW returns it or the task sets it; O(default_did) and DIDs only if the task sets them.
      C(not_accepted) and C(credentials) are never included.
  returned: success
  type: dict
api_version: {type: str, returned: success, description: "The version of the API that answered.", sample: "2026-04-16"}
msg:
  description: What went wrong, and what to do about it.
  returned: failure
  type: str
  sample: "rtp_timeout: 5 is not accepted; expected a whole number from 30 to 600"
status:
  description: The HTTP status of the API's answer.
  returned: failure, if the API answered with an error
  type: int
  sample: 422
errors:
  description: The errors in the API's answer.
  returned: failure, if the API answered with an error
  type: list
  elements: dict
  contains:
    option:
      description: The option that the error is about. V(null) if the API does not report one.
      type: str
      returned: always
      sample: name
    pointer:
      description: The part of the request that the error is about, as the API reports it.
      type: str
      returned: always
      sample: /data/attributes/name
    title:
      description: The error in short.
      type: str
      returned: if the API returns it
      sample: has already been taken
    detail:
      description: The error in full.
      type: str
      returned: if the API returns it
      sample: name - has already been taken
    code: {type: str, returned: if the API returns it, description: "DIDWW's code for the error.", sample: "100"}
    status: {type: str, returned: if the API returns it, description: "The HTTP status of the error.", sample: "422"}
"""

from ansible_collections.didww.voice.plugins.module_utils._engine import module
from ansible_collections.didww.voice.plugins.module_utils._engine.change import update_one
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

main = module.entry(update_one(VOICE_OUT_TRUNK))

if __name__ == "__main__":
    main()
