# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Select the trunks to block, to unblock, or to rotate."""

from __future__ import annotations

DOCUMENTATION = r"""
name: select_trunks
short_description: Select the trunks to block, to unblock, or to rotate
version_added: 1.0.0
author:
  - didww.voice contributors (@didww)
description:
  - Returns the trunks that the variables of a playbook select. A trunk of which it is unknown whether it
    matches the filters is not selected.
positional: given, verb
options:
  _input:
    description:
      - The result of M(didww.voice.voice_out_trunk_info).
    type: dict
    required: true
  given:
    description:
      - The result of M(didww.voice.playbook_variables).
    type: dict
    required: true
  verb:
    description:
      - What the playbook does.
    type: str
    required: true
    choices: [block, unblock, rotate]
"""

EXAMPLES = r"""
- name: Show the result
  ansible.builtin.debug:
    msg: "{{ didww_voice_read | didww.voice.select_trunks(didww_voice_given, 'block') }}"
"""

RETURN = r"""
_value:
  description:
    - C(targets) are the trunks, C(entries) the list for M(didww.voice.voice_out_trunks), and C(lines) what to show
      before.
    - C(question) asks for confirmation. C(must_ask) is whether to ask it, and C(must_confirm) whether confirmation
      is required.
    - C(problem) is why there is nothing to do, or an empty text. C(notes) is what else to report.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.didww.voice.plugins.plugin_utils._selection import select_trunks


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"select_trunks": select_trunks}
