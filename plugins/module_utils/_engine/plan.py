# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan: the desired settings of a resource, the current ones, and the request that removes the differences.

Pure: no I/O, no Ansible, no HTTP.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._engine.connection import DEFAULT_VERSION
from ansible_collections.didww.voice.plugins.module_utils._engine.item import Item, read
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import show
from ansible_collections.didww.voice.plugins.module_utils._engine.link import Link
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions, Problem, unsupported
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource, in_version
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Draft, collect

# In an error message.
MOST_USERS = 20

# --- Desired: the settings in a task --------------------------------------------------------------


class Desired(NamedTuple):
    """The canonical `settings` that a task sets, for the resource whose `selector` (id, name, ...) is `value`.

    `state`: whether it must exist, is created if it does not, or is deleted; None if the task has no such option, and
    it must exist. `flags`: the other options that are no settings. `version`: the version of the API. `also_read`:
    relationships to read although the task does not set them. `position`: its position in a list.
    """

    resource: Resource
    selector: str
    value: str
    settings: dict[str, Any]
    state: str | None = "existing"
    flags: Mapping[str, Any] = {}
    version: str = DEFAULT_VERSION
    also_read: tuple[str, ...] = ()
    position: int = 0

    @property
    def linkage(self) -> tuple[str, ...]:
        """The relationships that must be read."""
        named = {*self.settings, *self.also_read}
        deletes = self.state == "absent"
        rows = self.resource.links_in(self.version)
        return tuple(row.name for row in rows if row.name in named or row.always_read or (deletes and row.freed))


def parse(
    resource: Resource, given: Mapping[str, Any], version: str = DEFAULT_VERSION, state: str | None = None
) -> Desired:
    """Check and convert the raw options of a task; None is an explicit null.

    `version`: the version of the API. `state`: the default for that option. Raises InvalidOptions with every problem
    that can be found without reading the resource.
    """
    problems: list[Problem] = []
    rows = (resource.id, *in_version(resource, version).values())
    unsupported(problems, given, [row.name for row in (*rows, *resource.entry)])
    flags = {row.name: row.default for row in resource.entry} | (
        {"state": state} if state and resource.creatable else {}
    )
    flags |= collect(problems, resource.entry, given)
    values = collect(problems, rows, given)
    selector = selector_of(resource, problems, values)
    if problems:
        raise InvalidOptions(problems)
    value = values.pop(selector)
    return Desired(resource, selector, value, values, flags.pop("state", None), flags, version)


def selector_of(resource: Resource, problems: list[Problem], values: Mapping[str, Any]) -> str:
    """Return the most specific identifier in `values`; if there is none, add that to `problems`."""
    names = resource.identifiers
    selector = next((name for name in names if values.get(name) is not None), "")
    if not selector and not any(problem.option in names for problem in problems):
        problems.append(Problem("id", f"one of {', '.join(names)} is required to select the {resource.noun}"))
    return selector


def label(resource: Resource, given: Mapping[str, Any]) -> str:
    """Return the most readable identifier in the options of an entry, for messages."""
    values = (given.get(name) for name in reversed(resource.identifiers))
    return next((str(value) for value in values if value and isinstance(value, (str, int))), "no identifier")


# --- Plan: the differences, and the request that removes them -------------------------------------


class Situation(NamedTuple):
    """What plans depend on besides the resources themselves, as far as it was read.

    `ids`: those of linked resources, by type and by name. `names`: their names, by id. `holders`: the ids of other
    resources by what must be unique, see Resource.uniques. `unread`: for each relationship that no answer
    holds, the linked id, by the id of the resource. `users`: the names of those that use a resource that a task
    deletes, by their ids, by its id. `missing`: ids that no linked resource has, by type. `attributes`: those of linked
    resources, by id.
    """

    ids: Mapping[str, Mapping[str, Collection[str]]] = {}
    names: Mapping[str, str] = {}
    holders: Mapping[tuple[str, str], str] = {}
    unread: Mapping[str, Mapping[str, str]] = {}
    users: Mapping[str, Mapping[str, str]] = {}
    missing: Mapping[str, Collection[str]] = {}
    attributes: Mapping[str, Mapping[str, Any]] = {}


