# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module against the local API: its results, and its requests according to the journal."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible.module_utils import basic
from simulator.server import Simulator

from ...conftest import (
    ANY_DID,
    CASES,
    EMERGENCY_ALL,
    EXAMPLE,
    IP_ONLY,
    LINKAGE,
    TRUNK,
    TWILIO,
    UNKNOWN,
    RunModule,
    each_case,
    only_2026_04_16,
    only_2026_11_19,
    options_of,
    prepare,
)


def requests_to(api: Simulator, method: str) -> list[dict[str, Any]]:
    return [entry for entry in api.journal if entry["method"] == method]


def patches(api: Simulator) -> list[dict[str, Any]]:
    """Return the resources in all updates."""
    return [entry["body"]["data"] for entry in requests_to(api, "PATCH")]


def expected_patch(case: dict[str, Any], value: Any) -> dict[str, Any]:
    option = case["option"].partition(".")[0]
    patch: dict[str, Any] = {"id": TRUNK, "type": "voice_out_trunks"}
    if option in LINKAGE:
        patch["relationships"] = {option: {"data": [{"type": "dids", "id": did} for did in value]}}
    else:
        patch["attributes"] = {option: value}
    return patch


@pytest.mark.parametrize("case", CASES, ids=[case["option"] for case in CASES])
def test_a_difference_is_sent_alone_and_once(local_api: Simulator, run_module: RunModule, case: dict[str, Any]) -> None:
    prepare(local_api, case)
    options = {"id": TRUNK, **options_of(case, case["asks"])}

    predicted = run_module(check=True, diff=True, **options)
    assert predicted["changed"] is True
    assert patches(local_api) == []

    done = run_module(diff=True, **options)
    assert patches(local_api) == [expected_patch(case, case["sends"])]
    for key in ("changed", "trunk", "changes", "diff", "api_version"):
        assert done[key] == predicted[key]
    assert list(done["changes"]) == [case["option"].partition(".")[0]]
    assert done["warnings"] == []

    again = run_module(diff=True, **options)
    assert again["changed"] is False
    assert again["changes"] == {}
    # The numbers of DIDs that are listed by id are only known once they are linked.
    done["trunk"].pop("did_numbers", None)
    again["trunk"].pop("did_numbers", None)
    assert again["trunk"] == done["trunk"]
    # A new name must not be taken: that takes one more request, in check mode and in the real run.
    assert len(requests_to(local_api, "GET")) == (5 if case["option"] == "name" else 3)
    assert len(requests_to(local_api, "PATCH")) == 1


@each_case(lambda case: case["equal"])
def test_another_spelling_is_no_difference(
    local_api: Simulator, run_module: RunModule, case: dict[str, Any], value: Any
) -> None:
    prepare(local_api, case)
    run_module(id=TRUNK, **options_of(case, case["asks"]))
    local_api.clear_journal()

    result = run_module(id=TRUNK, **options_of(case, value))

    assert result["changed"] is False
    assert [entry["method"] for entry in local_api.journal] == ["GET"]


@each_case(lambda case: [None, *case.get("cleared", [])] if "clears" in case else [])
def test_null_clears(local_api: Simulator, run_module: RunModule, case: dict[str, Any], value: Any) -> None:
    prepare(local_api, case)
    run_module(id=TRUNK, **options_of(case, case["asks"]))
    local_api.clear_journal()

    assert run_module(id=TRUNK, **options_of(case, value))["changed"] is True
    assert patches(local_api) == [expected_patch(case, case["clears"])]
    assert run_module(id=TRUNK, **options_of(case, value))["changed"] is False
    assert run_module(id=TRUNK, **options_of(case, None))["changed"] is False
    assert len(patches(local_api)) == 1


@each_case(lambda case: [] if "clears" in case or None in case.get("given_back", []) else [None])
def test_null_is_rejected_by_settings_that_are_not_nullable(
    local_api: Simulator, run_module: RunModule, case: dict[str, Any], value: None
) -> None:
    result = run_module(id=TRUNK, **options_of(case, value))
    assert result["failed"] is True
    assert result["msg"].startswith(f"{case['option']}: null is not accepted; leave the option out")
    assert local_api.journal == []


@each_case(lambda case: case["refused"])
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_bad_value_is_rejected_before_any_request(
    local_api: Simulator, run_module: RunModule, check: bool, case: dict[str, Any], value: dict[str, Any]
) -> None:
    result = run_module(check=check, id=TRUNK, **options_of(case, value["value"]))
    assert result["failed"] is True
    assert case["option"].rpartition(".")[2] in result["msg"]
    assert value["says"] in result["msg"]
    assert local_api.journal == []


@each_case(lambda case: case.get("given_back", []))
def test_a_value_that_only_another_version_accepts_can_be_given_back(
    local_api: Simulator, run_module: RunModule, run_fleet: RunModule, case: dict[str, Any], value: Any
) -> None:
    options = {"id": TRUNK, **options_of(case, value)}
    for check in (True, False):
        prepare(local_api, case)
        result = run_module(check=check, **options)
        assert result["failed"] is True
        assert result["msg"].startswith(f"{case['option']}: ")
        assert run_fleet(check=check, trunks=[options])["msg"].startswith("trunks[0]")
        # The local API has no null threshold in this version, so the answers are changed.
        shown = {"method": "GET", "times": 0, "answer_attributes": {case["option"]: value}}
        local_api.add_faults(shown)
        assert run_module(check=check, **options)["changed"] is False
        # Another change does not send it.
        both = run_module(check=check, **options, media_encryption_mode="zrtp")
        assert list(both["changes"]) == ["media_encryption_mode"]
        local_api.clear_faults()
    assert [list(patch["attributes"]) for patch in patches(local_api)] == [["media_encryption_mode"]]


