# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters for the playbooks: they select trunks, and report what a playbook found or did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.didww.voice.plugins.plugin_utils import _export as export
from ansible_collections.didww.voice.plugins.plugin_utils import _reports as reports


class FilterModule:
    """The filters, each documented in its own file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "audit_report": reports.audit_report,
            "export_report": export.export_report,
            "fleet_report": reports.fleet_report,
            "outcome_report": reports.outcome_report,
            "refusal": reports.refusal,
            "select_trunks": reports.select_trunks,
            "spend_report": reports.spend_report,
        }
