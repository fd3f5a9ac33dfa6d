# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""Which trunks accept calls from the same addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any


def share_addresses(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool | None:
    """Return whether two trunks allow calls from the same address, or None if this is unknown."""
    allowed = [_networks(trunk) for trunk in (one, other)]
    if None in allowed:
        return None
    return any(a.overlaps(b) for a in allowed[0] or () for b in allowed[1] or () if a.version == b.version)


def _networks(trunk: Mapping[str, Any]) -> list[Any] | None:
    """Return the networks in allowed_sip_ips: none for a type without it, and None if they are unknown."""
    method = trunk.get("authentication_method")
    if method is None:
        return None
    try:
        return [ipaddress.ip_network(address, strict=False) for address in method.get("allowed_sip_ips") or ()]
    except ValueError:
        return None
