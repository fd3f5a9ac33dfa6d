# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job that ansible-runner runs as in AWX: `ansible-playbook -vvvv --diff`, with a host for each scenario."""

from __future__ import annotations

import datetime
import functools
import ssl
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import ansible_runner
import trustme
from simulator.server import Simulator

from ..conftest import HANG_GUARD
from ..playbooks import job_environment
from .faults import FLEET, INFO, KEY, ONE, PASSWORD, TIMEOUT, TRUNKS, USERNAME, Scenario, Way

# The settings in the tasks, and the trunks before them.
CAPACITY, PREFIX = 60, "77#"
TYPE = "credentials_and_ip"
SETTINGS = {"capacity_limit": CAPACITY, "authentication_method": {"type": TYPE, "tech_prefix": PREFIX}}
PAIR = {"username": USERNAME, "password": PASSWORD}
METHOD: dict[str, Any] = {
    "type": TYPE,
    "attributes": {"allowed_sip_ips": ["203.0.113.1/32"], "tech_prefix": None, **PAIR},
}
SEED = {
    "accounts": [{"api_key": KEY, "readings": ["filter_by_id"]}],
    "trunks": [
        {"id": id_, "attributes": {"name": f"Trunk {id_[-1]}", "capacity_limit": 30, "authentication_method": METHOD}}
        for id_ in TRUNKS
    ],
}
OPTIONS: dict[str, dict[str, Any]] = {
    ONE: {"id": TRUNKS[1], **SETTINGS},
    FLEET: {"trunks": [{"id": trunk, **SETTINGS} for trunk in TRUNKS]},
    INFO: {"status": "active"},
}
TLS = ("self-signed", "wrong host", "expired")
LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
CONNECTION = {
    name: f"{{{{ {name} | default(omit) }}}}"
    for name in ("api_url", "api_version", "api_token_url", "api_timeout", "api_retries", "ca_path")
}


class Outcome(NamedTuple):
    """The outcome of a task: whether it failed, its result, and Ansible's output."""

    failed: bool
    result: dict[str, Any]
    output: str


def tokens_of(api: Simulator) -> set[str]:
    """Return the tokens that were sent to an API."""
    sent = [dict(entry["headers"]).get("Authorization", "") for entry in api.journal]
    return {header.removeprefix("Bearer ") for header in sent} - {""}


class Certificates:
    """Bad certificates for a server at 127.0.0.1. The files are written to `folder`."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        self.bundle = str(folder / "authority.pem")
        self.authority.cert_pem.write_to_path(self.bundle)
        # The certificate of an authority is self-signed.
        self.authority.private_key_pem.write_to_path(self.bundle + ".key")

    def context(self, fault: str) -> ssl.SSLContext:
        """Return an SSL context for a server, with the certificate for this fault."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if fault == "self-signed":
            context.load_cert_chain(self.bundle, self.bundle + ".key")
        elif fault == "wrong host":
            self.authority.issue_cert("api.didww.com").configure_cert(context)
        else:
            self.authority.issue_cert("127.0.0.1", not_after=LONG_AGO).configure_cert(context)
        return context


