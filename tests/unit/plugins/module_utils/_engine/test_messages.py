# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Error messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import messages
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions, Problem
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

from ....conftest import rows, table

URL = "https://api.didww.com/v3"


def explain(error: InvalidOptions | jsonapi.RequestFailed, secrets: Iterable[str] = ()) -> dict[str, Any]:
    return messages.explain(error, URL, secrets, resource=VOICE_OUT_TRUNK)


@pytest.mark.parametrize(("pointer", "option"), rows("trunk_messages", "pointers"))
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
    errors = table("trunk_messages", "errors")
    result = explain(refused(422, *errors))
    assert result["status"] == 422
    taken = {name: value for name, value in errors[0].items() if name != "source"}
    assert result["errors"][0] == {"option": "name", "pointer": "/data/attributes/name", **taken}
    assert result["errors"][2] == {"option": None, "pointer": None, "title": "only a title"}
    assert result["msg"] == (
        "DIDWW (https://api.didww.com/v3) answered HTTP 422 Words: 4 problems: (1) name - has already been taken; "
        "(2) dids: must be given; (3) only a title; (4) no explanation was given. "
        "Another trunk of this account has that name."
    )


@pytest.mark.parametrize(("status", "words"), rows("trunk_messages", "statuses"))
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
def test_an_update_that_may_have_been_applied_says_so(
    error: jsonapi.RequestFailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ". The request was sent and may have been applied: run the task again, which settles it."
    assert explain(error)["msg"].endswith(words)
    monkeypatch.setattr(error, "unsettled", False)
    assert "applied" not in explain(error)["msg"]


def test_a_self_signed_certificate_suggests_ca_path() -> None:
    message = explain(jsonapi.Unreachable("certificate verify failed: self-signed certificate"))["msg"]
    assert "ca_path" in message


def test_a_changing_list_does_not_blame_the_url() -> None:
    message = explain(jsonapi.ListKeepsChanging("the list kept changing"))["msg"]
    assert message == f"The list kept changing ({URL}). Others are changing the account: run the task again."


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
