# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare an approved plan with what would happen now."""

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_differences
short_description: Compare an approved plan with what would happen now
version_added: 1.0.0
author:
  - didww.voice contributors (@didww)
description:
  - Returns what the playbook C(didww.voice.fleet) shows if a request is not approved.
positional: given
options:
  _input:
    description:
      - The result of M(didww.voice.playbook_lists), even a failed one.
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
    msg: "{{ didww_voice_updated | didww.voice.plan_differences(didww_voice_given) }}"
"""

RETURN = r"""
_value:
  description:
    - A table for the terminal, with what was approved and what would happen now for each trunk where these differ. It
      is empty if every request was approved.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.didww.voice.plugins.plugin_utils._plans import plan_differences


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"plan_differences": plan_differences}
