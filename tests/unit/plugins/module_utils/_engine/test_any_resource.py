# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole engine with a resource of the tests: both front ends, all shapes of settings, secrets and rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.didww.voice.plugins.module_utils._engine import module
from ansible_collections.didww.voice.plugins.module_utils._engine.change import update_one
from ansible_collections.didww.voice.plugins.module_utils._engine.fleet import update_many
from ansible_collections.didww.voice.plugins.module_utils._engine.reading import read_many
from ansible_collections.didww.voice.plugins.module_utils._engine.task import Work
from ansible_collections.didww.voice.plugins.plugin_utils import _action
from simulator.server import Simulator

from ....conftest import connection_to, rows, run_main, table
from ...modules.conftest import changes
from .phones import PHONE, id_of, phone_api

ONE, MANY, READ = update_one(PHONE), update_many(PHONE), read_many(PHONE)
PIN, PASSWORD, OTHER = "47#1", "pass-w0rd", "other-w0rd"
SECRETS = (PIN, PASSWORD, OTHER, "t0ken-of-the-api")
NEW: dict[str, Any] = table("phones", "new")
Run = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def _answers_match_the_schema() -> None:
    """DIDWW has no phones."""


@pytest.fixture
def api() -> Iterator[Simulator]:
    """The local API, with no phones yet."""
    with phone_api() as server:
        yield server


@pytest.fixture(params=["module", "action"])
def run(
    request: pytest.FixtureRequest,
    api: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    logged: list[str],
) -> Run:
    """Run a work with either front end. Nothing that it returns or logs contains a secret, unless `reveals`."""

    def run(work: Work, check: bool = False, reveals: bool = False, **options: Any) -> dict[str, Any]:
        given = {**connection_to(api), "api_retries": 0, **options}
        monkeypatch.setattr(_action, "_CLIENTS", {})
        if request.param == "module":
            internal = {"_ansible_check_mode": check, "_ansible_diff": True}
            result = run_main(module.entry(work), {**internal, **given}, monkeypatch, capsys)
        else:
            result = {"warnings": [], **_action.run_here(work, given, check, True)}
        if not reveals:
            for secret in SECRETS:
                assert secret not in json.dumps(result)
        for secret in SECRETS:
            assert secret not in str(logged)
        return result

    return run


@pytest.fixture
def phone(api: Simulator, run: Run) -> str:
    """Create the phone NEW; return its id."""
    created = run(ONE, **NEW)
    api.clear_journal()
    return str(created["phone"]["id"])


def test_a_phone_is_created_with_the_names_and_numbers_of_the_api(api: Simulator, run: Run) -> None:
    planned = run(ONE, check=True, **NEW)
    created = run(ONE, **NEW)
    ((method, sent),) = changes(api)
    relationships = sent.pop("relationships")
    assert method == "POST"
    assert sent == {"type": "phones", "attributes": table("phones", "new_attributes")}
    groups = [{"type": "groups", "id": identifier} for identifier in sorted(map(id_of, ("Sales", "Support")))]
    desk = {"type": "desks", "id": id_of("Reception")}
    assert relationships == {"desk": {"data": desk}, "groups": {"data": groups}}
    shown = created["phone"]
    assert (shown["ringtone"], shown["codecs"], shown["serial"]) == ("chime", ["opus", "speex"], "X1")
    assert ("pin" in shown, shown["account"]) == (False, {"type": "sip", "user": "door"})
    assert shown["withheld"] == ["pin", "account.password"]
    assert (shown["desk"], shown["created_at"], shown["calls"]) == (id_of("Reception"), "now", 7)
    assert shown["names"] == {id_of(name): name for name in ("Reception", "Sales", "Support")}
    assert created["changes"]["pin"] == {"before": None, "after": "********"}
    assert 'account.password: "********"' in created["diff"]["after"]
    facts = {"id": api.records("phones")[0]["id"], "created_at": "now", "calls": 7}
    chosen = {"locked": False, "muted": False, "in_all_groups": False, "mode": None}
    assert {**planned["phone"], **facts, **chosen} == shown
    assert planned["changes"] == created["changes"]


def test_secrets_are_compared_although_they_are_not_shown(api: Simulator, phone: str, run: Run) -> None:
    assert run(ONE, **NEW)["changed"] is False
    assert changes(api) == []
    done = run(ONE, id=phone, account={"type": "sip", "password": OTHER})
    ((_method, sent),) = changes(api)
    # What the collection does not know and what the task does not set stays; what the API generates is not sent.
    assert sent["attributes"]["account_data"]["attributes"] == {"auth_user": "door", "auth_password": OTHER}
    change = done["changes"]["account"]
    assert (change["before"]["password"], change["after"]["password"]) == ("********", "******** (new)")
    assert 'account.password: "********"\n' in done["diff"]["before"]
    assert 'account.password: "******** (new)"\n' in done["diff"]["after"]
    cleared = run(ONE, id=phone, pin=None)
    assert cleared["changes"]["pin"] == {"before": "********", "after": None}
    assert cleared["phone"]["pin"] is None


