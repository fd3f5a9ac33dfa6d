# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write a plan for approval."""

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_report
short_description: Write a plan for approval
version_added: 1.0.0
author:
  - didww.voice contributors (@didww)
description:
  - Returns the plan that the playbook C(didww.voice.audit) writes.
positional: given
options:
  _input:
    description:
      - The result of M(didww.voice.playbook_lists) with O(didww.voice.playbook_lists#module:work=audit), even a
        failed one.
    type: dict
    required: true
  given:
    description:
      - The result of M(didww.voice.playbook_variables).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the result
  ansible.builtin.debug:
    msg: "{{ didww_voice_compared | didww.voice.plan_report(didww_voice_given) }}"
"""

RETURN = r"""
_value:
  description:
    - C(text) is the plan as a file. C(tokens) is a text with the tokens of all requests, with commas between them.
    - C(lines) is a table for the terminal. It is empty unless the plan is written or shown.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.didww.voice.plugins.plugin_utils._plans import plan_report


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"plan_report": plan_report}
