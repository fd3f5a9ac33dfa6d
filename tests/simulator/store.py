# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The data of the local API: accounts, DIDs and trunks, and the seed that they come from.

Trunks and DIDs are immutable. A change replaces the object, so that records can be rendered without the lock.
"""

from __future__ import annotations

import copy
import re
import threading
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

from simulator.accounts import DEFAULT_VERSION, Account, SeedError, account_from

# The threshold_amount of a trunk by default: an answer of April 2026 has it.
DEFAULT_THRESHOLD = "3000.0"

# The attributes of a trunk, in the order of the example on DIDWW's page "Update Outbound Trunk", 2026-04-16, and their
# defaults in a seed. Those of a new trunk are the same, except name and authentication_method.
DEFAULT_ATTRIBUTES: dict[str, Any] = {
    "name": None,
    "allowed_rtp_ips": None,
    "authentication_method": None,
    "on_cli_mismatch_action": "send_original_cli",
    "capacity_limit": None,
    "allow_any_did_as_cli": False,
    "status": "active",
    "threshold_reached": False,
    "threshold_amount": DEFAULT_THRESHOLD,
    "default_dst_action": "allow_all",
    "dst_prefixes": [],
    "emergency_enable_all": False,
    "media_encryption_mode": "disabled",
    "force_symmetric_rtp": False,
    "rtp_ping": False,
    "rtp_timeout": 30,
    "callback_url": None,
    "created_at": "2025-04-02T10:00:00.000Z",
    "external_reference_id": None,
}
DEFAULT_AUTHENTICATION: dict[str, Any] = {
    "type": "credentials_and_ip",
    "attributes": {
        "allowed_sip_ips": ["203.0.113.1/32"],
        "tech_prefix": None,
        "username": "u4k2m",
        "password": "s3cr3t",
    },
}

# The attributes of a DID, and their defaults in a seed: this DID can be linked to any trunk.
DEFAULT_DID_ATTRIBUTES: dict[str, Any] = {
    "number": None,
    "blocked": False,
    "awaiting_registration": False,
    "terminated": False,
    "emergency_enabled": True,
    "description": None,
    "capacity_limit": None,
    "channels_included_count": 2,
    "dedicated_channels_count": 0,
    "billing_cycles_count": None,
    "expires_at": None,
    "created_at": "2025-04-01T10:00:00.000Z",
}
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class UnknownTrunkError(LookupError):
    """No account has a trunk with the id."""


@dataclass(frozen=True)
class Did:
    """A DID. `attributes` is never changed in place."""

    id: str
    account: str
    attributes: dict[str, Any]


@dataclass(frozen=True)
class Trunk:
    """A trunk. `attributes` is never changed in place."""

    id: str
    account: str
    attributes: dict[str, Any]
    dids: tuple[str, ...] = ()
    emergency_dids: tuple[str, ...] = ()
    spent_amount: str = "0.0"
    default_did: str | None = None

    def linked(self, relationship: str) -> tuple[str, ...]:
        """The ids of the DIDs in `dids` or `emergency_dids`."""
        return self.dids if relationship == "dids" else self.emergency_dids

    def as_seed(self) -> dict[str, Any]:
        """A copy of the trunk, in the form of a seed and of the control endpoints."""
        return {
            "id": self.id,
            "account": self.account,
            "attributes": copy.deepcopy(self.attributes),
            "dids": list(self.dids),
            "emergency_dids": list(self.emergency_dids),
            "spent_amount": self.spent_amount,
            "default_did": self.default_did,
        }


@dataclass
class Store:
    """Accounts by key, DIDs and trunks by id. Hold `lock` from a read to the write that depends on it."""

    accounts: dict[str, Account] = field(default_factory=dict)
    dids: dict[str, Did] = field(default_factory=dict)
    trunks: dict[str, Trunk] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def trunk(self, account: Account, trunk_id: str) -> Trunk | None:
        """The account's trunk with the id, or None. Trunks of other accounts are not found."""
        trunk = self.trunks.get(trunk_id)
        return trunk if trunk is not None and trunk.account == account.api_key else None

    def did(self, account: Account, did_id: str) -> Did | None:
        """The account's DID with the id, or None."""
        did = self.dids.get(did_id)
        return did if did is not None and did.account == account.api_key else None

    def trunks_of(self, account: Account) -> list[Trunk]:
        """All trunks of the account, oldest first."""
        with self.lock:
            return [trunk for trunk in self.trunks.values() if trunk.account == account.api_key]

    def dids_of(self, account: Account) -> list[Did]:
        """All DIDs of the account, in the order of the seed."""
        with self.lock:
            return [did for did in self.dids.values() if did.account == account.api_key]

    def name_taken(self, trunk: Trunk, name: str) -> bool:
        """Whether another trunk of the account has this name."""
        return any(
            other.attributes["name"] == name
            for other in self.trunks.values()
            if other.id != trunk.id and other.account == trunk.account
        )

    def sid_taken(self, trunk: Trunk, sid: str) -> bool:
        """Whether another trunk of any account has this Twilio account SID."""
        others = (other.attributes["authentication_method"] for other in self.trunks.values() if other.id != trunk.id)
        return any(str(method["attributes"].get("twilio_account_sid")).lower() == sid.lower() for method in others)

    def put(self, trunk: Trunk) -> None:
        """Add a trunk, or replace the one with its id."""
        with self.lock:
            self.trunks[trunk.id] = trunk

    def remove(self, trunk_id: str) -> bool:
        """Remove a trunk. Return False if there was none."""
        with self.lock:
            return self.trunks.pop(trunk_id, None) is not None

    def poke(self, trunk_id: str, change: dict[str, Any]) -> Trunk:
        """Change or create a trunk without validation.

        `change` has the form of a trunk in a seed. Its `attributes` are merged; an `authentication_method` and the
        other members are replaced. Raises SeedError for unknown members, accounts and DIDs.
        """
        known = {"id", "account", "attributes", "dids", "emergency_dids", "spent_amount", "default_did"}
        if not isinstance(change, dict) or set(change) - known:
            raise SeedError(f"a trunk is an object of {', '.join(sorted(known))}")
        attributes = change.get("attributes", {})
        if not isinstance(attributes, dict):
            raise SeedError("attributes must be an object")
        method = attributes.get("authentication_method", DEFAULT_AUTHENTICATION)
        if not isinstance(method, dict) or set(method) != {"type", "attributes"}:
            raise SeedError("authentication_method is an object of type and attributes")
        with self.lock:
            trunk = self.trunks.get(trunk_id)
            if trunk is None:
                first = next(iter(self.accounts))
                start = {**DEFAULT_ATTRIBUTES, "name": f"Trunk {trunk_id}"}
                start["authentication_method"] = DEFAULT_AUTHENTICATION
                trunk = Trunk(_uuid(trunk_id), first, start)
            account = change.get("account", trunk.account)
            if account not in self.accounts:
                raise SeedError(f"no account has the key {account}")
            default_did = change.get("default_did", trunk.default_did)
            if default_did is not None:
                self._known_dids([default_did])
            trunk = replace(
                trunk,
                account=account,
                attributes={**trunk.attributes, **attributes},
                dids=self._known_dids(change.get("dids", trunk.dids)),
                emergency_dids=self._known_dids(change.get("emergency_dids", trunk.emergency_dids)),
                spent_amount=change.get("spent_amount", trunk.spent_amount),
                default_did=default_did,
            )
            self.trunks[trunk_id] = trunk
            return trunk

    def _known_dids(self, did_ids: Any) -> tuple[str, ...]:
        if not isinstance(did_ids, (list, tuple)):
            raise SeedError("dids and emergency_dids are lists of ids")
        for did_id in did_ids:
            if not isinstance(did_id, str) or did_id not in self.dids:
                raise SeedError(f"there is no DID {did_id}")
        return tuple(dict.fromkeys(did_ids))


