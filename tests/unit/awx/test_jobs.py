# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job templates for AWX, run by ansible-runner against the local API."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from simulator.server import Simulator

from ..conftest import ROOT
from .job import CREDENTIAL_TYPE, TEMPLATES, Job, inject, launch

KEY = "planted-key"
TEXT = (ROOT / "tests" / "simulator" / "seed.json").read_text(encoding="utf-8").replace("local-key", KEY)
SEED: dict[str, Any] = json.loads(TEXT)
OWN = [trunk for trunk in SEED["trunks"] if trunk.get("account", KEY) == KEY]
IDS = {trunk["attributes"]["name"]: trunk["id"] for trunk in OWN}
ACTIVE = {trunk["id"] for trunk in OWN if trunk["attributes"].get("status", "active") == "active"}
METHODS = [trunk["attributes"]["authentication_method"]["attributes"] for trunk in OWN]
PASSWORDS = [method[secret] for method in METHODS for secret in ("username", "password") if secret in method]
# The differences between trunks.yml in the project and the seed.
CHANGE = {"capacity_limit": 60, "threshold_amount": "500.0"}
DRIFT = {
    name: {"before": before, "after": CHANGE[name]}
    for name, before in (("capacity_limit", 30), ("threshold_amount", "1000.0"))
}


@pytest.fixture
def api() -> Iterator[Simulator]:
    with Simulator(SEED, rate=0) as server:
        yield server


Launch = Callable[..., Job]


@pytest.fixture
def run(api: Simulator, project: Path, tmp_path: Path) -> Launch:
    """Launch a job template with answers to its survey, after a job that left artifacts.

    Check that the job `fails` or not, and leaves no secrets.
    """

    def run(template: str, *, fails: bool = False, job_type: str = "", artifacts: Any = None, **answers: str) -> Job:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        job = launch(folder, project, template, {"api_key": KEY, "api_url": api.url}, answers, job_type, artifacts)
        assert job.status == ("failed" if fails else "successful")
        assert len(job.output) > 1000
        assert [secret for secret in (KEY, *PASSWORDS) if secret in job.output] == []
        return job

    return run


def patches(api: Simulator) -> list[dict[str, Any]]:
    """Return the resources in all updates since the last call."""
    sent = [entry["body"]["data"] for entry in api.journal if entry["method"] == "PATCH"]
    api.clear_journal()
    return sent


# --- Credential ---

SANDBOX, GATEWAY = "https://sandbox-api.didww.com/v3", "https://gateway.example.com/v3"
UNSET = {"DIDWW_API_URL": "", "DIDWW_API_VERSION": "", "DIDWW_API_TOKEN_URL": ""}


@pytest.mark.parametrize(
    ("inputs", "injected"),
    [
        ({}, {}),
        ({"environment": "production", "api_url": ""}, {}),
        ({"environment": "sandbox"}, {"DIDWW_API_URL": SANDBOX}),
        ({"environment": "sandbox", "api_url": GATEWAY}, {"DIDWW_API_URL": GATEWAY}),
        ({"api_version": "1", "api_token_url": GATEWAY}, {"DIDWW_API_VERSION": "1", "DIDWW_API_TOKEN_URL": GATEWAY}),
    ],
)
def test_what_a_credential_injects(inputs: Mapping[str, str], injected: dict[str, str]) -> None:
    real, safe = inject({"api_key": KEY, **inputs})
    assert real == {"DIDWW_API_KEY": KEY, **UNSET, **injected}
    assert KEY not in str(safe)


def test_awx_accepts_the_credential_type() -> None:
    # AWX renders each injector with an example for each input, and rejects unknown names.
    fields = [field["id"] for field in CREDENTIAL_TYPE["inputs"]["fields"]]
    strict = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for template in CREDENTIAL_TYPE["injectors"]["env"].values():
        assert strict.from_string(str(template)).render(dict.fromkeys(fields, "EXAMPLE"))
    assert set(CREDENTIAL_TYPE["inputs"]["required"]) <= set(fields)


# --- Run and check ---


def test_check_then_run_then_check(api: Simulator, run: Launch) -> None:
    check = run("check trunks")
    assert patches(api) == []
    predicted = check.tasks["Update the trunks"]
    assert [each["changes"] for each in predicted["trunks"]] == [DRIFT, {}]
    assert [part["after"] for part in predicted["diff"]] == ['capacity_limit: 60\n\nthreshold_amount: "500.0"\n']
    done = run("keep trunks")
    assert [patch["attributes"] for patch in patches(api)] == [CHANGE]
    assert done.tasks["Update the trunks"]["trunks"] == predicted["trunks"]
    again = run("check trunks")
    assert again.tasks["Update the trunks"]["changed"] is False


