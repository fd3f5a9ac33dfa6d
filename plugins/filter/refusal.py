# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Require confirmation."""

from __future__ import annotations

DOCUMENTATION = r"""
name: refusal
short_description: Require confirmation
version_added: 1.0.0
author:
  - didww.voice contributors (@didww)
description:
  - Returns why a playbook does nothing if it was not confirmed.
positional: answer
options:
  _input:
    description:
      - The result of P(didww.voice.select_trunks#filter).
    type: dict
    required: true
  answer:
    description:
      - The result of M(ansible.builtin.pause), even if it was skipped.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the result
  ansible.builtin.debug:
    msg: "{{ didww_voice_selected | didww.voice.refusal(didww_voice_answer) }}"
"""

RETURN = r"""
_value:
  description:
    - The reason, or an empty text if the playbook may go on.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.didww.voice.plugins.plugin_utils._selection import refusal


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"refusal": refusal}