@only_2026_11_19
def test_an_amount_that_2026_04_16_would_reject(
    local_api: Simulator, run_module: RunModule, run_info: RunModule
) -> None:
    local_api.put_trunk(TRUNK, attributes={"threshold_amount": "200000.00"})
    assert run_module(id=TRUNK, threshold_amount=200000)["changed"] is False
    found = run_info(id=TRUNK)
    assert (found["settings"][0]["threshold_amount"], found["warnings"]) == ("200000.0", [])


def test_an_action_that_stays_requires_no_did(run_module: RunModule) -> None:
    assert run_module(id=EMERGENCY_ALL, on_cli_mismatch_action="replace_cli", rtp_timeout=60)["changed"] is True


def test_every_option_has_its_case() -> None:
    from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

    spec = VOICE_OUT_TRUNK.spec()
    elsewhere = ("id", "authentication_method", "default_did", "state", "unblock")
    names = {name for name in spec if name not in elsewhere}
    names |= {f"authentication_method.{name}" for name in spec["authentication_method"]["options"] if name != "type"}
    assert {case["option"] for case in CASES} == names


def test_linkage_is_only_read_if_it_is_set(local_api: Simulator, run_module: RunModule) -> None:
    result = run_module(id=TRUNK, status="active")
    assert "dids" not in result["trunk"]
    result = run_module(id=TRUNK, dids=[])
    assert result["trunk"]["dids"] == []
    assert "emergency_dids" not in result["trunk"]
    first, second = local_api.journal
    assert dict(first["query"]) == {}
    assert dict(second["query"]) == {"include": "dids", "fields[dids]": "number"}


def test_every_problem_is_reported_at_once(local_api: Simulator, run_module: RunModule) -> None:
    result = run_module(
        id="not-an-id",
        name="",
        status="paused",
        capacity_limit="many",
        rtp_timeout=5,
        dst_prefixes=["+44"],
        authentication_method={"type": "twilio", "tech_prefix": "1"},
        api_url="api.didww.com",
        api_retries=11,
        external_reference="x",
    )
    message = result["msg"]
    assert message.startswith("10 problems: (1) ")
    for words in (
        "unsupported options: external_reference (did you mean external_reference_id?). Supported parameters",
        'status: "paused" is not accepted; expected one of active, blocked',
        'capacity_limit: "many" is not accepted; expected a whole number from',
        'id: "not-an-id" is not accepted',
        "name: ",
        "rtp_timeout: 5 is not accepted; expected a whole number from 30 to 600",
        'dst_prefixes: "+44" is not accepted; expected digits without the leading +',
        "authentication_method.tech_prefix: belongs to type credentials_and_ip or ip_only, not to twilio",
        'api_url: "api.didww.com" is not accepted',
        "api_retries: 11 is not accepted",
    ):
        assert words in message
    assert local_api.journal == []


def test_an_option_without_its_type_is_rejected(local_api: Simulator, run_module: RunModule) -> None:
    result = run_module(id=TRUNK, authentication_method={"tech_prefix": "1"}, rtp_timeout=5)
    assert "authentication_method.type: required: credentials_and_ip, twilio, or" in result["msg"]
    assert "rtp_timeout: 5 is not accepted" in result["msg"]
    assert local_api.journal == []


ODD = [
    ({"name": ["EU", "SBC"]}, 'name: ["EU", "SBC"] is not accepted; expected a name that is not blank'),
    ({"name": True}, "name: true is not accepted"),
    ({"external_reference_id": {"a": 1}}, 'external_reference_id: {"a": 1} is not accepted'),
    ({"callback_url": ["http://example.com/x"]}, 'callback_url: ["http://example.com/x"] is not accepted'),
    ({"status": ["active"]}, 'status: ["active"] is not accepted; expected one of active, blocked'),
    ({"threshold_amount": [500]}, "threshold_amount: [500] is not accepted; expected a decimal number"),
    ({"allowed_rtp_ips": [["1.2.3.4"], {"a": 1}, None]}, 'allowed_rtp_ips: ["1.2.3.4"] is not accepted'),
    ({"dst_prefixes": [None, 44]}, "dst_prefixes: null is not accepted; expected digits"),
    ({"dst_prefixes": {"a": 1}}, 'dst_prefixes: {"a": 1} is not accepted; expected a list'),
    # Without the point it would be the number of another DID.
    ({"dids": [3706149822.0]}, "dids: 3706149822.0 is not accepted"),
    ({"capacity_limit": float("inf")}, "capacity_limit: Infinity is not accepted; expected a whole number"),
    ({"capacity_limit": "Infinity"}, 'capacity_limit: "Infinity" is not accepted'),
    ({"capacity_limit": "1e2000000"}, 'capacity_limit: "1e2000000" is not accepted'),
    ({"capacity_limit": ""}, "capacity_limit: an empty string is not accepted; write null or a value, or leave"),
    ({"rtp_ping": ""}, "rtp_ping: an empty string is not accepted; write a value, or leave"),
    # Only some versions of ansible-core accept these.
    ({"capacity_limit": "6e1"}, 'capacity_limit: "6e1" is not accepted'),
    ({"capacity_limit": 60.5}, "capacity_limit: 60.5 is not accepted; expected a whole number"),
    ({"capacity_limit": "9" * 5000}, 'capacity_limit: "999'),
    ({"rtp_ping": "maybe"}, 'rtp_ping: "maybe" is not accepted; expected true or false'),
    ({"authentication_method": "twilio"}, 'authentication_method: "twilio" is not accepted; expected a dictionary'),
    ({"authentication_method": [1]}, "authentication_method: [1] is not accepted; expected a dictionary"),
    ({"authentication_method": "{1: 2}"}, 'authentication_method: "{1: 2}" is not accepted; expected a dictionary'),
    ({"authentication_method": "{'type'}"}, "authentication_method: \"{'type'}\" is not accepted; expected a dict"),
    ({"authentication_method": {"type": "twilio", "tech_prefix": ["1"]}}, "authentication_method.tech_prefix: belongs"),
    ({"authentication_method": {"type": None}}, "authentication_method.type: null is not accepted; expected cred"),
    ({"authentication_method": {"type": ["twilio"]}}, 'authentication_method.type: ["twilio"] is not accepted'),
    ({"authentication_method": {"type": "twilio", "sid": 1}}, "unsupported options: authentication_method.sid"),
]


