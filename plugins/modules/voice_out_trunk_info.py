#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: voice_out_trunk_info
short_description: Read outbound SIP trunks of DIDWW
version_added: 1.0.0
description:
  - Reads one trunk, all trunks, or those that filters select, in the form of the options of
    M(didww.voice.voice_out_trunk).
  - Each trunk that is returned can be given back to M(didww.voice.voice_out_trunk), without the keys that are no
    options, and changes nothing. DIDWW may hold a value that no task can write. It is returned as it is, a warning
    names it, and RV(trunks[].not_accepted) lists it.
  - A setting that DIDWW's answer does not hold is not returned.
  - To find nothing is not an error, except by O(id). V(null) for a filter is an error, since it would select every
    trunk. Leave the filter out, or write V(omit).
author:
  - didww.voice contributors (@didww)
extends_documentation_fragment:
  - didww.voice.attributes
  - didww.voice.connection
attributes:
  check_mode:
    support: full
  diff_mode:
    support: N/A
    details: Nothing is changed.
  idempotent:
    support: full
options:
  id:
    description:
      - The id (UUID) of the one trunk to read. Excludes every other way to select.
    type: str
  external_reference_id:
    description:
      - Only trunks with exactly this identifier. Write digits in quotes, since YAML reads V(0012) as 10.
    type: str
  name:
    description:
      - Only trunks with exactly this name. Write digits in quotes, since YAML reads V(0012) as 10.
    type: str
  name_contains:
    description:
      - Only trunks whose name contains this text, in which commas and quotation marks are refused.
    type: str
  status:
    description:
      - Only trunks with this status.
    type: str
    choices: [active, blocked]
  on_cli_mismatch_action:
    description:
      - Only trunks with this action.
    type: str
    choices: [send_original_cli, reject_call, replace_cli, randomize_cli]
  allow_any_did_as_cli:
    description:
      - Only trunks with this flag.
    type: bool
  threshold_reached:
    description:
      - Only trunks that have, or have not, spent their threshold amount.
    type: bool
  default_dst_action:
    description:
      - Only trunks with this action.
    type: str
    choices: [allow_all, reject_all]
  media_encryption_mode:
    description:
      - Only trunks with this mode.
    type: str
    choices: [disabled, srtp_sdes, srtp_dtls, zrtp]
  authentication_method_type:
    description:
      - Only trunks that authenticate this way, such as V(credentials_and_ip), V(twilio) or V(ip_only).
    type: str
  include_dids:
    description:
      - Whether to read the DIDs that are linked too.
    type: bool
    default: false
  include_credentials:
    description:
      - Whether to return the SIP username and password too. Set C(no_log) on such a task.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Read every trunk that is active, with its DIDs
  didww.voice.voice_out_trunk_info:
    api_key: "{{ didww_api_key }}"
    status: active
    include_dids: true
  register: active

- name: Read the SIP credentials of one trunk
  didww.voice.voice_out_trunk_info:
    name: EU SBC
    include_credentials: true
  register: eu
  no_log: true

- name: Find the trunks that have spent their threshold amount
  didww.voice.voice_out_trunk_info:
    threshold_reached: true
  register: spent

- name: Block every trunk that has spent its threshold amount
  didww.voice.voice_out_trunk:
    id: "{{ item.id }}"
    status: blocked
  loop: "{{ spent.trunks }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
trunks:
  description:
    - The trunks found, each in the form of the options of M(didww.voice.voice_out_trunk), in the API's order.
    - The keys C(created_at), C(threshold_reached), C(spent_amount), C(did_numbers), C(not_accepted) and
      C(credentials) can only be read.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the trunk. Every setting is returned by its option's name too.
      type: str
      returned: success
      sample: 0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10
    dids:
      description: The ids of the DIDs allowed as CLI.
      type: list
      elements: str
      returned: if O(include_dids=true)
      sample: [6b1f4c0a-0000-4000-8000-000000000001]
    emergency_dids:
      description: The ids of the DIDs enabled for emergency calls.
      type: list
      elements: str
      returned: if O(include_dids=true)
      sample: []
    did_numbers:
      description: The number of each of these DIDs, by id.
      type: dict
      returned: if O(include_dids=true)
      sample:
        6b1f4c0a-0000-4000-8000-000000000001: "37061498222"
    created_at:
      description: When the trunk was created.
      type: str
      returned: success
      sample: "2025-04-02T10:00:00.000Z"
    threshold_reached:
      description: Whether the trunk has spent its threshold amount.
      type: bool
      returned: success
      sample: false
    spent_amount:
      description: What the trunk has spent in the period.
      type: str
      returned: success
      sample: "12.34"
    not_accepted:
      description: The settings whose values no task can give back, by option, and why not.
      type: dict
      returned: if there are any
      sample:
        rtp_timeout: 0 is not accepted; expected a whole number from 30 to 600
    credentials:
      description: The SIP C(username) and C(password), V(null) where the authentication has none.
      type: dict
      returned: if O(include_credentials=true)
      sample:
        username: null
        password: null
  sample:
    - allow_any_did_as_cli: false
      allowed_rtp_ips: null
      authentication_method:
        allowed_sip_ips: [203.0.113.1/32]
        tech_prefix: null
        type: credentials_and_ip
      callback_url: null
      capacity_limit: 30
      created_at: "2025-04-02T10:00:00.000Z"
      default_dst_action: allow_all
      dst_prefixes: ["23", "45"]
      emergency_enable_all: false
      external_reference_id: crm-0001
      force_symmetric_rtp: true
      id: 0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10
      media_encryption_mode: disabled
      name: EU SBC
      on_cli_mismatch_action: reject_call
      rtp_ping: true
      rtp_timeout: 30
      spent_amount: "12.34"
      status: active
      threshold_amount: "1000.0"
      threshold_reached: false
api_version:
  description: The version of the API that answered.
  returned: success
  type: str
  sample: "2026-04-16"
msg:
  description: What went wrong, in plain words, and what to do about it.
  returned: failure
  type: str
  sample: "id: \"eu\" is not accepted; expected an id (UUID) such as cf2e6377-fcaa-4416-8c8e-acd5f31a427f"
status:
  description: The HTTP status of the API's answer.
  returned: failure, if the API answered with an error
  type: int
  sample: 404
errors:
  description: The errors of the API's answer, as M(didww.voice.voice_out_trunk) returns them.
  returned: failure, if the API answered with an error
  type: list
  elements: dict
  sample:
    - option: null
      pointer: null
      title: Record not found
      detail: The record identified by 00000000-0000-4000-8000-000000000000 could not be found.
      code: "404"
      status: "404"
"""

from ansible_collections.didww.voice.plugins.module_utils import _module, _works


def main() -> None:
    """Run the module."""
    _module.run(_works.READ)


if __name__ == "__main__":
    main()
