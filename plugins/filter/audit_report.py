# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Report where trunks and numbers differ from a list."""

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_report
short_description: Report where trunks and numbers differ from a list
version_added: 1.0.0
author:
  - didww.voice contributors (@didww)
description:
  - Returns the report of the playbook C(didww.voice.audit).
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
    msg: "{{ didww_voice_compared | didww.voice.audit_report(didww_voice_given) }}"
"""

RETURN = r"""
_value:
  description:
    - C(lines) is a table for the terminal. C(report) is the report as JSON, with C(failed) and C(msg) if the audit
      could not be done, else with C(checked), C(drifted), C(trunks), C(missing) and C(unmanaged).
    - With other lists than outbound trunks, C(report) has the sums C(checked) and C(drifted), and the rest in C(lists),
      by list.
    - C(problem) is why the playbook must fail, or an empty text.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.didww.voice.plugins.plugin_utils._reports import audit_report


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"audit_report": audit_report}
