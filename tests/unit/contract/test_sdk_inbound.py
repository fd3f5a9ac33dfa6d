# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inbound trunks and numbers with DIDWW's Python SDK beside the modules: each reads and changes what the other wrote.

Only in version 2026-04-16: the SDK does not know what later versions store in another form.
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._resources import voice_in_trunk as declared
from didww import enums
from didww.exceptions import DidwwApiError
from didww.query_params import QueryParams
from didww.resources.configuration.sip import SipConfiguration
from didww.resources.did import Did
from didww.resources.pop import Pop
from didww.resources.voice_in_trunk import VoiceInTrunk
from didww.resources.voice_in_trunk_group import VoiceInTrunkGroup
from simulator.server import Simulator

from ..conftest import runner
from .conftest import Sdk

FRANKFURT, GROUP = "93000000-0000-4000-8000-000000000001", "92000000-0000-4000-8000-000000000001"
POP, NUMBER, NUMBER_ID = "91000000-0000-4000-8000-000000000002", "37061498223", "6b1f4c0a-0000-4000-8000-000000000002"
SIP = "sip_configurations"


@pytest.fixture
def api_version() -> str:
    """Return the version that the SDK knows."""
    return "2026-04-16"


@pytest.fixture
def run(local_api: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run any module."""

    return lambda module, **options: runner("module", module, local_api, monkeypatch, capsys)(**options)


def test_the_words_are_the_numbers_of_the_sdk() -> None:
    """All but those of tx_dtmf_format, which this SDK counts from 1: see the declaration."""
    for words, enum in (
        (declared.CODECS, enums.Codec),
        (declared.TRANSPORT_PROTOCOLS, enums.TransportProtocol),
        (declared.RX_DTMF_FORMATS, enums.RxDtmfFormat),
        (declared.REFRESH_METHODS, enums.SstRefreshMethod),
    ):
        assert words == {member.name.lower(): member.value for member in enum}
    codes = {
        member.name.split("_")[1]: member.value for member in enums.ReroutingDisconnectCode if "SIP_" in member.name
    }
    numbers = {int(code): number for code, number in codes.items() if code.isdigit()}
    assert numbers == {code: number for code, number in declared.REROUTING_CODES.items() if isinstance(code, int)}


def test_a_trunk_that_the_sdk_made(run: Any, sdk: Sdk) -> None:
    trunks = sdk.client.voice_in_trunks()
    trunk = VoiceInTrunk()
    trunk.name = "From the SDK"
    trunk.cli_format = enums.CliFormat.LOCAL
    sip = SipConfiguration({"host": "sip.example.com"})
    sip.codec_ids = [enums.Codec.PCMU, enums.Codec.TELEPHONE_EVENT]
    sip.rerouting_disconnect_code_ids = [enums.ReroutingDisconnectCode.SIP_404_NOT_FOUND]
    sip.media_encryption_mode = enums.MediaEncryptionMode.ZRTP
    trunk.configuration = sip
    trunk.pop = Pop.build(POP)
    trunk.voice_in_trunk_group = VoiceInTrunkGroup.build(GROUP)
    created = trunks.create(trunk).data
    (settings,) = run("voice_in_trunk_info", trunk="From the SDK")["settings"]
    read = [settings[name] for name in ("pop", "voice_in_trunk_group", "cli_format")]
    assert read == ["USA, NY", "Failover", "local"]
    configuration = settings["configuration"]
    assert (configuration["codecs"], configuration["host"]) == (["pcmu", "telephone_event"], "sip.example.com")
    assert configuration["rerouting_disconnect_codes"] == [404]
    assert run("voice_in_trunk", **settings)["changed"] is False

    change = {"type": SIP, "codecs": ["pcma", "telephone_event"], "max_transfers": 6}
    assert run("voice_in_trunk", id=created.id, configuration=change, weight=7)["changed"] is True
    read = trunks.find(created.id, QueryParams().include("pop", "voice_in_trunk_group")).data
    assert read.configuration.codec_ids == [enums.Codec.PCMA, enums.Codec.TELEPHONE_EVENT]
    assert (read.configuration.max_transfers, read.weight, read.pop.name) == (6, 7, "USA, NY")

    read = trunks.find(created.id).data
    read.configuration = SipConfiguration({"max_transfers": 8})
    trunks.update(read)
    assert run("voice_in_trunk", id=created.id, configuration={"type": SIP, "max_transfers": 8})["changed"] is False
    with pytest.raises(DidwwApiError):
        trunks.delete(created.id)  # it is in a group
    assert run("voice_in_trunk", id=created.id, voice_in_trunk_group=None)["changed"] is True
    trunks.delete(created.id)
    assert "The account has no such trunk" in run("voice_in_trunk", id=created.id, weight=1)["msg"]


def test_numbers_that_both_route(local_api: Simulator, run: Any, sdk: Sdk) -> None:
    dids = sdk.client.dids()
    did = Did.build(NUMBER_ID)
    did.description = "From the SDK"
    did.voice_in_trunk = VoiceInTrunk.build(FRANKFURT)
    dids.update(did)
    routed = {"number": NUMBER, "description": "From the SDK", "voice_in_trunk": "Frankfurt"}
    assert run("did", **routed)["changed"] is False
    assert run("did", number=NUMBER, voice_in_trunk_group="Failover")["changed"] is True
    read = dids.find(NUMBER_ID, QueryParams().include("voice_in_trunk_group")).data
    assert (read.voice_in_trunk_group.name, local_api.record("dids", NUMBER_ID)["voice_in_trunk"]) == ("Failover", None)


# What DIDWW's sandbox read back after a POST without these members: recorded in April 2026 by DIDWW's PHP SDK.
RECORDED = {
    **dict.fromkeys(("port", "username", "auth_user", "auth_from_user", "auth_from_domain", "sst_session_expires")),
    **dict.fromkeys(("allowed_rtp_ips", "rerouting_disconnect_codes")),
    **dict.fromkeys(("resolve_ruri", "auth_enabled", "sst_enabled", "rtp_ping", "force_symmetric_rtp"), False),
    "symmetric_rtp_ignore_rtcp": False,
    **dict.fromkeys(("media_encryption_mode", "stir_shaken_mode"), "disabled"),
    "rx_dtmf_format": "rfc_2833",
    "tx_dtmf_format": "rfc_2833",
    "sst_refresh_method": "invite",
    "sst_min_timer": 600,
    "sst_max_timer": 900,
    "sst_accept_501": True,
    "rtp_timeout": 30,
    "sip_timer_b": 8000,
    "dns_srv_failover_timer": 2000,
    "max_transfers": 0,
    "max_30x_redirects": 0,
}


def test_the_exchanges_that_were_recorded(local_api: Simulator, run: Any) -> None:
    """A trunk that registers is created and read, stops to register, is read again and deleted: POST to DELETE."""
    registers = {"type": SIP, "enabled_sip_registration": True, "use_did_in_ruri": True, "codecs": ["pcmu", "pcma"]}
    name = {"name": "Registers"}
    run("voice_in_trunk", **name, state="present", configuration=registers)
    created = run("voice_in_trunk_info", trunk="Registers", include_credentials=True)["trunks"][0]
    configuration = created["configuration"]
    assert {key: configuration[key] for key in RECORDED} == RECORDED
    unset = ("description", "external_reference_id", "capacity_limit", "cli_prefix")
    assert [created[key] for key in unset] == [None] * len(unset)
    assert (configuration["host"], configuration["use_did_in_ruri"]) == (None, True)
    pair = created["credentials"]
    assert [len(pair[key]) for key in sorted(pair)] == [16, 16]

    local_api.clear_journal()
    stops = {"type": SIP, "enabled_sip_registration": False, "host": "sip.example.com"}
    assert run("voice_in_trunk", **name, configuration=stops)["changed"] is True
    (sent,) = (entry["body"]["data"]["attributes"] for entry in local_api.journal if entry["method"] == "PATCH")
    members = {"enabled_sip_registration": False, "host": "sip.example.com", "use_did_in_ruri": False}
    assert sent == {"configuration": {"type": SIP, "attributes": members}}
    read = run("voice_in_trunk_info", trunk="Registers", include_credentials=True)["trunks"][0]
    assert set(read["credentials"].values()) == {None}
    assert run("voice_in_trunk", **name, state="absent")["changed"] is True
