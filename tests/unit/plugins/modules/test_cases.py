# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each setting of each resource: what is sent, what equals what, what null does, and what is rejected."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pytest
import yaml
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._resources.did import DID
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_in_trunk import VOICE_IN_TRUNK
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK
from simulator.server import Simulator

from ... import conftest
from ...conftest import API_VERSIONS, LINKAGE, ROOT, TRUNK, methods, of_version, options_of
from .conftest import Run, changes, put

NEWEST = API_VERSIONS[-1]


class Subject(NamedTuple):
    """A resource with cases: its collection in the local API, and the id of the one that tasks change."""

    resource: Resource
    collection: str
    id: str


SUBJECTS = (
    Subject(DID, "dids", "6b1f4c0a-0000-4000-8000-000000000002"),
    Subject(VOICE_IN_TRUNK, "in_trunks", "93000000-0000-4000-8000-000000000001"),
    Subject(VOICE_OUT_TRUNK, "trunks", TRUNK),
)


class Case(NamedTuple):
    """A row of tests/cases.yml, or of a file in tests/cases."""

    subject: Subject
    row: dict[str, Any]

    @property
    def option(self) -> str:
        """The option; `configuration.x` is set together with the type."""
        return str(self.row["option"])

    def options(self, value: Any) -> dict[str, Any]:
        """Return the options that set it to `value`."""
        return {"id": self.subject.id, **options_of(self.row, value)}

    def request(self, sends: Any) -> tuple[str, dict[str, Any]]:
        """Return the method and the JSON:API resource that must be sent."""
        if self.subject.resource is VOICE_OUT_TRUNK:
            option = self.option.partition(".")[0]
            linked = {"data": [{"type": "dids", "id": did} for did in sends]} if option in LINKAGE else None
            sends = {"relationships": {option: linked}} if linked else {"attributes": {option: sends}}
        return "PATCH", {"type": self.subject.resource.type, "id": self.subject.id, **sends}

    def prepare(self, api: Simulator) -> None:
        """Set the resource to what the case starts with."""
        if self.subject.resource is VOICE_OUT_TRUNK:
            conftest.prepare(api, self.row)
        else:
            put(api, self.subject.collection, self.subject.id, self.row["has"])


CASES = [
    Case(subject, row)
    for subject in SUBJECTS
    for row in (
        conftest.CASES
        if subject.resource is VOICE_OUT_TRUNK
        else yaml.safe_load((ROOT / "tests" / "cases" / f"{subject.resource.name}.yml").read_text(encoding="utf-8"))
    )
]


def each(select: Callable[[dict[str, Any]], Iterable[Any]]) -> pytest.MarkDecorator:
    """Parametrize a test with `api_version`, `case` and `value`: all values that `select` returns for a row.

    Each uses another `front_end` than its neighbour, and mostly than the same in another version.
    """
    found = []
    for place, version in enumerate(API_VERSIONS):
        cases = [Case(case.subject, of_version(case.row, version)) for case in CASES]
        here = [case for case in cases if not (version == NEWEST and case.row.get("barred"))]
        values = [(case, value) for case in here for value in select(case.row)]
        front_ends = itertools.cycle(("module", "action") if place % 2 else ("action", "module"))
        found += [(front_end, version, *row) for front_end, row in zip(front_ends, values, strict=False)]
    names = [f"{'-'.join(way)}-{case.subject.resource.name}-{case.option}={value!r:.60}" for *way, case, value in found]
    return pytest.mark.parametrize(("front_end", "api_version", "case", "value"), found, ids=names)


@pytest.fixture
def one(case: Case, run: Run) -> Run:
    """Run the module of the case."""
    return lambda **options: run(case.subject.resource.name, **options)


@pytest.fixture
def fleet(case: Case, run: Run) -> Run:
    """Run the module of the case that takes a list, with one entry."""
    module, key = f"{case.subject.resource.name}s", case.subject.resource.keys
    return lambda check=False, **options: run(module, check=check, **{key: [options]})