@pytest.mark.parametrize(("options", "message"), rows("phones", "refusals"))
def test_refusals_show_no_secret(phone: str, run: Run, options: dict[str, Any], message: str) -> None:
    selector = {} if "serial" in options else {"id": phone}
    for work, task in ((ONE, {**selector, **options}), (MANY, {"phones": [{**selector, **options}]})):
        result = run(work, **task)
        assert result["failed"] is True
        assert message in result["msg"]


def test_an_entry_that_is_no_dictionary_may_be_a_secret(run: Run) -> None:
    for phones in (PASSWORD, [PASSWORD]):
        assert "the value is not accepted; expected a" in run(MANY, phones=phones)["msg"]


def test_secrets_that_the_api_quotes_are_redacted(api: Simulator, phone: str, run: Run) -> None:
    pointer = "/data/attributes/account_data/attributes/auth_password"

    def refuse(status: int, **error: Any) -> None:
        api.add_faults({"method": "PATCH", "status": status, "body": {"errors": [error]}})

    for secret in (OTHER, PASSWORD, PIN):
        refuse(422, detail=f"{secret} is bad", source={"pointer": pointer})
        result = run(ONE, id=phone, account={"type": "sip", "password": OTHER})
        assert result["errors"][0]["option"] == "account.password"
        assert "account.password: ******** is bad" in result["msg"]
    refuse(409, detail="busy")
    assert "Hang up the phone first." in run(ONE, id=phone, volume=1)["msg"]
    refuse(422, detail="has been taken", source={"pointer": "/data/attributes/label"})
    assert "Another phone of this account has that label." in run(ONE, id=phone, label="Back door")["msg"]
    assert "The account has no such phone" in run(ONE, id=id_of("nobody"), volume=1)["msg"]


def test_a_to_one_relationship_is_compared_and_cleared(api: Simulator, phone: str, run: Run) -> None:
    assert run(ONE, id=phone, desk="Reception")["changed"] is False
    assert run(ONE, id=phone, desk=id_of("Reception").upper())["changed"] is False
    done = run(ONE, id=phone, desk="Lab")
    assert done["changes"] == {"desk": {"before": id_of("Reception"), "after": id_of("Lab")}}
    assert done["diff"]["after"] == f'desk: "{id_of("Lab")}"  # Lab\n'
    assert run(ONE, id=phone, desk=None)["phone"]["desk"] is None
    assert run(ONE, id=phone, desk=None)["changed"] is False
    assert [sent["relationships"]["desk"]["data"] for _method, sent in changes(api)] == [
        {"type": "desks", "id": id_of("Lab")},
        None,
    ]


def test_names_with_commas_are_found(api: Simulator, phone: str, run: Run) -> None:
    assert run(ONE, id=phone, groups=[id_of("A, B")])["phone"]["groups"] == [id_of("A, B")]


def test_a_flag_manages_a_relationship(api: Simulator, phone: str, run: Run) -> None:
    words = "groups cannot be listed while in_all_groups is true: leave groups out, or set in_all_groups to false"
    assert run(ONE, id=phone, in_all_groups=True, groups=["Sales"])["msg"] == f"groups: {words}"
    assert run(ONE, id=phone, in_all_groups=True)["changed"] is True
    done = run(ONE, id=phone, in_all_groups=False, groups=["Sales", "Support"])
    assert list(done["changes"]) == ["in_all_groups"]
    assert "groups" in changes(api)[-1][1]["relationships"]


def test_a_relationship_that_no_answer_holds(api: Simulator, phone: str, run: Run) -> None:
    run(ONE, id=phone, mode="hotel", guest="+370 614 98222")
    assert changes(api)[-1][1]["relationships"]["guest"]["data"]["id"] == id_of("37061498222")
    assert run(ONE, id=phone, guest="+370 614 98222")["changed"] is False


def test_numbers_without_a_word_can_be_given_back(api: Simulator, phone: str, run: Run) -> None:
    # An attribute that an answer lacks is unknown.
    account = {"type": "sip", "attributes": {"auth_password": PASSWORD}}
    api.put_record("phones", phone, {"attributes": {"ringtone_id": 7, "account_data": account}})
    (settings,) = run(READ, id=phone)["settings"]
    assert (settings["ringtone"], settings["account"]) == (7, {"type": "sip"})
    assert run(ONE, **settings)["changed"] is False
    assert run(ONE, id=phone, ringtone="bell")["changes"] == {"ringtone": {"before": 7, "after": "bell"}}
    assert changes(api)[-1][1]["attributes"]["ringtone_id"] == 1


