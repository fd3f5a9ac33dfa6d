# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP against the local API with faults: retries, the rate, and the result of each answer."""

from __future__ import annotations

import heapq
import itertools
import re
import ssl
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import trustme
from ansible_collections.didww.voice.plugins.module_utils._client import http, jsonapi
from simulator import rate as simulator_rate
from simulator.server import Simulator
from urllib3.exceptions import InsecureRequestWarning

from ....conftest import HANG_GUARD, Clock, matches, methods, rows
from .clients import ID, KIND, UPDATE, client, converse

pytestmark = pytest.mark.usefixtures("clock")


@pytest.mark.parametrize("case", rows("http", "answers"))
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_what_becomes_of_a_request(local_api: Simulator, clock: Clock, method: str, case: dict[str, Any]) -> None:
    if "unusable" in case:
        case = {**case, "requests": 1, "fails": f"UnusableAnswer: {case['unusable']}", "unsettled": True}
    faults = [{"method": method, **fault} for fault in case["faults"]]
    unsettled = method == "PATCH" and case.get("unsettled", False)
    step = {"do": method, "faults": faults, "sends": case["requests"], "unsettled": unsettled}
    step |= {"fails": case["fails"]} if "fails" in case else {}
    converse(local_api, clock, {**case, "steps": [step]})
    assert methods(local_api) == [method] * case["requests"]
    growing = [(min(60, 0.25 * 2**n), min(60, 0.75 * 2**n)) for n in range(case["requests"] - 1)]
    for delay, (least, most) in zip(clock.delays, case.get("waits", growing), strict=True):
        assert least <= delay <= most


@pytest.mark.parametrize("case", rows("http", "conversations"))
def test_a_conversation(local_api: Simulator, clock: Clock, case: dict[str, Any]) -> None:
    converse(local_api, clock, case)


