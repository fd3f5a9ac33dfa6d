#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

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
author:
  - didww.voice contributors (@didww)
extends_documentation_fragment:
  - didww.voice.attributes
  - didww.voice.connection
  - didww.voice.trunk
attributes:
  check_mode:
    support: full
    details: Reads the trunk and reports what would change.
  diff_mode:
    support: full
  idempotent:
    support: full
    details: If DIDWW stores another value than the task sets, the module warns, and each run reports a change.
seealso:
  - module: didww.voice.voice_out_trunk_info
  - module: didww.voice.voice_out_trunks
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
    - The trunk after the task, with its settings by option name. In check mode, the trunk as it would be.
    - V(null) if the trunk does not exist after the task.
    - Lists are sorted. Networks are in CIDR notation, amounts are decimal numbers, and ids are in lower case.
    - A setting that DIDWW does not return is left out. SIP credentials are never returned.
  returned: success
  type: dict
  contains:
    id:
      description: The id of the trunk. V(null) in check mode, if the trunk would be created.
      type: str
      returned: always
      sample: cf2e6377-fcaa-4416-8c8e-acd5f31a427f
    name:
      description: The name of the trunk.
      type: str
      returned: if DIDWW returns it or the task sets it
      sample: Outbound trunk Name
    external_reference_id:
      description: The identifier from a system of your own. V(null) if there is none.
      type: str
      returned: if DIDWW returns it or the task sets it
      sample: null
    allowed_rtp_ips:
      description: The networks that may send media. V(null) if there is no restriction.
      type: list
      elements: str
      returned: if DIDWW returns it or the task sets it
      sample: [198.51.100.0/24]
    authentication_method:
      description: How the trunk authenticates calls, without the SIP credentials.
      type: dict
      returned: if DIDWW returns it or the task sets it
      contains:
        type:
          description: The type of authentication, such as V(credentials_and_ip), V(twilio) or V(ip_only).
          type: str
          returned: always
          sample: twilio
        allowed_sip_ips:
          description: The networks that may send calls.
          type: list
          elements: str
          returned: if the type is V(credentials_and_ip) or V(ip_only)
          sample: [203.0.113.1/32]
        tech_prefix:
          description: The prefix that calls carry before the destination number. V(null) if there is none.
          type: str
          returned: if the type is V(credentials_and_ip) or V(ip_only)
          sample: "77#"
        twilio_account_sid:
          description: The SID of the Twilio account.
          type: str
          returned: if the type is V(twilio)
          sample: AC39347AF064AF97E1682C3B7332DAAEE6
    on_cli_mismatch_action:
      description: What DIDWW does with a call whose caller ID (CLI) is not a DID allowed on the trunk.
      type: str
      returned: if DIDWW returns it or the task sets it
      sample: send_original_cli
    default_did:
      description: The id of the DID that replaces the CLI.
      type: str
      returned: if the task sets it
      sample: 6b1f4c0a-0000-4000-8000-000000000001
    capacity_limit:
      description: The maximum number of concurrent calls. V(null) if there is no limit.
      type: int
      returned: if DIDWW returns it or the task sets it
      sample: 60
    allow_any_did_as_cli:
      description: Whether every eligible DID can be used as CLI.
      type: bool
      returned: if DIDWW returns it or the task sets it
      sample: false
    status:
      description: Whether the trunk can be used for outbound calls, V(active) or V(blocked).
      type: str
      returned: if DIDWW returns it or the task sets it
      sample: blocked
    threshold_amount:
      description: The maximum amount that the trunk may spend in 24 hours. V(null) if there is no limit.
      type: str
      returned: if DIDWW returns it or the task sets it
      sample: "1000.0"
    default_dst_action:
      description:
        - Whether DIDWW allows calls to all destinations except the prefixes (V(allow_all)), or only to the prefixes
          (V(reject_all)).
      type: str
      returned: if DIDWW returns it or the task sets it
      sample: allow_all
    dst_prefixes:
      description: The destination prefixes that are exceptions to the default action. An empty list if there are none.
      type: list
      elements: str
      returned: if DIDWW returns it or the task sets it
      sample: ["23", "45"]
    emergency_enable_all:
      description: Whether every eligible DID can be used for emergency calls.
      type: bool
      returned: if DIDWW returns it or the task sets it
      sample: false
    media_encryption_mode:
      description: How media is encrypted.
      type: str
      returned: if DIDWW returns it or the task sets it
      sample: disabled
    callback_url:
      description: The URL for callbacks. V(null) if there is none.
      type: str
      returned: if DIDWW returns it or the task sets it
      sample: https://example.com/calls
    force_symmetric_rtp:
      description: Whether symmetric RTP (COMEDIA) is used.
      type: bool
      returned: if DIDWW returns it or the task sets it
      sample: true
    rtp_ping:
      description: Whether RTP ping is sent after the call is connected.
      type: bool
      returned: if DIDWW returns it or the task sets it
      sample: true
    rtp_timeout:
      description: The number of seconds without RTP packets after which a call is disconnected.
      type: int
      returned: if DIDWW returns it or the task sets it
      sample: 30
    dids:
      description: The ids of the DIDs that are allowed as CLI.
      type: list
      elements: str
      returned: if the task sets O(dids)
      sample: [6b1f4c0a-0000-4000-8000-000000000001]
    emergency_dids:
      description: The ids of the DIDs that are enabled for emergency calls.
      type: list
      elements: str
      returned: if the task sets O(emergency_dids)
      sample: []
    did_numbers:
      description:
        - The numbers of the DIDs in RV(trunk.dids) and RV(trunk.emergency_dids), by id, if they are known.
      type: dict
      returned: if the task sets O(dids) or O(emergency_dids)
      sample:
        6b1f4c0a-0000-4000-8000-000000000001: "37061498222"
    created_at:
      description: When the trunk was created.
      type: str
      returned: always
      sample: "2025-04-02T10:00:00.000Z"
    threshold_reached:
      description: Whether the trunk has spent its threshold amount.
      type: bool
      returned: always
      sample: false
    spent_amount:
      description:
        - The amount that the trunk has spent. DIDWW's sources disagree whether it is that of 24 hours or that of the
          billing period.
      type: str
      returned: always
      sample: "250.75"
  sample:
    allow_any_did_as_cli: false
    allowed_rtp_ips: null
    authentication_method:
      twilio_account_sid: AC39347AF064AF97E1682C3B7332DAAEE6
      type: twilio
    callback_url: null
    capacity_limit: 60
    created_at: "2025-04-02T10:00:00.000Z"
    default_dst_action: allow_all
    dst_prefixes: ["23", "45"]
    emergency_enable_all: false
    external_reference_id: null
    force_symmetric_rtp: true
    id: cf2e6377-fcaa-4416-8c8e-acd5f31a427f
    media_encryption_mode: disabled
    name: Outbound trunk Name
    on_cli_mismatch_action: send_original_cli
    rtp_ping: true
    rtp_timeout: 30
    spent_amount: "250.75"
    status: blocked
    threshold_amount: "1000.0"
    threshold_reached: false
api_version:
  description: The version of the API that answered.
  returned: success
  type: str
  sample: "2026-04-16"
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
    code:
      description: DIDWW's code for the error.
      type: str
      returned: if the API returns it
      sample: "100"
    status:
      description: The HTTP status of the error.
      type: str
      returned: if the API returns it
      sample: "422"
"""

from ansible_collections.didww.voice.plugins.module_utils._engine import module
from ansible_collections.didww.voice.plugins.module_utils._engine.change import update_one
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK


def main() -> None:
    """Run the module."""
    module.run(update_one(VOICE_OUT_TRUNK))


if __name__ == "__main__":
    main()
