# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client of a JSON:API server: resources and pages."""

from __future__ import annotations

import pytest
from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from simulator.server import Simulator

from .clients import ID, KIND, UPDATE, client

pytestmark = pytest.mark.usefixtures("clock")


def test_a_resource(local_api: Simulator) -> None:
    answer = client(local_api).get(KIND, ID)
    assert answer.resource["attributes"]["name"] == "EU SBC"
    assert answer.meta == {"api_version": "2026-04-16"}
    headers = dict(local_api.journal[0]["headers"])
    assert headers["Accept"] == headers["Content-Type"] == "application/vnd.api+json"
    assert headers["Api-Key"] == "local-key"


def test_an_update(local_api: Simulator) -> None:
    answer = client(local_api).update(UPDATE)
    assert answer.resource["attributes"]["capacity_limit"] == 7
    assert local_api.journal[0]["body"] == {"data": UPDATE}


def test_all_pages_are_read(local_api: Simulator) -> None:
    everything = client(local_api, page_size=2).get_all(KIND, linkage={"dids": True})
    assert len({trunk["id"] for trunk in everything.resources}) == len(everything.resources) == 7
    assert [dict(entry["query"])["page[number]"] for entry in local_api.journal] == ["1", "2", "3", "4"]
    assert everything.meta["api_version"] == "2026-04-16"


def test_the_errors_of_an_answer_are_kept(local_api: Simulator) -> None:
    with pytest.raises(jsonapi.ApiError) as refused:
        client(local_api).update({**UPDATE, "attributes": {"capacity_limit": -1, "rtp_timeout": 1}})
    pointers = {error["source"]["pointer"] for error in refused.value.errors}
    assert pointers == {"/data/attributes/capacity_limit", "/data/attributes/rtp_timeout"}


def test_resources_that_shift_between_pages_are_read(local_api: Simulator) -> None:
    there = [trunk["id"] for trunk in client(local_api).get_all(KIND).resources]
    assert len(there) > 6
    pages = client(local_api, page_size=3).pages(KIND)
    first = next(pages)
    local_api.remove_trunk(there[0])
    read = [trunk["id"] for page in (first, *pages) for trunk in page.resources]
    assert sorted(read) == sorted(there)


def test_a_list_that_always_changes_is_an_error(local_api: Simulator) -> None:
    def read_while_others_create() -> None:
        for number, _page in enumerate(client(local_api, page_size=3).pages(KIND)):
            local_api.put_trunk(f"b0000000-0000-4000-8000-{number:012}", attributes={"name": f"New {number}"})

    words = "the list of voice_out_trunks kept changing while it was read, 3 times in a row"
    with pytest.raises(jsonapi.ListKeepsChanging, match=words):
        read_while_others_create()
    assert len(local_api.journal) < 20