SECRET = "planted-secret"
MISPLACED = [
    {"apikey": SECRET},
    {"authentication_method": {"type": "credentials_and_ip", "username": "bob", "password": SECRET}},
    {"authentication_method": {"type": "credentials_and_ip", "attributes": [{"token": SECRET}]}},
    {"credentials": {"username": SECRET, "password": None, "tokens": [SECRET]}},
    {"authentication_method": f"type=credentials_and_ip password={SECRET}"},
    {"authentication_method": json.dumps({"type": "credentials_and_ip", "attributes": {"password": SECRET}})},
]


@pytest.mark.parametrize("options", MISPLACED)
def test_a_misplaced_secret_is_neither_shown_nor_logged(
    front_end: str,
    local_api: Simulator,
    run_module: RunModule,
    run_fleet: RunModule,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "log", lambda self, msg, log_args=None: logged.append(f"{msg} {log_args}"))
    for result in (
        run_module(id=TRUNK, **options),
        run_fleet(trunks=[{"id": TRUNK, **options}]),
        run_fleet(trunks=[{"id": TRUNK, "api_key": SECRET}]),
        run_fleet(trunks=[f"id={TRUNK} password={SECRET}"]),
    ):
        assert result["failed"] is True
        assert re.search("unsupported options|no task can set it", result["msg"])
        assert SECRET not in json.dumps(result)
    assert len(logged) == (4 if front_end == "module" else 0)
    assert SECRET not in str(logged)
    assert local_api.journal == []


def test_a_malformed_url_is_not_logged(
    front_end: str, local_api: Simulator, run_module: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "log", lambda self, msg, log_args=None: logged.append(f"{msg} {log_args}"))
    result = run_module(id=TRUNK, api_url=f"https://user:{SECRET}@api.didww.com/v3")
    assert result["msg"].startswith("api_url: the value is not accepted; expected the base URL")
    assert SECRET not in json.dumps(result)
    assert len(logged) == (1 if front_end == "module" else 0)
    assert SECRET not in str(logged)


def test_a_short_query_leaves_the_message_readable(run_module: RunModule) -> None:
    result = run_module(id=TRUNK, api_url="https://api.didww.com/v3?e")
    assert result["msg"].startswith("api_url: the value is not accepted; expected the base URL")


@pytest.mark.parametrize("path", [True, ["/etc/ssl/certs"], {"a": "b"}, 1])
def test_a_ca_path_that_is_not_a_path_is_rejected(local_api: Simulator, run_module: RunModule, path: Any) -> None:
    result = run_module(id=TRUNK, ca_path=path, rtp_timeout=5)
    assert re.match(r"2 problems: \(1\) ca_path: .* is not accepted; expected a CA bundle that exists", result["msg"])
    assert local_api.journal == []


def test_a_rejected_key_from_the_environment_names_its_variable(
    run_module: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIDWW_API_KEY", "two words")
    result = run_module(id=TRUNK, leave_out=["api_key"])
    assert result["msg"].startswith("api_key: the value from the environment variable DIDWW_API_KEY is not accepted")
    assert "two words" not in json.dumps(result)


def test_a_key_with_a_line_break_at_its_end_is_explained(run_module: RunModule) -> None:
    result = run_module(id=TRUNK, api_key="local-key\n")
    assert result["msg"].endswith(
        "; it starts or ends with a space or a line break, which ansible-vault or echo may have added"
    )
    assert "local-key" not in json.dumps(result)
    assert "line break" not in run_module(id=TRUNK, api_key="local key")["msg"]


OTHER = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e001"


@pytest.mark.parametrize(("options", "message"), ODD)
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_rejected_values_are_shown_as_the_task_has_them(
    local_api: Simulator,
    run_module: RunModule,
    run_fleet: RunModule,
    check: bool,
    options: dict[str, Any],
    message: str,
) -> None:
    if "name" not in options:
        options = {"id": TRUNK, **options}
    one = run_module(check=check, **options)["msg"]
    assert one.startswith(message)
    assert "class" not in one
    assert (
        message.replace("unsupported options: authentication_method.", "authentication_method.")
        in (run_fleet(check=check, trunks=[{"id": OTHER}, options])["msg"])
    )
    assert local_api.journal == []


def test_values_that_ansible_converts_are_accepted(local_api: Simulator, run_module: RunModule) -> None:
    result = run_module(
        id=TRUNK,
        capacity_limit=" 60 ",
        rtp_timeout=45.0,
        threshold_amount=500.5,
        rtp_ping="yes",
        dst_prefixes=44,
        allowed_rtp_ips="203.0.113.1, 203.0.113.2",
        authentication_method="type=twilio twilio_account_sid=AC39347AF064AF97E1682C3B7332DAAEE6",
    )
    assert {name: result["trunk"][name] for name in ("capacity_limit", "rtp_timeout", "threshold_amount")} == {
        "capacity_limit": 60,
        "rtp_timeout": 45,
        "threshold_amount": "500.5",
    }
    assert result["trunk"]["rtp_ping"] is True
    assert result["trunk"]["dst_prefixes"] == ["44"]
    assert result["trunk"]["allowed_rtp_ips"] == ["203.0.113.1/32", "203.0.113.2/32"]
    assert result["trunk"]["authentication_method"]["type"] == "twilio"


# --- Which trunk ---


@pytest.mark.parametrize(
    ("identifiers", "filtered"),
    [
        ({"id": TRUNK.upper()}, {}),
        ({"external_reference_id": "crm-0001"}, {"filter[external_reference_id]": "crm-0001"}),
        ({"name": "EU SBC"}, {"filter[name]": "EU SBC"}),
        ({"external_reference_id": None, "name": "Any DID"}, {"filter[name]": "Any DID"}),
    ],
)
def test_the_most_specific_identifier_selects(
    local_api: Simulator, run_module: RunModule, identifiers: dict[str, Any], filtered: dict[str, str]
) -> None:
    local_api.put_trunk("3d9b7f52-2a61-4f0e-9c11-7f5a60b8e004", attributes={"external_reference_id": None})
    result = run_module(**identifiers)
    assert result["changed"] is False
    assert result["trunk"]["name"] == identifiers.get("name", "EU SBC")
    (request,) = local_api.journal
    query = dict(request["query"])
    assert {name: value for name, value in query.items() if name.startswith("filter")} == filtered
    if "id" in identifiers:
        assert request["path"].endswith(TRUNK)


def test_less_specific_identifiers_are_settings(local_api: Simulator, run_module: RunModule) -> None:
    result = run_module(id=TRUNK, external_reference_id="crm-9", name="EU SBC 9")
    assert list(result["changes"]) == ["name", "external_reference_id"]
    result = run_module(external_reference_id="crm-9", name="EU SBC")
    assert result["changes"] == {"name": {"before": "EU SBC 9", "after": "EU SBC"}}
    assert [patch["attributes"] for patch in patches(local_api)] == [
        {"name": "EU SBC 9", "external_reference_id": "crm-9"},
        {"name": "EU SBC"},
    ]


@pytest.mark.parametrize("name", ["Acme, Ltd", 'The "best" trunk', "R&D #1 100% +ä"])
def test_any_name_selects(local_api: Simulator, run_module: RunModule, name: str) -> None:
    local_api.put_trunk(TRUNK, attributes={"name": name})
    result = run_module(name=name, rtp_ping=True)
    assert result["trunk"]["id"] == TRUNK


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "eu sbc"}, 'name: no trunk is called "eu sbc". Did you mean "EU SBC"? This account has: "Any DID", '),
        (
            {"external_reference_id": "crm-001"},
            'external_reference_id: no trunk has the external_reference_id "crm-001". Did you mean "crm-0001"?',
        ),
        ({"id": "00000000-0000-4000-8000-000000000000"}, "00000000-0000-4000-8000-000000000000 could not be found"),
        ({"id": "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e091"}, "could not be found"),
    ],
)
def test_a_missing_trunk_is_an_error(run_module: RunModule, options: dict[str, Any], words: str) -> None:
    result = run_module(**options, status="active")
    assert result["failed"] is True
    assert words in result["msg"]
    assert result["msg"].endswith("To create the trunk, set state to present") is ("id" not in options)