@each(lambda row: [row["sends"]])
def test_a_difference_is_sent_alone_and_once(local_api: Simulator, one: Run, case: Case, value: Any) -> None:
    case.prepare(local_api)
    options, lookups = case.options(case.row["asks"]), ["GET"] * case.row.get("lookups", 0)
    predicted = one(check=True, diff=True, **options)
    assert (predicted["changed"], methods(local_api)) == (True, ["GET", *lookups])
    done = one(diff=True, **options)
    assert changes(local_api) == [case.request(value)]
    assert methods(local_api) == ["GET", *lookups, "GET", *lookups, "PATCH"]
    option, key = case.option.partition(".")[0], case.subject.resource.key
    # A number has one target: what it had before is cleared.
    assert list(done["changes"]) == [option] or case.subject.resource is DID
    assert option in done["changes"]
    for member in ("changed", key, "changes", "diff", "api_version"):
        assert done[member] == predicted[member]
    assert done["warnings"] == []
    for equal in (case.row["asks"], *case.row["equal"]):
        local_api.clear_journal()
        again = one(diff=True, **case.options(equal))
        assert (again["changed"], again["changes"], again[key]) == (False, {}, done[key])
        assert methods(local_api) == ["GET"]


@each(lambda row: [None, *row.get("cleared", [])] if "clears" in row else [])
def test_null_clears(local_api: Simulator, one: Run, fleet: Run, case: Case, value: Any) -> None:
    case.prepare(local_api)
    one(**case.options(case.row["asks"]))
    assert fleet(check=True, **case.options(value))["changed"] is True
    assert one(**case.options(value))["changed"] is True
    assert changes(local_api)[1:] == [case.request(case.row["clears"])]
    for same in (value, None):
        assert one(**case.options(same))["changed"] is False


def refused(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the values that are rejected: null too, unless it clears or can be given back."""
    values = [None, *(value["value"] for value in row["refused"]), *row.get("given_back", [])]
    null = {"value": None, "says": "null is not accepted; leave the option out"}
    return [*row["refused"], *([] if "clears" in row or None in values[1:] else [null])]


@each(refused)
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_bad_value_is_rejected_before_any_change(
    local_api: Simulator, one: Run, fleet: Run, check: bool, case: Case, value: dict[str, Any]
) -> None:
    case.prepare(local_api)
    result = one(check=check, **case.options(value["value"]))
    assert result["failed"] is True
    assert result["msg"].startswith(f"{case.option}: ")
    assert value["says"] in result["msg"]
    assert result["msg"] in fleet(check=check, **case.options(value["value"]))["msg"]
    # Only a rule can depend on what the resource has.
    assert methods(local_api) == (["GET", "GET"] if value.get("reads") else [])


@each(lambda row: row.get("given_back", []))
def test_a_value_that_only_another_version_accepts_can_be_given_back(
    local_api: Simulator, one: Run, fleet: Run, case: Case, value: Any
) -> None:
    options = case.options(value)
    for check in (True, False):
        case.prepare(local_api)
        assert one(check=check, **options)["msg"].startswith(f"{case.option}: ")
        assert fleet(check=check, **options)["msg"].startswith("trunks[0]")
        # The local API has no null threshold in this version, so the answers are changed.
        local_api.add_faults({"method": "GET", "times": 0, "answer_attributes": {case.option: value}})
        assert one(check=check, **options)["changed"] is False
        # Another change does not send it.
        both = one(check=check, **options, media_encryption_mode="zrtp")
        assert list(both["changes"]) == ["media_encryption_mode"]
        local_api.clear_faults()
    assert [list(data["attributes"]) for _method, data in changes(local_api)] == [["media_encryption_mode"]]


@pytest.mark.parametrize("api_version", [NEWEST])
@pytest.mark.parametrize("case", [case for case in CASES if case.row.get("barred")], ids=lambda case: case.option)
def test_what_a_version_stores_in_another_form_is_rejected_there(local_api: Simulator, one: Run, case: Case) -> None:
    for value in (case.row["asks"], None):
        assert f"{case.option}: cannot be set with api_version {NEWEST}" in one(**case.options(value))["msg"]
    shown = one(id=case.subject.id)[case.subject.resource.key]
    option, _dot, attribute = case.option.partition(".")
    assert (attribute or option) not in (shown[option] if attribute else shown)
    assert changes(local_api) == []


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.resource.name)
def test_every_setting_has_its_case(subject: Subject) -> None:
    resource = subject.resource
    # In tasks.yml, since they take more than one setting, or no answer has them.
    elsewhere = {"number", "configuration.auth_enabled", "configuration.auth_password", "configuration.dst"}
    elsewhere |= {"configuration.enabled_sip_registration", "default_did"}
    names = {row.name for row in resource.settings if row not in resource.variants}
    names |= {f"{row.name}.{name}" for row in resource.variants for name in row.attributes}
    assert {case.option for case in CASES if case.subject is subject} == names - elsewhere
