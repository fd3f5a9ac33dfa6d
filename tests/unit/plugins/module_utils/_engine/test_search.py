# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which resources a filter may select, and how many values it takes."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine import search
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

from ....conftest import rows


@pytest.mark.parametrize(("name", "value", "held", "expected"), rows("trunk_settings", "selected"))
def test_what_a_filter_may_select(name: str, value: str | list[str], held: Any, expected: bool) -> None:
    option, _dot, part = name.removesuffix("_contains").partition(".")
    assert search._may_match(VOICE_OUT_TRUNK, {option: {part: held} if part else held}, name, value) is expected
    assert search._may_match(VOICE_OUT_TRUNK, {}, name, value) is True
    assert search._may_match(VOICE_OUT_TRUNK, {"authentication_method": None}, name, value) is True


def test_lists_are_cut_to_what_a_url_holds() -> None:
    numbers = [str(43720000000 + number) for number in range(250)]
    assert [len(together) for together in search.batches(numbers, 100)] == [100, 100, 50]
    assert list(search.batches([], 100)) == []
    names = ["ж" * 300] * 3
    assert list(search.batches(names, 100)) == [[names[0]]] * 3
    together = next(search.batches(["x" * 47] * 100, 100))
    assert len(",".join(together)) <= search.LONGEST_FILTER
    assert len(together) == 38
