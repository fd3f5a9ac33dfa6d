# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts: what each is allowed to do, its version of the API, and how it reads contradictory documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DEFAULT_VERSION = "2022-05-10"
# Since this version, the API requires a token instead of a key, and restricts more settings of a trunk.
TOKEN_VERSION = "2026-11-19"
VERSIONS = (DEFAULT_VERSION, "2026-04-16", TOKEN_VERSION)
# The scopes of a token.
FULL = "full"
READ = "read"
SCOPES = (FULL, READ)
# DIDWW's documents contradict each other. By default an account has the stricter reading (README, "Readings").
FILTER_BY_ID = "filter_by_id"
CSV_FILTERS = "csv_filters"
OPENAPI_VALUES = "openapi_values"
EMPTY_TECH_PREFIX = "empty_tech_prefix"
NULL_RTP_TIMEOUT_IS_30 = "null_rtp_timeout_is_30"
DEFAULT_DID_REQUIRED = "default_did_required"
READINGS = frozenset(
    (FILTER_BY_ID, CSV_FILTERS, OPENAPI_VALUES, EMPTY_TECH_PREFIX, NULL_RTP_TIMEOUT_IS_30, DEFAULT_DID_REQUIRED)
)


class SeedError(ValueError):
    """An invalid seed, or an invalid trunk in a request to a control endpoint."""


@dataclass(frozen=True)
class Account:
    """An account, by its API key, and what it is allowed to do."""

    api_key: str
    features: frozenset[str] = frozenset()
    read_only: bool = False
    outbound_api: bool = True
    outbound_feature: bool = True
    default_version: str = DEFAULT_VERSION
    readings: frozenset[str] = frozenset()
    token_scope: str = FULL
    most_threshold: float = 100000


def account_from(seed: dict[str, Any]) -> Account:
    sets = {name: frozenset(seed.get(name, ())) for name in ("features", "readings")}
    if sets["readings"] - READINGS:
        raise SeedError(f"readings are some of {', '.join(sorted(READINGS))}")
    if seed["default_version"] not in VERSIONS:
        raise SeedError(f"default_version is one of {', '.join(VERSIONS)}")
    if seed.get("token_scope", FULL) not in SCOPES:
        raise SeedError(f"token_scope is one of {', '.join(SCOPES)}")
    try:
        return Account(**{**seed, **sets})
    except TypeError as exc:
        raise SeedError(f"account {seed.get('api_key')}: {exc}") from exc
