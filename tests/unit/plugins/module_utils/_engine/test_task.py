# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks: connection options and error messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from ansible import __version__ as ansible_version
from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import connection, messages, task
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions, Problem
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK
from simulator.server import Simulator

from ....conftest import RunModule

URL = "https://api.didww.com/v3"
SECRET = "planted-secret"


def explain(error: InvalidOptions | jsonapi.RequestFailed, secrets: Iterable[str] = ()) -> dict[str, Any]:
    return messages.explain(error, URL, secrets, resource=VOICE_OUT_TRUNK)


@pytest.mark.parametrize(
    ("option", "value", "accepted"),
    [
        ("api_key", "k3y-Of_didww.=+/~!", True),
        ("api_key", "", False),
        ("api_key", f"{SECRET}\n", False),
        ("api_key", f" {SECRET}", False),
        ("api_key", f"{SECRET}ä", False),
        ("api_url", URL, True),
        ("api_url", f"{URL}/", True),
        ("api_url", "http://[::1]:8080/v3", True),
        ("api_url", "api.didww.com", False),
        ("api_url", "ftp://api.didww.com", False),
        ("api_url", "https://", False),
        ("api_url", "https://[::1", False),
        ("api_url", "https://host:99999/v3", False),
        ("api_url", f"https://user:{SECRET}@api.didww.com/v3", False),
        ("api_url", f"{URL}?key={SECRET}@", False),
        ("api_url", f"{URL} ", False),
        ("api_url", "https://api..didww.com/v3", False),
        ("api_url", "https://" + "a" * 64 + ".com/v3", False),
        ("api_url", "https://%zz/v3", False),
        ("api_timeout", 0.5, True),
        ("api_timeout", 3600.0, True),
        ("api_timeout", 0, False),
        ("api_timeout", -1, False),
        ("api_timeout", float("nan"), False),
        ("api_timeout", float("inf"), False),
        ("api_retries", 0, True),
        ("api_retries", 10, True),
        ("api_retries", -1, False),
        ("api_retries", 11, False),
        ("api_timeout", True, False),
        ("api_retries", 1.0, True),
        ("api_retries", 1.5, False),
        ("validate_certs", "maybe", False),
        ("ca_path", __file__, True),
        ("ca_path", "/does/not/exist", False),
        ("ca_path", None, True),
    ],
)
def test_connection_options(option: str, value: Any, accepted: bool) -> None:
    problems = []
    try:
        task.Task(task.Work(dict, lambda *_given: {}, lambda _task: {}), {"api_key": "local-key", option: value})
    except InvalidOptions as error:
        problems = error.problems
    assert [problem.option for problem in problems] == ([] if accepted else [option])
    assert SECRET not in str(problems)


def test_an_option_that_does_not_exist_is_rejected_without_its_value() -> None:
    with pytest.raises(InvalidOptions) as error:
        task.Task(
            task.Work(lambda: {"name": {}}, lambda *_given: {}, lambda _task: {}),
            {"api_key": "local-key", "apikey": SECRET},
        )
    assert error.value.messages() == [
        "unsupported options: apikey (did you mean api_key?). Supported parameters include: api_key, api_retries, "
        "api_timeout, api_token_url, api_url, api_version, ca_path, max_requests_per_second, name, validate_certs."
    ]


