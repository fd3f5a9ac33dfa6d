# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP against the local API with faults: retries, the rate, and the result of each answer."""

from __future__ import annotations

import heapq
import itertools
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import trustme
from ansible_collections.didww.voice.plugins.module_utils._client import http, jsonapi
from simulator import rate as simulator_rate
from simulator.server import Simulator
from urllib3.exceptions import InsecureRequestWarning

from ....conftest import HANG_GUARD, Clock, matches, rows
from .clients import ID, KIND, UPDATE, client, methods

pytestmark = pytest.mark.usefixtures("delays")


@pytest.mark.parametrize("case", rows("http", "answers"))
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_what_becomes_of_a_request(
    local_api: Simulator, delays: list[float], method: str, case: dict[str, Any]
) -> None:
    if "unusable" in case:
        case = {**case, "requests": 1, "error": "UnusableAnswer", "says": case["unusable"], "unsettled": True}
    local_api.add_faults(*({"method": method, **fault} for fault in case["faults"]))
    caller = client(local_api, **case.get("client", {}))

    def send() -> jsonapi.Answer:
        return caller.get(KIND, ID) if method == "GET" else caller.update(UPDATE)

    if "error" in case:
        with pytest.raises(getattr(jsonapi, case["error"])) as failed:
            send()
        assert matches(case["says"], str(failed.value))
        assert failed.value.unsettled is (method == "PATCH" and case.get("unsettled", False))
    else:
        assert send().resource["id"] == ID
    assert methods(local_api) == [method] * case["requests"]
    growing = [(min(60, 0.25 * 2**n), min(60, 0.75 * 2**n)) for n in range(case["requests"] - 1)]
    for delay, (least, most) in zip(delays, case.get("waits", growing), strict=True):
        assert least <= delay <= most


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


@pytest.mark.parametrize("retries", [0, 1, 4])
def test_waiting_after_429_is_limited(local_api: Simulator, delays: list[float], retries: int) -> None:
    local_api.add_faults({"status": 429, "times": 0})
    with pytest.raises(jsonapi.ApiError) as refused:
        client(local_api, retries=retries).update(UPDATE)
    assert refused.value.status == 429
    assert refused.value.unsettled is False
    assert sum(delays) == pytest.approx(15 * retries, abs=0.5)
    assert len(local_api.journal) == len(delays) + 1


def test_if_every_request_gets_a_429_the_rest_is_not_sent(local_api: Simulator, delays: list[float]) -> None:
    local_api.add_faults({"status": 429, "times": 0})
    full = client(local_api, retries=1, pace=jsonapi.Pace(20))
    for attempt in range(5):
        with pytest.raises(jsonapi.ApiError) as refused:
            full.update(UPDATE)
        assert refused.value.status == 429
        assert refused.value.unsettled is False
        # Requests that wait for their turns stop waiting, too.
        assert 14 <= sum(delays) < 25, attempt
        assert len(local_api.journal) == full.requests
    sent = len(local_api.journal)
    local_api.clear_faults()
    with pytest.raises(jsonapi.ApiError):
        full.get(KIND, ID)
    assert len(local_api.journal) == sent


def test_a_429_without_waiting_does_not_stop_later_requests(local_api: Simulator) -> None:
    local_api.add_faults({"status": 429})
    impatient = client(local_api, retries=0)
    with pytest.raises(jsonapi.ApiError):
        impatient.update(UPDATE)
    impatient.update(UPDATE)
    assert len(local_api.journal) == 2


def test_waiting_for_a_turn_ends_with_the_pace() -> None:
    pace = jsonapi.Pace(20)
    pace.slow_down(10**12)
    waiting = threading.Thread(target=pace.wait, daemon=True)
    pace.end()
    waiting.start()
    waiting.join(HANG_GUARD)
    assert not waiting.is_alive()


