# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors in JSON:API documents, as dictionaries. Does not depend on HTTP or Flask."""

from __future__ import annotations

from typing import Any

MEDIA_TYPE = "application/vnd.api+json"

# DIDWW's error codes. Its documents list 100, 102, 105 and 106. The Ruby gem jsonapi-resources has the same four; the
# others are from there.
VALIDATION = "100"
INVALID_RESOURCE = "101"
FILTER_NOT_ALLOWED = "102"
INVALID_FIELD = "104"
PARAM_NOT_ALLOWED = "105"
PARAM_MISSING = "106"
INVALID_FILTER_VALUE = "107"
KEY_NOT_IN_URL = "110"
INVALID_INCLUDE = "112"
INVALID_SORT = "114"
INVALID_LINKAGE = "115"
TYPE_MISMATCH = "116"
INVALID_PAGE_OBJECT = "117"
INVALID_PAGE_VALUE = "118"
INVALID_DATA_FORMAT = "122"
TOO_MANY_REQUESTS = "too_many_requests"  # since version 2026-11-19


class ApiError(Exception):
    """A rejected request: the status, the error objects and the additional headers of the answer.

    Without error objects, the answer has no body.
    """

    def __init__(self, status: int, errors: list[dict[str, Any]], headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status}: {'; '.join(str(error['detail']) for error in errors)}")
        self.status = status
        self.errors = errors
        self.headers = headers or {}


def error(status: int, title: str, detail: str, code: str | None = None, pointer: str | None = None) -> dict[str, Any]:
    """A JSON:API error object. The code is the status by default."""
    document: dict[str, Any] = {"title": title, "detail": detail, "code": code or str(status), "status": str(status)}
    if pointer is not None:
        document["source"] = {"pointer": pointer}
    return document


def rejection(status: int, title: str, detail: str, code: str | None = None) -> ApiError:
    """An ApiError with a single error and no pointer."""
    return ApiError(status, [error(status, title, detail, code)])


def token_rejection(status: int, title: str, reason: str) -> ApiError:
    """The ApiError for a token: `reason` is the error in the WWW-Authenticate header (RFC 6750, 3.1)."""
    headers = {"WWW-Authenticate": f'Bearer error="{reason}"'}
    return ApiError(status, [error(status, title, title)], headers)


def not_found(record_id: str) -> ApiError:
    """The error for a record that does not exist (404)."""
    detail = f"The record identified by {record_id} could not be found."
    return rejection(404, "Record not found", detail)


def not_allowed(name: str) -> dict[str, Any]:
    """The error object for an unknown attribute, relationship or parameter (400)."""
    return error(400, "Param not allowed", f"{name} is not allowed.", PARAM_NOT_ALLOWED)
