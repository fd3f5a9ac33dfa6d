#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: voice_in_trunk
short_description: Manage a DIDWW inbound trunk
version_added: 1.0.0
description:
  - Compares the settings in the task with the inbound trunk, and sends a single update with only the settings that
    differ, plus those that DIDWW needs resent with them. If nothing differs, no update is sent.
  - By default the trunk must exist. O(state) creates and deletes trunks. M(didww.voice.did) points numbers to them.
  - A setting that is left out, or that is V(omit), is not changed. V(null) clears a setting that can be cleared.
author: didww.voice contributors (@didww)
extends_documentation_fragment: [didww.voice.attributes, didww.voice.connection, didww.voice.inbound_trunk]
seealso: [{module: didww.voice.voice_in_trunk_info}, {module: didww.voice.voice_in_trunks}, {module: didww.voice.did}]
"""

EXAMPLES = r"""
# Use the tasks in a play with "hosts: localhost" and "gather_facts: false". The API key is in DIDWW_API_KEY.
- name: Send calls to a SIP server
  didww.voice.voice_in_trunk:
    name: Frankfurt
    state: present
    configuration:
      type: sip_configurations
      host: sip.example.com
      codecs: [pcma, pcmu, telephone_event]
      rerouting_disconnect_codes: [480, 503, ringing_timeout]

- name: Change the password with which DIDWW authenticates
  didww.voice.voice_in_trunk:
    name: Frankfurt
    configuration:
      type: sip_configurations
      auth_enabled: true
      auth_user: didww
      auth_password: "{{ vault_frankfurt_password }}"
"""

RETURN = r"""
trunk:
  description:
    - The trunk after the task, with the keys of RV(didww.voice.voice_in_trunk_info#module:trunks). V(null) if it does
      not exist.
  returned: success
  type: dict
  sample:
    id: 5f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f01
    name: Frankfurt
changes:
  description: The settings that differ, by option name, each with its value C(before) and C(after).
  returned: success
  type: dict
  sample:
    configuration:
      before: {type: sip_configurations, codecs: [pcma]}
      after: {type: sip_configurations, codecs: [pcma, pcmu]}
api_version: {type: str, returned: success, description: "The version of the API that answered.", sample: "2026-04-16"}
msg:
  description: What went wrong, and what to do about it.
  returned: failure
  type: str
  sample: "name: no trunk is called \"Frankfort\". Did you mean \"Frankfurt\"?"
"""

from ansible_collections.didww.voice.plugins.module_utils._engine import module
from ansible_collections.didww.voice.plugins.module_utils._engine.change import update_one
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_in_trunk import VOICE_IN_TRUNK

main = module.entry(update_one(VOICE_IN_TRUNK))

if __name__ == "__main__":
    main()