@dataclass(frozen=True)
class Plan:
    """The changes that a task makes.

    `changes`: `{setting: {"before", "after"}}`, canonical, in the order of the declaration. `document`: the JSON:API
    resource to send with `method`, or None if nothing differs. `after`: the resource after the request; if it does not
    exist then (`exists`), as it was before. `held`: the changes that a rule held back, as results show them.
    `warnings`: what a user must know. `before`: the resource before the request, if it exists then.
    """

    changes: dict[str, dict[str, Any]] = field(repr=False)
    document: dict[str, Any] | None = field(repr=False)
    after: Item
    method: str = "PATCH"
    exists: bool = True
    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    before: Item | None = None

    @property
    def name(self) -> str:
        """What the resource was called before the request."""
        before = self.changes.get(self.after.resource.title, {}).get("before")
        return self.after.name if before is None else str(before)

    @property
    def shown(self) -> dict[str, dict[str, Any]]:
        """The changes as results and diffs show them, without secrets."""
        return {name: self.after.resource.rows[name].shown(**change) for name, change in self.changes.items()}

    @property
    def relinked(self) -> list[str]:
        """The ids of all linked resources, before and after, in the relationships that change."""
        changes = [(row, self.changes.get(row.name, {})) for row in self.after.resource.links]
        return [identifier for row, change in changes for side in change.values() for identifier in row.listed(side)]


def decide(desired: Desired, resource: Mapping[str, Any] | None, situation: Situation) -> Plan:
    """Plan what a task changes. `resource`: as the API has it, or None if it does not exist. Raises InvalidOptions."""
    if resource is None:
        return nothing(desired) if desired.state == "absent" else create(desired, situation)
    current = read(desired.resource, resource, situation.names, desired.version)
    if desired.state == "absent":
        return delete(desired, current, situation)
    for name, linked in situation.unread.items():
        if resource["id"] in linked:
            current.settings[name] = linked[resource["id"]]
    return plan(desired, current, situation)


def plan(desired: Desired, current: Item, situation: Situation | None = None) -> Plan:
    """Compare the desired settings with the current ones.

    `current` must include the linkage that `desired` sets. Raises InvalidOptions with every problem that depends on the
    current resource, on linked resources, or on names in use.
    """
    draft = _draft(desired, current, situation or Situation())
    before, after = draft.before, draft.after
    changes = {
        name: {"before": before.get(name), "after": value}
        for name, value in after.items()
        # A setting that the answer lacks is unknown, not null.
        if name not in before or before[name] != value
    }
    _check(draft, changes)
    document = _document(current, changes.keys() | draft.added, after) if changes else None
    planned = replace(current, settings={**after, **draft.implied}, raw={}) if changes else current
    return Plan(changes, document, planned, held=draft.held, warnings=tuple(draft.warnings), before=current)


def create(desired: Desired, situation: Situation | None = None) -> Plan:
    """Plan a new resource. Raises InvalidOptions with everything that is missing or that the API would reject."""
    resource, situation = desired.resource, situation or Situation()
    if desired.selector == "id":
        words = f"no {resource.noun} has the id {desired.value}, and DIDWW chooses the id of a new one: select it by "
        raise InvalidOptions([Problem("id", words + " or ".join(reversed(resource.identifiers[1:])))])
    draft = _draft(desired, None, situation)
    changes = {name: {"before": None, "after": value} for name, value in draft.after.items()}
    _check(draft, changes)
    new = Item(resource, None, draft.after, _unknown_facts(resource), situation.names)
    document = _document(replace(new, settings={}), changes, draft.after)
    return Plan(changes, document, new, "POST", held=draft.held, warnings=tuple(draft.warnings))