def test_several_matching_trunks_are_an_error_that_lists_them(local_api: Simulator, run_module: RunModule) -> None:
    other = "cf2e6377-fcaa-4416-8c8e-acd5f31a427f"
    local_api.put_trunk(other, attributes={"external_reference_id": "crm-0001"})
    result = run_module(external_reference_id="crm-0001", status="blocked")
    assert '2 trunks have the external_reference_id "crm-0001": ' in result["msg"]
    for words in (TRUNK, other, "EU SBC", "Outbound trunk Name"):
        assert words in result["msg"]
    assert patches(local_api) == []


@pytest.mark.parametrize("options", [{}, {"external_reference_id": ""}, {"external_reference_id": None}])
def test_no_identifier_is_an_error(local_api: Simulator, run_module: RunModule, options: dict[str, Any]) -> None:
    result = run_module(**options, status="blocked")
    assert "one of id, external_reference_id, name is required" in result["msg"]
    assert local_api.journal == []


def test_a_null_id_does_not_select_by_something_else(local_api: Simulator, run_module: RunModule) -> None:
    result = run_module(id=None, name="EU SBC", status="blocked")
    assert result["msg"].startswith("id: null")
    assert local_api.journal == []


# --- Rules that depend on the trunk ---

DID = "6b1f4c0a-0000-4000-8000-000000000003"
SID = "AC39347AF064AF97E1682C3B7332DAAEE6"


def test_the_example_in_the_documentation_of_didww(local_api: Simulator, run_module: RunModule) -> None:
    options: dict[str, Any] = {
        "id": EXAMPLE,
        "capacity_limit": 60,
        "allowed_rtp_ips": None,
        "authentication_method": {"type": "twilio", "twilio_account_sid": SID},
    }
    assert run_module(**options)["changed"] is True
    assert patches(local_api) == [
        {
            "id": EXAMPLE,
            "type": "voice_out_trunks",
            "attributes": {
                "allowed_rtp_ips": None,
                "authentication_method": {"type": "twilio", "attributes": {"twilio_account_sid": SID}},
                "capacity_limit": 60,
            },
        }
    ]
    assert run_module(**options)["changed"] is False
    assert [entry["method"] for entry in local_api.journal] == ["GET", "PATCH", "GET"]