@pytest.mark.parametrize(("environment", "url", "words"), rows("http", "unsent"))
def test_a_request_that_cannot_be_sent_is_settled(
    local_api: Simulator, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, words: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(jsonapi.Unreachable) as failed:
        client(local_api, url=url).update(UPDATE)
    assert failed.value.unsettled is False
    assert matches(words, str(failed.value))
    # Neither a part of a password, nor the addresses and classes of objects.
    assert not re.search("planted|0x|HTTPConnection", str(failed.value))


def test_waiting_for_a_turn_ends_with_the_pace() -> None:
    pace = jsonapi.Pace(20)
    pace.slow_down(10**12)
    waiting = threading.Thread(target=pace.wait, daemon=True)
    pace.end()
    waiting.start()
    waiting.join(HANG_GUARD)
    assert not waiting.is_alive()


def test_netrc_is_not_consulted(local_api: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login planted password planted\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client(local_api).get(KIND, ID)
    assert "Authorization" not in dict(local_api.journal[0]["headers"])


def test_a_proxy_from_the_environment_is_used(local_api: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{local_api.port}")
    client(local_api, url="http://api.example.invalid/v3").get(KIND, ID)
    assert len(local_api.journal) == 1


def test_disabled_verification_overrides_the_environment(local_api: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/does/not/exist")
    client(local_api, verify=False).get(KIND, ID)


def test_certificates_are_checked_by_default(clock: Clock) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Simulator(rate=0, tls=context) as api, authority.cert_pem.tempfile() as bundle:
        with pytest.raises(jsonapi.Unreachable, match="certificate verify failed") as refused:
            client(api).update(UPDATE)
        assert (refused.value.unsettled, clock.delays, api.journal) == (False, [], [])
        assert client(api, verify=bundle).get(KIND, ID).resource["id"] == ID
        with pytest.warns(InsecureRequestWarning):
            assert client(api, verify=False).get(KIND, ID).resource["id"] == ID


def test_an_interrupted_handshake_is_retried(local_api: Simulator, clock: Clock) -> None:
    with pytest.raises(jsonapi.Unreachable):
        client(local_api, url=local_api.url.replace("http:", "https:")).get(KIND, ID)
    assert len(clock.delays) == 2


def test_a_redirect_to_nowhere_is_refused_too(local_api: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    # The local API would not send it.
    monkeypatch.setattr("werkzeug.wrappers.response.iri_to_uri", lambda iri: iri)
    local_api.add_faults({"redirect": {"status": 302, "location": "http://[::1"}})
    with pytest.raises(jsonapi.UnusableAnswer, match="redirects are refused"):
        client(local_api).get(KIND, ID)


def test_a_pace_spreads_requests(clock: Clock) -> None:
    pace = jsonapi.Pace(20)
    turns = []
    for _turn in range(41):
        pace.wait()
        turns.append(clock.now)
    assert turns[9] == turns[0] == 1000.0, "after a rest, ten need not wait"
    assert all(turns[n + 20] - turns[n] >= 1 for n in range(21))
    assert turns[40] - turns[0] < 2.3
    clock.now += 0.25
    rested = clock.now
    for _turn in range(4):
        pace.wait()
    assert clock.now == rested, "a short rest counts too"
    pace.wait()
    assert clock.now - rested >= 0.2
    pace.slow_down(7)
    asked = clock.now
    pace.wait()
    assert 6.25 <= clock.now - asked <= 7


def test_a_pace_slows_once_a_burst_and_recovers(clock: Clock) -> None:
    def turns_in(seconds: float) -> int:
        end, turns = clock.now + seconds, 0
        while clock.now < end:
            pace.wait()
            turns += 1
        return turns

    pace = jsonapi.Pace(20)
    assert turns_in(3) == pytest.approx(57, abs=3)
    for _burst in range(5):
        pace.slow_down(1)
    assert turns_in(2) == pytest.approx(28, abs=3)
    turns_in(10)
    assert turns_in(3) == pytest.approx(60, abs=3)
    for _second in range(20):
        clock.now += 1
        pace.slow_down(1)
    assert turns_in(8) >= 4


class Timeline:
    """Stands in for the module `time`, for threads of which one runs at a time.

    When it sleeps, the thread that wakes up first continues, at its time. So the result does not depend on the machine.
    """

    def __init__(self) -> None:
        self.now = 1000.0
        self._sleepers: list[tuple[float, int, threading.Event]] = []
        self._order = itertools.count()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        awake = self._to_wake_up_in(seconds)
        self._continue()
        awake.wait(HANG_GUARD)

    def run(self, functions: list[Callable[[], None]]) -> None:
        """Run functions in threads until all have returned."""
        starts = [self._to_wake_up_in(0) for _function in functions]

        def run(start: threading.Event, function: Callable[[], None]) -> None:
            start.wait(HANG_GUARD)
            function()
            self._continue()

        threads = [threading.Thread(target=run, args=both) for both in zip(starts, functions, strict=True)]
        for thread in threads:
            thread.start()
        self._continue()
        for thread in threads:
            thread.join(HANG_GUARD)

    def _to_wake_up_in(self, seconds: float) -> threading.Event:
        awake = threading.Event()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._order), awake))
        return awake

    def _continue(self) -> None:
        if self._sleepers:
            self.now, _number, awake = heapq.heappop(self._sleepers)
            awake.set()


def test_clients_that_share_a_key_use_most_of_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight playbooks update 50 trunks each. The server counts as DIDWW does, and its answers take 30 ms."""
    timeline = Timeline()
    monkeypatch.setattr(http, "time", timeline)
    spread = itertools.cycle(number * 0.618 % 1 for number in range(1000))
    monkeypatch.setattr(http, "_jitter", lambda least, most: least + next(spread) * (most - least))
    monkeypatch.setattr(simulator_rate, "time", timeline)
    limit = simulator_rate.Rate(20)
    served: list[list[float]] = [[] for _playbook in range(8)]

    def send(_method: str, url: str, **_options: Any) -> requests.Response:
        timeline.sleep(0.03)
        admitted = limit.admits("local-key")
        answer = requests.Response()
        answer.status_code = 200 if admitted else 429
        answer._content = b"{}"
        if admitted:
            served[int(url.rpartition("/")[2])].append(timeline.now)
        return answer

    def threads_of(playbook: int) -> list[Callable[[], None]]:
        paced = client(SimpleNamespace(url="http://api.invalid"), retries=4, pace=20)
        monkeypatch.setattr(paced._session, "request", send)
        left = iter(range(50))

        def update() -> None:
            for _trunk in left:
                paced.request("PATCH", f"/{playbook}")

        return [update] * jsonapi.CONNECTIONS

    timeline.run([thread for playbook in range(8) for thread in threads_of(playbook)])
    assert [len(times) for times in served] == [50] * 8
    # While all of them send updates: their shares differ.
    start, end = max(map(min, served)), min(map(max, served))
    together = sum(start <= at <= end for times in served for at in times)
    assert end - start >= 10
    assert together >= 0.9 * 20 * (end - start)
    # Hardly more requests get a 429 than an answer.
    assert limit.limited <= 1.1 * 400


def test_a_429_makes_every_request_of_a_pace_wait(local_api: Simulator, clock: Clock) -> None:
    paced = client(local_api, pace=20)
    local_api.add_faults({"status": 429, "headers": {"Retry-After": "7"}})
    paced.get(KIND, ID)
    assert 7 <= clock.now - 1000 <= 11
    waited = clock.now
    assert paced._pace is not None
    paced._pace.slow_down(7)
    paced.get(KIND, ID)
    assert clock.now - waited >= 6.2
