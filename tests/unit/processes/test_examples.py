# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files in docs/examples, run as a user does: a nightly audit with mail, and a call with digest authentication."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from jinja2 import Template
from simulator.server import Simulator

from .. import playbooks
from ..conftest import HANG_GUARD, ROOT, TRUNK

EXAMPLES = ROOT / "docs" / "examples"
SCENARIOS = Path(__file__).with_name("sip")


@pytest.fixture
def api() -> Iterator[Simulator]:
    with Simulator(rate=0) as server:
        yield server


# --- A nightly audit ------------------------------------------------------------------------------


def test_a_nightly_audit_mails_drift_and_failures_of_this_run_only(api: Simulator, tmp_path: Path) -> None:
    report, mail, programs = tmp_path / "drift.json", tmp_path / "mail.txt", tmp_path / "bin"
    programs.mkdir()

    def install(name: str, command: str) -> None:
        programs.joinpath(name).write_text(f"#!/bin/sh\n{command}\n", encoding="utf-8")
        programs.joinpath(name).chmod(0o755)

    install("mail", f'{{ echo "$2 for $3"; cat; }} > {mail}')
    (tmp_path / "audit.conf").write_text(
        f"export DIDWW_API_KEY=local-key DIDWW_API_URL={api.url} DIDWW_API_RETRIES=0\n"
        f"TRUNKS={tmp_path}/trunks.yml REPORT={report} MAIL_TO=voice@example.com\n"
        f"PATH={programs}:{Path(sys.executable).parent}:$PATH\n",
        encoding="utf-8",
    )

    def audit(trunks: str) -> tuple[int, str]:
        mail.unlink(missing_ok=True)
        (tmp_path / "trunks.yml").write_text(f"trunks: [{{name: EU SBC, {trunks}}}]\n", encoding="utf-8")
        command = ["sh", str(EXAMPLES / "nightly_audit.sh"), str(tmp_path / "audit.conf")]
        options: dict[str, Any] = {"cwd": tmp_path, "env": playbooks.environment(tmp_path), "timeout": HANG_GUARD}
        done = subprocess.run(command, **options, check=False)
        return done.returncode, mail.read_text(encoding="utf-8") if mail.exists() else ""

    assert audit("capacity_limit: 30") == (0, "")
    status, text = audit("capacity_limit: 60")
    assert status == 2
    assert text.startswith(f"DIDWW: trunks differ from {tmp_path}/trunks.yml for voice@example.com\n")
    assert re.search(r"^EU SBC +capacity_limit +30 +60$", text, re.MULTILINE)
    api.add_faults({"status": 503, "times": 0})
    status, text = audit("capacity_limit: 60")
    assert status == 1
    assert text.startswith("DIDWW: the audit failed for")
    assert "HTTP 503" in text
    # The report of an earlier run, which was fine, and a run that does not get as far as writing one.
    report.write_text('{"failed": false, "at": "2026-05-12T08:30:00+00:00"}', encoding="utf-8")
    install("ansible-playbook", "echo no Python; exit 2")
    status, text = audit("capacity_limit: 60")
    assert status == 1
    assert text.startswith("DIDWW: the audit failed for")
    assert "wrote no report" in text
    assert "no Python" in text
    # Without `mail`, the script fails too, and cron mails what it prints.
    install("mail", "exit 1")
    assert audit("capacity_limit: 60")[0] == 1


# --- From the pair to a call ----------------------------------------------------------------------


def test_awkward_pairs_stay_whole_in_the_other_servers_configurations() -> None:
    # Neither program is in Debian 12. In Asterisk's files, a semicolon that is not escaped begins a comment.
    pair = {"sip_username": "u4k2m", "sip_password": """p;a<s>&"w'd"""}
    asterisk, freeswitch = (
        Template((EXAMPLES / name).read_text(encoding="utf-8")).render(**pair)
        for name in ("pjsip_didww.conf.j2", "freeswitch_didww.xml.j2")
    )
    lines = [re.split(r"(?<!\\);", line)[0].replace(r"\;", ";") for line in asterisk.splitlines()]
    (gateway,) = ElementTree.fromstring(freeswitch)  # noqa: S314 - written here
    values = {row.attrib["name"]: row.attrib["value"] for row in gateway}
    for name in ("username", "password"):
        assert f"{name} = {pair[f'sip_{name}']}" in lines
        assert values[name] == pair[f"sip_{name}"]