REFUSED_BY_STATE = {
    "dids while any DID is allowed": ({"id": ANY_DID, "dids": [DID]}, "dids: ", "allow_any_did_as_cli is true"),
    "dids as any DID becomes allowed": (
        {"id": TRUNK, "dids": [DID], "allow_any_did_as_cli": True},
        "dids: ",
        "allow_any_did_as_cli is true",
    ),
    "linked dids as any DID becomes allowed": (
        {"id": TWILIO, "dids": [DID[:-1] + "4", DID[:-1] + "5"], "allow_any_did_as_cli": True},
        "dids: ",
        "allow_any_did_as_cli is true",
    ),
    "emergency_dids while all are enabled": (
        {"id": EMERGENCY_ALL, "emergency_dids": [DID]},
        "emergency_dids: ",
        "emergency_enable_all is true",
    ),
    "emergency_dids as all become enabled": (
        {"id": TRUNK, "emergency_dids": [DID], "emergency_enable_all": True},
        "emergency_dids: ",
        "emergency_enable_all is true",
    ),
    "twilio without its SID": (
        {"id": TRUNK, "authentication_method": {"type": "twilio"}},
        "authentication_method.twilio_account_sid: ",
        "from credentials_and_ip to twilio",
    ),
    "credentials without addresses": (
        {"id": TWILIO, "allowed_rtp_ips": None, "authentication_method": {"type": "credentials_and_ip"}},
        "authentication_method.allowed_sip_ips: ",
        "from twilio to credentials_and_ip",
    ),
    "to ip_only": (
        {"id": TRUNK, "authentication_method": {"type": "ip_only", "allowed_sip_ips": ["203.0.113.1"]}},
        "authentication_method.type: ",
        "only DIDWW staff",
    ),
    "within ip_only": (
        {"id": IP_ONLY, "authentication_method": {"type": "ip_only", "allowed_sip_ips": ["203.0.113.99"]}},
        "authentication_method.allowed_sip_ips: ",
        'the task sets ["203.0.113.99/32"]',
    ),
    "to an unknown type": (
        {"id": TRUNK, "authentication_method": {"type": "twillio"}},
        'authentication_method.type: "twillio" is not accepted',
        "credentials_and_ip or twilio",
    ),
    "within an unknown type": (
        {"id": UNKNOWN, "authentication_method": {"type": "voice_product", "tech_prefix": "1"}},
        "authentication_method.tech_prefix: ",
        "only DIDWW staff",
    ),
    "from an unknown type": (
        {"id": UNKNOWN, "authentication_method": {"type": "twilio", "twilio_account_sid": SID}},
        "authentication_method.type: ",
        "only DIDWW staff",
    ),
}


@only_2026_04_16
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_change_to_credentials_requires_media_addresses(
    local_api: Simulator, run_module: RunModule, check: bool
) -> None:
    method = {"type": "credentials_and_ip", "allowed_sip_ips": ["203.0.113.1"]}
    result = run_module(check=check, id=TWILIO, authentication_method=method)
    assert re.match("allowed_rtp_ips: .* write null for no restriction", result["msg"])
    assert [entry["method"] for entry in local_api.journal] == ["GET"]


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize(("options", "option", "words"), REFUSED_BY_STATE.values(), ids=REFUSED_BY_STATE)
def test_what_the_state_forbids_is_rejected_after_reading_it(
    local_api: Simulator, run_module: RunModule, check: bool, options: dict[str, Any], option: str, words: str
) -> None:
    result = run_module(check=check, **options)
    assert result["failed"] is True
    assert result["msg"].startswith(option)
    assert words in result["msg"]
    assert [entry["method"] for entry in local_api.journal] == ["GET"]


ALREADY_SO = {
    "no dids while any DID is allowed": {"id": ANY_DID, "dids": []},
    "no emergency_dids while all are enabled": {"id": EMERGENCY_ALL, "emergency_dids": []},
    "ip_only as it is": {"id": IP_ONLY, "authentication_method": {"type": "ip_only"}},
    "an unknown type as it is": {"id": UNKNOWN, "authentication_method": {"type": "voice_product"}},
    "credentials as they are": {"id": TRUNK, "authentication_method": {"type": "credentials_and_ip"}},
    "twilio as it is": {"id": TWILIO, "authentication_method": {"type": "twilio"}},
}


@pytest.mark.parametrize("options", ALREADY_SO.values(), ids=ALREADY_SO)
def test_what_is_already_set_sends_nothing(
    local_api: Simulator, run_module: RunModule, options: dict[str, Any]
) -> None:
    result = run_module(**options)
    assert result["changed"] is False
    assert [entry["method"] for entry in local_api.journal] == ["GET"]


@pytest.mark.parametrize("trunk", [ANY_DID, EMERGENCY_ALL])
def test_linkage_that_didww_manages_can_be_written_back(
    local_api: Simulator, run_module: RunModule, trunk: str
) -> None:
    name = "dids" if trunk == ANY_DID else "emergency_dids"
    local_api.put_trunk(trunk, **{name: [DID]})
    as_read: dict[str, Any] = {"id": trunk, name: [DID.upper()]}
    none: dict[str, Any] = {"id": trunk, name: []}
    assert run_module(**as_read)["changed"] is False
    assert run_module(**none)["trunk"][name] == [DID]
    assert patches(local_api) == []


@pytest.mark.parametrize(
    ("flag", "link"), [("allow_any_did_as_cli", "dids"), ("emergency_enable_all", "emergency_dids")]
)
def test_a_flag_that_goes_on_takes_the_linkage_with_it(
    local_api: Simulator, run_module: RunModule, flag: str, link: str
) -> None:
    local_api.put_trunk(TRUNK, **{link: [DID]})
    options: dict[str, Any] = {"id": TRUNK, flag: True, link: []}
    predicted = run_module(check=True, **options)
    done = run_module(**options)
    assert done == predicted
    assert done["trunk"][link] == []
    assert list(done["changes"]) == [flag]
    assert done["warnings"] == []
    assert patches(local_api) == [{"id": TRUNK, "type": "voice_out_trunks", "attributes": {flag: True}}]
    assert local_api.trunk(TRUNK)[link] == []
    assert run_module(**options)["changed"] is False


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_a_change_of_type_is_a_warning(local_api: Simulator, run_module: RunModule, check: bool) -> None:
    twilio = {"type": "twilio", "twilio_account_sid": "AC00000000000000000000000000000001"}
    sip = {"type": "credentials_and_ip", "allowed_sip_ips": ["203.0.113.9"]}
    result = run_module(check=check, diff=True, id=TRUNK, authentication_method=twilio)
    assert result["warnings"] == [
        "authentication_method.type changes from credentials_and_ip to twilio: the trunk loses its SIP username and "
        "password, and a change back generates new ones"
    ]
    assert 'authentication_method.type: "credentials_and_ip"' in result["diff"]["before"]
    result = run_module(check=check, id=TWILIO, authentication_method=sip, allowed_rtp_ips=None)
    assert result["warnings"] == [
        "authentication_method.type changes from twilio to credentials_and_ip: DIDWW generates a new SIP username and "
        "password; voice_out_trunk_info returns them with include_credentials"
    ]
    result = run_module(check=check, id=ANY_DID, authentication_method={"type": "credentials_and_ip"}, rtp_ping=True)
    assert result["warnings"] == []