def from_seed(seed: dict[str, Any], version: str = DEFAULT_VERSION) -> Store:
    """Make a store from a seed (README, "Seed"). Raises SeedError if it is invalid.

    `version` is that of accounts that do not set a default_version.
    """
    try:
        return _from_seed(seed, version)
    except (KeyError, TypeError, AttributeError) as exc:
        raise SeedError(f"not a valid seed: {exc!r}") from exc


def _from_seed(seed: dict[str, Any], version: str) -> Store:
    known = {"api_keys", "accounts", "dids", "trunks"}
    if not isinstance(seed, dict) or set(seed) - known:
        raise SeedError(f"a seed is an object of {', '.join(sorted(known))}")
    store = Store()
    for account in [*seed.get("accounts", []), *({"api_key": k} for k in seed.get("api_keys", []))]:
        store.accounts[account["api_key"]] = account_from({"default_version": version, **account})
    if not store.accounts:
        raise SeedError("a seed needs accounts or api_keys")
    first = next(iter(store.accounts))
    for did in seed.get("dids", []):
        owner = did.get("account", first)
        if owner not in store.accounts:
            raise SeedError(f"no account has the key {owner}")
        attributes = did.get("attributes", {})
        if set(attributes) - set(DEFAULT_DID_ATTRIBUTES):
            raise SeedError(f"attributes of a DID are {', '.join(DEFAULT_DID_ATTRIBUTES)}")
        did_id = _uuid(did["id"])
        store.dids[did_id] = Did(did_id, owner, {**DEFAULT_DID_ATTRIBUTES, "number": did["number"], **attributes})
    for index, trunk in enumerate(seed.get("trunks", [])):
        trunk_id = trunk.get("id") or str(uuid.uuid5(uuid.NAMESPACE_URL, f"trunk-{index}"))
        if trunk_id in store.trunks:
            raise SeedError(f"two trunks have the id {trunk_id}")
        store.poke(trunk_id, trunk)
    return store


def _uuid(text: str) -> str:
    """Return an id. Raises SeedError unless it is a lower-case UUID, as the ids of DIDWW are."""
    if not UUID.fullmatch(text):
        raise SeedError(f"{text} is not a lower-case UUID")
    return text