def test_every_connection_option_has_its_environment_variable(
    local_api: Simulator, run_module: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [connection.variable(row.name) for row in connection.CONNECTION] == [
        "DIDWW_API_KEY",
        "DIDWW_API_URL",
        "DIDWW_API_VERSION",
        "DIDWW_API_TOKEN_URL",
        "DIDWW_API_TIMEOUT",
        "DIDWW_API_RETRIES",
        "DIDWW_VALIDATE_CERTS",
        "DIDWW_CA_PATH",
        "DIDWW_MAX_REQUESTS_PER_SECOND",
    ]
    # Options override the environment, which sets the options that are left out.
    monkeypatch.setenv("DIDWW_API_KEY", "unknown")
    monkeypatch.setenv("DIDWW_API_TIMEOUT", "0")
    words = "api_timeout: {} from the environment variable DIDWW_API_TIMEOUT is not accepted; expected seconds"
    assert words.format('"0"') in run_module(name="EU SBC")["msg"]
    monkeypatch.setenv("DIDWW_API_TIMEOUT", "10s")
    assert words.format('"10s"') in run_module(name="EU SBC")["msg"]
    # AWX sets an empty variable for an empty field.
    monkeypatch.setenv("DIDWW_API_TIMEOUT", "")
    assert run_module(name="EU SBC")["changed"] is False


def test_a_request_says_who_asks(local_api: Simulator, run_module: RunModule) -> None:
    run_module(name="EU SBC")
    headers = dict(local_api.journal[0]["headers"])
    assert headers["User-Agent"] == f"ansible-collection/didww.voice/{task.VERSION} ansible-core/{ansible_version}"
    assert headers["Api-Key"] == "local-key"


@pytest.mark.parametrize(
    ("pointer", "option"),
    [
        ("/data/attributes/name", "name"),
        ("/data/attributes/authentication_method/type", "authentication_method.type"),
        ("/data/attributes/authentication_method/attributes/tech_prefix", "authentication_method.tech_prefix"),
        ("/data/attributes/allowed_rtp_ips/0", "allowed_rtp_ips"),
        ("/data/relationships/dids", "dids"),
        ("/data/relationships/dids/data/0/id", "dids.id"),
        ("/data", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_option_of(pointer: Any, option: str | None) -> None:
    assert messages.option_of(pointer) == option


def refused(status: int, *errors: dict[str, Any], unsettled: bool = False) -> jsonapi.ApiError:
    return jsonapi.ApiError(f"HTTP {status} Words", status, list(errors), unsettled)


def test_a_single_problem_has_no_number() -> None:
    assert explain(InvalidOptions([Problem("name", "is blank")])) == {"msg": "name: is blank"}


def test_several_problems_are_numbered() -> None:
    several = InvalidOptions([Problem("name", "is blank"), Problem("rtp_timeout", "is late")])
    assert explain(several)["msg"] == "2 problems: (1) name: is blank; (2) rtp_timeout: is late"


def test_an_error_of_the_api_is_explained() -> None:
    first = {
        "title": "has already been taken",
        "detail": "name - has already been taken",
        "code": "100",
        "status": "422",
        "source": {"pointer": "/data/attributes/name"},
    }
    second = {"detail": "must be given", "source": {"pointer": "/data/relationships/dids"}}
    third = {"title": "only a title", "source": "nonsense"}
    result = explain(refused(422, first, second, third, {}))
    assert result["status"] == 422
    assert result["errors"][0] == {
        "option": "name",
        "pointer": "/data/attributes/name",
        "title": "has already been taken",
        "detail": "name - has already been taken",
        "code": "100",
        "status": "422",
    }
    assert result["errors"][2] == {"option": None, "pointer": None, "title": "only a title"}
    assert result["msg"] == (
        "DIDWW (https://api.didww.com/v3) answered HTTP 422 Words: 4 problems: (1) name - has already been taken; "
        "(2) dids: must be given; (3) only a title; (4) no explanation was given. "
        "Another trunk of this account has that name."
    )


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "report a bug"),
        (401, "sandbox"),
        (403, "read-only mode"),
        (404, "ends in /v3"),
        (409, "then run the task again"),
        (429, "lower max_requests_per_second"),
        (500, "is failing"),
        (503, "is failing"),
    ],
)
def test_a_status_says_what_to_do(status: int, words: str) -> None:
    result = explain(refused(status))
    assert result["status"] == status
    assert result["errors"] == []
    assert words in result["msg"]
    assert URL in result["msg"]


@pytest.mark.parametrize(
    "error",
    [
        refused(502, unsettled=True),
        jsonapi.Unreachable("Read timed out", unsettled=True),
        jsonapi.UnusableAnswer("no data", unsettled=True),
    ],
)
def test_an_update_that_may_have_been_applied_says_so(error: jsonapi.RequestFailed) -> None:
    words = ". The request was sent and may have been applied: run the task again, which settles it."
    assert explain(error)["msg"].endswith(words)
    error.unsettled = False
    assert "applied" not in explain(error)["msg"]


def test_a_self_signed_certificate_suggests_ca_path() -> None:
    message = explain(jsonapi.Unreachable("certificate verify failed: self-signed certificate"))["msg"]
    assert "ca_path" in message


def test_requests_may_be_missing(run_module: RunModule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonapi, "REQUESTS_IMPORT_ERROR", "Traceback")
    result = run_module(name="EU SBC")
    assert result["failed"] is True
    assert "Failed to import the required Python library (requests)" in result["msg"]


def test_connection_options_reach_the_client(
    local_api: Simulator, run_module: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: dict[str, Any] = {}
    original = jsonapi.Client.__init__

    def init(self: jsonapi.Client, **options: Any) -> None:
        made.update(options)
        original(self, **options)

    monkeypatch.setattr(jsonapi.Client, "__init__", init)
    options: dict[str, Any] = {"name": "EU SBC", "api_url": f"{local_api.url}/", "api_timeout": 7, "api_retries": 3}
    run_module(**options)
    assert (made["timeout"], made["retries"], made["verify"]) == (7, 3, True)
    assert local_api.journal[0]["path"] == "/v3/voice_out_trunks"
    run_module(**options, ca_path=__file__)
    assert made["verify"] == __file__
    run_module(**options, ca_path=__file__, validate_certs=False)
    assert made["verify"] is False
    # False equals 0 in Python, but makes urllib3 raise at once.
    assert "api_retries: false is not accepted" in run_module(**{**options, "api_retries": False})["msg"]


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:{SECRET}@host/v3",
        f"https://:{SECRET}@host/v3",
        f"https://user:pla@{SECRET}@host/v3",
        f"https://user:pla/{SECRET}@host/v3",
        f"https://{SECRET}@host/v3",
        f"user:{SECRET}@host/v3",
        f"https:/user:{SECRET}@host/v3",
        f"https://host/v3?key={SECRET}",
        [f"https://user:{SECRET}@host/v3"],
    ],
)
def test_a_password_in_a_url_is_never_shown(run_module: RunModule, url: str) -> None:
    # Before ansible-core 2.21, results include the invocation.
    result = run_module(name="EU SBC", api_url=url, api_key="planted-key")
    assert result["failed"] is True
    assert SECRET not in str(result)
    assert "planted-key" not in str(result)


