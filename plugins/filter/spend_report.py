# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Report trunks that have spent most of their threshold."""

from __future__ import annotations

DOCUMENTATION = r"""
name: spend_report
short_description: Report trunks that have spent most of their threshold
version_added: 1.0.0
author:
  - didww.voice contributors (@didww)
description:
  - Returns the report of the playbook C(didww.voice.watch_spend).
positional: given
options:
  _input:
    description:
      - The result of M(didww.voice.voice_out_trunk_info), even a failed one.
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
    msg: "{{ didww_voice_read | didww.voice.spend_report(didww_voice_given) }}"
"""

RETURN = r"""
_value:
  description:
    - C(lines) is a table for the terminal. C(report) is the report as JSON, with C(failed) and C(msg) if the trunks
      could not be read, else with C(checked) and the lists C(reached), C(near), C(unlimited) and C(unknown).
    - C(problem) is why the playbook must fail, or an empty text.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.didww.voice.plugins.plugin_utils._reports import spend_report


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"spend_report": spend_report}
