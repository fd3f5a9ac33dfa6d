# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of the info module, which can also be written back."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from simulator.server import Simulator

from ...conftest import EXAMPLE, HANG_GUARD, TRUNK, TWILIO, RunModule, headers_for

READ_ONLY = {"created_at", "threshold_reached", "spent_amount", "did_numbers", "credentials"}


def names(result: dict[str, Any]) -> set[str]:
    return {found["name"] for found in result["trunks"]}


def test_all_trunks(local_api: Simulator, run_info: RunModule, api_version: str) -> None:
    result = run_info()
    assert result["changed"] is False
    assert len(result["trunks"]) == 7
    assert result["api_version"] == api_version
    assert all("dids" not in found and "did_numbers" not in found for found in result["trunks"])
    (request,) = local_api.journal
    assert dict(request["query"]) == {"page[number]": "1", "page[size]": "1000"}


def test_one_trunk(local_api: Simulator, run_info: RunModule) -> None:
    selectors: list[dict[str, Any]] = [{"id": TRUNK.upper()}, {"name": "EU SBC"}, {"external_reference_id": "crm-0001"}]
    for options in selectors:
        (found,) = run_info(**options)["trunks"]
        assert (found["id"], found["name"], found["external_reference_id"]) == (TRUNK, "EU SBC", "crm-0001")
        assert (found["spent_amount"], found["threshold_reached"]) == ("12.34", False)
    assert len(local_api.journal) == 3
    for text in ("EU SBC", "crm-0001", TRUNK, TRUNK.upper()):
        assert [found["id"] for found in run_info(trunk=text)["trunks"]] == [TRUNK]


FILTERS: list[tuple[dict[str, Any], set[str]]] = [
    ({"name_contains": "SBC"}, {"EU SBC"}),
    ({"authentication_method_type": "ip_only"}, {"Carrier interconnect"}),
    ({"authentication_method_type": ["twilio", "ip_only"]}, {"Twilio London", "Carrier interconnect"}),
    ({"allow_any_did_as_cli": True}, {"Any DID"}),
    ({"status": "blocked"}, {"Outbound trunk Name"}),
    ({"on_cli_mismatch_action": "reject_call"}, {"EU SBC"}),
    ({"threshold_reached": True}, {"Any DID"}),
    ({"default_dst_action": "reject_all"}, {"Carrier interconnect"}),
    ({"media_encryption_mode": "srtp_sdes"}, {"Twilio London"}),
    ({"threshold_reached": False, "name": "EU SBC"}, {"EU SBC"}),
    ({"status": "blocked", "default_dst_action": "allow_all", "name_contains": "EU"}, set()),
    ({"name": "nobody"}, set()),
    ({"external_reference_id": "x"}, set()),
    ({"name_contains": "zzz"}, set()),
]


@pytest.mark.parametrize(("options", "found"), FILTERS, ids=[str(options) for options, _found in FILTERS])
def test_filters(local_api: Simulator, run_info: RunModule, options: dict[str, Any], found: set[str]) -> None:
    result = run_info(**options)
    assert (names(result), "failed" in result) == (found, False)
    query = dict(local_api.journal[0]["query"])
    asked = {name: ",".join(sorted(value)) if isinstance(value, list) else value for name, value in options.items()}
    assert {name: value for name, value in query.items() if name.startswith("filter")} == {
        f"filter[{name.replace('_type', '.type')}]": value if isinstance(value, str) else str(value).lower()
        for name, value in asked.items()
    }
    if found and len(options) == 1:
        # A gateway that drops the filter selects nothing.
        (option,) = options
        address = f"{local_api.url}/voice_out_trunks"
        everything = requests.get(address, headers=headers_for(local_api), timeout=HANG_GUARD).json()
        local_api.add_faults({"status": 200, "body": everything})
        result = run_info(**options)
        assert (result["failed"], "trunks" in result) == (True, False)
        words = f"did not answer like DIDWW's API: it was asked for trunks with {option.replace('_type', '.type')} "
        assert words in result["msg"]


def test_a_name_with_a_comma_is_found(local_api: Simulator, run_info: RunModule) -> None:
    local_api.put_trunk(TRUNK, attributes={"name": "Acme, Ltd"})
    assert names(run_info(name="Acme, Ltd")) == {"Acme, Ltd"}