def test_an_audit_fails_while_there_is_drift(api: Simulator, run: Launch) -> None:
    drifted = run("audit trunks", fails=True)
    assert drifted.tasks["Fail if there is drift"]["msg"] == "1 of 2 trunks differs from the list: EU SBC"
    trunks = [{"id": IDS["EU SBC"], "name": "EU SBC", "changes": DRIFT, "held": {}}]
    found = drifted.artifacts["drift"]
    assert [found[name] for name in ("checked", "drifted", "trunks", "missing")] == [2, 1, trunks, []]
    assert len(found["unmanaged"]) == 5
    assert drifted.tasks["Report drift"]["results"][1]["item"].split() == ["EU", "SBC", "capacity_limit", "30", "60"]
    assert patches(api) == []
    run("keep trunks")
    kept = run("audit trunks").artifacts["drift"]
    report = {"failed": False, "checked": 2, "drifted": 0, "trunks": [], "missing": []}
    assert kept == {**kept, **report}


# --- Surveys ---


def test_block_one_trunk_with_the_other_answers_left_empty(api: Simulator, run: Launch) -> None:
    check = run("block trunks", job_type="check", trunk="EU SBC")
    assert check.tasks["Report the blocked trunks"]["msg"].strip() == "Would be blocked: EU SBC."
    assert patches(api) == []
    # Artifacts of earlier jobs of a workflow do not disturb it.
    artifacts = {"blocked": [IDS["Any DID"]], "spend": {"near": []}, "drift": {}}
    job = run("block trunks", artifacts=artifacts, trunk="EU SBC", name_contains="")
    assert job.artifacts == {"blocked": [IDS["EU SBC"]]}
    (patch,) = patches(api)
    assert (patch["id"], patch["attributes"]) == (IDS["EU SBC"], {"status": "blocked"})


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"trunk": "EU SBC", "all": "yes", "confirm": "yes"}, "all: cannot be combined with trunk. Which trunks?"),
        ({"all": "yes", "confirm": ""}, "Nothing was blocked."),
        ({"name_contains": "London"}, "Nothing was blocked."),
        ({"trunk": "{{ 7 * 7 }}"}, 'trunk: no trunk has the id, external_reference_id or name "{{ 7 * 7 }}"'),
    ],
)
def test_block_nothing_without_confirmation(api: Simulator, run: Launch, answers: dict[str, Any], words: str) -> None:
    job = run("block trunks", fails=True, **answers)
    assert list(job.tasks.values())[-1]["msg"].startswith(words)
    assert patches(api) == []


# --- Workflows ---


def test_no_artifact_makes_a_watch_green(run: Launch) -> None:
    spend = {"failed": False, "checked": 0, "reached": [], "near": [], "unlimited": [], "unknown": []}
    artifacts = {"spend": spend, "drift": {"drifted": 0}, "blocked": []}
    job = run("watch spend", fails=True, artifacts=artifacts)
    found = job.tasks["Fail if a trunk is reported"]["msg"]
    assert found.startswith("Reached the threshold: Any DID.")
    assert job.artifacts["spend"]["checked"] == len(OWN)
    audit = run("audit trunks", fails=True, artifacts=artifacts)
    assert audit.artifacts["drift"]["drifted"] == 1


def test_a_workflow_unblocks_all_that_a_job_blocked(api: Simulator, run: Launch) -> None:
    blocked = run("block trunks", all="yes", confirm="yes").artifacts
    assert {patch["id"] for patch in patches(api)} == {*blocked["blocked"]} == ACTIVE
    assert all(api.trunk(trunk)["attributes"]["status"] == "blocked" for trunk in ACTIVE)
    again = run("block trunks", name_contains="Outbound trunk", confirm="yes")
    assert again.tasks["Report the blocked trunks"]["msg"] == "Blocked: none. Already blocked: Outbound trunk Name."
    assert again.artifacts == {"blocked": []}
    reached = IDS["Any DID"]
    gone = IDS["Carrier interconnect"]
    api.remove_trunk(gone)
    patches(api)
    first = run("unblock trunks", fails=True, artifacts=blocked, confirm="yes")
    report = first.tasks["Report the unblocked trunks"]["msg"]
    assert "STILL BLOCKED, because the threshold was reached or this is unknown: Any DID." in report
    assert report.endswith(f"Gone: {gone}.")
    assert {patch["id"] for patch in patches(api)} == ACTIVE - {reached, gone}
    # Outside a workflow, the ids are pasted.
    run("unblock trunks", confirm="yes", unblock="yes", blocked=json.dumps(blocked["blocked"]))
    assert [patch["id"] for patch in patches(api)] == [reached]
    assert all(api.trunk(trunk)["attributes"]["status"] == "active" for trunk in ACTIVE - {gone})