# Both write the pair to the vault file.
PAIR_TO_VAULT = ("sip_first_pair.yml", "sip_rotate.yml")
PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin"
MISSING = [name for name in ("kamailio", "sipp") if not shutil.which(name, path=PATH)]


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def listening(port: int, folder: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that listens on a UDP port, and wait until it does."""
    with (folder / f"{command[0]}.log").open("wb") as log:
        program = subprocess.Popen(command, cwd=folder, env={**os.environ, "PATH": PATH}, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + HANG_GUARD
        while program.poll() is None and time.monotonic() < deadline:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    break
            time.sleep(0.05)
        yield program
    finally:
        program.terminate()
        program.wait(HANG_GUARD)


class Call:
    """Calls through Kamailio to a stand-in for DIDWW, which verifies the answer to its challenge."""

    def __init__(self, api: Simulator, folder: Path) -> None:
        self.api = api
        self.folder = folder
        self.kamailio, self.didww = free_port(), free_port()

    def pair(self) -> dict[str, str]:
        """Return the pair that the trunk has now."""
        attributes = self.api.trunk(TRUNK)["attributes"]["authentication_method"]["attributes"]
        return {name: attributes[name] for name in ("username", "password")}

    def place(self, config: Path) -> bool:
        """Return whether a call succeeds with this configuration of Kamailio."""
        scenario = (SCENARIOS / "answer.xml").read_text(encoding="utf-8")
        for name, value in self.pair().items():
            scenario = scenario.replace(name.upper(), value)
        (self.folder / "answer.xml").write_text(scenario, encoding="utf-8")
        sipp = ("sipp", "-i", "127.0.0.1", "-m", "1", "-nostdin", "-timeout", f"{HANG_GUARD}s", "-sf")
        answering = (*sipp, "answer.xml", "-p", str(self.didww))
        kamailio = ("kamailio", "-DD", "-E", "-m", "16", "-M", "4", "-n", "1", "-f", str(config))
        with listening(self.didww, self.folder, *answering), listening(self.kamailio, self.folder, *kamailio):
            calling = (*sipp, str(SCENARIOS / "call.xml"), "-s", "442012345678", f"127.0.0.1:{self.kamailio}")
            environment = {**os.environ, "PATH": PATH}
            done = subprocess.run(calling, cwd=self.folder, env=environment, capture_output=True, check=False)
        # 0: successful; 1: the call failed. Anything else is a mistake of this test.
        assert done.returncode in (0, 1), done.stdout
        return done.returncode == 0


def prepare(folder: Path, call: Call) -> Path:
    """Copy the examples to a folder, with a folder for each server's configuration; return that of `sbc`."""
    changes = {
        "/etc/kamailio/kamailio.cfg": f"{folder}/{{{{ inventory_hostname }}}}/kamailio.cfg",
        "        group: kamailio\n": "",
        "192.0.2.0/24": "127.0.0.1",
        "service:\n        name: kamailio\n        state: restarted": "debug:\n        msg: restarted",
    }
    for path in EXAMPLES.glob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            for old, new in changes.items():
                assert old in text or path.name not in ("sip_server.yml", "sip_rotate.yml"), (path, old)
                text = text.replace(old, new)
            (folder / path.name).write_text(text, encoding="utf-8")
    (folder / "vault-password").write_text("vault-password\n", encoding="utf-8")
    (folder / "hosts.ini").write_text(
        "[sip_servers]\nsbc\nspare\n[sip_servers:vars]\nansible_connection=local\n"
        f"ansible_python_interpreter={sys.executable}\n"
        f"sip_listen=127.0.0.1:{call.kamailio}\ndidww_sip_host=127.0.0.1:{call.didww}\n",
        encoding="utf-8",
    )
    for server in ("sbc", "spare"):
        (folder / server).mkdir()
    return folder / "sbc" / "kamailio.cfg"


@pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)} (apt-get install kamailio sip-tester)")
def test_a_call_needs_the_pair_that_the_trunk_has_now(api: Simulator, tmp_path: Path) -> None:
    call = Call(api, tmp_path)
    config = prepare(tmp_path, call)
    vault = tmp_path / "sip_credentials.yml"

    def run(*arguments: str, status: int = 0, file: str = "vault-password") -> str:
        connection = {"DIDWW_API_URL": api.url, "DIDWW_API_KEY": "local-key"}
        environment = {"PATH": PATH, "ANSIBLE_VAULT_PASSWORD_FILE": file, **connection}
        job = playbooks.start(tmp_path, *arguments, "-i", "hosts.ini", "--diff", "-v", **environment)
        return playbooks.end(job, status)

    def shown(output: str) -> bool:
        plain = output + vault.read_text(encoding="utf-8")
        return any(value in plain for value in call.pair().values())

    first = call.pair()
    output = run("sip_first_pair.yml", "sip_server.yml")
    assert vault.read_text(encoding="utf-8").startswith("$ANSIBLE_VAULT;")
    assert not shown(output)
    assert call.place(config)
    old = tmp_path / "old.cfg"
    shutil.copy(config, old)
    # Without the file that encrypts the new pair, nothing is rotated.
    options = ("--vault-password-file", "vault-password")
    output = run("sip_rotate.yml", *options, status=2, file="")
    assert "Set ANSIBLE_VAULT_PASSWORD_FILE to" in output
    assert call.pair() == first
    require = [yaml.safe_load((EXAMPLES / name).read_text("utf-8"))[0]["tasks"][0] for name in PAIR_TO_VAULT]
    assert require[0] == require[1]
    # One of the servers fails. The next run finishes the rotation, on the other one too.
    written = vault.read_bytes()
    shutil.rmtree(tmp_path / "spare")
    run("sip_rotate.yml", status=2)
    rotated = call.pair()
    assert rotated != first
    assert vault.read_bytes() == written
    (tmp_path / "spare").mkdir()
    output = run("sip_rotate.yml")
    assert call.pair() == rotated
    assert output.count('"msg": "restarted"') == 2
    assert call.pair().keys() == first.keys()
    assert not call.pair().items() & first.items()
    assert not shown(output)
    assert call.place(config)
    assert not call.place(old)
    # The vault file has the new pair, which the next rotation replaces.
    decrypted = VaultLib([(None, VaultSecret(b"vault-password"))]).decrypt(vault.read_bytes())
    assert yaml.safe_load(decrypted) == {f"sip_{name}": value for name, value in call.pair().items()}
