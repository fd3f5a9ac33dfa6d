# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run modules in this process, with Ansible's own argument handling, against the local API."""

from __future__ import annotations

import contextlib
import copy
import functools
import importlib
import json
import re
import sys
import syslog
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import pytest
import requests
import yaml
from ansible import __version__ as ansible_version
from ansible.module_utils import basic
from ansible_collections.didww.voice.plugins.module_utils._client import authentication, http, jsonapi
from ansible_collections.didww.voice.plugins.plugin_utils import _action
from simulator import rate, server, tokens
from simulator.api import Answer, Api, Request
from simulator.resources.voice_out_trunk import VOICE_OUT_TRUNK
from simulator.server import Simulator
from simulator.store import new_record

from .contract import schema

ROOT = Path(__file__).parents[2]
API_VERSIONS = ("2026-04-16", "2026-11-19")
CASES: list[dict[str, Any]] = yaml.safe_load((ROOT / "tests" / "cases.yml").read_text(encoding="utf-8"))
# For tests of what only one version does.
only_2026_04_16, only_2026_11_19 = (pytest.mark.parametrize("api_version", [version]) for version in API_VERSIONS)
# Trunks of the local API: "EU SBC", the one in DIDWW's documentation, others, and none.
TRUNK = "0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10"
EXAMPLE = "cf2e6377-fcaa-4416-8c8e-acd5f31a427f"
TWILIO, IP_ONLY, UNKNOWN, ANY_DID, EMERGENCY_ALL = (f"3d9b7f52-2a61-4f0e-9c11-7f5a60b8e00{n}" for n in range(1, 6))
NOBODY = "00000000-0000-4000-8000-000000000000"
LINKAGE = ("dids", "emergency_dids")
# The attributes of a trunk in a seed that sets none. DIDWW can add some that its examples do not have.
DEFAULTS = new_record(VOICE_OUT_TRUNK, TRUNK, "local-key").attributes
# Seconds. Guards a test against waiting forever. What a test shows does not depend on it, nor on any other real time.
HANG_GUARD = 600


def each_case(select: Callable[[dict[str, Any]], Iterable[Any]]) -> pytest.MarkDecorator:
    """Parametrize a test with `api_version`, `case` and `value`: all values that `select` returns for a case."""
    found = [
        (version, case, value)
        for version in API_VERSIONS
        for case in (of_version(case, version) for case in CASES)
        for value in select(case)
    ]
    names = [f"{version}-{case['option']}={value!r:.60}" for version, case, value in found]
    return pytest.mark.parametrize(("api_version", "case", "value"), found, ids=names)


def of_version(case: dict[str, Any], version: str) -> dict[str, Any]:
    """Return what a case is in a version of the API."""
    differences = case.get("versions", {}).get(version, {})
    return {name: item for name, item in {**case, **differences}.items() if name not in differences.get("without", ())}


def options_of(case: dict[str, Any], value: Any) -> dict[str, Any]:
    """Return the options that set the setting of a case to `value`."""
    option, _dot, attribute = case["option"].partition(".")
    return {option: {"type": case["type"], attribute: value}} if attribute else {option: value}


def prepare(api: Simulator, case: dict[str, Any]) -> None:
    """Set the trunk to the value that a case starts with."""
    option = case["option"].partition(".")[0]
    if option in LINKAGE:
        api.put_trunk(TRUNK, **{option: case["has"]})
    else:
        api.put_trunk(TRUNK, attributes={option: case["has"]})


