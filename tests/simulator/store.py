# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The data of the local API: accounts and records, and the seed that they come from.

Records are immutable. A change replaces the object, so that records can be rendered without the lock.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from simulator.accounts import DEFAULT_VERSION, Account, SeedError, account_from
from simulator.resource import Attribute, Link, Record, Resource, Variant

UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class UnknownRecordError(LookupError):
    """No account has a record with the id."""


class Store:
    """Accounts by key, and records by type and id. Hold `lock` from a read to the write that depends on it."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        self.resources = resources
        self.accounts: dict[str, Account] = {}
        self.records: dict[str, dict[str, Record]] = {type_: {} for type_ in resources}
        self.lock = threading.RLock()
        # Called after a change of a record, with the record before and after.
        self.changed: Callable[[Record, Record], None] = lambda _before, _after: None

    def collection(self, name: str) -> Resource:
        """The resource type with this name in seeds and control endpoints. Raises UnknownRecordError."""
        for resource in self.resources.values():
            if resource.collection == name:
                return resource
        raise UnknownRecordError(f"there are no {name}")

    def find(self, account: Account, type_: str, record_id: str) -> Record | None:
        """The account's record with the id, or None. Those of other accounts are not found, unless they are shared."""
        record = self.records.get(type_, {}).get(record_id)
        return record if record is not None and self._has(account, record) else None

    def all(self, account: Account, type_: str) -> list[Record]:
        """All records of the account, oldest first."""
        with self.lock:
            return [record for record in self.records[type_].values() if self._has(account, record)]

    def _has(self, account: Account, record: Record) -> bool:
        return self.resources[record.type].shared or record.account == account.api_key

    def linked(self, record: Record, link: Link) -> tuple[str, ...]:
        """The ids of the records in a relationship."""
        if link.inverse is None:
            return record.linked(link.name)
        with self.lock:
            return tuple(o.id for o in self.records[link.type].values() if record.id in o.linked(link.inverse))

    def meta(self, record: Record) -> dict[str, Any]:
        """The meta of a record, with what is computed."""
        meta = self.resources[record.type].meta
        return {name: value(record, self) if callable(value) else record.meta[name] for name, value in meta.items()}

    def taken(self, record: Record, value: Any, attribute: Attribute, variant: Variant | None = None) -> bool:
        """Whether another record has this value of a unique attribute, or of one in a variant."""
        unique = attribute.unique
        if unique is None:
            return False

        def key(item: Any) -> Any:
            return item.lower() if unique.ignores_case and isinstance(item, str) else item

        for other in (other for type_ in unique.types for other in self.records[type_].values()):
            attributes = other.attributes if variant is None else other.attributes[variant.name]["attributes"]
            is_other = other.id != record.id and (unique.everywhere or other.account == record.account)
            if is_other and key(attributes.get(attribute.name)) == key(value):
                return True
        return False

    def put(self, record: Record) -> None:
        """Add a record, or replace the one with its id."""
        with self.lock:
            before = self.records[record.type].get(record.id)
            self.records[record.type][record.id] = record
            if before is not None:
                self.changed(before, record)

    def remove(self, type_: str, record_id: str) -> bool:
        """Remove a record, and the links to it. Return False if there was none."""
        with self.lock:
            for other in [record for records in self.records.values() for record in records.values()]:
                for link in self.resources[other.type].links:
                    if link.type == type_ and record_id in other.linked(link.name):
                        left = tuple(linked for linked in other.linked(link.name) if linked != record_id)
                        other = replace(other, links={**other.links, link.name: left if link.many else None})
                        self.put(other)
            return self.records[type_].pop(record_id, None) is not None

    def poke(self, resource: Resource, record_id: str, change: Any) -> Record:
        """Change or create a record without validation.

        `change` has the form of a record in a seed. Its `attributes` are merged; a variant and the other members are
        replaced. Raises SeedError for unknown members, accounts and linked records.
        """
        beside = [a.name for a in resource.attributes if isinstance(a, Attribute) and a.beside_id]
        empty = new_record(resource, record_id, next(iter(self.accounts)))
        known = {"id", "account", "attributes", *beside, *empty.links, *empty.meta}
        if not isinstance(change, dict) or set(change) - known:
            raise SeedError(f"a {resource.noun} is an object of {', '.join(sorted(known))}")
        attributes = change.get("attributes", {})
        if not isinstance(attributes, dict) or set(attributes) - {a.name for a in resource.attributes}:
            raise SeedError(f"attributes of a {resource.noun}: {', '.join(a.name for a in resource.attributes)}")
        attributes = {**{name: change[name] for name in beside if name in change}, **attributes}
        for variant in resource.variants:
            value = attributes.get(variant.name, variant.default)
            if not isinstance(value, dict) or set(value) != {"type", "attributes"}:
                raise SeedError(f"{variant.name} is an object of type and attributes")
        with self.lock:
            record = self.records[resource.type].get(record_id)
            if record is None:
                missing = set(beside) - set(attributes)
                if missing:
                    raise SeedError(f"a {resource.noun} needs {', '.join(missing)}")
                _uuid(record_id)
                record = empty
            account = change.get("account", record.account)
            if account not in self.accounts:
                raise SeedError(f"no account has the key {account}")
            links = {
                link.name: self._known(link.type, change[link.name], link.many)
                for link in resource.links
                if link.name in change
            }
            record = replace(
                record,
                account=account,
                attributes={**record.attributes, **attributes},
                links={**record.links, **links},
                meta={name: change.get(name, value) for name, value in record.meta.items()},
            )
            self.put(record)
            return record

    def _known(self, type_: str, ids: Any, many: bool) -> tuple[str, ...] | str | None:
        if many and not isinstance(ids, (list, tuple)):
            raise SeedError(f"{ids} is not a list of ids")
        for record_id in ids if many else [ids] if ids is not None else []:
            if not isinstance(record_id, str) or record_id not in self.records.get(type_, {}):
                raise SeedError(f"there is no record {record_id} in {type_}")
        return tuple(dict.fromkeys(ids)) if many else ids


