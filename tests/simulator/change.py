# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of records, by the declaration of their resource. Invalid ones are rejected with 422. Nothing is stored."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import Any

from simulator.accounts import Context
from simulator.body import Linkage, Sent
from simulator.errors import VALIDATION, ApiError, error
from simulator.resource import Action, Attribute, Link, Record, Resource, Variant
from simulator.store import Store, new_record
from simulator.values import BLANK, TAKEN, Invalid


@dataclass
class Draft:
    """A change while it is checked: the record `before`, what was sent, and the `changes` that are valid so far.

    Rules of a resource get it after the attributes have been checked, and before the relationships are. They can
    reject something, and change `links`.
    """

    resource: Resource
    context: Context
    before: Record
    attributes: dict[str, Any]
    links: dict[str, Linkage]
    create: bool = False
    changes: dict[str, Any] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)

    def after(self, name: str) -> Any:
        """The value of an attribute after the change."""
        return self.changes.get(name, self.before.attributes[name])

    def reject(self, place: str, title: str, index: int | None = None) -> None:
        """Add a validation error (422), unless there is one at the place.

        The error points to the place, or to one item of a list if it has an index. Its detail is `<name> - <title>`.
        """
        pointer = f"/data/{place}" if index is None else f"/data/{place}/{index}"
        if all(known["source"]["pointer"] != pointer for known in self.errors):
            name = place.rsplit("/", 1)[-1]
            self.errors.append(error(422, title, f"{name} - {title}", VALIDATION, pointer))


def create(sent: Sent, resource: Resource, context: Context, store: Store) -> Record:
    """Return the new record. Raises ApiError 422 with every validation error in the request."""
    record = new_record(resource, str(uuid.uuid4()), context.account.api_key)
    generated = {a.name: a.generate() for a in resource.attributes if isinstance(a, Attribute) and a.generate}
    record = replace(record, attributes={**record.attributes, **generated})
    draft = Draft(resource, context, record, sent.attributes, dict(sent.links), create=True)
    for attribute in resource.attributes:
        if attribute.required and attribute.name not in sent.attributes:
            draft.reject(f"attributes/{attribute.name}", BLANK)
    return _apply(draft, store)


def update(sent: Sent, record: Record, context: Context, store: Store) -> Record:
    """Return the record after an update. Raises ApiError 422 with every validation error in the request."""
    return _apply(Draft(store.resources[record.type], context, record, sent.attributes, dict(sent.links)), store)


def act(action: Action, record_id: str | None, context: Context, store: Store) -> Record:
    """Return the record that an action changes. Raises ApiError 422."""
    record = None if record_id is None else store.find(context.account, action.target, record_id)
    place = f"relationships/{action.relationship}"
    try:
        if record is None:
            raise Invalid("must exist")
        return action.run(record)
    except Invalid as exc:
        title = str(exc)
    detail = f"{action.relationship} - {title}"
    raise ApiError(422, [error(422, title, detail, VALIDATION, f"/data/{place}")])


def _apply(draft: Draft, store: Store) -> Record:
    variants = []
    for name, value in draft.attributes.items():
        attribute = draft.resource.attribute(name)
        if isinstance(attribute, Variant):
            variants.append(attribute)
        elif attribute is not None:
            _set_attribute(draft, attribute, value, store)
    for variant in variants:
        _set_variant(draft, variant, store)
    for rule in draft.resource.rules:
        rule(draft)
    links: dict[str, Any] = {}
    for link in draft.resource.links:
        link = link.of(draft.context)
        if link.flag is not None and draft.changes.get(link.flag) is True:
            links[link.name] = ()  # linked records are unassigned: DIDWW's Postman collection, 2026-04-16
        if link.name in draft.links:
            links[link.name] = _set_link(draft, link, draft.links[link.name], store)
    if draft.errors:
        raise ApiError(422, draft.errors)
    before = draft.before
    return replace(before, attributes={**before.attributes, **draft.changes}, links={**before.links, **links})


def _set_attribute(draft: Draft, attribute: Attribute, value: Any, store: Store) -> None:
    try:
        stored = attribute.of(draft.context).accept(value, draft.context)
        if store.taken(draft.before, stored, attribute):
            raise Invalid(TAKEN)
        draft.changes[attribute.name] = stored
    except Invalid as exc:
        draft.reject(f"attributes/{attribute.name}", str(exc))


def _set_variant(draft: Draft, variant: Variant, store: Store) -> None:
    place, value = f"attributes/{variant.name}", draft.attributes[variant.name]
    before = None if draft.create else draft.before.attributes[variant.name]
    problem = _problem_of_variant(variant, value, before)
    if problem is not None:
        draft.reject(place + problem[0], problem[1])
        return
    kind, sent, stored = value["type"], value.get("attributes", {}), {}
    had = before["attributes"] if before is not None and before["type"] == kind else {}
    for attribute in variant.types[kind]:
        name = attribute.name
        if attribute.generate is not None:
            stored[name] = had.get(name) or attribute.generate()
        elif attribute.vague and sent.get(name) in (None, []):
            draft.reject(place, "is invalid")
        elif attribute.check is None or (variant.merges and name in had and name not in sent):
            stored[name] = had.get(name, attribute.default)
        else:
            try:
                stored[name] = attribute.of(draft.context).accept(sent.get(name, attribute.default), draft.context)
                if store.taken(draft.before, stored[name], attribute, variant):
                    raise Invalid(TAKEN)
            except Invalid as exc:
                draft.reject(f"{place}/attributes/{name}", str(exc))
    draft.changes[variant.name] = {"type": kind, "attributes": stored}


def _problem_of_variant(variant: Variant, value: Any, before: Any) -> tuple[str, str] | None:
    """The place and the title of an error in the type or the form of a variant, or None."""
    if not isinstance(value, dict):
        return "", BLANK if value is None else "must be an object"
    kind = value.get("type")
    if kind is None:
        return "/type", BLANK
    if before is not None and before["type"] not in variant.types:
        return "/type", "is not allowed for update"
    if not isinstance(kind, str) or kind not in variant.types:
        return "/type", "is not included in the list"
    if kind not in variant.writable or (variant.merges and before is not None and before["type"] != kind):
        return "/type", f"is not allowed for {'creation' if before is None else 'update'}"
    return None if isinstance(value.get("attributes", {}), dict) else ("/attributes", "must be an object")


def _set_link(draft: Draft, link: Link, linkage: Linkage, store: Store) -> tuple[str, ...] | str | None:
    place = link.place or f"relationships/{link.name}"
    ids = linkage if isinstance(linkage, list) else [] if linkage is None else [linkage]
    if ids and link.flag is not None and draft.after(link.flag) is True:
        draft.reject(place, f"cannot be assigned while {link.flag} is true")
    for index, record_id in enumerate(ids):
        problem = _problem(link, record_id, ids[:index], store.find(draft.context.account, link.type, record_id))
        if problem:
            draft.reject(place, problem, index if link.many and link.place is None else None)
    return tuple(ids) if link.many else ids[0] if ids else None


def _problem(link: Link, record_id: str, before: list[str], record: Record | None) -> str | None:
    """Why a record cannot be linked, or None. `before` are the ids before it in the request."""
    if record is None:
        return link.missing or f"{record_id} does not exist"
    if record_id in before:
        return f"{record_id} is repeated"
    for name, value in link.eligible.items():
        if record.attributes[name] != value:
            return f"{record_id} cannot be linked: its {name} is not {str(value).lower()}"
    return None