def methods(api: Simulator) -> list[str]:
    """Return the methods of the requests to the local API."""
    return [entry["method"] for entry in api.journal]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measure the coverage by the tests that mirror the code. The others take twice as long with it."""
    for item in items:
        if not re.search("/(plugins|extensions)/", item.nodeid) or "any_sequence" in item.nodeid:
            item.add_marker("no_cover")


class UnsafeLoader(yaml.SafeLoader):
    """Reads texts with the tag !unsafe as plain texts."""


UnsafeLoader.add_constructor("!unsafe", lambda loader, node: str(node.value))


class TableLoader(yaml.SafeLoader):
    """Reads the text MISSING as Ellipsis, which stands for a value that an answer lacks."""


TableLoader.add_constructor(
    "tag:yaml.org,2002:str", lambda loader, node: ... if node.value == "MISSING" else str(node.value)
)


@functools.cache
def _tables(file: str) -> Any:
    text = (ROOT / "tests" / "cases" / f"{file}.yml").read_text(encoding="utf-8")
    return yaml.load(text, TableLoader)  # noqa: S506 - a SafeLoader


def table(file: str, name: str) -> Any:
    """Return a table of tests/cases/`file`.yml, which the caller may change."""
    return copy.deepcopy(_tables(file)[name])


def rows(file: str, name: str) -> list[Any]:
    """Return a table of tests/cases/`file`.yml for parametrize: its rows, or its cases by their names."""
    found = table(file, name)
    if isinstance(found, dict):
        return [pytest.param(case, id=words) for words, case in found.items()]
    return [pytest.param(*row, id=f"{row!r:.80}") for row in found]


def matches(pattern: str, text: str) -> bool:
    """Return whether a text is that of a row, in which "..." stands for any text."""
    return bool(re.fullmatch(".*".join(map(re.escape, pattern.split("..."))), text, re.DOTALL))


def differences(found: Any, expected: Any, place: str = "") -> list[str]:
    """Return how a result differs from a row, which has some members of its dictionaries, and patterns of its texts."""
    if isinstance(expected, dict) and expected and isinstance(found, dict):
        pairs = [(found.get(name, ...), value, f"{place}.{name}") for name, value in expected.items()]
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = [(*both, f"{place}[{index}]") for index, both in enumerate(zip(found, expected, strict=True))]
    elif isinstance(expected, str) and isinstance(found, str) and matches(expected, found):
        pairs = []
    else:
        # True is not 1.
        return [] if repr(found) == repr(expected) else [f"{place}: {found!r}, not {expected!r}"]
    return [difference for pair in pairs for difference in differences(*pair)]


class RunModule(Protocol):
    """A function that runs a module."""

    def __call__(
        self, check: bool = False, diff: bool = False, leave_out: Sequence[str] = (), **options: Any
    ) -> dict[str, Any]:
        """Run the module with options; return its result, even if it failed."""


@functools.lru_cache(maxsize=1000)
def _violations(name: str, body: bytes) -> list[str]:
    """Return what violates the schema. Most answers of the tests are the same."""
    return schema.violations(name, json.loads(body))


@pytest.fixture(autouse=True)
def _answers_match_the_schema(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Check every answer of the local API, before faults change it, against the schema of DIDWW's documents."""
    found: list[str] = []
    handle = Api.handle

    def checked(self: Api, request: Request, commit: bool = True) -> Answer:
        answer = handle(self, request, commit)
        name = schema.expected(request.path, dict(request.query), answer.status, bool(answer.body))
        if name != "nothing":
            found.extend(_violations(name, answer.body))
        return answer

    monkeypatch.setattr(Api, "handle", checked)
    yield
    assert found == []


@pytest.fixture(scope="session", autouse=True)
def _coverage() -> Iterator[None]:
    """Measure no coverage in the threads of local APIs, which run nothing of the plugins."""
    setup = server._Handler.setup

    def without_trace(self: server._Handler) -> None:
        sys.settrace(None)
        setup(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server._Handler, "setup", without_trace)
        yield


@pytest.fixture(scope="session")
def _servers() -> Iterator[dict[str, Simulator]]:
    with contextlib.ExitStack() as stack:
        # Without a rate limit: modules in this process send more than 20 requests per second.
        yield {
            "2026-04-16": stack.enter_context(Simulator(rate=0)),
            "2026-11-19": stack.enter_context(Simulator(rate=0, version="2026-11-19")),
        }


@pytest.fixture
def api_version() -> str:
    """The version of the API. The tests of some folders run with each version."""
    return "2026-04-16"


@pytest.fixture
def local_api(_servers: dict[str, Simulator], api_version: str) -> Simulator:
    """The local API with its seed and an empty journal."""
    api = _servers[api_version]
    api.reset()
    return api


