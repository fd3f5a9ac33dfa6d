#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: voice_out_trunks
short_description: Keep many outbound SIP trunks of DIDWW as a task says
version_added: 1.0.0
description:
  - Does for a list of trunks what M(didww.voice.voice_out_trunk) does for one, in one task and with few requests.
  - All trunks are read together, with one request for each 1000 trunks of the account. If there are at most 50 entries,
    all of them select their trunks by O(trunks[].id), and DIDWW accepts ids as a filter, one request reads them.
  - Every entry is checked and compared before anything is sent. If there is anything wrong with any entry, nothing is
    changed, and every problem is reported with the index and name of its entry.
  - Then the trunks that differ are updated concurrently, at the rate of O(max_requests_per_second).
  - An update that fails does not stop the others. The task fails at the end, and its result says for each trunk what
    happened. Only when DIDWW has answered none of the last 20 updates, or has had no room for any request for as long
    as O(api_retries) allows to wait, the rest is not sent.
author:
  - didww.voice contributors (@didww)
extends_documentation_fragment:
  - didww.voice.attributes
  - didww.voice.connection
  - didww.voice.trunk.trunks
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: didww.voice.voice_out_trunk
  - module: didww.voice.voice_out_trunk_info
"""

EXAMPLES = r"""
- name: Keep the trunks of the company as agreed
  didww.voice.voice_out_trunks:
    api_key: "{{ didww_api_key }}"
    trunks:
      - name: EU SBC
        capacity_limit: 60
        threshold_amount: 500
      - external_reference_id: crm-0002
        status: blocked
      - id: cf2e6377-fcaa-4416-8c8e-acd5f31a427f
        allowed_rtp_ips: null
        dids: [+370 614 98222]
"""

RETURN = r"""
changed:
  description: Whether any trunk was changed, or would be in check mode.
  returned: always
  type: bool
  sample: true
trunks:
  description: What happened to each trunk, in the order of the task.
  returned: success, or failure of an update
  type: list
  elements: dict
  contains:
    id:
      description: The id of the trunk.
      type: str
      returned: always
      sample: 0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10
    name:
      description: The name of the trunk after the run, or before it where the update failed.
      type: str
      returned: always
      sample: EU SBC
    changed:
      description: Whether the trunk was changed, or would be in check mode.
      type: bool
      returned: always
      sample: true
    changes:
      description: The settings that differ, before and after. Empty if nothing does.
      type: dict
      returned: always
      sample:
        capacity_limit:
          before: 30
          after: 60
    did_numbers:
      description: The number of each DID in these changes, by id, where it is known.
      type: dict
      returned: if O(trunks[].dids) or O(trunks[].emergency_dids) differ
      sample:
        6b1f4c0a-0000-4000-8000-000000000001: "37061498222"
    failed:
      description: Whether the update of this trunk failed.
      type: bool
      returned: if it did
      sample: true
    msg:
      description: What went wrong with the update, and what to do about it.
      type: str
      returned: if it failed
      sample: "DIDWW (https://api.didww.com/v3) answered HTTP 422 Unprocessable Entity: name - has already been taken."
    status:
      description: The HTTP status of the API's answer.
      type: int
      returned: if the API refused the update
      sample: 422
    errors:
      description: The errors of the API's answer, as M(didww.voice.voice_out_trunk) returns them.
      type: list
      elements: dict
      returned: if the API refused the update
      sample:
        - option: name
          pointer: /data/attributes/name
          detail: name - has already been taken
          code: "100"
          status: "422"
summary:
  description:
    - How many trunks there are, how many of them changed, did not, and failed, and how many requests were sent.
  returned: success, or failure of an update
  type: dict
  sample:
    total: 3
    changed: 1
    unchanged: 2
    failed: 0
    requests: 2
api_version:
  description: The version of the API that answered.
  returned: success, or failure of an update
  type: str
  sample: "2026-04-16"
diff:
  description: The settings that differ, one part for each trunk that changes. Headers name the trunk.
  returned: if diff is asked for
  type: list
  elements: dict
  sample:
    - before_header: voice_out_trunk EU SBC (0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10)
      after_header: voice_out_trunk EU SBC (0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10)
      before: "capacity_limit: 30\n"
      after: "capacity_limit: 60\n"
msg:
  description: What went wrong, in plain words, and what to do about it.
  returned: failure
  type: str
  sample: "trunks[1] (crm-0002): rtp_timeout: 5 is not accepted; expected a whole number from 30 to 600"
status:
  description: The HTTP status of the API's answer, where the trunks could not be read.
  returned: failure, if the API answered with an error
  type: int
  sample: 401
errors:
  description: The errors of the API's answer, where the trunks could not be read.
  returned: failure, if the API answered with an error
  type: list
  elements: dict
  sample: []
"""

from ansible_collections.didww.voice.plugins.module_utils import _module, _works


def main() -> None:
    """Run the module."""
    _module.run(_works.UPDATE_MANY)


if __name__ == "__main__":
    main()
