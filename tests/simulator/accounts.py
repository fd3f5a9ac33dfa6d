# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts: what each is allowed to do, its version of the API, and how it reads contradictory documents."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULT_VERSION = "2022-05-10"
# Since this version, the API requires a token instead of a key.
TOKEN_VERSION = "2026-11-19"
VERSIONS = (DEFAULT_VERSION, "2026-04-16", TOKEN_VERSION)
# The scopes of a token.
FULL = "full"
READ = "read"
SCOPES = (FULL, READ)
# DIDWW's documents contradict each other. By default an account has the stricter reading (README, "Readings").
# This one concerns all resources.
CSV_FILTERS = "csv_filters"


class SeedError(ValueError):
    """An invalid seed, or an invalid record in a request to a control endpoint."""


@dataclass(frozen=True)
class Account:
    """An account, by its API key, and what it is allowed to do. Resources declare the `options`.

    Without a `callback_secret`, no callbacks are sent (OpenAPI).
    """

    api_key: str
    features: frozenset[str] = frozenset()
    read_only: bool = False
    default_version: str = DEFAULT_VERSION
    readings: frozenset[str] = frozenset()
    token_scope: str = FULL
    callback_secret: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """The account that sends a request, and the version of the answer."""

    account: Account
    version: str = DEFAULT_VERSION


def account_from(seed: dict[str, Any], options: Mapping[str, Any], readings: Collection[str]) -> Account:
    """Make an account from a seed. `options` and `readings` are those of all resources. Raises SeedError."""
    accepted = {CSV_FILTERS, *readings}
    sets = {name: frozenset(seed.get(name, ())) for name in ("features", "readings")}
    if sets["readings"] - accepted:
        raise SeedError(f"readings are some of {', '.join(sorted(accepted))}")
    if seed["default_version"] not in VERSIONS:
        raise SeedError(f"default_version is one of {', '.join(VERSIONS)}")
    if seed.get("token_scope", FULL) not in SCOPES:
        raise SeedError(f"token_scope is one of {', '.join(SCOPES)}")
    members = {name: value for name, value in seed.items() if name not in options}
    chosen = {name: seed.get(name, default) for name, default in options.items()}
    try:
        return Account(**{**members, **sets, "options": chosen})
    except TypeError as exc:
        raise SeedError(f"account {seed.get('api_key')}: {exc}") from exc