@pytest.fixture(autouse=True)
def _hurry(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Disable the rate limit of the client, except in its own tests: the local API of unit tests has none."""
    if "/_client/" not in request.node.nodeid:
        monkeypatch.setattr(jsonapi.Pace, "wait", lambda self: None)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect what Ansible logs of a module."""
    lines: list[str] = []
    monkeypatch.setattr(basic, "has_journal", False, raising=False)
    monkeypatch.setattr(basic.AnsibleModule, "_log_to_syslog", lambda self, text: lines.append(text))
    monkeypatch.setattr(syslog, "syslog", lambda *text: lines.append(str(text)))
    return lines


class Clock:
    """Stands in for the module `time`. Its time passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.delays: list[float] = []

    def monotonic(self) -> float:
        """Return the time in seconds."""
        return self.now

    time = monotonic

    def sleep(self, seconds: float) -> None:
        """Advance the clock at once."""
        self.now += seconds
        self.delays.append(seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the client, and of the tokens and rates of the local API."""
    clock = Clock()
    for module in (http, authentication, tokens, rate):
        monkeypatch.setattr(module, "time", clock)
    return clock


def after_each_patch(monkeypatch: pytest.MonkeyPatch, call: Callable[[], object]) -> None:
    """Let local APIs call `call` after they have handled a PATCH, before they answer it."""
    handle = Api.handle

    def handle_and_call(self: Api, request: Request, commit: bool = True) -> Answer:
        answer = handle(self, request, commit)
        if request.method == "PATCH":
            call()
        return answer

    monkeypatch.setattr(Api, "handle", handle_and_call)


@pytest.fixture
def front_end() -> str:
    """The front end that runs modules: `module` (as in a module process) or `action` (Ansible's process)."""
    return "module"


def _runs(module: str) -> Any:
    """Return a fixture: a function that runs a module as ansible-core does."""

    @pytest.fixture
    def fixture(
        front_end: str, local_api: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> RunModule:
        return runner(front_end, module, local_api, monkeypatch, capsys)

    return fixture


run_module = _runs("voice_out_trunk")
run_fleet = _runs("voice_out_trunks")
run_info = _runs("voice_out_trunk_info")
run_credentials = _runs("voice_out_trunk_credentials")


def connection_to(api: Simulator) -> dict[str, Any]:
    """Return the connection options for the local API."""
    # The other accounts are on an old version, which requests raise.
    version = max(api.version, "2026-04-16")
    return {"api_url": api.url, "api_key": "local-key", "api_version": version, "api_token_url": api.token_url}


def headers_for(api: Simulator, key: str = "local-key") -> dict[str, str]:
    """Return the headers that authenticate another client, for the version of the local API."""
    if api.version < "2026-11-19":
        return {"Api-Key": key, "X-DIDWW-API-Version": "2026-04-16"}
    answer = requests.post(api.token_url, headers={"Api-Key": key}, json={"aud": ["api.didww.com"]}, timeout=HANG_GUARD)
    return {"Authorization": f"Bearer {answer.json().get('access_token')}"}


def runner(
    front_end: str,
    module: str,
    local_api: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> RunModule:
    """Return a function that runs a module in this process with the given front end."""

    def run(check: bool = False, diff: bool = False, leave_out: Sequence[str] = (), **options: Any) -> dict[str, Any]:
        connection = {**connection_to(local_api), "api_retries": 0}
        given = {name: value for name, value in {**connection, **options}.items() if name not in leave_out}
        if front_end == "action":
            monkeypatch.setattr(_action, "_CLIENTS", {})
            return run_action(module, given, check, diff)
        internal = {"_ansible_check_mode": check, "_ansible_diff": diff}
        return run_main(plugin("modules", module).main, {**internal, **given}, monkeypatch, capsys)

    return run


def plugin(kind: str, name: str) -> Any:
    """Return a module or an action of the collection."""
    return importlib.import_module(f"ansible_collections.didww.voice.plugins.{kind}.{name}")


def run_main(
    main: Callable[[], object],
    arguments: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> dict[str, Any]:
    """Run the main function of a module, as in a process of its own; return its result."""
    given = json.dumps({"ANSIBLE_MODULE_ARGS": {"_ansible_version": ansible_version, **arguments}})
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", given.encode())
    # Since ansible-core 2.19, arguments and results have a serialization profile.
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    warnings: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda self, warning: warnings.append(warning))
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return {**result, "warnings": warnings}


def run_action(
    module: str,
    arguments: dict[str, Any],
    check: bool = False,
    diff: bool = False,
    variables: dict[str, Any] | None = None,
    connection: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Run a module's action, by default on a local connection; return its result. `more`: what the task has."""
    plain: dict[str, Any] = {"async_val": 0, "delegate_to": None, "environment": [], "timeout": 0}
    task = {"action": f"didww.voice.{module}", "args": arguments, "check_mode": check, "diff": diff, **plain, **more}
    local = {"transport": "local", "become": None, "_shell": SimpleNamespace(tmpdir=None), **(connection or {})}
    loader = SimpleNamespace(get_basedir=lambda: ".")
    templar = SimpleNamespace(template=lambda value: value)
    parts = (SimpleNamespace(**task), SimpleNamespace(**local), None, loader, templar, None)
    result: dict[str, Any] = plugin("action", module).ActionModule(*parts).run(None, variables or {})
    return {"warnings": [], **result}


# Here, where coverage is measured: a test that is not measured could be the first to import one.
for kind in ("action", "filter", "modules"):
    for path in (ROOT / "plugins" / kind).glob("*.py"):
        plugin(kind, path.stem)
