# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Report what became of the selected trunks."""

from __future__ import annotations

DOCUMENTATION = r"""
name: outcome_report
short_description: Report what became of the selected trunks
version_added: 1.0.0
author:
  - didww.voice contributors (@didww)
description:
  - Returns which trunks were changed, which may have been, because the answer was lost, and which were not.
positional: selected, given
options:
  _input:
    description:
      - The result of M(didww.voice.voice_out_trunks), or of a loop of M(didww.voice.voice_out_trunk_credentials),
        even a failed one.
    type: dict
    required: true
  selected:
    description:
      - The result of P(didww.voice.select_trunks#filter).
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
    msg: "{{ didww_voice_updated | didww.voice.outcome_report(didww_voice_selected, didww_voice_given) }}"
"""

RETURN = r"""
_value:
  description:
    - C(text) is the report. C(ids) are the trunks that were changed, or may have been.
    - C(problem) is what is not as wanted, or an empty text.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.didww.voice.plugins.plugin_utils._selection import outcome_report


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"outcome_report": outcome_report}