class Stage:
    """An API for each scenario, and a job that runs the tasks of all of them."""

    def __init__(self, folder: Path, scenarios: Iterable[Scenario], way: Way) -> None:
        self.folder = folder
        self.way = way
        self.elsewhere = Simulator(SEED, rate=0)
        # Longest first, so that no long scenario runs alone at the end.
        self._scenarios = sorted(scenarios, key=lambda scenario: -scenario.seconds)
        self._apis = {str(scenario): Simulator(SEED, rate=0, version=way.api_version) for scenario in self._scenarios}
        self._certificates = Certificates(folder)

    def _start(self) -> None:
        """Start all APIs with their faults."""
        self.elsewhere.start()
        for scenario in self._scenarios:
            api, rule = self.api(scenario), scenario.rule(self.elsewhere.url)
            if rule:
                api.add_faults(rule)
            elif scenario.fault.reach in TLS:
                api.tls = self._certificates.context(scenario.fault.reach)
            api.start()

    def stop(self) -> None:
        """Stop all APIs."""
        # In parallel, because each waits for its thread.
        with ThreadPoolExecutor() as threads:
            list(threads.map(Simulator.stop, (self.elsewhere, *self._apis.values())))

    def api(self, scenario: Scenario) -> Simulator:
        """Return the API of a scenario."""
        return self._apis[str(scenario)]

    @property
    def tokens(self) -> set[str]:
        """The tokens that were sent to the APIs."""
        return set().union(*(tokens_of(api) for api in self._apis.values()))

    def heal(self, scenario: Scenario) -> Simulator:
        """Remove the fault of a scenario; return its API."""
        api = self.api(scenario)
        api.clear_faults()
        if scenario.fault.reach:
            api.stop()
            api.tls = None
            api.start()
        return api

    @functools.cached_property
    def outcomes(self) -> dict[str, Outcome]:
        """The outcome of each scenario, by its name. The first use runs the job."""
        self._start()
        for name in ("home", "tmp", "job"):
            (self.folder / name).mkdir()
        runner = ansible_runner.run(
            private_data_dir=str(self.folder / "job"),
            ident="job",
            playbook=[_play(module) for module in (INFO, FLEET, ONE)],
            inventory=self._inventory(),
            envvars=job_environment(
                self.folder,
                TMPDIR=str(self.folder / "tmp"),
                # ansible-core 2.21 and newer omit the options by default, which would hide leaks.
                ANSIBLE_INJECT_INVOCATION="true",
                DIDWW_API_KEY=KEY,
                DIDWW_API_TIMEOUT=str(HANG_GUARD),
            ),
            # Otherwise ansible-runner would write the variables to a file and leave it there.
            suppress_env_files=True,
            verbosity=4,
            # More than there are processors: most tasks wait.
            forks=16,
            cmdline="--diff",
            quiet=True,
            # Without a callback, ansible-runner would replace the signal handlers of this process.
            cancel_callback=lambda: False,
        )
        outcomes = {
            event["event_data"]["host"]: Outcome(
                event["event"] == "runner_on_failed", event["event_data"]["res"], event["stdout"]
            )
            for event in runner.events
            if event["event"] in ("runner_on_ok", "runner_on_failed")
        }
        # If the job did not start, fail once with the reason.
        assert outcomes, f"{runner.status}, {runner.rc}: {runner.stdout.read()}"
        return outcomes

    def _inventory(self) -> dict[str, Any]:
        groups: dict[str, Any] = {}
        for scenario in self._scenarios:
            groups.setdefault(scenario.module, {"hosts": {}})["hosts"][str(scenario)] = self._variables(scenario)
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        way = {"didww_in_process": self.way.front_end == "action", "api_version": self.way.api_version}
        return {"all": {"vars": {**local, **way}, "children": groups}}

    def _variables(self, scenario: Scenario) -> dict[str, Any]:
        reach = scenario.fault.reach
        url = self.api(scenario).url
        if reach == "no such host":
            url = "http://api.didww.invalid/v3"
        elif reach == "refused" and scenario.method == "GET":
            # A closed port: the port of a stopped API could be reused.
            url = "http://127.0.0.1:1/v3"
        # For the self-signed certificate, the task has no CA bundle.
        bundle = {"ca_path": self._certificates.bundle} if reach in TLS and reach != "self-signed" else {}
        token_url = self.api(scenario).token_url
        timeout = {"api_timeout": TIMEOUT} if scenario.fault.stalls else {}
        return {"api_url": url, "api_token_url": token_url, "api_retries": scenario.retries, **timeout, **bundle}


def _play(module: str) -> dict[str, Any]:
    # The key comes from the environment, as from a credential in AWX, or for one module from an option.
    key = {"api_key": "{{ lookup('ansible.builtin.env', 'DIDWW_API_KEY') }}"} if module == FLEET else {}
    task = {"name": f"Run {module}", f"didww.voice.{module}": {**CONNECTION, **key, **OPTIONS[module]}}
    return {"hosts": module, "gather_facts": False, "tasks": [{**task, "ignore_errors": True}]}
