# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rulebook, run by `ansible-rulebook`: from a callback of the local API to the blocked trunks."""

from __future__ import annotations

import json
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from simulator.server import Simulator

from .. import playbooks
from ..conftest import HANG_GUARD, ROOT

SECRET = "planted-callback-secret"
# Two trunks share an address, in networks of different size. A third one shares none, and a fourth has no addresses.
ADDRESSES = {"One": ["203.0.113.7/32"], "Same": ["198.51.100.1/32", "203.0.113.0/24"], "Other": ["192.0.2.1/32"]}
IDS = {name: f"c0000000-0000-4000-8000-{number:012}" for number, name in enumerate([*ADDRESSES, "Twilio"])}

pytestmark = pytest.mark.skipif(
    not shutil.which("java"), reason="ansible-rulebook needs Java: apt-get install default-jre-headless"
)


def method(name: str) -> dict[str, Any]:
    values = {"allowed_sip_ips": ADDRESSES.get(name), "tech_prefix": None, "username": "name", "password": "word"}
    credentials = {"type": "credentials_and_ip", "attributes": values}
    twilio = {"type": "twilio", "attributes": {"twilio_account_sid": "AC39347AF064AF97E1682C3B7332DAAEE6"}}
    return {"authentication_method": twilio if name == "Twilio" else credentials}


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def api(port: int) -> Iterator[Simulator]:
    common = {"callback_url": f"http://127.0.0.1:{port}/didww"}
    trunks = [{"id": id_, "attributes": {"name": name, **common, **method(name)}} for name, id_ in IDS.items()]
    account = {"api_key": "local-key", "callback_secret": SECRET}
    with Simulator({"accounts": [account], "trunks": trunks}, rate=0) as server:
        yield server


def start(folder: Path, rulebook: str, variables: dict[str, Any], **more: str) -> subprocess.Popen[bytes]:
    """Start a rulebook in `folder`, where it writes to `output`. `more`: environment variables."""
    (folder / "inventory.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n", "utf-8")
    (folder / "callbacks.yml").write_text(json.dumps(variables), "utf-8")
    arguments = ["--rulebook", rulebook, "--inventory", "inventory.yml", "--vars", "callbacks.yml"]
    with (folder / "output").open("w", encoding="utf-8") as output:
        command = [str(playbooks.PROGRAMS / "ansible-rulebook"), *arguments]
        options: dict[str, Any] = {"cwd": folder, "env": playbooks.environment(folder, **more), "stdout": output}
        job: subprocess.Popen[bytes] = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, **options
        )
        return job


@pytest.fixture
def variables(port: int, tmp_path: Path) -> dict[str, Any]:
    return {
        "didww_callback_url": f"http://127.0.0.1:{port}/didww",
        "didww_callback_secrets": ["an-old-secret", SECRET],
        "didww_callback_port": port,
        "didww_blocked_folder": str(tmp_path),
    }


Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture
def wait(api: Simulator, port: int, variables: dict[str, Any], tmp_path: Path) -> Iterator[Wait]:
    """Run the rulebook; return a function that waits until something is the case."""
    # The rulebook, without a wait before it repeats a job.
    rulebook = (ROOT / "extensions" / "eda" / "rulebooks" / "abuse.yml").read_text("utf-8")
    assert "delay: 30\n" in rulebook
    (tmp_path / "abuse.yml").write_text(rulebook.replace("delay: 30\n", "delay: 0\n"), "utf-8")
    connection = {"DIDWW_API_URL": api.url, "DIDWW_API_KEY": "local-key", "DIDWW_API_RETRIES": "0"}
    job = start(tmp_path, "abuse.yml", variables, **connection)
    limit = time.monotonic() + HANG_GUARD

    def wait(when: Callable[[], bool]) -> None:
        while not when():
            assert job.poll() is None, (tmp_path / "output").read_text("utf-8")
            assert time.monotonic() < limit, (tmp_path / "output").read_text("utf-8")
            time.sleep(0.05)

    def listens() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    wait(listens)
    yield wait
    job.kill()
    job.wait(HANG_GUARD)


def test_it_does_not_start_without_a_folder(variables: dict[str, Any], tmp_path: Path) -> None:
    del variables["didww_blocked_folder"]
    job = start(tmp_path, "didww.voice.abuse", variables)
    try:
        assert job.wait(HANG_GUARD) == 1
    finally:
        job.kill()
    assert "'didww_blocked_folder' is undefined" in (tmp_path / "output").read_text("utf-8")


def test_a_callback_blocks_what_shares_addresses(api: Simulator, wait: Wait, tmp_path: Path) -> None:
    def output() -> str:
        return (tmp_path / "output").read_text("utf-8")

    def reach(name: str) -> None:
        api.put_trunk(IDS[name], attributes={"status": "blocked", "threshold_reached": True})

    def status(name: str) -> str:
        return str(api.trunk(IDS[name])["attributes"]["status"])

    def told(name: str) -> bool:
        return f"Trunk {IDS[name]} reached its threshold at " in output()

    forged = [{"id": IDS["Other"], "type": "voice_out_trunks", "status": "blocked", "threshold_reached": True}]
    url = api.trunk(IDS["One"])["attributes"]["callback_url"]
    answer = requests.post(url, json=forged, headers={"X-DIDWW-Signature": "0" * 40}, timeout=HANG_GUARD)
    assert answer.status_code == 401
    wait(lambda: "Answered 401 to 127.0.0.1: the X-DIDWW-Signature is wrong" in output())

    # The first job cannot block the trunk, and its second run can.
    api.add_faults({"method": "PATCH", "status": 503})
    reach("One")
    wait(lambda: told("One"))
    assert [status(name) for name in IDS] == ["blocked", "blocked", "active", "active"]
    assert "Blocked: Same. Already blocked: One." in " ".join(output().split())
    (file,) = tmp_path.glob(f"blocked-*-{IDS['One']}.yml")
    assert yaml.safe_load(file.read_text("utf-8"))["trunks"] == [{"id": IDS["Same"], "status": "active"}]
    assert "Retry 1 of 3" in output()
    block, unblock = (shlex.split(line) for line in " ".join(output().split()).split("ansible-playbook ")[1:3])
    assert block[:3] == ["didww.voice.block_trunk", "-e", json.dumps({"shares_addresses_with": IDS["One"]})]
    assert block[3:9] == ["-e", '{"name_contains": ""}', "-e", "confirm=yes", "-e", f"blocked_file={file}"]
    assert unblock[:5] == ["didww.voice.unblock_trunk", "-e", "confirm=yes", "-e", f"blocked_file={file}"]
    # The block of the other trunk is announced too, and is no reason to block more.
    wait(lambda: len(api.callbacks) == 2)
    sent = len(api.journal)

    # DIDWW has not received the answers, and repeats both events in one array, with a new one.
    (repeated,) = api.send_callbacks(again=True)
    assert (repeated["status"], [event["id"] for event in repeated["body"]]) == (204, [IDS["One"], IDS["Same"]])
    reach("Twilio")
    wait(lambda: told("Twilio"))
    assert [status(name) for name in IDS] == ["blocked", "blocked", "active", "blocked"]
    # The event of Twilio made one job, which read the trunks. The repeats made none.
    assert [entry["method"] for entry in api.journal[sent:]] == ["GET"]
    assert output().count("reached its threshold at") == 2
    assert SECRET not in output()