@pytest.mark.parametrize("fault", [{"drop": "before"}, {"status": 503}])
def test_after_many_failed_requests_the_rest_is_not_sent(local_api: Simulator, fault: dict[str, Any]) -> None:
    local_api.add_faults({**fault, "times": jsonapi.CONNECTIONS - 1})
    hopeful = client(local_api, retries=0)
    for _request in range(jsonapi.CONNECTIONS - 1):
        with pytest.raises(jsonapi.RequestFailed):
            hopeful.update(UPDATE)
    hopeful.update(UPDATE)
    local_api.add_faults({**fault, "times": 0})
    local_api.clear_journal()
    for _request in range(jsonapi.CONNECTIONS):
        with pytest.raises(jsonapi.RequestFailed):
            hopeful.update(UPDATE)
    with pytest.raises(jsonapi.Unreachable, match="not sent, because the 20 before it got none either") as unsent:
        hopeful.update(UPDATE)
    assert unsent.value.unsettled is False
    assert len(local_api.journal) == jsonapi.CONNECTIONS


def test_a_request_that_is_not_repeated_is_too_little_to_give_up(local_api: Simulator) -> None:
    local_api.add_faults({"method": "POST", "status": 503, "times": 0})
    hopeful = client(local_api)
    for _request in range(jsonapi.CONNECTIONS):
        with pytest.raises(jsonapi.ApiError):
            hopeful.post({"type": KIND})
    hopeful.update(UPDATE)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_carries_nothing_to_another_host(local_api: Simulator, status: int) -> None:
    with Simulator(rate=0) as other:
        local_api.add_faults({"redirect": {"status": status, "location": f"{other.url}/{KIND}/{ID}"}})
        with pytest.raises(jsonapi.UnusableAnswer, match="redirects are refused") as redirected:
            client(local_api).update(UPDATE)
        assert other.journal == []
        # Some servers answer an applied update with a 303.
        assert redirected.value.unsettled is True


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


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls_api(authority: trustme.CA) -> Iterator[Simulator]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Simulator(rate=0, tls=context) as server:
        yield server


def test_a_certificate_is_checked(tls_api: Simulator, delays: list[float]) -> None:
    with pytest.raises(jsonapi.Unreachable, match="certificate verify failed") as refused:
        client(tls_api).update(UPDATE)
    assert refused.value.unsettled is False
    assert delays == []
    assert tls_api.journal == []


def test_a_ca_bundle_is_used(tls_api: Simulator, authority: trustme.CA) -> None:
    with authority.cert_pem.tempfile() as bundle:
        assert client(tls_api, verify=bundle).get(KIND, ID).resource["id"] == ID


def test_checking_can_be_switched_off(tls_api: Simulator) -> None:
    with pytest.warns(InsecureRequestWarning):
        assert client(tls_api, verify=False).get(KIND, ID).resource["id"] == ID


def answering(count: int, answer: bytes) -> tuple[str, threading.Thread]:
    """Answer this many connections with bytes, and close them. Return the address, and the thread, which then ends."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with listener:
            for _number in range(count):
                connection, _address = listener.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(answer)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return f"127.0.0.1:{listener.getsockname()[1]}", thread


def test_an_interrupted_handshake_is_retried(delays: list[float]) -> None:
    address, thread = answering(3, b"")
    with pytest.raises(jsonapi.Unreachable):
        client(SimpleNamespace(url=f"https://{address}")).get(KIND, ID)
    thread.join(HANG_GUARD)
    assert not thread.is_alive()
    assert len(delays) == 2


def test_a_redirect_to_nowhere_is_refused_too() -> None:
    address, _thread = answering(1, b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(jsonapi.UnusableAnswer, match="redirects are refused"):
        client(SimpleNamespace(url=f"http://{address}"), retries=0).get(KIND, ID)


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
        paced = client(SimpleNamespace(url="http://api.invalid"), retries=4, pace=jsonapi.Pace(20))
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


def test_a_429_makes_every_request_of_a_pace_wait(local_api: Simulator, delays: list[float]) -> None:
    pace = jsonapi.Pace(20)
    paced = client(local_api, pace=pace)
    local_api.add_faults({"status": 429, "headers": {"Retry-After": "7"}})
    paced.get(KIND, ID)
    assert 7 <= sum(delays) <= 11
    waited = sum(delays)
    pace.slow_down(7)
    paced.get(KIND, ID)
    assert sum(delays) - waited >= 6.2
