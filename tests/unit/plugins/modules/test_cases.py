# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of numbers and inbound trunks: what is sent, what equals what, and what is rejected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pytest
import yaml
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._resources.did import DID
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_in_trunk import VOICE_IN_TRUNK
from simulator.server import Simulator

from ...conftest import API_VERSIONS, ROOT, RunModule, runner

NEWEST = API_VERSIONS[-1]


class Subject(NamedTuple):
    """A resource with cases: its collection in the local API, and the id of the one that tasks change."""

    resource: Resource
    collection: str
    id: str


SUBJECTS = (
    Subject(DID, "dids", "6b1f4c0a-0000-4000-8000-000000000002"),
    Subject(VOICE_IN_TRUNK, "in_trunks", "93000000-0000-4000-8000-000000000001"),
)


class Case(NamedTuple):
    """A row of a file in tests/cases."""

    subject: Subject
    row: dict[str, Any]

    @property
    def option(self) -> str:
        """The option; `configuration.x` is set together with the type."""
        return str(self.row["option"])

    def options(self, value: Any) -> dict[str, Any]:
        """Return the options that set it to `value`."""
        option, _dot, attribute = self.option.partition(".")
        return {"id": self.subject.id, option: {"type": self.row["type"], attribute: value} if attribute else value}

    def request(self, sends: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON:API resource that a PATCH must send."""
        return {"type": self.subject.resource.type, "id": self.subject.id, **sends}

    def prepare(self, api: Simulator) -> None:
        """Set the resource to what the case starts with."""
        has = dict(self.row["has"])
        configuration = has.pop("configuration", None)
        if configuration:
            known = api.record(self.subject.collection, self.subject.id)["attributes"]["configuration"]
            has["attributes"] = {"configuration": {**known, "attributes": {**known["attributes"], **configuration}}}
        api.put_record(self.subject.collection, self.subject.id, has)


CASES = [
    Case(subject, row)
    for subject in SUBJECTS
    for row in yaml.safe_load((ROOT / "tests" / "cases" / f"{subject.resource.name}.yml").read_text(encoding="utf-8"))
]


def each(select: Callable[[dict[str, Any]], Iterable[Any]]) -> pytest.MarkDecorator:
    """Parametrize a test with `api_version`, `case` and `value`: all values that `select` returns for a row."""
    found = [
        (version, case, value)
        for version in API_VERSIONS
        for case in CASES
        if not (version == NEWEST and case.row.get("barred"))
        for value in select(case.row)
    ]
    names = [f"{version}-{case.subject.resource.name}-{case.option}={value!r:.40}" for version, case, value in found]
    return pytest.mark.parametrize(("api_version", "case", "value"), found, ids=names)


@pytest.fixture
def run(
    case: Case, local_api: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> RunModule:
    """Run the module of the case."""
    return runner("module", case.subject.resource.name, local_api, monkeypatch, capsys)


def changes(api: Simulator) -> list[Any]:
    """Return the JSON:API resources that were sent."""
    return [entry["body"]["data"] for entry in api.journal if entry["method"] != "GET"]


@each(lambda row: [row["sends"]])
def test_a_difference_is_sent_alone_and_once(
    local_api: Simulator, run: RunModule, case: Case, value: dict[str, Any]
) -> None:
    case.prepare(local_api)
    options = case.options(case.row["asks"])
    predicted = run(check=True, diff=True, **options)
    assert (predicted["changed"], changes(local_api)) == (True, [])
    done = run(diff=True, **options)
    assert changes(local_api) == [case.request(value)]
    assert case.option.partition(".")[0] in done["changes"]
    key = case.subject.resource.key
    for member in ("changed", key, "changes", "diff", "api_version"):
        assert done[member] == predicted[member]
    assert done["warnings"] == []
    for equal in (case.row["asks"], *case.row["equal"]):
        again = run(diff=True, **case.options(equal))
        assert (again["changed"], again["changes"], again[key]) == (False, {}, done[key])
    assert len(changes(local_api)) == 1


@each(lambda row: [None, *row.get("cleared", [])] if "clears" in row else [])
def test_null_clears(local_api: Simulator, run: RunModule, case: Case, value: Any) -> None:
    case.prepare(local_api)
    run(**case.options(case.row["asks"]))
    assert run(**case.options(value))["changed"] is True
    assert changes(local_api)[1:] == [case.request(case.row["clears"])]
    assert run(**case.options(None))["changed"] is False


@each(lambda row: [*row["refused"], *([] if "clears" in row else [{"value": None, "says": ""}])])
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_bad_value_is_rejected_before_any_change(
    local_api: Simulator, run: RunModule, check: bool, case: Case, value: dict[str, Any]
) -> None:
    case.prepare(local_api)
    if value["value"] is None and case.row["option"] == "configuration.host":
        value = {**value, "says": "required without enabled_sip_registration"}
    if value["value"] is None and case.row["option"] == "configuration.auth_user":
        value = {**value, "says": "required with auth_enabled: set it too"}
    result = run(check=check, **case.options(value["value"]))
    assert result["failed"] is True
    assert result["msg"].startswith(f"{case.option}: ")
    assert value["says"] in result["msg"]
    assert changes(local_api) == []


@pytest.mark.parametrize("api_version", [NEWEST])
@pytest.mark.parametrize("case", [case for case in CASES if case.row.get("barred")], ids=lambda case: case.option)
def test_what_a_version_stores_in_another_form_is_rejected_there(
    local_api: Simulator, run: RunModule, case: Case
) -> None:
    for value in (case.row["asks"], None):
        assert f"{case.option}: cannot be set with api_version {NEWEST}" in run(**case.options(value))["msg"]
    shown = run(id=case.subject.id)[case.subject.resource.key]
    option, _dot, attribute = case.option.partition(".")
    assert (attribute or option) not in (shown[option] if attribute else shown)
    assert changes(local_api) == []


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.resource.name)
def test_every_setting_has_its_case(subject: Subject) -> None:
    resource = subject.resource
    # Below, since they take more than one setting.
    elsewhere = {"number", "configuration.auth_enabled", "configuration.auth_password", "configuration.dst"}
    elsewhere.add("configuration.enabled_sip_registration")
    names = {row.name for row in resource.settings if row not in resource.variants}
    names |= {f"{row.name}.{name}" for row in resource.variants for name in row.attributes}
    assert {case.option for case in CASES if case.subject is subject} == names - elsewhere
