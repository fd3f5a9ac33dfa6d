# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that sets up AWX, run with the modules of awx.awx against a stand-in for its API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .api import ENCRYPTED, Awx
from .job import CREDENTIAL_TYPE, TEMPLATES, load

TOKEN, KEY = "planted-token", "planted-key"
IMAGE, GIT = "registry.example.com/didww-ee:1", "https://git.example.com/voice/trunks.git"

# A run takes long: all tests share the first one, and one worker of pytest-xdist runs them in order.
pytestmark = pytest.mark.xdist_group("awx")


@pytest.fixture(scope="module")
def awx() -> Iterator[Awx]:
    with Awx(TOKEN) as server:
        server.add("notification_templates", "Voice team")
        yield server


@pytest.fixture(scope="module")
def environment(awx: Awx) -> dict[str, str]:
    return {"CONTROLLER_HOST": awx.url, "CONTROLLER_OAUTH_TOKEN": TOKEN, "DIDWW_API_KEY": KEY}


@pytest.fixture(scope="module")
def install(environment: dict[str, str], playbook: Callable[..., str]) -> Callable[..., str]:
    """Install everything, with further variables; return the output of the playbook."""
    variables = {"awx_project_url": GIT, "awx_image": IMAGE, "awx_notification_templates": "Voice team"}
    return lambda **more: playbook("awx.install", environment, **variables, **more)


@pytest.fixture(scope="module")
def said(install: Callable[..., str]) -> str:
    return install()


def test_the_credential_type_is_as_its_file_says_and_the_project_and_image_as_given(awx: Awx, said: str) -> None:
    made = awx.objects("credential_types")["DIDWW"]
    assert {name: made[name] for name in CREDENTIAL_TYPE} == CREDENTIAL_TYPE
    project = awx.objects("projects")["DIDWW trunks"]
    assert (project["scm_type"], project["scm_url"]) == ("git", GIT)
    assert awx.objects("execution_environments")["DIDWW"]["image"] == IMAGE


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_job_template_is_as_its_file_says(awx: Awx, said: str, project: Path, name: str) -> None:
    wanted = TEMPLATES[name]
    made = dict(awx.objects("job_templates")[wanted["name"]])
    if "extra_vars" in wanted:
        made["extra_vars"] = json.loads(made["extra_vars"])
    assert {field: made[field] for field in wanted} == wanted
    assert made["associated_credentials"] == [{"id": awx.objects("credentials")["DIDWW"]["id"]}]
    assert made["project"] == awx.objects("projects")["DIDWW trunks"]["id"]
    assert made["inventory"] == awx.objects("inventories")["DIDWW"]["id"]
    assert made["execution_environment"] == awx.objects("execution_environments")["DIDWW"]["id"]
    assert (project / wanted["playbook"]).exists()


def test_failed_reports_notify_and_have_their_schedules(awx: Awx, said: str) -> None:
    templates = awx.objects("job_templates")
    notified = {name for name, made in templates.items() if made.get("associated_notification_templates_error")}
    assert notified == {"DIDWW: audit trunks", "DIDWW: plan trunks", "DIDWW: watch spend"}
    schedules = awx.objects("schedules")
    assert len(schedules) == 2
    for wanted in load("job_templates.yml")["didww_schedules"]:
        made = schedules[wanted["name"]]
        assert made["rrule"] == wanted["rrule"]
        assert made["unified_job_template"] == templates[wanted["unified_job_template"]]["id"]


def test_the_workflow_waits_for_an_approval(awx: Awx, said: str) -> None:
    workflow = awx.objects("workflow_job_templates")["DIDWW: plan, approve, apply"]
    nodes = awx.objects("workflow_job_template_nodes")
    assert {node["workflow_job_template"] for node in nodes.values()} == {workflow["id"]}
    jobs = {made["id"]: name for name, made in awx.objects("job_templates").items()}
    assert jobs[nodes["plan"]["unified_job_template"]] == "DIDWW: plan trunks"
    assert jobs[nodes["apply"]["unified_job_template"]] == "DIDWW: apply the plan"
    approval = awx.objects("workflow_approval_templates")["Approve the plan"]
    assert nodes["approve"]["related"]["unified_job_template"] == approval["url"]
    links = {name: node.get("associated_success_nodes", []) for name, node in nodes.items()}
    assert links == {"plan": [{"id": nodes["approve"]["id"]}], "approve": [{"id": nodes["apply"]["id"]}], "apply": []}
    assert not [name for name, node in nodes.items() if node.keys() & {"associated_always_nodes"}]


def test_a_run_changes_of_a_credential_only_what_it_is_given(awx: Awx, said: str, install: Callable[..., str]) -> None:
    assert KEY not in said
    assert TOKEN not in said
    expected = {"api_key": ENCRYPTED, "environment": "production", "api_version": "2026-04-16"}
    expected |= {"api_url": "", "api_token_url": ""}
    assert awx.objects("credentials")["DIDWW"]["inputs"] == expected
    urls = {"api_url": "http://gateway/v3", "api_token_url": "http://gateway/token"}
    # Only the last run takes the time for the job templates.
    fewer: dict[str, Any] = {"job_templates": [], "schedules": []}
    for given, changes, more in (
        ({"api_version": "2026-11-19", **urls}, {"api_version": "2026-11-19", **urls}, fewer),
        ({"environment": "sandbox"}, {"environment": "sandbox", "api_url": "", "api_token_url": ""}, fewer),
        # Nothing is left to do. Without an environment, that of the credential stays.
        ({}, {}, {}),
    ):
        awx.journal.clear()
        output = install(**{f"didww_{name}": value for name, value in {**given, **more}.items()})
        assert awx.journal == ([("PATCH", "/api/v2/credentials/1/")] if changes else [])
        assert f" changed={bool(changes):d} " in output
        expected |= changes
        assert awx.objects("credentials")["DIDWW"]["inputs"] == expected


def test_all_that_is_wrong_or_missing_is_reported_together(
    awx: Awx, said: str, environment: dict[str, str], playbook: Callable[..., str]
) -> None:
    before = list(awx.journal)
    wrong = {"didww_environment": "sandbxo", "didww_api_version": "2026", "awx_project_url": ""}
    missing = {"CONTROLLER_HOST": "", "DIDWW_API_KEY": ""}
    refused = playbook("awx.install", environment | missing, ["--check"], 2, **wrong)
    for words in (
        '\\"sandbxo\\" is not accepted; expected one of production, sandbox',
        '\\"2026\\" is not accepted; expected one of 2026-04-16, 2026-11-19',
        "This playbook does not support --check",
        "Which AWX?",
        "Which API key?",
        "Where are your playbooks?",
    ):
        assert words in refused
    assert awx.journal == before