def test_a_rule_holds_and_adds(api: Simulator, phone: str, run: Run) -> None:
    run(ONE, id=phone, locked=True)
    held = run(ONE, id=phone, ringtone="bell")
    assert held["changed"] is False
    assert held["held"] == {"ringtone": {"before": "chime", "after": "bell"}}
    assert held["warnings"] == ['ringtone stays: the phone is locked. To set it to "bell" anyway, set force to true']
    forced = run(ONE, id=phone, ringtone="bell", force=True)
    assert (list(forced["changes"]), forced["held"]) == (["ringtone"], {})
    assert changes(api)[-1][1]["attributes"] == {"ringtone_id": 1, "locked": True}
    assert run(ONE, id=phone, muted=True, volume=9)["phone"]["volume"] == 3


def test_a_change_of_type(api: Simulator, phone: str, run: Run) -> None:
    run(ONE, id=phone, account={"type": "h323", "alias": "Door"})
    assert changes(api)[-1][1]["attributes"] == {"account_data": {"type": "h323", "attributes": {"alias": "Door"}}}
    back = run(ONE, id=phone, account={"type": "sip", "password": PASSWORD})
    when = "when account.type changes from h323 to sip"
    assert f"account.user: required {when}" in back["msg"]
    assert f"realm: required {when}: write null for any realm" in back["msg"]
    run(ONE, id=phone, account={"type": "sip", "user": "door", "password": PASSWORD}, realm=None)
    # Required with the type, so sent although it does not differ.
    assert changes(api)[-1][1]["attributes"]["realm"] is None
    legacy = {"type": "legacy", "attributes": {"alias": "Old"}}
    api.put_record("phones", phone, {"attributes": {"account_data": legacy}})
    words = 'only DIDWW staff can change this for type legacy; the phone has "Old", the task sets "New"'
    assert words in run(ONE, id=phone, account={"type": "legacy", "alias": "New"})["msg"]


def test_the_warning_of_an_unmet_secret_has_no_secret(api: Simulator, phone: str, run: Run) -> None:
    api.add_faults({"method": "PATCH", "answer_attributes": api.record("phones", phone)["attributes"]})
    result = run(ONE, id=phone, pin="12#4", account={"type": "sip", "password": OTHER}, volume=4)
    assert result["warnings"] == [
        'DIDWW returned pin "********", but the task sets "******** (new)"',
        "DIDWW returned volume 3, but the task sets 4",
        'DIDWW returned account.password "********", but the task sets "******** (new)"',
    ]


def test_reading_shows_no_secret_and_gives_back_the_rest(api: Simulator, phone: str, run: Run) -> None:
    result = run(READ, phone="Front door", include_groups=True, include_desks=True)
    (settings,) = result["settings"]
    assert "pin" not in settings
    assert settings["account"] == {"type": "sip", "user": "door"}
    assert (settings["desk"], settings["groups"]) == ("Reception", ["Sales", "Support"])
    assert result["phones"][0]["withheld"] == ["pin", "account.password"]
    assert "tokens" not in result["phones"][0]
    assert run(MANY, phones=result["settings"])["changed"] is False
    assert changes(api) == []
    (revealed,) = run(READ, reveals=True, label="Front door", include_tokens=True)["phones"]
    assert revealed["tokens"] == {"token": "t0ken-of-the-api"}
    assert [one["id"] for one in run(READ, account_type=["sip"])["phones"]] == [phone]


def test_a_fleet_with_an_undo_file(api: Simulator, phone: str, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "undo.yml"
    second = {**NEW, "label": "Back door", "serial": "X2", "account": {"type": "h323", "alias": "b"}}
    fleet = [{"id": phone, "volume": 5, "pin": "12#4", "mode": "desk"}, second]
    done = run(MANY, phones=fleet, undo_file=str(path))
    assert (done["summary"]["created"], done["summary"]["changed"]) == (1, 2)
    text = path.read_text("utf-8")
    assert all(secret not in text for secret in (*SECRETS, "12#4"))
    assert "restore THIS_FILE" in text
    assert "pin: it is a secret, which this file does not contain" in text
    assert yaml.safe_load(text)["phones"] == [{"id": phone, "volume": 3}, {"serial": "X2", "state": "absent"}]


def test_an_audit(api: Simulator, phone: str, run: Run) -> None:
    result = run(MANY, audit=True, phones=[{"serial": "X9"}])
    assert result["missing"] == [{"index": 0, "selector": "serial", "value": "X9"}]
    assert result["unmanaged"] == [{"id": phone, "name": "Front door"}]


def test_a_deletion_shows_no_secret(api: Simulator, phone: str, run: Run) -> None:
    other = run(ONE, id=phone, state="absent", serial="X7")["msg"]
    assert other.startswith(f'serial: the phone with the id "{phone}" has "X1", but the task says "X7"')
    assert run(ONE, id=phone, state="absent")["changes"]["pin"] == {"before": "********", "after": None}
    assert (api.records("phones"), run(ONE, id=phone, state="absent")["changed"]) == ([], False)