def test_dids_come_with_their_numbers(local_api: Simulator, run_info: RunModule) -> None:
    (found,) = run_info(id=EXAMPLE, include_dids=True)["trunks"]
    ids = [f"6b1f4c0a-0000-4000-8000-00000000000{n}" for n in (1, 2, 3)]
    assert (found["dids"], found["emergency_dids"]) == (ids[:2], ids[2:])
    assert found["did_numbers"] == dict(zip(ids, ("37061498222", "37061498223", "37061498224"), strict=True))
    assert len(local_api.journal) == 1


def test_settings_can_be_given_back(run_info: RunModule, run_fleet: RunModule) -> None:
    read = run_info(include_dids=True)
    assert [settings["id"] for settings in read["settings"]] == [found["id"] for found in read["trunks"]]
    example = next(settings for settings in read["settings"] if settings["id"] == EXAMPLE)
    assert example["dids"] == ["37061498222", "37061498223"]
    # DIDWW manages them.
    managed = next(settings for settings in read["settings"] if settings["emergency_enable_all"])
    assert "dids" in managed
    assert "emergency_dids" not in managed
    assert run_fleet(trunks=read["settings"])["changed"] is False


def test_credentials_are_only_returned_on_request(run_info: RunModule) -> None:
    without = run_info(include_dids=True)
    assert "credentials" not in without["trunks"][0]
    for secret in ("u4k2m", "s3cr3t", "x7m2q", "n0t-f0r-l0gs"):
        assert secret not in str(without)
    found = {trunk["name"]: trunk["credentials"] for trunk in run_info(include_credentials=True)["trunks"]}
    assert found["EU SBC"] == {"username": "u4k2m", "password": "s3cr3t"}
    assert found["Twilio London"] == {"username": None, "password": None}


ODD = {
    "rtp_timeout": 0,
    "media_encryption_mode": "quantum",
    "allowed_rtp_ips": ["203.0.113.5/24"],
    "authentication_method": {
        "type": "credentials_and_ip",
        "attributes": {"allowed_sip_ips": [], "tech_prefix": "x", "username": "u4k2m", "password": "s3cr3t"},
    },
}


def test_what_cannot_be_given_back_is_named(local_api: Simulator, run_info: RunModule, run_module: RunModule) -> None:
    local_api.add_faults({"path_contains": TRUNK, "answer_attributes": ODD, "times": 0})
    result = run_info(id=TRUNK)
    (found,) = result["trunks"]
    assert found["rtp_timeout"] == 0
    assert found["not_accepted"] == {
        "allowed_rtp_ips": '"203.0.113.5/24" is not accepted; expected a network without host bits: write '
        "203.0.113.0/24 for the whole network, or 203.0.113.5 for the one address",
        "media_encryption_mode": '"quantum" is not accepted; expected one of disabled, srtp_sdes, srtp_dtls, zrtp',
        "rtp_timeout": "0 is not accepted; expected a whole number from 30 to 600",
        "authentication_method.allowed_sip_ips": "an empty list is not accepted; list at least one address or network",
        "authentication_method.tech_prefix": '"x" is not accepted; expected at most 8 characters, only digits and #',
    }
    assert result["warnings"] == [
        f"trunk EU SBC ({TRUNK}): {option}: {why}. DIDWW holds it; no task can give it back."
        for option, why in found["not_accepted"].items()
    ]
    # Without these it can.
    (given,) = result["settings"]
    assert given.keys() == found.keys() - {*READ_ONLY, *ODD, "not_accepted"} | {"authentication_method"}
    assert run_module(**given)["changed"] is False
    assert "not_accepted" not in run_info(name="Any DID")["trunks"][0]


def test_several_ids(run_info: RunModule) -> None:
    assert names(run_info(id=[TRUNK, TWILIO.upper()])) == {"EU SBC", "Twilio London"}
    assert names(run_info(id=f"{TRUNK},{TWILIO}", include_dids=True)) == {"EU SBC", "Twilio London"}


def test_advice_about_a_list(local_api: Simulator, run_info: RunModule) -> None:
    result = run_info(api_url=local_api.url.removesuffix("/v3"))
    assert (result["status"], "no such trunk" in result["msg"]) == (404, False)
    assert "check that api_url ends in /v3" in result["msg"]