def delete(desired: Desired, current: Item, situation: Situation | None = None) -> Plan:
    """Plan a deletion, with what ends the relationships that hinder it, as far as the task sets them to null.

    Raises InvalidOptions if the task describes another resource, or one that is in use.
    """
    problems = in_use(desired, current, situation or Situation())
    for name in desired.resource.identifiers:
        if name in desired.settings and desired.settings[name] != current.settings.get(name):
            held, said = show(current.settings.get(name)), show(desired.settings[name])
            words = f"the {desired.resource.noun} with the {desired.selector} {show(desired.value)} has {held}, "
            words += f"but the task says {said}, so it is not deleted: correct {name}, or leave it out"
            problems.append(Problem(name, words))
    if problems:
        raise InvalidOptions(problems)
    changes = {name: {"before": value, "after": None} for name, value in current.settings.items()}
    document: dict[str, Any] = {"type": desired.resource.type, "id": current.id}
    ending = [link for link in desired.resource.links if link.freed and _leaves(desired, current, link)]
    left = {link.key: link.sent(None) for link in ending}
    if left:
        document["relationships"] = left
    return Plan(changes, document, current, "DELETE", exists=False, before=current)


def _leaves(desired: Desired, current: Item, link: Link) -> bool:
    """Return whether a task ends a relationship that the resource has."""
    return bool(current.settings.get(link.name)) and desired.settings.get(link.name, "") is None


def in_use(desired: Desired, current: Item, situation: Situation) -> list[Problem]:
    """Return what hinders a deletion: the API rejects it while others use the resource, or it belongs to something."""
    resource, option = desired.resource, "state"
    problems = []
    names = situation.users.get(str(current.id), {}).values()
    if names and resource.users:
        users, shown = resource.users, sorted(names)[:MOST_USERS]
        more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
        nouns = f"{len(names)} {users.noun}{'s' if len(names) > 1 else ''}"
        words = f"the {resource.noun} {current.name} is used by {nouns}, and DIDWW does not delete it before they are "
        words += f"moved: {', '.join(shown)}{more}. {users.freed}"
        problems.append(Problem(option, words))
    for link in resource.links:
        linked = current.settings.get(link.name)
        if link.freed and linked and not _leaves(desired, current, link):
            called = show(current.names.get(linked, linked))
            words = (
                f"the {resource.noun} {current.name} belongs to the {link.noun} {called}, and DIDWW does not delete it "
            )
            problems.append(Problem(option, f"{words}before it has left it: {link.freed}"))
    return problems


def nothing(desired: Desired) -> Plan:
    """Return the plan for a resource that does not exist and stays so."""
    identifier = desired.value if desired.selector == "id" else None
    settings = {} if identifier else {desired.selector: desired.value}
    after = Item(desired.resource, identifier, settings, _unknown_facts(desired.resource))
    return Plan({}, None, after, exists=False)


def _unknown_facts(resource: Resource) -> dict[str, Any]:
    return dict.fromkeys((*resource.facts, *resource.meta))


def _draft(desired: Desired, current: Item | None, situation: Situation) -> Draft:
    """Return what the resource would be after the task, completed by its settings and rules."""
    resource, before = desired.resource, current.settings if current else {}
    draft = Draft(
        noun=resource.noun,
        version=desired.version,
        rows=in_version(resource, desired.version),
        wanted=dict(desired.settings),
        flags=desired.flags,
        before=before,
        facts=current.facts if current else {},
        new=current is None,
    )
    for link in resource.links:
        if link.name in draft.wanted:
            gone = [one for one in link.listed(draft.wanted[link.name]) if one in situation.missing.get(link.type, ())]
            if gone:
                draft.reject(link.name, f"no {link.noun} in this account has the id {', '.join(gone)}")
            ids = situation.ids.get(link.type, {})
            value = link.resolved(draft.problems, draft.wanted[link.name], ids, before.get(link.name))
            draft.wanted[link.name] = value
            _check_linked(draft, link.name, situation)
    given = {**before, **draft.wanted} | ({desired.selector: desired.value} if draft.new else {})
    draft.after = {name: given[name] for name in resource.rows if name in given}
    if draft.new:
        missing = [row.name for row in draft.rows.values() if row.required and row.name not in draft.after]
        draft.problems += [Problem(name, f"required to create a {resource.noun}") for name in missing]
    for row in draft.rows.values():
        row.settle(draft)
    _check_unique(draft, resource, situation)
    for rule in resource.rules:
        rule(draft)
    return draft


