#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: voice_out_trunk_credentials
short_description: Rotate the SIP credentials of a DIDWW outbound SIP trunk
version_added: 1.0.0
description:
  - Generates a new SIP username and password for a trunk, and returns them, or writes them to O(credentials_file).
    DIDWW generates both. The old pair stops working at once.
  - O(id), O(external_reference_id) or O(name) selects the trunk. If more than one is set, the first in this order
    selects it.
  - Only a trunk whose authentication type is V(credentials_and_ip) has credentials. The module fails for any other.
  - Set O(replaces) to make the task repeatable. Without it, each run generates a new pair.
  - Without O(credentials_file), set C(no_log) to V(true) on the task, because its result contains the credentials.
  - If DIDWW's answer is lost, the module reads the trunk to find out whether the credentials changed. It does not
    generate a second pair.
author: didww.voice contributors (@didww)
extends_documentation_fragment: [didww.voice.attributes, didww.voice.connection]
attributes:
  check_mode:
    support: full
    details: Reads the trunk, and predicts whether new credentials would be generated.
  diff_mode:
    support: none
    details: A diff would show the credentials.
  idempotent:
    support: partial
    details:
      - With O(replaces), a second run changes nothing, as long as the option is the old password. Without it, every
        run generates new credentials.
options:
  id: {type: str, description: "The id (UUID) of the trunk."}
  external_reference_id:
    description:
      - The external reference id of the trunk. It selects the trunk if O(id) is not set.
      - Write digits in quotes. A number is rejected, because YAML reads V(0012) as 10.
    type: str
  name:
    description:
      - The exact name of the trunk. It selects the trunk if neither O(id) nor O(external_reference_id) is set.
      - Write digits in quotes. A number is rejected, because YAML reads V(0012) as 10.
    type: str
  replaces:
    description:
      - The password to replace. New credentials are generated only while the trunk still has this password.
      - If the trunk has another password, the task is V(ok) and returns the current credentials. So a playbook that
        failed half-way can be run again.
    type: str
  credentials_file:
    description:
      - A file to write the credentials to, instead of returning them. The result then contains no secrets, so the task
        needs no C(no_log), and a failure shows its reason.
      - It is a vars file with the list C(credentials), whose entries have C(id), C(name), C(username) and C(password).
        Its mode is 0600. Ansible does not evaluate templates in its values.
      - The file is checked before anything is sent, in check mode too. Each pair is in the file before the task ends. A
        loop adds its pairs to the same file. If the trunk is in the file already, its entry is replaced.
      - An existing file must be one that this module wrote, for the same O(api_url).
      - If the task is interrupted, the file lists the trunk as unfinished, in a comment. The trunk may then have new
        credentials, which M(didww.voice.voice_out_trunk_info) reads with
        O(didww.voice.voice_out_trunk_info#module:include_credentials).
    type: path
    version_added: 1.0.0
seealso: [{module: didww.voice.voice_out_trunk}, {module: didww.voice.voice_out_trunk_info}]
"""

EXAMPLES = r"""
# Use the tasks in a play with "hosts: localhost" and "gather_facts: false". The API key is in DIDWW_API_KEY.
- name: Load the current pair from the vault file
  ansible.builtin.include_vars: sip_credentials.yml
  no_log: true

- name: Replace the password that the vault file holds
  didww.voice.voice_out_trunk_credentials:
    name: EU SBC
    replaces: "{{ sip_password }}"
  no_log: true
  register: rotated

- name: Configure the SIP server
  ansible.builtin.template:
    src: trunk.conf.j2
    dest: /etc/sip/trunk.conf
    mode: "0640"
  delegate_to: sip.example.com
  no_log: true

# Last: until then, the playbook can be run again, and does not rotate twice.
- name: Write the new pair to the vault file
  ansible.builtin.copy:
    content: "{{ {'sip_username': rotated.credentials.username, 'sip_password': rotated.credentials.password}
      | to_nice_yaml | ansible.builtin.vault(vault_password) }}"
    dest: sip_credentials.yml
    mode: "0600"
    # Otherwise copy would write the pair in plain text.
    decrypt: false
  no_log: true

- name: Write new credentials of two trunks to a file
  didww.voice.voice_out_trunk_credentials:
    name: "{{ item }}"
    credentials_file: new.yml
  loop: [EU SBC, US SBC]

- name: Generate new credentials unconditionally, after they leaked
  didww.voice.voice_out_trunk_credentials:
    id: 0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10
  no_log: true
  register: rotated
"""

RETURN = r"""
changed:
  description: Whether new credentials were generated, or would be in check mode.
  returned: always
  type: bool
  sample: true
trunk:
  description: The trunk.
  returned: success
  type: dict
  contains:
    id: {type: str, description: "The id of the trunk.", sample: 0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10}
    name: {type: str, description: "The name of the trunk.", sample: EU SBC}
credentials:
  description:
    - The SIP credentials that the trunk has now. V(null) for both in check mode, if new ones would be generated.
  returned: success, without O(credentials_file)
  type: dict
  contains:
    username: {type: str, description: "The SIP username."}
    password: {type: str, description: "The SIP password."}
credentials_file:
  description: The path of the file that holds the credentials.
  returned: success, with O(credentials_file)
  type: str
  version_added: 1.0.0
  sample: /home/voice/new.yml
api_version: {type: str, returned: success, description: "The version of the API that answered.", sample: "2026-04-16"}
msg:
  description: What went wrong, and what to do about it.
  returned: failure
  type: str
  sample: "replaces: null is not accepted; leave the option out to generate new credentials in any case"
status:
  description: The HTTP status of the API's answer.
  returned: failure, if the API answered with an error
  type: int
  sample: 422
errors:
  description: The errors in the API's answer, in the same form as M(didww.voice.voice_out_trunk) returns them.
  returned: failure, if the API answered with an error
  type: list
  elements: dict
"""

from ansible_collections.didww.voice.plugins.module_utils._engine import module
from ansible_collections.didww.voice.plugins.module_utils._resources import voice_out_trunk_credentials

main = module.entry(voice_out_trunk_credentials.ROTATE)

if __name__ == "__main__":
    main()
