#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: voice_out_trunk
short_description: Keep an outbound SIP trunk of DIDWW as a task says
version_added: 1.0.0
description:
  - Compares the settings that a task names with those of a C(voice_out_trunks) resource of DIDWW, and updates what
    differs.
  - A setting that is left out, or that is V(omit), is left alone. An explicit V(null) clears a setting that can be
    cleared, and is an error on any other.
  - Nothing is ever created or deleted.
  - What can be known to be wrong is refused before anything is sent, in check mode as in a real run, all of it at
    once.
author:
  - didww.voice contributors (@didww)
extends_documentation_fragment:
  - didww.voice.attributes
  - didww.voice.connection
  - didww.voice.trunk
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
    details: Unless DIDWW does not keep a value that is asked for, which is a warning.
"""

EXAMPLES = r"""
- name: Authenticate by Twilio account, and accept media from anywhere
  didww.voice.voice_out_trunk:
    api_key: "{{ didww_api_key }}"
    id: cf2e6377-fcaa-4416-8c8e-acd5f31a427f
    capacity_limit: 60
    allowed_rtp_ips: null
    authentication_method:
      type: twilio
      twilio_account_sid: AC39347AF064AF97E1682C3B7332DAAEE6

- name: Block a trunk, known by the id that the CRM gave it
  didww.voice.voice_out_trunk:
    external_reference_id: crm-0001
    status: blocked

- name: Accept calls from two SBCs; the tech prefix stays as it is
  didww.voice.voice_out_trunk:
    name: EU SBC
    authentication_method:
      type: credentials_and_ip
      allowed_sip_ips:
        - 203.0.113.1
        - 2001:db8:5::/48

- name: Allow two numbers as CLI, and no other
  didww.voice.voice_out_trunk:
    name: EU SBC
    dids:
      - +370 614 98222
      - 6b1f4c0a-0000-4000-8000-000000000002

- name: Set the connection once for every task of the play
  hosts: localhost
  gather_facts: false
  module_defaults:
    group/didww.voice.all:
      api_key: "{{ didww_api_key }}"
      api_url: https://sandbox-api.didww.com/v3
  tasks:
    - name: Limit what a stolen password can cost
      didww.voice.voice_out_trunk:
        name: EU SBC
        threshold_amount: 500
        default_dst_action: reject_all
        dst_prefixes: ["44", "49", "353"]
"""

RETURN = r"""
changed:
  description: Whether the trunk was changed, or would be in check mode.
  returned: always
  type: bool
  sample: true
diff:
  description: The settings that differ, as text, in the order of the options. Headers name the trunk.
  returned: if diff is asked for
  type: dict
  sample:
    before_header: voice_out_trunk Outbound trunk Name (cf2e6377-fcaa-4416-8c8e-acd5f31a427f)
    after_header: voice_out_trunk Outbound trunk Name (cf2e6377-fcaa-4416-8c8e-acd5f31a427f)
    before: "capacity_limit: 300\n"
    after: "capacity_limit: 60\n"
msg:
  description: What went wrong, in plain words, and what to do about it.
  returned: failure
  type: str
  sample: "rtp_timeout: 5 is not accepted; expected a whole number from 30 to 600"
trunk:
  description:
    - The trunk after the run, in the form of this module's options. In check mode, the trunk as it would be.
    - Lists are sorted, networks are written as CIDR, amounts as decimals, ids in lower case.
    - SIP credentials are not part of it.
  returned: success
  type: dict
  contains:
    id:
      description: The id of the trunk.
      type: str
      returned: success
      sample: cf2e6377-fcaa-4416-8c8e-acd5f31a427f
    dids:
      description: The ids of the DIDs allowed as CLI.
      type: list
      elements: str
      returned: if the task names O(dids)
      sample: []
    emergency_dids:
      description: The ids of the DIDs enabled for emergency calls.
      type: list
      elements: str
      returned: if the task names O(emergency_dids)
      sample: []
    did_numbers:
      description: The number of each DID in RV(trunk.dids) and RV(trunk.emergency_dids), by id, where it is known.
      type: dict
      returned: if the task names O(dids) or O(emergency_dids)
      sample:
        6b1f4c0a-0000-4000-8000-000000000001: "37061498222"
    created_at:
      description: When the trunk was created.
      type: str
      returned: success
      sample: "2025-04-02T10:00:00.000Z"
    threshold_reached:
      description: Whether the trunk has spent its RV(trunk.threshold_amount).
      type: bool
      returned: success
      sample: false
    threshold_amount:
      description:
        - The most that the trunk may spend in 24 hours; every other setting is returned by its option's name too.
      type: str
      returned: success
      sample: "1000.0"
    spent_amount:
      description: What the trunk has spent in the period.
      type: str
      returned: success
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
changes:
  description: The settings that differ, before and after. Empty if nothing does.
  returned: success
  type: dict
  sample:
    allowed_rtp_ips:
      before: ["198.51.100.0/24"]
      after: null
    capacity_limit:
      before: 300
      after: 60
api_version:
  description: The version of the API that answered.
  returned: success
  type: str
  sample: "2026-04-16"
status:
  description: The HTTP status of the API's answer.
  returned: failure, if the API answered with an error
  type: int
  sample: 422
errors:
  description: The errors of the API's answer.
  returned: failure, if the API answered with an error
  type: list
  elements: dict
  contains:
    option:
      description: The option that the error is about, V(null) where the API does not say.
      type: str
      returned: always
      sample: name
    pointer:
      description: The part of the request that the error is about, as the API says it.
      type: str
      returned: always
      sample: /data/attributes/name
    title:
      description: The error in short.
      type: str
      returned: if the API gives it
      sample: has already been taken
    detail:
      description: The error in full.
      type: str
      returned: if the API gives it
      sample: name - has already been taken
    code:
      description: DIDWW's code of the error.
      type: str
      returned: if the API gives it
      sample: "100"
    status:
      description: The HTTP status of the error.
      type: str
      returned: if the API gives it
      sample: "422"
"""

from ansible_collections.didww.voice.plugins.module_utils import _module, _works


def main() -> None:
    """Run the module."""
    _module.run(_works.UPDATE_ONE)


if __name__ == "__main__":
    main()