def new_record(resource: Resource, record_id: str, account: str) -> Record:
    """Return a record with the defaults."""
    return Record(
        type=resource.type,
        id=record_id,
        account=account,
        attributes={a.name: a.default(record_id) if callable(a.default) else a.default for a in resource.attributes},
        links={link.name: () if link.many else None for link in resource.links if link.inverse is None},
        meta={name: value for name, value in resource.meta.items() if isinstance(value, str)},
    )


def from_seed(seed: dict[str, Any], resources: Mapping[str, Resource], version: str = DEFAULT_VERSION) -> Store:
    """Make a store from a seed (README, "Seed"). Raises SeedError if it is invalid.

    `version` is that of accounts that do not set a default_version.
    """
    try:
        return _from_seed(seed, resources, version)
    except (KeyError, TypeError, AttributeError) as exc:
        raise SeedError(f"not a valid seed: {exc!r}") from exc


def _from_seed(seed: dict[str, Any], resources: Mapping[str, Resource], version: str) -> Store:
    known = {"api_keys", "accounts", *(resource.collection for resource in resources.values())}
    if not isinstance(seed, dict) or set(seed) - known:
        raise SeedError(f"a seed is an object of {', '.join(sorted(known))}")
    store = Store(resources)
    options = {name: value for resource in resources.values() for name, value in resource.account.items()}
    readings = [name for resource in resources.values() for name in resource.readings]
    for account in [*seed.get("accounts", []), *({"api_key": k} for k in seed.get("api_keys", []))]:
        made = account_from({"default_version": version, **account}, options, readings)
        store.accounts[made.api_key] = made
    if not store.accounts:
        raise SeedError("a seed needs accounts or api_keys")
    for resource in resources.values():
        for index, record in enumerate(seed.get(resource.collection, [])):
            record_id = record.get("id") or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{resource.noun}-{index}"))
            if record_id in store.records[resource.type]:
                raise SeedError(f"two records in {resource.collection} have the id {record_id}")
            store.poke(resource, record_id, record)
    return store


def _uuid(text: str) -> str:
    """Return an id. Raises SeedError unless it is a lower-case UUID, as the ids of DIDWW are."""
    if not UUID.fullmatch(text):
        raise SeedError(f"{text} is not a lower-case UUID")
    return text