def _check_linked(draft: Draft, name: str, situation: Situation) -> None:
    """Reject new links to resources that the API does not link, as far as their attributes are known."""
    row = draft.rows[name]
    if not isinstance(row, Link):
        return
    new = set(row.listed(draft.wanted[name])) - set(row.listed(draft.before.get(name)))
    for attribute, (value, remedy) in row.requires.items():
        held = {one: situation.attributes.get(one, {}).get(attribute) for one in new}
        refused = sorted(situation.names.get(one, one) for one, has in held.items() if has not in (None, value))
        if refused:
            words = f"{row.noun}s whose {attribute} is not {show(value)} cannot be linked: {', '.join(refused)}"
            draft.reject(name, f"{words}. {remedy}")


def _check_unique(draft: Draft, resource: Resource, situation: Situation) -> None:
    """Reject what another resource already has and must be unique, or a name of one that shares its names."""
    had = resource.uniques(draft.before)
    for key, value in resource.uniques(draft.after).items():
        if key in had:
            continue
        option, other = key[0], f"another {draft.noun} in this account, {situation.holders.get(key)},"
        if option != resource.unique:
            if key in situation.holders:
                words = f"{other} already has {show(value)}, and DIDWW rejects duplicates: set another value, or "
                draft.reject(option, f"{words}change that {draft.noun} first")
            continue
        called = f"is already called {show(value)}, and DIDWW rejects duplicate {option}s: choose another {option}"
        if key in situation.holders:
            draft.reject(option, f"{other} {called}, or select that {draft.noun} to change it")
        for row in [row for row in resource.links if row.shares_names]:
            for holder in sorted(situation.ids.get(row.type, {}).get(value, ())):
                draft.reject(option, f"the {row.noun} {holder} {called}")


def _check(draft: Draft, changes: Collection[str]) -> None:
    """Raise InvalidOptions if there are problems, or new values that can be given back, but not set anew."""
    for row in draft.rows.values():
        if row.name in changes:
            row.check_anew(draft.problems, draft.after[row.name], draft.before.get(row.name), draft.version)
    if draft.problems:
        raise InvalidOptions(draft.problems)


def _document(current: Item, names: Collection[str], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON:API resource that sets the settings `names` to their values in `after`."""
    places: dict[str, dict[str, Any]] = {"attributes": {}, "relationships": {}}
    for name, row in current.resource.rows.items():
        if name in names and name in after:
            prefix = f"{name}."
            also = {part.removeprefix(prefix) for part in names if part.startswith(prefix)}
            value = row.sent(after[name], current.settings.get(name), current.raw.get(name), also)
            places[row.place][row.key] = value
    document = {"type": current.resource.type, **({"id": current.id} if current.id else {})}
    return {**document, **{place: held for place, held in places.items() if held}}


# --- After the request ----------------------------------------------------------------------------


class Unmet(NamedTuple):
    """A setting that the API returned with another value than was sent."""

    option: str
    asked: Any
    answered: Any


def unmet(desired: Desired, planned: Item, answered: Item) -> list[Unmet]:
    """Return the settings in `desired` whose values in `answered` differ from those in `planned`, without secrets."""
    found = []
    for name, wanted in desired.settings.items():
        if name in planned.settings:  # not held, and not managed by the API
            asked = planned.settings[name]
            got = answered.settings.get(name, asked)
            found += [Unmet(*difference) for difference in desired.resource.rows[name].unmet(wanted, asked, got)]
    return found


def warnings(desired: Desired, planned: Item, answered: Item) -> list[str]:
    """Return a warning for each setting that the API returned with another value than was sent."""
    return [
        f"DIDWW returned {setting.option} {show(setting.answered)}, but the task sets {show(setting.asked)}"
        for setting in unmet(desired, planned, answered)
    ]


def chosen(desired: Desired, answered: Item | None) -> list[str]:
    """Return a warning for each costly setting of a new resource that the API chooses; None: in check mode."""
    known = answered.settings if answered else {}
    rows = [row for row in desired.resource.settings if row.costly and row.name not in desired.settings]
    chose = {row.name: f"chose {show(known[row.name])}" if row.name in known else "chooses it" for row in rows}
    return [f"the task does not set {name}, and DIDWW {words}" for name, words in chose.items()]