def test_a_workflow_applies_what_was_approved(api: Simulator, run: Launch) -> None:
    planned = run("plan trunks")
    lines = [result["item"] for result in planned.tasks["Show the plan"]["results"]]
    assert [line.split() for line in lines[:3]] == [
        ["TRUNK", "REQUEST", "CHANGES"],
        ["EU", "SBC", "update", "capacity_limit:", "30", "->", "60"],
        ["threshold_amount:", '"1000.0"', "->", '"500.0"'],
    ]
    tokens = planned.artifacts["approved_plan"]
    assert re.fullmatch(r"p1-[0-9a-f]{64}", tokens)
    # While they wait for the approval, somebody changes a setting that the list names.
    api.put_trunk(IDS["EU SBC"], attributes={"capacity_limit": 45})
    refused = run("apply the plan", fails=True, artifacts=planned.artifacts)
    assert "1 of 1 planned requests are not approved: trunks[0] (EU SBC)" in refused.tasks["Update the trunks"]["msg"]
    assert patches(api) == []
    api.put_trunk(IDS["EU SBC"], attributes={"capacity_limit": 30})
    run("apply the plan", artifacts=planned.artifacts)
    assert [patch["attributes"] for patch in patches(api)] == [CHANGE]
    # With nothing to do, the artifact is empty, and that is no failure.
    nothing = run("plan trunks")
    assert nothing.artifacts["approved_plan"] == ""
    run("apply the plan", artifacts=nothing.artifacts)
    api.put_trunk(IDS["EU SBC"], attributes={"capacity_limit": 45})
    run("apply the plan", fails=True, artifacts=nothing.artifacts)
    assert patches(api) == []


def test_a_workflow_applies_all_lists(api: Simulator, project: Path, tmp_path: Path) -> None:
    desk = {"type": "pstn_configurations", "dst": "37061498299"}
    new = {"name": "Night desk", "state": "present", "configuration": desk}
    dids = [{"number": "37061498223", "voice_in_trunk": "Night desk"}]
    shutil.copytree(project, tmp_path / "project")
    text = json.dumps({"in_trunks": [new], "dids": dids, "trunks": [{"name": "EU SBC", "capacity_limit": 60}]})
    (tmp_path / "project" / "trunks.yml").write_text(text, encoding="utf-8")
    inputs = {"api_key": KEY, "api_url": api.url}
    planned = launch(tmp_path / "1", tmp_path / "project", "plan trunks", inputs)
    assert planned.artifacts["drift"]["lists"]["dids"]["drifted"] == 1
    assert planned.artifacts["approved_plan"].count(",") == 2
    done = launch(tmp_path / "2", tmp_path / "project", "apply the plan", inputs, artifacts=planned.artifacts)
    assert done.status == "successful"
    assert [entry["method"] for entry in api.journal if entry["method"] != "GET"] == ["POST", "PATCH", "PATCH"]


def test_a_plan_is_required_and_a_failed_audit_gives_none(api: Simulator, run: Launch) -> None:
    job = run("apply the plan", fails=True)
    assert job.tasks["Check the variables"]["msg"].startswith("Nothing was done, because require_plan is true.")
    api.add_faults({"method": "GET", "status": 401, "times": 0})
    failed = run("plan trunks", fails=True)
    assert failed.artifacts["approved_plan"] == ""
    api.clear_faults()
    run("apply the plan", fails=True, artifacts=failed.artifacts)
    assert patches(api) == []


def test_an_answer_left_empty_changes_nothing(api: Simulator, run: Launch) -> None:
    cases: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
        ({}, []),
        ({"capacity_limit": "0", "threshold_amount": "20"}, [{"capacity_limit": 0, "threshold_amount": "20.0"}]),
        ({"capacity_limit": "", "threshold_amount": "", "status": "blocked"}, [{"status": "blocked"}]),
    ]
    for answers, sent in cases:
        job = run("change a trunk", trunk="EU SBC", **answers)
        assert [patch["attributes"] for patch in patches(api)] == sent
        assert job.tasks["Change the trunk"]["changed"] is bool(sent)


def test_the_survey_names_the_limits_of_each_version() -> None:
    questions = TEMPLATES["change a trunk"]["survey_spec"]["spec"]
    (asked,) = (row for row in questions if row["variable"] == "capacity_limit")
    limit = VOICE_OUT_TRUNK.rows["capacity_limit"]
    for kind in (limit.kind, *(changed["kind"] for changed in limit.versions.values())):
        with pytest.raises(ValueError, match="a whole number") as rejected:
            kind.canonical("")
        assert str(rejected.value).removeprefix("a whole number ") in asked["question_description"]
