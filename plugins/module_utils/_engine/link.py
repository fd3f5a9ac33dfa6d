# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of the second shape: a relationship."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import is_id, nearest, show
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import Problem
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import MISSING, Draft, Setting, members


@dataclass(frozen=True, eq=False)
class Link(Setting):
    """A relationship with a resource of `type`, or with `many`. Tasks refer to these by id, or by their attribute `by`.

    `noun`: what messages call these resources. `managed_by`: the flag that lets the API manage the relationship.
    `unread`: whether no answer holds it. `only_with`: for such a relationship, another setting, and the value without
    which it does not exist; `always_with`: whether that value requires it. `found_by`: how they are found by name: by
    a `filter`, or without one in all `pages`, or in a `list` that has none. `suggested`: whether there are few enough
    to suggest the nearest name. `always_read`: whether every reading includes it. `freed`: for a resource that the API
    does not delete while it is linked, what to do first. `shares_names`: whether these resources and those that link to
    them may not have the same unique name. `requires`: the attributes that a resource must have before the API
    links it, each with its value, and with what to do otherwise.
    """

    place: ClassVar[str] = "relationships"

    type: str = ""
    noun: str = ""
    by: str = ""
    many: bool = False
    managed_by: str = ""
    unread: bool = False
    only_with: tuple[str, str] | None = None
    always_with: bool = False
    found_by: str = "filter"
    suggested: bool = False
    always_read: bool = False
    freed: str = ""
    shares_names: bool = False
    requires: Mapping[str, tuple[Any, str]] = field(default_factory=dict)

    def listed(self, value: Any) -> list[str]:
        """Return the references in a value."""
        if value is MISSING or value is None:
            return []
        return list(value) if self.many else [value]

    def named(self, value: Any) -> set[str]:
        """Return the references in a value that are no ids."""
        return {reference for reference in self.listed(value) if not is_id(reference)}

    def resolved(self, problems: list[Problem], value: Any, ids: Mapping[str, Collection[str]], linked: Any) -> Any:
        """Return a value with ids only. `ids`: the ids of the resources that are called by a name.

        If several have the same name, those that are `linked` are selected. A name without a resource, or with several
        of which none is linked, is added to `problems`.
        """
        found: set[str] = set()
        unknown = []
        for reference in self.listed(value):
            if is_id(reference):
                found.add(reference)
                continue
            candidates = set(ids.get(reference, ()))
            already = candidates.intersection(self.listed(linked))
            if reference in ids and not candidates:
                unknown.append(f"{reference} (this task deletes it, or renames it)")
            elif not candidates:
                near = nearest(reference, (name for name in ids if ids[name])) if self.suggested else None
                unknown.append(reference + (f" (did you mean {show(near)}?)" if near else ""))
            elif len(candidates) > 1 and not already:
                words = f"{len(candidates)} {self.noun}s have the {self.by} {reference}; list one by id: "
                problems.append(Problem(self.name, words + ", ".join(sorted(candidates))))
            found |= already or candidates
        if unknown:
            words = f"no {self.noun} in this account has the {self.by} {', '.join(unknown)}"
            problems.append(Problem(self.name, words))
        return sorted(found) if self.many else min(found, default=None)

    def read(self, resource: Mapping[str, Any]) -> Any:
        """Return the ids of the linked resources, or MISSING if the resource does not hold them."""
        if self.barred:
            return MISSING
        relationship = members(members(resource.get("relationships")).get(self.key))
        data = relationship.get("data", MISSING)
        if self.many:
            return self.current([linked["id"] for linked in data]) if isinstance(data, list) else MISSING
        if data is None:
            return self.null
        return self.current(data["id"]) if isinstance(data, Mapping) and "id" in data else MISSING

    def sent(
        self, after: Any, before: Any = None, raw: Mapping[str, Any] | None = None, also: Collection[str] = ()
    ) -> Any:
        """Return the relationship as a request holds it."""
        linkage = [{"type": self.type, "id": identifier} for identifier in self.listed(after)]
        return {"data": linkage if self.many else next(iter(linkage), None)}

    def settle(self, draft: Draft) -> None:
        """Reject what the API manages; send what it no longer manages.

        While the flag is on, the API rejects the relationship even if it is empty. When it goes on, the API ends the
        links. It may end links that it made when the flag goes off, so those that the task lists are sent.
        """
        super().settle(draft)
        if not self.managed_by or self.name not in draft.wanted:
            return
        flag, wanted = self.managed_by, draft.wanted[self.name]
        was_on, is_on = draft.before.get(flag) is True, draft.after.get(flag) is True
        if is_on and wanted and not (was_on and wanted == draft.before.get(self.name)):
            words = f"{self.noun}s cannot be listed while {flag} is true: leave {self.name} out, or set {flag} to false"
            draft.reject(self.name, words)
        elif is_on:
            draft.keep(self.name)
            if not was_on:
                draft.implied[self.name] = self.null
        elif was_on:
            draft.add(self.name)


def sparse(links: Iterable[Link]) -> dict[str, str]:
    """Return the parameters that restrict what is read of linked resources to what plans need, in any version."""
    fields: dict[str, set[str]] = {}
    for row in links:
        required = [row.requires, *(differences.get("requires", {}) for differences in row.versions.values())]
        fields.setdefault(f"fields[{row.type}]", set()).update({row.by}, *required)
    return {name: ",".join(sorted(attributes)) for name, attributes in fields.items()}
