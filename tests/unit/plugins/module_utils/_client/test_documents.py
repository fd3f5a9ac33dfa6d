# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON:API documents: what an answer must contain."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._client import documents, jsonapi
from simulator.server import Simulator

from ....conftest import rows
from .clients import ID, KIND, client

pytestmark = pytest.mark.usefixtures("clock")


def test_requested_linkage_is_required() -> None:
    resource = {"type": KIND, "id": ID, "attributes": {}, "relationships": {"dids": {"links": {}}}}
    assert documents.resource_in(resource, KIND, ID, {}) == resource
    with pytest.raises(jsonapi.UnusableAnswer, match="no linkage for dids"):
        documents.resource_in(resource, KIND, ID, {"dids": True})
    for bad in ([1], [{"type": "dids"}], [{"id": 1}]):
        resource["relationships"] = {"dids": {"data": bad}}
        with pytest.raises(jsonapi.UnusableAnswer, match="something other than resource identifiers"):
            documents.resource_in(resource, KIND, ID, {})


@pytest.mark.parametrize("body", ["[" * 100000, *rows("http", "without_resource")])
def test_a_document_without_a_resource_is_an_error(local_api: Simulator, body: Any) -> None:
    local_api.add_faults({"status": 200, "body": body})
    with pytest.raises(jsonapi.UnusableAnswer):
        client(local_api).get(KIND, ID)


def test_optional_members_of_json_api_may_be_missing(local_api: Simulator) -> None:
    resource: dict[str, Any] = {"type": KIND, "id": ID.upper(), "attributes": {}, "relationships": None, "meta": None}
    local_api.add_faults({"status": 200, "body": {"data": resource, "meta": None, "included": None, "links": 5}})
    assert client(local_api).get(KIND, ID) == (resource, {}, [])
    bare = {"type": "dids", "id": ID}  # JSON:API does not require attributes
    local_api.add_faults({"status": 200, "body": {"data": resource, "included": [bare]}})
    assert client(local_api).get(KIND, ID) == (resource, {}, [bare])


@pytest.mark.parametrize("included", rows("http", "included"))
def test_invalid_included_resources_are_an_error(local_api: Simulator, included: Any) -> None:
    resource = {"type": KIND, "id": ID, "attributes": {}}
    local_api.add_faults({"status": 200, "body": {"data": resource, "included": included}})
    with pytest.raises(jsonapi.UnusableAnswer, match="included"):
        client(local_api).get(KIND, ID)
    local_api.add_faults({"status": 200, "body": {"data": [resource], "included": included}})
    with pytest.raises(jsonapi.UnusableAnswer, match="included"):
        client(local_api).get_all(KIND)


@pytest.mark.parametrize("total", ["7", [7], {}, 7.5, True, -1])
def test_an_invalid_total_is_an_error(local_api: Simulator, total: Any) -> None:
    local_api.add_faults({"status": 200, "body": {"data": [], "meta": {"total_records": total}}})
    with pytest.raises(jsonapi.UnusableAnswer, match="total_records is not a whole number"):
        client(local_api).get_all(KIND)


@pytest.mark.parametrize("errors", ["x", [1, None], {}, None])
def test_invalid_errors_are_ignored(local_api: Simulator, errors: Any) -> None:
    local_api.add_faults({"status": 422, "body": {"errors": errors}})
    with pytest.raises(jsonapi.ApiError) as refused:
        client(local_api).get(KIND, ID)
    assert refused.value.errors == []
