# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The trunk: the desired settings, the current ones, and the plan of changes between them.

Pure: no I/O, no Ansible, no HTTP.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import is_number, rejection, show
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import (
    AUTHENTICATION,
    AUTHENTICATION_ATTRIBUTES,
    AUTHENTICATION_TYPE,
    CLI_ACTION,
    DEFAULT_DID,
    DEFAULT_VERSION,
    DID_TYPE,
    ENTRY,
    FLAG_OF,
    ID,
    IDENTIFIERS,
    KNOWN_TYPES,
    LINKAGE,
    REPLACE_CLI,
    RESOURCE_TYPE,
    SECRETS,
    SETTABLE_TYPES,
    SETTINGS,
    STATE,
    WITH_CREDENTIALS,
    InvalidOptions,
    Problem,
    collect,
    collect_all,
    settings_of,
    unsupported,
)

# --- Desired: the settings in a task ---------------------------------------------------------


class Desired(NamedTuple):
    """The canonical `settings` that a task sets, for the trunk whose `selector` (id, name, ...) is `value`.

    `state`: whether the trunk must exist, is created if it does not, or is deleted; None if the task has no such
    option, and the trunk must exist. `unblock`: whether a trunk that reached its threshold may be unblocked. `version`:
    the version of the API.
    """

    selector: str
    value: str
    settings: dict[str, Any]
    state: str | None = "existing"
    unblock: bool = False
    version: str = DEFAULT_VERSION
    also_read: tuple[str, ...] = ()

    @property
    def linked(self) -> tuple[str, ...]:
        """The relationships that the task sets."""
        return tuple(name for name in LINKAGE if name in self.settings)

    @property
    def linkage(self) -> tuple[str, ...]:
        """The relationships that must be read: those that the task sets, and those in `also_read`."""
        return tuple(name for name in LINKAGE if name in self.settings or name in self.also_read)


def parse(given: Mapping[str, Any], version: str = DEFAULT_VERSION, state: str | None = None) -> Desired:
    """Check and convert the raw options of a task; None is an explicit null.

    `version`: the version of the API. `state`: the default for that option. Raises InvalidOptions with every problem
    that can be found without reading the trunk.
    """
    problems: list[Problem] = []
    unsupported(problems, given, [row.name for row in (ID, *SETTINGS, *ENTRY)])
    entry = {"state": state or STATE.default, **collect_all(problems, ENTRY, given)}
    values: dict[str, Any] = {}
    for row in (ID, *settings_of(version)):
        if row.name in given:
            collect(problems, values, row.name, row.desired, given[row.name])
            if row.name == AUTHENTICATION and row.name in values:
                values[row.name] = _parse_method(problems, values[row.name])
    selector = selector_of(problems, values)
    if problems:
        raise InvalidOptions(problems)
    return Desired(selector, values.pop(selector), values, **entry, version=version)


def selector_of(problems: list[Problem], values: Mapping[str, Any]) -> str:
    """Return the most specific identifier in `values`; if there is none, add that to `problems`."""
    selector = next((name for name in IDENTIFIERS if values.get(name) is not None), "")
    if not selector and not any(problem.option in IDENTIFIERS for problem in problems):
        problems.append(Problem("id", f"one of {', '.join(IDENTIFIERS)} is required to select the trunk"))
    return selector