def test_a_password_is_no_option(local_api: Simulator, run_module: RunModule) -> None:
    method = {"type": "credentials_and_ip", "username": "u", "password": SECRET, "colour": "red"}
    message = run_module(id=TRUNK, authentication_method=method)["msg"]
    assert message.startswith("3 problems: (1) unsupported options: authentication_method.colour. Supported")
    for option in ("username", "password"):
        assert (
            f"authentication_method.{option}: no task can set it, because DIDWW generates it: voice_out_trunk_"
            in message
        )
    assert "include_credentials" in message
    assert SECRET not in message


def test_a_prefix_that_begins_with_0(local_api: Simulator, run_module: RunModule) -> None:
    assert (
        '"0049" is not accepted; expected digits that begin with a country code: 49 instead of 0049'
        in run_module(id=TRUNK, dst_prefixes=["0049", 44])["msg"]
    )
    assert '"030" is not accepted; expected digits that begin with' in run_module(id=TRUNK, dst_prefixes=["030"])["msg"]
    # What the trunk has already may stay beside a new one.
    local_api.put_trunk(TRUNK, attributes={"dst_prefixes": ["0049"]})
    assert run_module(id=TRUNK, dst_prefixes=["0049", "44"])["changed"] is True
    assert '"0048" is not accepted' in run_module(id=TRUNK, dst_prefixes=["0049", "0048"])["msg"]


@pytest.mark.parametrize("option", ["api_url", "api_token_url"])
@pytest.mark.parametrize(
    "host", ["api.didww.com", "API.DIDWW.COM:80", "sandbox-api.didww.com", "didww.com", "api.didww.com."]
)
def test_a_key_never_travels_in_the_clear(local_api: Simulator, run_module: RunModule, option: str, host: str) -> None:
    options: dict[str, Any] = {option: f"http://{host}/v3"}
    result = run_module(id=TRUNK, **options)
    words = "is not accepted; expected an https URL: with http, anybody could read the API key"
    assert result["msg"] == f'{option}: "http://{host}/v3" {words}'
    assert local_api.journal == []


@only_2026_04_16
@pytest.mark.parametrize(
    ("has", "asks", "goes_along"),
    [
        (None, {"allowed_rtp_ips": None}, None),
        (None, {"allowed_rtp_ips": ["203.0.113.7"]}, ["203.0.113.7/32"]),
        (["198.51.100.0/24"], {}, ["198.51.100.0/24"]),
        (["198.51.100.0/24"], {"allowed_rtp_ips": None}, None),
    ],
)
def test_media_addresses_are_sent_with_a_change_to_credentials(
    local_api: Simulator, run_module: RunModule, has: Any, asks: dict[str, Any], goes_along: Any
) -> None:
    local_api.put_trunk(TWILIO, attributes={"allowed_rtp_ips": has})
    options = {
        "id": TWILIO,
        "authentication_method": {"type": "credentials_and_ip", "allowed_sip_ips": ["203.0.113.1"]},
        **asks,
    }
    predicted = run_module(check=True, **options)
    done = run_module(**options)
    assert patches(local_api)[0]["attributes"] == {
        "authentication_method": {"type": "credentials_and_ip", "attributes": {"allowed_sip_ips": ["203.0.113.1/32"]}},
        "allowed_rtp_ips": goes_along,
    }
    assert ("allowed_rtp_ips" in done["changes"]) == (has != goes_along)
    assert predicted["trunk"] == done["trunk"]
    assert run_module(**options)["changed"] is False


# --- Answers ---


def test_a_setting_that_comes_back_different_is_a_warning(local_api: Simulator, run_module: RunModule) -> None:
    local_api.add_faults({"method": "PATCH", "answer_attributes": {"capacity_limit": 30}})
    result = run_module(id=TRUNK, capacity_limit=None, status="blocked")
    assert result["changed"] is True
    assert result["warnings"] == ["DIDWW returned capacity_limit 30, but the task sets null"]
    assert result["trunk"]["capacity_limit"] == 30


def test_the_version_is_requested(local_api: Simulator, run_module: RunModule, api_version: str) -> None:
    result = run_module(id=TRUNK, status="active")
    assert result["api_version"] == api_version
    assert result["warnings"] == []
    assert dict(local_api.journal[0]["headers"])["X-DIDWW-API-Version"] == api_version


def test_the_version_of_either_answer_counts(local_api: Simulator, run_module: RunModule) -> None:
    method = {"method": "PATCH", "path_contains": TRUNK}
    document = {"data": trunk_document(local_api), "meta": {"api_version": "2022-05-10"}}
    local_api.add_faults({**method, "status": 200, "body": document})
    result = run_module(id=TRUNK, status="blocked")
    assert result["api_version"] == "2022-05-10"
    assert "DIDWW answered with API version 2022-05-10" in result["warnings"][0]


def trunk_document(api: Simulator) -> dict[str, Any]:
    stored = api.trunk(TRUNK)
    return {"id": TRUNK, "type": "voice_out_trunks", "attributes": {**stored["attributes"], "status": "blocked"}}


