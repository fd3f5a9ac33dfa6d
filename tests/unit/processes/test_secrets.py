# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API key and the SIP credentials do not occur in anything that an ansible-runner job prints, writes or leaves."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from simulator.resource import Record
from simulator.server import Simulator
from simulator.store import Store

from ..playbooks import end, start
from .faults import KEY, PASSWORD, USERNAME, Scenario, each_scenario
from .job import Outcome, Stage, tokens_of

pytestmark = pytest.mark.xdist_group("processes")

SECRETS = {"key": KEY, "username": USERNAME, "password": PASSWORD}


def forms(secret: str) -> Iterator[str]:
    """Yield the encodings in which a secret could occur."""
    texts = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret), repr(secret)[1:-1]}
    for text in texts:
        yield text
        once = json.dumps(text)[1:-1]
        yield once
        yield json.dumps(once)[1:-1]
    for before in range(3):
        # Inside a longer text, such as `name:password`: without the characters that depend on the neighbours.
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * before + secret.encode()).decode()
            whole = (before + len(secret)) // 3 * 4
            yield encoded[0 if before == 0 else 4 : whole]


FORMS = {name: set(forms(secret)) for name, secret in SECRETS.items()}


def secrets_in(text: str) -> list[str]:
    """Return the secrets that a text contains, in any encoding."""
    return [name for name, encoded in FORMS.items() if any(form in text for form in encoded)]


@pytest.mark.parametrize("name", SECRETS)
def test_the_search_finds_a_secret(name: str) -> None:
    secret = SECRETS[name]
    assert secrets_in(f"something else, not the {name}") == []
    for text in (
        f"X{secret}X",
        json.dumps({"a": json.dumps({"b": f"X{secret}X"})}),
        f"http://host/?a={quote_plus(secret)}",
        f"http://host/{quote(secret, safe='')}",
        f"<p>{html.escape(secret)}</p>",
        str({"a": secret}),
        *(base64.b64encode(f"{'X' * before}:{secret}:X".encode()).decode() for before in range(3)),
    ):
        assert secrets_in(text) == [name]


@each_scenario
def test_nothing_is_printed(front_end: str, scenario: Scenario, stage: Stage, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[str(scenario)]
    assert ('"module_args":' in outcome.output) is (front_end == "module")  # as -vvvv shows it
    text = outcome.output + json.dumps(outcome.result)
    assert secrets_in(text) == []
    assert [token for token in tokens_of(stage.api(scenario)) if token in text] == []


@each_scenario
def test_nothing_is_sent_but_the_key_in_its_header(
    api_version: str, scenario: Scenario, stage: Stage, outcomes: dict[str, Outcome]
) -> None:
    """With tokens, the key is sent to the token service alone."""
    assert str(scenario) in outcomes
    api = stage.api(scenario)
    tokens = api_version == "2026-11-19"
    assert bool(api.mints) is tokens or scenario.fault.reach
    for entry in api.mints if tokens else api.journal:
        headers = dict(entry["headers"])
        assert headers.pop("Api-Key") == KEY
        assert secrets_in(json.dumps({**entry, "headers": headers, "fault": None})) == []
    if tokens:
        assert secrets_in(json.dumps([{**entry, "fault": None} for entry in api.journal])) == []
    assert stage.elsewhere.journal == stage.elsewhere.mints == []


def test_nothing_is_left(stage: Stage, outcomes: dict[str, Outcome]) -> None:
    """ansible-runner writes the environment of a job to one file among the artifacts.

    AWX hides the values of credentials in its copy, and deletes the folder after the job.
    """
    files = [path for path in stage.folder.rglob("*") if path.is_file()]
    assert [path for path in files if path.is_relative_to(stage.folder / "tmp")] == []
    assert [path for path in files if path.is_relative_to(stage.folder / "home")] == []
    texts = {str(path.relative_to(stage.folder)): path.read_text(encoding="utf-8") for path in files}
    command = json.loads(texts.pop("job/artifacts/job/command"))
    assert command["env"].pop("DIDWW_API_KEY") == KEY
    texts["the rest of command"] = json.dumps(command)
    tokens = stage.tokens
    assert bool(tokens) is (stage.way.api_version == "2026-11-19")
    assert [name for name, text in texts.items() if any(token in text for token in tokens)] == []
    assert len(texts) > len(outcomes)  # an event each
    assert "verbosity: 4" in texts["job/artifacts/job/stdout"]
    assert "+++ after" in texts["job/artifacts/job/stdout"]
    assert {name: found for name, text in texts.items() if (found := secrets_in(text))} == {}
    assert [name for name, text in texts.items() if "Traceback" in text] == []


def run_openly(folder: Path, front_end: str, api: Simulator, playbook: str, **more: str) -> str:
    """Run a playbook beside this file at the highest verbosity; return its output. `more`: environment variables."""
    connection = {"DIDWW_API_URL": api.url, "DIDWW_API_VERSION": api.version, "DIDWW_API_TOKEN_URL": api.token_url}
    environment = {"DIDWW_API_KEY": KEY, "ANSIBLE_INJECT_INVOCATION": "true", **connection, **more}
    arguments = ["-vvvv", "--diff", "-e", f"didww_in_process={front_end == 'action'}"]
    return end(start(folder, str(Path(__file__).with_name(playbook)), *arguments, **environment))


def test_the_life_of_a_trunk_shows_no_credentials(
    front_end: str, api_version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords: list[str] = []
    put = Store.put

    def keep(store: Store, trunk: Record) -> None:
        attributes = trunk.attributes["authentication_method"]["attributes"]
        passwords.extend(attributes[name] for name in ("username", "password"))
        put(store, trunk)

    monkeypatch.setattr(Store, "put", keep)
    with Simulator({"api_keys": [KEY]}, rate=0, version=api_version) as api:
        output = run_openly(tmp_path, front_end, api, "outbound_secrets.yml")
    assert [entry["method"] for entry in api.journal].count("POST") == 2
    assert len(set(passwords)) == 4
    assert [secret for secret in (*passwords, *tokens_of(api)) if secret in output] == []


def test_the_password_of_an_inbound_trunk_is_shown_nowhere(front_end: str, api_version: str, tmp_path: Path) -> None:
    first, second = "Fir5t-of-the-trunk", "Sec0nd-of-the-trunk"
    seed = {"api_keys": [KEY], "dids": [{"number": "37061498222"}]}
    with Simulator(seed, rate=0, version=api_version) as api:
        error = {"title": "is invalid", "detail": f"auth_password - {first} is not {second}"}
        rule = {"method": "PATCH", "path_contains": "/voice_in_trunks/", "status": 422, "body": {"errors": [error]}}
        # After the update by the fleet.
        api.add_faults({**rule, "after": 1})
        output = run_openly(tmp_path, front_end, api, "inbound_secrets.yml", FIRST=first, SECOND=second)
        methods = [entry["method"] for entry in api.journal if entry["method"] != "GET"]
    assert methods == ["POST", "PATCH", "PATCH", "PATCH", "PATCH", "DELETE"]
    assert output.count("...ignoring") == 9
    assert "auth_password - ******** is not ********" in output
    assert [line[:300] for line in output.splitlines() if first in line or second in line] == []
