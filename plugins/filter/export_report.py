# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Convert the trunks and numbers of an account to a vars file."""

from __future__ import annotations

DOCUMENTATION = r"""
name: export_report
short_description: Convert the trunks and numbers of an account to a vars file
version_added: 1.0.0
author:
  - didww.voice contributors (@didww)
description:
  - Returns the file of the playbook C(didww.voice.export_trunks). Ansible does not evaluate templates in its
    values.
positional: selector
options:
  _input:
    description:
      - The result of M(didww.voice.playbook_lists) with O(didww.voice.playbook_lists#module:work=read).
    type: dict
    required: true
  selector:
    description:
      - The option that selects the trunk of an entry. Unless it is V(id), the file has no ids, and selects numbers by
        number.
    type: str
    required: true
    choices: [id, name, external_reference_id]
"""

EXAMPLES = r"""
- name: Show the result
  ansible.builtin.debug:
    msg: "{{ didww_voice_account | didww.voice.export_report('name') }}"
"""

RETURN = r"""
_value:
  description:
    - C(text) is the content of the file. C(problem) lists the trunks that the option cannot select, or is an empty
      text. C(total) counts the entries, in words.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.didww.voice.plugins.plugin_utils._export import export_report


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"export_report": export_report}
