# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Error messages: what went wrong, and what to do about it, without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine.advice import advice_for
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import DEFAULT_VERSION
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import MASK

# More advice if there was no answer, by patterns of the reason.
HINTS = {
    r"unable to get local issuer|self.signed": "If you use your own certificate authority, set ca_path to its bundle.",
    r"timed out": "If the server is slow, raise api_timeout.",
    r"NO_CERTIFICATE": "The file in ca_path contains no certificate.",
}
SENT = "The request was sent and may have been applied:"
# If the token service failed later.
SENT_BEFORE = "The request to the API was sent before, and may have been applied:"
SETTLE = "run the task again, which settles it."


def explain(
    error: InvalidOptions | jsonapi.RequestFailed,
    url: str,
    secrets: Iterable[str] = (),
    version: str = DEFAULT_VERSION,
    resource: Resource | None = None,
) -> dict[str, Any]:
    """Return the part of a result that describes an error: `msg`, and `status` and `errors` if the API answered.

    `url` and `version` are those of the API. `secrets` are redacted. `resource`: what the error is about.
    """
    if isinstance(error, InvalidOptions):
        return {"msg": joined(error.messages())}
    result: dict[str, Any] = {}
    reason = without(secrets, str(error))
    server, option = ("DIDWW's token service", "api_token_url") if error.token_url else ("DIDWW", "api_url")
    server += f" ({error.token_url or url})"
    if isinstance(error, jsonapi.ApiError):
        errors = [without(secrets, _in_option_names(item, resource)) for item in error.errors]
        result = {"status": error.status, "errors": errors}
        details = joined([_detail(item) for item in errors]) if errors else "no explanation was given"
        advice = _advice(error, errors, version, resource)
        words = f"{server} answered {reason}: {details.rstrip('.')}. {advice}"
    elif isinstance(error, jsonapi.Unreachable):
        words = f"{server} gave no usable answer: {reason}. Check {option}, the network, and any proxy in between."
        words += "".join(f" {hint}" for pattern, hint in HINTS.items() if re.search(pattern, reason))
    elif isinstance(error, jsonapi.ListKeepsChanging):
        words = f"{reason[:1].upper()}{reason[1:]} ({url}). Others are changing the account: run the task again."
    else:
        like = "token service" if error.token_url else "API"
        words = f"{error.token_url or url} did not answer like DIDWW's {like}: {reason}. "
        words += f"Check {option}, and any proxy in between."
    unsettled = ""
    if error.unsettled or error.settle:
        unsettled = f"{SENT_BEFORE if error.token_url else SENT} {error.settle or SETTLE}"
    parts = (words.rstrip(), error.hint, unsettled)
    result["msg"] = " ".join(part for part in parts if part)
    return result


def _advice(
    error: jsonapi.ApiError, errors: Sequence[Mapping[str, Any]], version: str, resource: Resource | None
) -> str:
    """Return what to do about an error of the API or of the token service."""
    if resource is None:
        return advice_for(error, version, "resource")
    if any(item["option"] == resource.unique and "taken" in str(item) for item in errors):
        return resource.taken or f"Another {resource.noun} of this account has that {resource.unique}."
    return advice_for(error, version, resource.noun, resource.advice)


def without(secrets: Iterable[str], value: Any) -> Any:
    """Return `value`, plain JSON, with `secrets` redacted in its texts.

    Secrets of fewer than four characters are skipped: they would be found inside other words.
    """
    if isinstance(value, dict):
        return {name: without(secrets, item) for name, item in value.items()}
    if isinstance(value, list):
        return [without(secrets, item) for item in value]
    if isinstance(value, str):
        # The longest first: it may contain a shorter one.
        for secret in sorted(secrets, key=len, reverse=True):
            if len(secret) >= 4:
                value = value.replace(secret, MASK)
    return value


def joined(messages: list[str]) -> str:
    """Return `messages` as one; if there are several, their number comes first."""
    return numbered(messages) if len(messages) == 1 else f"{len(messages)} problems: {numbered(messages)}"


def numbered(messages: list[str]) -> str:
    """Return `messages` as one, numbered if there are several."""
    if len(messages) == 1:
        return messages[0]
    return "; ".join(f"({number}) {message}" for number, message in enumerate(messages, 1))


def option_of(pointer: Any) -> str | None:
    """Return the option for a JSON:API error pointer: `name` for `/data/attributes/name`.

    None if the pointer does not refer to a part of the resource: DIDWW API 3 (2026-04-16), "Errors".
    """
    parts = pointer.split("/") if isinstance(pointer, str) else []
    frame = {"", "data", "attributes", "relationships"}
    return ".".join(part for part in parts if part not in frame and not part.isdigit()) or None


def _in_option_names(error: Mapping[str, Any], resource: Resource | None) -> dict[str, Any]:
    source = error.get("source")
    pointer = source.get("pointer") if isinstance(source, Mapping) else None
    kept = {name: error[name] for name in ("title", "detail", "code", "status") if name in error}
    path = option_of(pointer)
    return {"option": resource.option_of(path) if resource and path else path, "pointer": pointer, **kept}


def _detail(error: Mapping[str, Any]) -> str:
    words = str(error.get("detail") or error.get("title") or "no explanation was given")
    option = error["option"]
    return words if option is None or words.startswith(option.rpartition(".")[2]) else f"{option}: {words}"