def test_a_missing_key_names_its_variable(run_module: RunModule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIDWW_API_KEY", raising=False)
    result = run_module(name="EU SBC", leave_out=["api_key"])
    assert result["msg"] == "api_key: required; set this option or the environment variable DIDWW_API_KEY"


def test_an_error_of_the_api_names_the_options(local_api: Simulator, run_module: RunModule) -> None:
    nobody = "6b1f4c0a-0000-4000-8000-999999999999"
    result = run_module(id=TRUNK, dids=[nobody], emergency_dids=[nobody])
    assert result["failed"] is True
    assert result["status"] == 422
    assert {error["option"] for error in result["errors"]} == {"dids", "emergency_dids"}
    assert "(2) emergency_dids - " in result["msg"]
    assert "may have been applied" not in result["msg"]


def test_the_diff_is_only_returned_on_request(run_module: RunModule) -> None:
    assert "diff" not in run_module(id=TRUNK, status="active")
    same = run_module(id=TRUNK, status="active", diff=True)["diff"]
    assert same["before"] == same["after"] == ""
    diff = run_module(id=TRUNK, status="blocked", name="New", diff=True)["diff"]
    assert diff["before"] == 'name: "EU SBC"\n\nstatus: "active"\n'
    assert diff["after"] == 'name: "New"\n\nstatus: "blocked"\n'
    assert diff["before_header"] == diff["after_header"] == f"voice_out_trunk EU SBC ({TRUNK})"


def test_sip_credentials_are_neither_returned_nor_sent(local_api: Simulator, run_module: RunModule) -> None:
    method = {"type": "credentials_and_ip", "tech_prefix": "1"}
    result = run_module(id=TRUNK, authentication_method=method, diff=True)
    assert result["changed"] is True
    for secret in ("u4k2m", "s3cr3t"):
        assert secret not in str(result)
        assert secret not in str(patches(local_api))
    stored = local_api.trunk(TRUNK)["attributes"]["authentication_method"]["attributes"]
    assert (stored["username"], stored["password"]) == ("u4k2m", "s3cr3t")


# --- DIDs by number ---

NUMBERS = {DID[:-1] + "1": "37061498222", DID[:-1] + "2": "37061498223", DID: "37061498224"}


def test_numbers_that_are_linked_need_no_further_request(local_api: Simulator, run_module: RunModule) -> None:
    local_api.put_trunk(TRUNK, dids=list(NUMBERS))
    result = run_module(id=TRUNK, dids=["+370 614 98222", "370-614-98224"], diff=True, check=True)
    assert [entry["method"] for entry in local_api.journal] == ["GET"]
    first, second, third = NUMBERS
    assert result["changes"]["dids"] == {"before": [first, second, third], "after": [first, third]}
    assert result["trunk"]["did_numbers"] == {first: NUMBERS[first], third: NUMBERS[third]}
    assert result["diff"]["before"].splitlines() == ["# dids: 2 unchanged", f'dids: "{second}"  # 37061498223']
    assert result["diff"]["after"].splitlines() == ["# dids: 2 unchanged"]


def test_other_numbers_are_looked_up_together(local_api: Simulator, run_module: RunModule) -> None:
    options: dict[str, Any] = {"id": TRUNK, "dids": list(NUMBERS.values()), "emergency_dids": ["37061498222"]}
    done = run_module(**options)
    read, looked_up, written = local_api.journal
    assert (read["path"], written["path"]) == (f"/v3/voice_out_trunks/{TRUNK}",) * 2
    assert looked_up["path"] == "/v3/dids"
    assert dict(looked_up["query"])["filter[number]"] == "37061498222,37061498223,37061498224"
    assert done["trunk"]["dids"] == list(NUMBERS)
    assert done["trunk"]["did_numbers"] == NUMBERS
    local_api.clear_journal()
    again = run_module(**options)
    assert again["changed"] is False
    assert again["trunk"] == done["trunk"]
    assert len(local_api.journal) == 1


@pytest.mark.parametrize("answer", [{"status": 400}, {"status": 200, "body": {"data": []}}])
def test_numbers_are_looked_up_singly_if_the_api_requires_it(
    local_api: Simulator, run_module: RunModule, answer: dict[str, Any]
) -> None:
    local_api.add_faults({"path_contains": "/dids", **answer})
    result = run_module(id=TRUNK, dids=["37061498222", "37061498223"])
    assert result["trunk"]["dids"] == list(NUMBERS)[:2]
    assert [entry["method"] for entry in local_api.journal] == ["GET", "GET", "GET", "GET", "PATCH"]


@pytest.mark.parametrize(
    ("status", "numbers"), [(400, ["37061498222"]), (403, ["37061498222"]), (403, ["37061498222", "37061498223"])]
)
def test_a_failed_lookup_of_numbers_is_an_error(
    local_api: Simulator, run_module: RunModule, status: int, numbers: list[str]
) -> None:
    local_api.add_faults({"path_contains": "/dids", "status": status, "times": 0})
    result = run_module(id=TRUNK, dids=numbers)
    assert (result["failed"], result["status"]) == (True, status)
    assert [entry["method"] for entry in local_api.journal] == ["GET", "GET"]


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_numbers_of_other_accounts_are_listed(local_api: Simulator, run_module: RunModule, check: bool) -> None:
    # The second belongs to another account.
    result = run_module(check=check, id=TRUNK, dids=["15550000000", "37061498222"], emergency_dids=["37052140001"])
    assert "(1) dids: no DID in this account has the number 15550000000" in result["msg"]
    assert "(2) emergency_dids: no DID in this account has the number 37052140001" in result["msg"]
    assert patches(local_api) == []


TWINS = [DID[:-1] + "8", DID[:-1] + "9"]


def dids_of_one_number(api: Simulator) -> None:
    """Let the API return two DIDs with the number 37061498222."""
    dids = [{"id": did, "type": "dids", "attributes": {"number": "37061498222"}} for did in TWINS]
    api.add_faults({"path_contains": "/v3/dids", "status": 200, "body": {"data": dids}, "times": 0})


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_number_of_two_dids_is_rejected(local_api: Simulator, run_module: RunModule, check: bool) -> None:
    dids_of_one_number(local_api)
    result = run_module(check=check, id=TRUNK, dids=["+37061498222"])
    assert result["msg"] == f"dids: 2 DIDs have the number 37061498222; list one by id: {TWINS[0]}, {TWINS[1]}"
    assert patches(local_api) == []


def test_of_two_dids_with_a_number_the_linked_one_is_selected(local_api: Simulator, run_module: RunModule) -> None:
    dids_of_one_number(local_api)
    first, second, _third = NUMBERS
    local_api.put_trunk(TRUNK, dids=[first], emergency_dids=[second])
    assert run_module(id=TRUNK, dids=["37061498222"])["changed"] is False
    # A link in another relationship does not count.
    assert "3 DIDs have the number" in run_module(id=TRUNK, emergency_dids=["37061498222"], dids=[first])["msg"]


def test_more_dids_than_fit_on_a_page_are_looked_up(local_api: Simulator, run_module: RunModule) -> None:
    result = run_module(id=TRUNK, dids=[str(15550000000 + number) for number in range(101)])
    assert result["msg"].startswith("dids: no DID in this account has the number 15550000000, 15550000001, ")
    lookups = [dict(entry["query"]) for entry in requests_to(local_api, "GET") if entry["path"] == "/v3/dids"]
    assert {query["page[size]"] for query in lookups} == {"100"}
    assert len(lookups[0]["filter[number]"].split(",")) == 100


def test_a_tech_prefix_that_is_shown_as_empty_is_sent_as_null(local_api: Simulator, run_module: RunModule) -> None:
    method = local_api.trunk(TRUNK)["attributes"]["authentication_method"]
    shown = {**method, "attributes": {**method["attributes"], "tech_prefix": ""}}
    local_api.add_faults({"method": "GET", "answer_attributes": {"authentication_method": shown}})
    method = {"type": "credentials_and_ip", "allowed_sip_ips": ["203.0.113.9"]}
    assert run_module(id=TRUNK, authentication_method=method)["changed"] is True
    sent = patches(local_api)[0]["attributes"]["authentication_method"]["attributes"]
    assert sent == {"allowed_sip_ips": ["203.0.113.9/32"], "tech_prefix": None}


@pytest.mark.parametrize("option", ["allowed_rtp_ips", "allowed_sip_ips"])
def test_too_many_addresses_are_rejected(local_api: Simulator, run_module: RunModule, option: str) -> None:
    def task(count: int) -> dict[str, Any]:
        # Duplicates do not count.
        addresses = [f"203.0.113.{number}" for number in range(count)] * 2
        if option == "allowed_rtp_ips":
            return run_module(id=TRUNK, allowed_rtp_ips=addresses)
        return run_module(id=TRUNK, authentication_method={"type": "credentials_and_ip", option: addresses})

    assert f"{option}: 61 entries are not accepted; expected at most 60" in task(61)["msg"]
    assert local_api.journal == []
    assert task(60)["changed"] is True


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_duplicate_name_is_rejected(local_api: Simulator, run_module: RunModule, check: bool) -> None:
    result = run_module(check=check, id=TRUNK, name="Twilio London")
    assert result["msg"].startswith(f"name: another trunk in this account, {TWILIO}, is already called")
    assert [entry["method"] for entry in local_api.journal] == ["GET", "GET"]
    # The name that the trunk has costs no request.
    local_api.clear_journal()
    assert run_module(check=check, id=TRUNK, name="EU SBC")["changed"] is False
    assert [entry["method"] for entry in local_api.journal] == ["GET"]


# --- Incomplete answers ---


def answer_without(api: Simulator, *missing: str, **attributes: Any) -> None:
    """Let the next answer lack the attributes in `missing`, and have those in `attributes`."""
    stored = {**api.trunk(TRUNK)["attributes"], **attributes}
    kept = {name: value for name, value in stored.items() if name not in missing}
    document = {"data": {"id": TRUNK, "type": "voice_out_trunks", "attributes": kept}}
    api.add_faults({"method": "GET", "status": 200, "body": document})


def test_a_setting_that_an_answer_lacks_is_left_out(local_api: Simulator, run_module: RunModule) -> None:
    answer_without(local_api, "rtp_ping", "capacity_limit", "name", "authentication_method")
    result = run_module(id=TRUNK, status="active")
    assert result["changed"] is False
    assert result["trunk"].keys().isdisjoint({"rtp_ping", "capacity_limit", "name", "authentication_method"})


def test_a_setting_that_an_answer_lacks_is_not_null(local_api: Simulator, run_module: RunModule) -> None:
    answer_without(local_api, "capacity_limit", "name")
    result = run_module(id=TRUNK, capacity_limit=None, diff=True)
    assert result["changes"] == {"capacity_limit": {"before": None, "after": None}}
    assert result["diff"]["before_header"] == f"voice_out_trunk {TRUNK} ({TRUNK})"
    assert patches(local_api) == [{"id": TRUNK, "type": "voice_out_trunks", "attributes": {"capacity_limit": None}}]
    assert result["trunk"]["name"] == "EU SBC"  # from the answer to the update


def test_a_method_that_an_answer_lacks_is_not_changed(local_api: Simulator, run_module: RunModule) -> None:
    answer_without(local_api, "authentication_method")
    options = {"type": "credentials_and_ip", "tech_prefix": "1"}
    assert (
        "authentication_method: DIDWW's answer does not include the current one"
        in run_module(id=TRUNK, authentication_method=options)["msg"]
    )
    held = {"allowed_sip_ips": ["203.0.113.1/32"]}
    answer_without(local_api, authentication_method={"type": "credentials_and_ip", "attributes": held})
    result = run_module(id=TRUNK, status="active")
    assert result["trunk"]["authentication_method"] == {"type": "credentials_and_ip", **held}


def test_an_error_that_quotes_the_credentials_does_not_show_them(local_api: Simulator, run_module: RunModule) -> None:
    method = local_api.trunk(TRUNK)["attributes"]["authentication_method"]
    method["attributes"]["password"] = "u4k2m-s3cr3t"
    local_api.put_trunk(TRUNK, attributes={"authentication_method": method})
    error = {
        "title": "u4k2m",
        "detail": "capacity_limit - is 7 for u4k2m with u4k2m-s3cr3t",
        "code": 100,
        "status": "422",
    }
    local_api.add_faults({"method": "PATCH", "status": 422, "body": {"errors": [error]}})
    result = run_module(id=TRUNK, capacity_limit=7)
    assert result["failed"] is True
    assert "capacity_limit - is 7 for ******** with ********" in result["msg"]
    assert "u4k2m" not in str(result)
    assert "s3cr3t" not in str(result)
