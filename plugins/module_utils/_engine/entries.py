# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The entries of a fleet: they are checked together, and planned together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._engine import approval, lookup, undo_file, vars_file
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import DEFAULT_VERSION
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import (
    BOOL,
    DICTIONARY,
    NEW_FILE,
    rejection,
    show,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import (
    Desired,
    Plan,
    Situation,
    decide,
    label,
    nothing,
    parse,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions, Problem
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import STATE, Resource
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Setting, collect, specs

# The options that are not entries.
OPTIONS = (
    STATE,
    Setting("audit", BOOL, left_out="for the default, false", default=False),
    Setting("undo_file", NEW_FILE, left_out="to write no file"),
    Setting("undo_add", BOOL, left_out="for the default, false", default=False),
    Setting("skip_invalid", BOOL, left_out="for the default, false", default=False),
    approval.APPROVED,
)


class Rejected(NamedTuple):
    """A problem with an entry in a list. `id`, `name`: its resource, if known, or what selects it."""

    position: int
    id: str | None
    name: str | None
    problem: Problem


class InvalidEntries(InvalidOptions):
    """All problems with the entries in a list of resources, which `many` is the option for."""

    def __init__(self, many: str, rejected: list[Rejected]) -> None:
        found = [Problem(label_of(many, entry.position, entry.name), words_of(entry.problem)) for entry in rejected]
        super().__init__(found)
        self.rejected = rejected


def label_of(many: str, index: int, name: str | None) -> str:
    return f"{many}[{index}]" + (f" ({vars_file.printable(name)})" if name else "")


def words_of(problem: Problem) -> str:
    return f"{problem.option}: {problem.text}" if problem.option else problem.text


class Fleet(NamedTuple):
    """The settings of many resources.

    `audit`: whether to compare only, and report what is missing and unmanaged. `undo_file`: where to write what brings
    back the changes, and `undo_add` whether to add to that file. `skip_invalid`: whether to leave out invalid entries,
    and those without a resource. `approved`: the tokens of the requests that may be sent; None for all. `rejected`: the
    problems with the invalid ones. `label`: the option for the list, if it is not called after the resource.
    """

    resource: Resource
    wanted: list[Desired]
    audit: bool = False
    undo_file: str | None = None
    undo_add: bool = False
    skip_invalid: bool = False
    approved: list[str] | None = None
    rejected: tuple[Rejected, ...] = ()
    label: str = ""

    @property
    def many(self) -> str:
        """The option for the list."""
        return self.label or self.resource.keys

    def may_be_missing(self, desired: Desired) -> bool:
        """Return whether nothing is done for an entry whose resource does not exist."""
        if self.audit and desired.selector == "id":
            return True  # it cannot be created
        return (self.audit or self.skip_invalid) and desired.state in lookup.MUST_EXIST


def fleet_spec(resource: Resource) -> dict[str, Any]:
    """Return the argument spec for many resources."""
    entry = resource.spec()
    # The task's own state is the default.
    entry.get(STATE.name, {}).pop("default", None)
    many = {resource.keys: {"type": "list", "elements": "dict", "required": True, "options": entry}}
    return {**many, **specs(row for row in OPTIONS if resource.creatable or row is not STATE)}


def parse_fleet(resource: Resource, given: Mapping[str, Any], version: str = DEFAULT_VERSION, name: str = "") -> Fleet:
    """Check and convert a list of resources, for a version of the API. `name`: see `Fleet.label`.

    Raises InvalidOptions with every problem of every entry, unless they are left out.
    """
    problems: list[Problem] = []
    options_of_all = {**{row.name: row.default for row in OPTIONS}, **collect(problems, OPTIONS, given)}
    state, many = options_of_all.pop("state"), name or resource.keys
    if options_of_all["undo_file"] or "undo_file" not in given:
        problems += undo_file.check(options_of_all["undo_file"], options_of_all["undo_add"])
    entries = given.get(many)
    if not isinstance(entries, list):
        expected = f"a list of {many}, each a dictionary of options"
        words = _not_accepted(resource, entries, expected) if many in given else f"required: {expected}"
        problems.append(Problem(many, words))
        entries = []
    wanted = []
    rejected: list[Rejected] = []
    for index, entry in enumerate(entries):
        try:
            options = DICTIONARY.canonical(entry)
        except ValueError as error:
            rejected.append(Rejected(index, None, None, Problem("", _not_accepted(resource, entry, error))))
            continue
        try:
            wanted.append(parse(resource, options, version, state)._replace(position=index))
        except InvalidOptions as error:
            rejected += [Rejected(index, None, label(resource, options), problem) for problem in error.problems]
    if problems or (rejected and not options_of_all["skip_invalid"]):
        raise InvalidOptions([*problems, *InvalidEntries(many, rejected).problems])
    return Fleet(resource, wanted, **options_of_all, rejected=tuple(rejected), label=name)


def _not_accepted(resource: Resource, value: Any, expected: object) -> str:
    """Return why something is no entry, without its value if that may contain a secret."""
    return f"the value is not accepted; expected {expected}" if resource.has_secret else rejection(value, expected)


def plan_valid(fleet: Fleet, found: lookup.Found, situation: Situation) -> tuple[Fleet, lookup.Found, list[Plan]]:
    """Plan a fleet; return it with its plans, less the entries that are left out because they are invalid.

    Raises InvalidEntries if they are not to be left out.
    """
    while True:
        try:
            return fleet, found, plan_all(fleet, found, situation)
        except InvalidEntries as error:
            if not fleet.skip_invalid:
                raise
            # Their resources keep their names, which may conflict with another entry.
            invalid = {entry.position for entry in error.rejected}
            pairs = zip(fleet.wanted, found.resources, strict=True)
            kept = [(desired, one) for desired, one in pairs if desired.position not in invalid]
            wanted, resources = [desired for desired, _one in kept], [one for _desired, one in kept]
            fleet = fleet._replace(wanted=wanted, rejected=(*fleet.rejected, *error.rejected))
            found = found._replace(resources=resources, problems=[])
            managed = {one["id"] for one in found.existing}
            holders = lookup.holders_of(fleet.resource, found.read, besides=managed)
            situation = situation._replace(holders=holders)


def plan_all(fleet: Fleet, found: lookup.Found, situation: Situation) -> list[Plan]:
    """Compare every entry with the resource found for it; return the plans in the order of the entries.

    Raises InvalidEntries with every problem of every entry, including those in `found`.
    """
    plans = []
    resource, wanted = fleet.resource, fleet.wanted
    invalid = [(wanted[place], problem) for place, problem in found.problems]
    rejected = [Rejected(desired.position, None, desired.value, problem) for desired, problem in invalid]
    named = {place for place, _problem in found.problems}
    for place, (desired, one) in enumerate(zip(wanted, found.resources, strict=True)):
        if place in named:
            continue
        try:
            if one is None and fleet.may_be_missing(desired):
                plans.append(nothing(desired))
            else:
                plans.append(decide(desired, one, situation))
        except InvalidOptions as error:
            name = resource.title_of(one) if one else desired.value
            id_ = one["id"] if one else None
            rejected += [Rejected(desired.position, id_, name, problem) for problem in error.problems]
    if not rejected:
        rejected = [
            Rejected(wanted[place].position, plans[place].after.id, plans[place].name, problem)
            for place, problem in conflicts(fleet, plans)
        ]
    if rejected:
        raise InvalidEntries(fleet.many, rejected)
    return plans


def conflicts(fleet: Fleet, plans: Sequence[Plan]) -> list[tuple[int, Problem]]:
    """Return the conflicts between the entries of a fleet, each with the place of its entry."""
    resource = fleet.resource
    found = list(_duplicates(fleet, plans))
    for option in resource.identifiers[1:]:
        if option != resource.unique:
            found += _selector_conflicts(fleet, option, plans)
    return found


def _duplicates(fleet: Fleet, plans: Sequence[Plan]) -> Iterable[tuple[int, Problem]]:
    """Yield the entries that set what must be unique, and another entry's resource has before or after this task.

    DIDWW rejects duplicates ("has already been taken"), and the order of updates is random.
    """
    resource = fleet.resource
    before = [resource.uniques(plan.before.settings) if plan.before else {} for plan in plans]
    after = [resource.uniques(plan.after.settings) for plan in plans]
    holders: dict[tuple[str, str], set[int]] = {}
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        for key in old | new:
            holders.setdefault(key, set()).add(index)
    for index, plan in enumerate(plans):
        for key in [key for key in after[index] if plan.exists and key not in before[index]]:
            others = holders[key] - {index}
            if not others:
                continue
            option, other = key[0], min(others)
            name, value = option.rpartition(".")[2], show(after[index][key])
            holder = label_of(fleet.many, fleet.wanted[other].position, plans[other].after.id)
            remedy = "rename" if option == resource.unique else f"give each {resource.noun} its own, or change"
            words = f"{holder} also has the {name} {value} before or after this task, and DIDWW rejects duplicate "
            yield index, Problem(option, f"{words}{name}s: {remedy} one of the two in an earlier task")


def _selector_conflicts(fleet: Fleet, option: str, plans: Sequence[Plan]) -> Iterable[tuple[int, Problem]]:
    """Yield the entries that set an identifier by which another entry selects its resource.

    Two resources would then have the same one, and later runs could not distinguish them.
    """
    wanted, noun = fleet.wanted, fleet.resource.noun
    selecting = {desired.value: index for index, desired in enumerate(wanted) if desired.selector == option}
    for index, plan in enumerate(plans):
        value = str(plan.changes.get(option, {}).get("after"))
        if selecting.get(value, index) != index:
            words = (
                f"{fleet.many}[{wanted[selecting[value]].position}] selects its {noun} by {show(value)}, which two "
                f"{fleet.resource.nouns} would then have: give each {noun} its own {option}"
            )
            yield index, Problem(option, words)
