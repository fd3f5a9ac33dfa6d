# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of the first shape, an attribute, and the draft that settings and rules complete.

The other shapes are in link.py (a relationship) and variant.py (a polymorphic attribute). Each shape knows how its
value is taken from a task, read from and written to a JSON:API resource, planned, and shown.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import Kind, expect, rejection, show
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import Problem

# The value of a setting that an answer does not hold, or that a task sets incorrectly. Unknown is not null.
MISSING: Any = object()
# What is shown instead of a secret.
MASK = "********"


def members(value: Any) -> Mapping[str, Any]:
    """Return a JSON object, or an empty one if the value is something else."""
    return value if isinstance(value, dict) else {}


# --- Drafts ---------------------------------------------------------------------------------------


@dataclass
class Draft:
    """A plan in the making: what a resource would be after a task, before that is compared with what it is.

    `noun`: what messages call the resource. `version`: the version of the API. `rows`: the settings in that version, by
    name. `wanted`: the values of the task. `flags`: its options that are no settings. `before`: the current values;
    none if the resource is `new`. `facts`: its read-only attributes. `after`: the values after the request. `added`:
    settings to send although they do not differ. `held`: the changes that are held back, as results show them.
    `implied`: the values that the API gives to other settings with this request.
    """

    noun: str
    version: str
    rows: Mapping[str, Setting]
    wanted: dict[str, Any]
    flags: Mapping[str, Any]
    before: Mapping[str, Any]
    facts: Mapping[str, Any]
    new: bool
    after: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    added: set[str] = field(default_factory=set)
    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    implied: dict[str, Any] = field(default_factory=dict)

    def reject(self, option: str, text: str) -> None:
        """Add a problem: the task fails, and nothing is sent."""
        self.problems.append(Problem(option, text))

    def warn(self, text: str) -> None:
        """Add a warning."""
        self.warnings.append(text)

    def keep(self, name: str) -> None:
        """Leave a setting as it is, whatever the task sets."""
        if name in self.before:
            self.after[name] = self.before[name]
        else:
            self.after.pop(name, None)

    def hold(self, name: str, why: str, remedy: str) -> None:
        """Keep a setting, and warn. `why`: what happens instead, and why. `remedy`: how to set it anyway."""
        change = self.rows[name].shown(self.before.get(name), self.after[name])
        self.held[name] = change
        self.warn(f"{name} {why}. To set it to {show(change['after'])} anyway, {remedy}")
        self.keep(name)

    def add(self, name: str) -> None:
        """Send a setting with any change, although it does not differ; `a.b` is the attribute b of the variant a."""
        self.added.add(name)

    def is_rejected(self, option: str) -> bool:
        """Return whether an option has a problem."""
        return any(problem.option == option for problem in self.problems)


# A rule of a resource: it sees the draft after merging, before it is compared.
Rule = Callable[[Draft], None]