def _parse_method(problems: list[Problem], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the canonical type and attributes that a task sets; add rejected ones to `problems`."""
    values: dict[str, Any] = {}
    prefix = f"{AUTHENTICATION}."
    known = [row.name for row in (AUTHENTICATION_TYPE, *AUTHENTICATION_ATTRIBUTES)]
    unsupported(problems, [name for name in given if name not in SECRETS], known, prefix)
    generated = (
        "no task can set it, because DIDWW generates it: voice_out_trunk_credentials generates a new pair, and "
        "voice_out_trunk_info returns the current one with include_credentials"
    )
    problems += [Problem(prefix + name, generated) for name in given if name in SECRETS]
    try:
        values["type"] = AUTHENTICATION_TYPE.kind.canonical(given.get("type"))
    except ValueError as error:
        words = rejection(given["type"], error) if "type" in given else f"required: {error}"
        problems.append(Problem(f"{prefix}type", words))
    kind = values.get("type")
    for attribute in AUTHENTICATION_ATTRIBUTES:
        if attribute.name not in given:
            continue
        option = prefix + attribute.name
        if kind in KNOWN_TYPES and kind not in attribute.types:
            problems.append(Problem(option, f"belongs to type {' or '.join(attribute.types)}, not to {kind}"))
        else:
            collect(problems, values, option, attribute.desired, given[attribute.name])
    return values


def label(given: Mapping[str, Any]) -> str:
    """Return the most readable identifier in the options of a trunk, for messages."""
    values = (given.get(name) for name in reversed(IDENTIFIERS))
    return next((str(value) for value in values if value and isinstance(value, (str, int))), "no identifier")


def numbers_in(desired: Desired) -> dict[str, set[str]]:
    """Return the numbers, as digits, of the DIDs that a task lists by number, for each relationship."""
    listed = {name: desired.settings[name] for name in desired.linked}
    if DEFAULT_DID in desired.settings:
        listed[DEFAULT_DID] = [desired.settings[DEFAULT_DID]]
    return {name: {did for did in dids if is_number(did)} for name, dids in listed.items()}


def with_ids(
    problems: list[Problem], desired: Desired, ids: Mapping[str, Collection[str]], before: Mapping[str, Any]
) -> Desired:
    """Return `desired` with the numbers of DIDs replaced by ids.

    If several DIDs have the same number, the linked ones are selected. A number without a DID, or with
    several DIDs of which none is linked, is added to `problems`.
    """
    settings = dict(desired.settings)
    for name in numbers_in(desired):
        found: set[str] = set()
        unknown = []
        for did in [settings[name]] if name == DEFAULT_DID else settings[name]:
            if not is_number(did):
                found.add(did)
                continue
            candidates = set(ids.get(did, ()))
            linked = candidates.intersection(before.get(name) or ())
            if not candidates:
                unknown.append(did)
            elif len(candidates) > 1 and not linked:
                which = ", ".join(sorted(candidates))
                problems.append(Problem(name, f"{len(candidates)} DIDs have the number {did}; list one by id: {which}"))
            found |= linked or candidates
        if unknown:
            problems.append(Problem(name, f"no DID in this account has the number {', '.join(unknown)}"))
        settings[name] = min(found, default=None) if name == DEFAULT_DID else sorted(found)
    return desired._replace(settings=settings)


# --- Current: the trunk in DIDWW ------------------------------------------------------------------


@dataclass(frozen=True)
class Trunk:
    """A trunk, current or planned.

    `id`: None for a trunk that check mode does not create. `settings`: canonical values by option name. Settings that
    the answer lacked are missing: `dids` and `emergency_dids`, unless they were requested, and `default_did`. `facts`:
    read-only attributes. `numbers`: known DID numbers, by id. `raw_method`: DIDWW's attributes of the authentication
    method, without the secrets; they are sent back when one of them changes.
    """

    id: str | None
    settings: dict[str, Any]
    facts: dict[str, Any]
    numbers: Mapping[str, str] = field(default_factory=dict)
    raw_method: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The name of the trunk, or its id if the answer did not include the name."""
        return str(self.settings.get("name") or self.id or next(iter(self.settings.values()), ""))

    def returned(self) -> dict[str, Any]:
        """Return the trunk as modules return it: the settings by option name, then the facts."""
        returned = {"id": self.id, **self.settings, **self.facts}
        linked = [did for name in LINKAGE for did in self.settings.get(name, ())]
        if any(name in self.settings for name in LINKAGE):
            returned["did_numbers"] = self.numbers_of(linked)
        return returned

    def numbers_of(self, dids: Iterable[str]) -> dict[str, str]:
        """Return the known numbers of `dids`, by id."""
        return {did: self.numbers[did] for did in dids if did in self.numbers}

    def completed_by(self, planned: Trunk) -> Trunk:
        """Return this trunk, the answer to a PATCH, with the parts that such an answer lacks: linkage, maybe `meta`."""
        settings = {**planned.settings, **self.settings}
        settings = {setting.name: settings[setting.name] for setting in SETTINGS if setting.name in settings}
        facts = {name: planned.facts[name] if value is None else value for name, value in self.facts.items()}
        return replace(self, settings=settings, facts=facts, numbers=planned.numbers)


def read(resource: Mapping[str, Any], numbers: Mapping[str, str] | None = None) -> Trunk:
    """Convert a `voice_out_trunks` resource to a trunk, without its SIP credentials.

    `numbers`: known DID numbers, by id. Accepts any valid JSON:API resource, with any attribute values.
    """
    attributes = resource.get("attributes") or {}
    authentication = _object(attributes.get(AUTHENTICATION))
    details = _object(authentication.get("attributes"))
    settings: dict[str, Any] = {}
    for setting in SETTINGS:
        if setting.name in LINKAGE:
            linked = _object(_object(resource.get("relationships")).get(setting.name)).get("data")
            if isinstance(linked, list):
                settings[setting.name] = setting.current([identifier["id"] for identifier in linked])
        elif setting.name == AUTHENTICATION:
            if isinstance(authentication.get("type"), str):
                settings[setting.name] = {"type": authentication["type"]}
                settings[setting.name].update(
                    (attribute.name, attribute.current(details[attribute.name]))
                    for attribute in AUTHENTICATION_ATTRIBUTES
                    if authentication["type"] in attribute.types and attribute.name in details
                )
        elif setting.name in attributes:
            settings[setting.name] = setting.current(attributes[setting.name])
    return Trunk(
        id=resource["id"],
        settings=settings,
        facts={
            "created_at": attributes.get("created_at"),
            "threshold_reached": attributes.get("threshold_reached"),
            "spent_amount": _object(resource.get("meta")).get("spent_amount"),
        },
        numbers=numbers or {},
        raw_method={name: value for name, value in details.items() if name not in SECRETS},
    )


def not_accepted(trunk: Trunk, version: str = DEFAULT_VERSION) -> dict[str, str]:
    """Return the settings whose values a task cannot set, by option, with the reason.

    DIDWW may have values that it would reject, or that this collection does not know yet.
    """
    values = [(row, row.name, trunk.settings) for row in settings_of(version) if row.name != AUTHENTICATION]
    method = trunk.settings.get(AUTHENTICATION, {})
    values += [(row, f"{AUTHENTICATION}.{row.name}", method) for row in AUTHENTICATION_ATTRIBUTES]
    problems: list[Problem] = []
    for setting, option, held in values:
        if setting.name in held:
            collect(problems, {}, option, setting.desired, held[setting.name])
    return dict(problems)


def options(trunk: Trunk, rejected: Collection[str] = ()) -> dict[str, Any]:
    """Return the options that set everything that a trunk has.

    The options `rejected`, which no task can set, are left out, and so are the DIDs that DIDWW manages. DIDs are
    listed by number if all their numbers are known.
    """
    given: dict[str, Any] = {"id": trunk.id}
    for name, value in trunk.settings.items():
        if name in rejected or trunk.settings.get(FLAG_OF.get(name, "")) is True:
            continue
        if name == AUTHENTICATION:
            value = {key: held for key, held in value.items() if f"{name}.{key}" not in rejected}
        elif name in LINKAGE and all(did in trunk.numbers for did in value):
            value = sorted(trunk.numbers[did] for did in value)
        given[name] = value
    return given


def credentials(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return the SIP username and password of a trunk, or null if its authentication method has none."""
    details = _object(_object(_object(resource.get("attributes")).get(AUTHENTICATION)).get("attributes"))
    return {name: details.get(name) for name in SECRETS}


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


# --- Plan: the differences, and the PATCH that removes them ---------------------------------------


@dataclass(frozen=True)
class Plan:
    """The changes that a task makes.

    `changes`: `{setting: {"before", "after"}}`, canonical, in the table's order. `resource`: the JSON:API resource to
    send with `method`, or None if nothing differs. `after`: the trunk after the request; if it does not exist then
    (`exists`), as it was before. `held`: the changes that `unblock` would allow, in the form of `changes`. `warnings`:
    what the changes entail. `before`: the trunk before the request, if it exists then.
    """

    changes: dict[str, dict[str, Any]]
    resource: dict[str, Any] | None
    after: Trunk
    method: str = "PATCH"
    exists: bool = True
    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    before: Trunk | None = None

    @property
    def name(self) -> str:
        """The name of the trunk before the update."""
        before = self.changes.get("name", {}).get("before")
        return self.after.name if before is None else str(before)

    @property
    def relinked(self) -> list[str]:
        """The ids of all DIDs, before and after, in the relationships that change."""
        sides = [side for name in LINKAGE for side in self.changes.get(name, {}).values()]
        dids = [did for side in sides for did in side or ()]
        return dids + [did for did in self.changes.get(DEFAULT_DID, {}).values() if did]


def plan(
    desired: Desired,
    current: Trunk,
    ids: Mapping[str, Collection[str]] | None = None,
    names: Mapping[str, str] | None = None,
) -> Plan:
    """Compare the desired settings with the current trunk.

    `current` must include the linkage that `desired` sets. `ids`: the ids of the DIDs with each number in
    `desired`. `names`: the ids of the account's other trunks by name, as far as they were read.

    Raises InvalidOptions with every problem that depends on the current trunk (DIDWW API 3 (2026-04-16),
    "Update Outbound Trunk", authentication method and relationships), on DID numbers, or on names in use.
    """
    problems: list[Problem] = []
    before = current.settings
    desired = with_ids(problems, desired, ids or {}, before)
    held = _held(desired, current)
    desired = desired._replace(settings={name: value for name, value in desired.settings.items() if name not in held})
    after = {**before, **desired.settings}
    if AUTHENTICATION in desired.settings:
        after[AUTHENTICATION] = _method_after(problems, desired, before)
    if after.get("name") != before.get("name"):
        check_name(problems, after, names or {})
    # What DIDWW manages is as if the task left it out.
    after.update((name, before[name]) for name in managed_linkage(problems, after, desired, before))
    check_default_did(problems, after, desired, before)
    changes = {
        setting.name: {"before": before.get(setting.name), "after": after[setting.name]}
        for setting in SETTINGS
        # A setting that the answer lacks is unknown, not null.
        if setting.name in after and (setting.name not in before or before[setting.name] != after[setting.name])
    }
    check_settable(problems, {name: after[name] for name in changes}, before, desired.version)
    if problems:
        raise InvalidOptions(problems)
    # DIDWW may unlink its DIDs when the flag goes off, so send those that the task lists.
    newly_unmanaged = {
        name for name in desired.linked if before.get(FLAG_OF[name]) is True and FLAG_OF[name] in changes
    }
    sent = changes.keys() | newly_unmanaged | _required_alongside(changes, desired.version)
    resource = resource_of(current, sent, after) if changes else None
    planned = Trunk(current.id, after, current.facts, current.numbers)
    return Plan(changes, resource, planned, held=held, warnings=_warnings_of(changes), before=current)


def _held(desired: Desired, current: Trunk) -> dict[str, dict[str, Any]]:
    """Return the change of status that would undo a block by DIDWW: a routine task must not let a fraud go on."""
    status = current.settings.get("status")
    # Unknown is neither active nor below the threshold.
    guarded = status is None or current.facts.get("threshold_reached") is not False
    if desired.settings.get("status") == "active" != status and guarded and not desired.unblock:
        return {"status": {"before": status, "after": "active"}}
    return {}


def _warnings_of(changes: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Return what a user must know about changes: another type of authentication ends the SIP credentials.

    DIDWW API 3 (2026-04-16), "Update Outbound Trunk": the attributes of the previous type are cleared.
    """
    method = changes.get(AUTHENTICATION)
    if method is None or method["before"]["type"] == method["after"]["type"]:
        return ()
    old, new = method["before"]["type"], method["after"]["type"]
    words = f"{AUTHENTICATION}.type changes from {old} to {new}: "
    if old in WITH_CREDENTIALS:
        return (f"{words}the trunk loses its SIP username and password, and a change back generates new ones",)
    if new in WITH_CREDENTIALS:
        read = "voice_out_trunk_info returns them with include_credentials"
        return (f"{words}DIDWW generates a new SIP username and password; {read}",)
    return ()


def check_settable(
    problems: list[Problem], changed: Mapping[str, Any], before: Mapping[str, Any], version: str
) -> None:
    """Add the new values that can be given back, but not set anew, to `problems`."""
    for row in settings_of(version):
        stricter = row.base and (row.kind, row.nullable) != (row.base.kind, row.base.nullable)
        if row.name not in changed or not (stricter or row.tolerated):
            continue
        try:
            row.settable(row.anew(changed[row.name], before.get(row.name)))
        except ValueError as error:
            problems.append(Problem(row.name, f"{error} (with api_version {version})" if stricter else str(error)))


def _required_alongside(changes: Mapping[str, Mapping[str, Any]], version: str) -> set[str]:
    """Return the settings that DIDWW requires alongside a new type of the authentication method."""
    method = changes.get(AUTHENTICATION)
    if method is None or method["before"]["type"] == method["after"]["type"]:
        return set()
    return {row.name for row in settings_of(version) if method["after"]["type"] in row.required_by}


def _method_after(problems: list[Problem], desired: Desired, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the authentication method after the update; add what DIDWW would reject to `problems`."""
    wanted = desired.settings[AUTHENTICATION]
    if AUTHENTICATION not in before:
        words = "DIDWW's answer does not include the current one, so a change could lose some of its attributes"
        problems.append(Problem(AUTHENTICATION, words))
        return dict(wanted)
    had = before[AUTHENTICATION]
    if wanted["type"] != had["type"]:
        return _method_of_another_type(problems, desired, before)
    if had["type"] in SETTABLE_TYPES:
        # DIDWW replaces the whole method, so keep the attributes that the task does not set.
        return {**had, **wanted}
    problems += [
        Problem(
            f"{AUTHENTICATION}.{name}",
            f"only DIDWW staff can change this for type {had['type']}; the trunk has {show(had.get(name))}, "
            f"the task sets {show(value)}",
        )
        for name, value in wanted.items()
        if value != had.get(name)
    ]
    return dict(had)


def _method_of_another_type(problems: list[Problem], desired: Desired, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the authentication method after a change of type; add missing attributes to `problems`."""
    wanted = desired.settings[AUTHENTICATION]
    old, new = before[AUTHENTICATION]["type"], wanted["type"]
    words = ""
    if old not in KNOWN_TYPES:
        words = f"this trunk's type is {show(old)}, which only DIDWW staff can set or change"
    elif new not in SETTABLE_TYPES:
        words = (
            f"{show(new)} is not accepted; expected {' or '.join(SETTABLE_TYPES)}; this trunk's type is {old}, and "
            "only DIDWW staff can set other types"
        )
    if words:
        problems.append(Problem(f"{AUTHENTICATION}.type", words))
        return dict(wanted)
    when = f"when authentication_method.type changes from {old} to {new}"
    return new_method(problems, desired, before, when)


def new_method(problems: list[Problem], desired: Desired, before: Mapping[str, Any], when: str) -> dict[str, Any]:
    """Return an authentication method that sets all attributes of its type; add what it requires to `problems`.

    `when`: why something is required, for the message.
    """
    method = desired.settings[AUTHENTICATION]
    kind = method["type"]
    attributes = [row for row in AUTHENTICATION_ATTRIBUTES if kind in row.types]
    problems += [
        Problem(f"{AUTHENTICATION}.{row.name}", f"required {when}")
        for row in attributes
        if row.required and row.name not in method
    ]
    problems += [
        Problem(row.name, f"required {when}: list addresses, or write null for no restriction")
        for row in settings_of(desired.version)
        if kind in row.required_by and row.name not in desired.settings and before.get(row.name) is None
    ]
    return {"type": kind, **{row.name: method.get(row.name, row.null) for row in attributes}}


def managed_linkage(
    problems: list[Problem], after: Mapping[str, Any], desired: Desired, before: Mapping[str, Any]
) -> list[str]:
    """Return the relationships in `desired` that DIDWW manages: the task cannot change them.

    DIDWW rejects them even if they are empty (DIDWW API 3 (2026-04-16), "Update Outbound Trunk").
    """
    managed = []
    for name in desired.linked:
        flag, wanted = FLAG_OF[name], desired.settings[name]
        if after.get(flag) is not True:
            continue
        was_on = before.get(flag) is True
        if wanted and not (was_on and wanted == before[name]):
            words = f"DIDs cannot be listed while {flag} is true: leave {name} out, or set {flag} to false"
            problems.append(Problem(name, words))
        else:
            managed.append(name)
    return managed


def check_name(problems: list[Problem], after: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Add a name that another trunk already has to `problems`. `names`: the ids of other trunks by name."""
    holder = names.get(str(after.get("name")))
    if holder is not None:
        words = f"another trunk in this account, {holder}, is already called {show(after['name'])}, and DIDWW rejects "
        words += "duplicate names: choose another name, or select that trunk to change it"
        problems.append(Problem("name", words))


def check_default_did(
    problems: list[Problem], after: Mapping[str, Any], desired: Desired, before: Mapping[str, Any]
) -> None:
    """Add a `default_did` that DIDWW would reject, or that it requires, to `problems`: it belongs to replace_cli."""
    action = after.get(CLI_ACTION, REPLACE_CLI)
    if DEFAULT_DID in desired.settings:
        if action != REPLACE_CLI:
            words = f"only for a trunk whose {CLI_ACTION} is {REPLACE_CLI}; it is {action}: leave {DEFAULT_DID} out"
            problems.append(Problem(DEFAULT_DID, f"{words}, or set {CLI_ACTION} to {REPLACE_CLI}"))
        return
    required = any(row.required for row in settings_of(desired.version) if row.name == DEFAULT_DID)
    if required and desired.settings.get(CLI_ACTION) == REPLACE_CLI != before.get(CLI_ACTION):
        words = f"required when {CLI_ACTION} changes to {REPLACE_CLI}: set it to the id or the number of a DID "
        words += f"(with api_version {desired.version})"
        problems.append(Problem(DEFAULT_DID, words))


def resource_of(current: Trunk, names: Collection[str], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON:API resource that sets the settings `names` to their values in `after`."""
    attributes: dict[str, Any] = {}
    relationships: dict[str, Any] = {}
    for name in (row.name for row in SETTINGS if row.name in names):
        value = after[name]
        if name in LINKAGE:
            relationships[name] = {"data": [{"type": DID_TYPE, "id": did} for did in value]}
        elif name == DEFAULT_DID:
            relationships[name] = {"data": {"type": DID_TYPE, "id": value}}
        else:
            attributes[name] = value
    if AUTHENTICATION in names:
        method = after[AUTHENTICATION]
        same_type = current.settings[AUTHENTICATION]["type"] == method["type"]
        # Canonical values: DIDWW returns "" for a missing tech_prefix, but rejects it.
        known = {name: value for name, value in method.items() if name != "type" and (same_type or value is not None)}
        details = {**(current.raw_method if same_type else {}), **known}
        attributes[AUTHENTICATION] = {"type": method["type"], "attributes": details}
    members = {"id": current.id, "attributes": attributes, "relationships": relationships}
    return {"type": RESOURCE_TYPE, **{name: member for name, member in members.items() if member}}


# --- Unmet settings, and the diff ---------------------------------------------------------


class Unmet(NamedTuple):
    """A setting that DIDWW returned with another value than was sent."""

    option: str
    asked: Any
    answered: Any


def warnings(desired: Desired, planned: Trunk, answered: Trunk) -> list[str]:
    """Return a warning for each setting that DIDWW returned with another value than was sent."""
    return [
        f"DIDWW returned {setting.option} {show(setting.answered)}, but the task sets {show(setting.asked)}"
        for setting in unmet(desired, planned, answered)
    ]


def unmet(desired: Desired, planned: Trunk, answered: Trunk) -> list[Unmet]:
    """Return the settings in `desired` whose values in `answered` differ from those in `planned`."""
    found = []
    for name in desired.settings:
        if name not in planned.settings:  # held, or managed by DIDWW
            continue
        asked, got = planned.settings[name], answered.settings.get(name, planned.settings[name])
        if name == AUTHENTICATION:
            found += [
                Unmet(f"{name}.{attribute}", asked[attribute], got[attribute])
                for attribute in desired.settings[name]
                if attribute in got and asked[attribute] != got[attribute]
            ]
        elif asked != got:
            found.append(Unmet(name, asked, got))
    return found


def diff(plan_: Plan) -> dict[str, str]:
    """Return Ansible's diff of a plan: the differences of each setting, in the table's order.

    As text, since Ansible would sort a dict by key. Each line names its setting. So no two settings have equal lines,
    and the empty lines between settings, the same on both sides, keep before and after of each together.
    """
    title = f"voice_out_trunk {plan_.name}" + (f" ({plan_.after.id})" if plan_.after.id else "")
    blocks = [_block(name, **change, numbers=plan_.after.numbers) for name, change in plan_.changes.items()]
    # From nothing to everything, or back: there is nothing to keep together.
    space = "\n" if plan_.method == "PATCH" else ""
    before, after = (space.join("".join(f"{line}\n" for line in block[side]) for block in blocks) for side in (0, 1))
    if plan_.method != "PATCH":
        before, after = ("", after) if plan_.exists else (before, "")
    return {"before_header": title, "after_header": title, "before": before, "after": after}


def _block(name: str, before: Any, after: Any, numbers: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the lines that show a setting before, and those that show it after, without those in both."""
    sides = _lines(name, before, numbers), _lines(name, after, numbers)
    same = [line for line in sides[0] if line in sides[1]]
    count = [f"# {name}: {len(same)} unchanged"] if same else []
    gone, new = ([line for line in side if line not in same] for side in sides)
    # A trunk that is created with null, or deleted with it.
    if not gone and not new:
        return sides
    return count + gone, count + new


def _lines(name: str, value: Any, numbers: Mapping[str, str]) -> list[str]:
    """Return a line for each entry or attribute of a value; DIDs with their numbers, where these are known."""
    if value and isinstance(value, dict) and all(key.isidentifier() for key in value):
        return [line for key, held in value.items() for line in _lines(f"{name}.{key}", held, numbers)]
    entries = value if value and isinstance(value, list) else [value]
    known = {did: f"  # {number}" for did, number in numbers.items()}
    return [f"{name}: {show(entry)}{known.get(str(entry), '')}" for entry in entries]
