# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Report what became of a fleet."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_report
short_description: Report what became of a fleet
version_added: 1.0.0
author:
  - didww.voice contributors (@didww)
description:
  - Returns the numbers of trunks that the playbook C(didww.voice.fleet) created, updated, deleted, left unchanged,
    and held back.
positional: given
options:
  _input:
    description:
      - The result of M(didww.voice.playbook_lists).
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
    msg: "{{ didww_voice_updated | didww.voice.fleet_report(didww_voice_given) }}"
"""

RETURN = r"""
_value:
  description:
    - One sentence. With other lists than outbound trunks, a list with one for each.
  type: raw
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.didww.voice.plugins.plugin_utils._reports import fleet_report


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"fleet_report": fleet_report}