# --- Settings -------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Setting:
    """An option, and the attribute of a resource that it sets.

    `kind`: the kind of its values. `nullable`: whether a task can set it to null. `null`: the canonical form of null,
    "" and []. `empty`: why an empty list is rejected, if it is. `most`: the maximum length of a list. `left_out`: what
    leaving the option out does, for messages. `attribute`: its name in the API, if that is another one.

    `required`: whether a new resource must have it; in a variant, whether a change to a type that has it must set it.
    `required_by`: the types of a variant that require it when a task changes to them. `remedy`: how to set it then, for
    messages. `costly`: whether the API chooses a value that may cost money, if a new resource does not have it.
    `secret`: whether its values are never shown. `belongs_to`: the secret that it belongs to. `unique`: whether the API
    rejects a text that another resource has, in upper or lower case. `default`: for options that are no settings.

    `versions`: the members that differ in another version of the API. `base`: in such a version, the row without the
    differences. All versions have the same canonical values.

    `tolerated`: a wider kind, of values that the API may have. A task can give them back, but not set them anew.
    `fixed`: whether no task can change it. `barred`: why no task can set it and no result has it, in a version.
    """

    # The member of a JSON:API resource that holds it.
    place: ClassVar[str] = "attributes"

    name: str
    kind: Kind
    nullable: bool = False
    null: Any = None
    empty: str | None = None
    most: int | None = None
    left_out: str = "to keep the current value"
    attribute: str = ""
    required: bool = False
    required_by: tuple[str, ...] = ()
    remedy: str = ""
    costly: bool = False
    secret: bool = False
    belongs_to: str = ""
    unique: bool = False
    default: Any = None
    versions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    base: Setting | None = None
    tolerated: Kind | None = None
    fixed: bool = False
    barred: str = ""

    @functools.cached_property
    def key(self) -> str:
        """Its name in the API."""
        return self.attribute or self.name

    @property
    def has_secret(self) -> bool:
        """Whether its value, or a part of it, must not be shown."""
        return self.secret

    @property
    def has_unique(self) -> bool:
        """Whether the API rejects its value, or a part of it, if another resource has it."""
        return self.unique

    def of_version(self, version: str) -> Setting:
        """Return the row as it is in a version of the API."""
        return replace(self, **self.versions[version], base=self) if version in self.versions else self

    # --- Values from tasks ---

    def spec(self) -> dict[str, Any]:
        """Return its part of an argument spec."""
        default = {} if self.default is None else {"default": self.default}
        return {**self.kind.spec, **default, **({"no_log": True} if self.secret else {})}

    def take(self, problems: list[Problem], value: Any, prefix: str = "") -> Any:
        """Return the canonical form of a value from a task; if it is rejected, MISSING, and add that to `problems`."""
        try:
            return self.desired(value)
        except ValueError as error:
            problems.append(Problem(f"{prefix}{self.name}", str(error)))
            return MISSING

    def desired(self, value: Any) -> Any:
        """Return the canonical form of a value from a task. Raises ValueError if it is rejected.

        A value that only the base or the tolerated kind accepts is not rejected: the resource may have it already, and
        then nothing changes.
        """
        try:
            return self.settable(value)
        except ValueError:
            if self.barred:
                raise
            for row in (self.base, replace(self, kind=self.tolerated) if self.tolerated else None):
                if row:
                    with contextlib.suppress(ValueError):
                        return row.settable(value)
            raise

    def settable(self, value: Any) -> Any:
        """Return the canonical form of a value that a task can change the setting to. Raises ValueError."""
        expect(not self.barred, self.barred)
        # Without a rule for it, an empty list is what null is.
        is_null = self.nullable and ((value == "" and self.kind.empty_is_null) or (value == [] and not self.empty))
        if value is None or is_null:
            expect(self.nullable, f"null is not accepted; leave the option out {self.left_out}")
            return self.null
        if value == [] and self.empty:
            raise ValueError(self.empty)
        is_list = self.kind.spec["type"] == "list"
        if (value == "" and (self.nullable or self.kind.spec["type"] != "str")) or (value == [""] and is_list):
            # Before ansible-core 2.19, a template that yields null arrives as an empty string.
            null = "null or " if self.nullable else ""
            raise ValueError(f"an empty string is not accepted; write {null}a value, or leave the option out")
        if self.secret and value == MASK:
            raise ValueError(f"{MASK} is shown instead of the value; write the value, or leave the option out")
        try:
            canonical = self.kind.canonical(value)
        except ValueError as error:
            if self.has_secret:
                raise ValueError(f"the value is not accepted; expected {error}") from error
            # The error of a list already shows the rejected elements.
            named = is_list and isinstance(value, (list, str, int)) and not isinstance(value, bool)
            raise ValueError(str(error) if named else rejection(value, error)) from error
        if self.most is not None and len(canonical) > self.most:
            raise ValueError(f"{len(canonical)} entries are not accepted; expected at most {self.most}")
        return canonical

    # --- Resources of the API ---

    def current(self, value: Any) -> Any:
        """Return the canonical form of a value from the API, or the value itself if it has none.

        Never raises: the API may have values that this collection would reject.
        """
        if value in (None, "", []):
            return self.null
        for decode in self._decoders:
            try:
                return decode(value)
            except ValueError:
                continue
        return value

    @functools.cached_property
    def _decoders(self) -> list[Callable[[Any], Any]]:
        """The conversions of values from the API: its own, then those of wider kinds and of other versions."""
        base = self.base.kind if self.base else None
        kinds = (self.kind, self.tolerated, base, *(row.get("kind") for row in self.versions.values()))
        return [kind.decode or kind.canonical for kind in kinds if kind]

    def read(self, resource: Mapping[str, Any]) -> Any:
        """Return the canonical value that a JSON:API resource holds, or MISSING."""
        if self.barred:
            return MISSING
        attributes = members(resource.get("attributes"))
        return self.current(attributes[self.key]) if self.key in attributes else MISSING

    def sent(
        self, after: Any, before: Any = None, raw: Mapping[str, Any] | None = None, also: Collection[str] = ()
    ) -> Any:
        """Return a value as a request holds it.

        `before`: the current value. `raw`: see `Item`. `also`: the attributes to send although they do not
        differ, for a variant.
        """
        return after if after is None or self.kind.encode is None else self.kind.encode(after)

    def sent_without_secrets(self, sent: Any) -> Any:
        """Return a value of a request with MASK instead of secrets."""
        return MASK if self.secret and sent is not None else sent

    # --- Plans ---

    def settle(self, draft: Draft) -> None:
        """Complete the value in a draft, or reject it."""
        value, had = draft.wanted.get(self.name), draft.before.get(self.name)
        if self.fixed and value not in (None, had):
            words = (
                f"cannot be changed: the {draft.noun} has {show(had)}, and the task says {show(value)}: correct it, or "
            )
            draft.reject(self.name, f"{words}leave it out")

    def check_anew(self, problems: list[Problem], after: Any, before: Any, version: str, prefix: str = "") -> None:
        """Add a new value that can be given back, but not set anew, to `problems`."""
        stricter = self.base and (self.kind, self.nullable) != (self.base.kind, self.base.nullable)
        if not (stricter or self.tolerated):
            return
        new = self.anew(after, before)
        if new == [] != after:
            return  # only the order of what it has differs
        try:
            self.settable(new)
        except ValueError as error:
            text = f"{error} (with api_version {version})" if stricter else str(error)
            problems.append(Problem(f"{prefix}{self.name}", text))

    def anew(self, after: Any, before: Any) -> Any:
        """Return the part of the value `after` that a change from `before` sets anew: what is tolerated may stay."""
        if self.tolerated and isinstance(after, list):
            return [value for value in after if value not in (before or ())]
        return after

    # --- Results ---

    def shown(self, before: Any, after: Any) -> dict[str, Any]:
        """Return a change as results and diffs show it."""
        if self.secret:
            # The two sides must differ, as the values do.
            new = f"{MASK} (new)" if None not in (before, after) and before != after else MASK
            before, after = (before and MASK, after and new)
        return {"before": before, "after": after}

    def returned(self, value: Any) -> Any:
        """Return a value as results show it."""
        return self.shown(value, None)["before"]

    def given_back(self, value: Any) -> Any:
        """Return a value as a task can set it again, or MISSING: a secret is left alone."""
        return MISSING if self.secret and value is not None else value

    def withheld(self, value: Any) -> list[str]:
        """Return the options whose values `given_back` leaves out."""
        return [self.name] if self.secret and value is not None else []

    def unmet(self, wanted: Any, asked: Any, answered: Any) -> Iterator[tuple[str, Any, Any]]:
        """Yield each option whose value in the answer differs from the one that the plan asked for, with both.

        `wanted`: the value of the task.
        """
        if asked != answered:
            change = self.shown(answered, asked)
            yield self.name, change["after"], change["before"]

    def uniques(self, value: Any) -> dict[tuple[str, str], str]:
        """Return the texts in a value that no other resource may have, by option and by what the API compares."""
        return {(self.name, value.lower()): value} if self.unique and isinstance(value, str) else {}

    def secrets(self, value: Any) -> set[str]:
        """Return the secrets in a value."""
        return {str(value)} if self.secret and value not in (None, MISSING) else set()


def collect(
    problems: list[Problem], rows: Iterable[Setting], given: Mapping[str, Any], prefix: str = ""
) -> dict[str, Any]:
    """Return the canonical values of the options in `given`; add rejected ones to `problems`."""
    taken = {row.name: row.take(problems, given[row.name], prefix) for row in rows if row.name in given}
    return {name: value for name, value in taken.items() if value is not MISSING}


def specs(rows: Iterable[Setting]) -> dict[str, Any]:
    """Return the argument spec of options."""
    return {row.name: row.spec() for row in rows}


def filter_by(name: str, kind: Kind) -> Setting:
    """Return the option for a filter. Null and an empty list are errors: an empty filter would select everything."""
    empty = "an empty list is not accepted; list at least one value, or leave the option out to not filter by it"
    return Setting(name, kind, left_out="to not filter by it", empty=empty)