@pytest.mark.parametrize("key", [{SECRET: None}, [f"{SECRET}'x\"\n"], True, None, [7.5]])
def test_a_key_that_is_not_text_is_never_shown(run_module: RunModule, key: Any) -> None:
    result = run_module(name="EU SBC", api_key=key)
    assert result["failed"] is True
    assert "api_key: " in result["msg"]
    assert SECRET not in str(result)


def test_a_changing_list_does_not_blame_the_url() -> None:
    message = explain(jsonapi.ListKeepsChanging("the list kept changing"))["msg"]
    assert message == f"The list kept changing ({URL}). Others are changing the account: run the task again."


def test_an_expected_error_shows_no_traceback(run_module: RunModule) -> None:
    result = run_module(name="nobody", _ansible_verbosity=4)
    assert result["failed"] is True
    assert "exception" not in result


def test_a_value_can_be_the_name_of_an_option(run_module: RunModule) -> None:
    result = run_module(id="0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10", status="id")
    assert result["msg"] == 'status: "id" is not accepted; expected one of active, blocked'


@pytest.mark.parametrize("kind", [jsonapi.UnusableAnswer, jsonapi.Unreachable])
def test_secrets_are_redacted_in_other_errors(kind: type[jsonapi.RequestFailed]) -> None:
    error = kind("the server redirects to http://elsewhere/?p=u4k2m-s3cr3t")
    message = explain(error, {"u4k2m-s3cr3t"})["msg"]
    assert "redirects to http://elsewhere/?p=********." in message


def test_secrets_are_redacted_everywhere_in_an_error() -> None:
    error = jsonapi.ApiError("HTTP 422", 422, [{"detail": {"of": ["u4k2m", "u4k2m-s3cr3t", 7]}, "title": "abc u4k2m"}])
    (shown,) = explain(error, {"u4k2m", "u4k2m-s3cr3t", "abc"})["errors"]
    assert shown["detail"] == {"of": ["********", "********", 7]}
    assert shown["title"] == "abc ********"
