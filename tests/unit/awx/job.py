# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs of AWX: creates the private data directory and runs it with ansible-runner, as AWX does."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import ansible_runner
import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .. import playbooks
from ..conftest import HANG_GUARD, ROOT, UnsafeLoader

FILES = ROOT / "playbooks" / "awx"


def load(name: str) -> Any:
    """Return the variables in a file in playbooks/awx/vars, as plain strings and numbers."""
    return yaml.load((FILES / "vars" / name).read_text("utf-8"), UnsafeLoader)  # noqa: S506 - a SafeLoader


TEMPLATES: dict[str, dict[str, Any]] = {
    template["name"].removeprefix("DIDWW: "): template for template in load("job_templates.yml")["didww_job_templates"]
}
CREDENTIAL_TYPE: dict[str, Any] = load("credential_type.yml")["didww_credential_type"]


def inject(inputs: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the environment variables that a credential sets in a job, and those that AWX stores and shows.

    As in AWX, templates run in a sandbox in which empty inputs are undefined.
    """
    secret = [field["id"] for field in CREDENTIAL_TYPE["inputs"]["fields"] if field.get("secret")]
    given = {name: value for name, value in inputs.items() if value}
    shown = {name: "**********" if name in secret else value for name, value in given.items()}
    sandbox = ImmutableSandboxedEnvironment()
    templates = CREDENTIAL_TYPE["injectors"]["env"].items()
    real, safe = (
        {name: sandbox.from_string(str(template)).render(**values) for name, template in templates}
        for values in (given, shown)
    )
    return real, safe


class UnsafeDumper(yaml.SafeDumper):
    """Writes all strings with the tag with which AWX marks those that Ansible must not treat as templates."""


UnsafeDumper.add_representer(str, lambda dumper, text: dumper.represent_scalar("!unsafe", text))


class Job(NamedTuple):
    """A finished job: its status, the results of its tasks by name, its artifacts, and everything that it wrote."""

    status: str
    tasks: dict[str, dict[str, Any]]
    artifacts: dict[str, Any]
    output: str


def launch(
    folder: Path,
    project: Path,
    template: str,
    inputs: Mapping[str, str],
    answers: Mapping[str, str] | None = None,
    job_type: str = "",
    artifacts: Mapping[str, Any] | None = None,
) -> Job:
    """Launch a job template in `folder`, with answers to its survey, after a job that left `artifacts`.

    As in AWX, unanswered questions have their defaults. In a workflow, artifacts become extra variables.
    """
    options = TEMPLATES[template]
    shutil.copytree(project, folder / "project")
    for name in ("env", "tmp", "home"):
        (folder / name).mkdir()
    (folder / "env" / "extravars").write_text(_extra_vars(options, answers or {}, artifacts or {}), encoding="utf-8")
    check = ["--check"] if (job_type or options["job_type"]) == "check" else []
    diff = ["--diff"] if options.get("diff_mode") else []
    runner = ansible_runner.run(
        private_data_dir=str(folder),
        ident="1",
        playbook=options["playbook"],
        inventory={"all": {"hosts": {}}},
        cmdline=" ".join([*check, "-u", "root", *diff]),
        envvars=playbooks.job_environment(folder, ANSIBLE_RETRY_FILES_ENABLED="False", JOB_ID="1", **inject(inputs)[0]),
        settings={"suppress_ansible_output": True, "suppress_output_file": True, "job_timeout": HANG_GUARD},
        quiet=True,
        # Without a callback, ansible-runner would replace the signal handlers of this process.
        cancel_callback=lambda: False,
    )
    events = list(runner.events)
    stats = [event["event_data"] for event in events if event["event"] == "playbook_on_stats"]
    # The file `command` contains the environment. AWX hides credentials in it, and deletes it with the job.
    written = [path for path in sorted((folder / "artifacts").rglob("*")) if path.name != "command"]
    return Job(
        status=runner.status,
        tasks={
            event["event_data"]["task"]: event["event_data"]["res"]
            for event in events
            if event["event"] in ("runner_on_ok", "runner_on_failed")
        },
        artifacts=next((data.get("artifact_data", {}) for data in stats), {}),
        output="\n".join(path.read_text(encoding="utf-8") for path in written if path.is_file()),
    )


def _extra_vars(options: Mapping[str, Any], answers: Mapping[str, str], artifacts: Mapping[str, Any]) -> str:
    # As in AWX, all names and strings, even empty ones, have the tag.
    questions = options.get("survey_spec", {}).get("spec", [])
    defaults = {question["variable"]: question["default"] for question in questions if "default" in question}
    unknown = set(answers) - {question["variable"] for question in questions}
    required = {question["variable"] for question in questions if question["required"]}
    missing = required - {**defaults, **answers}.keys()
    assert not unknown | missing, (unknown, missing)
    meta = {"awx_job_id": 1, "awx_job_launch_type": "manual", "tower_job_id": 1, "tower_job_launch_type": "manual"}
    # Those of the job template itself have none.
    own = yaml.safe_dump(options["extra_vars"]) if "extra_vars" in options else ""
    return own + str(yaml.dump({**meta, **defaults, **answers, **artifacts}, Dumper=UnsafeDumper))
