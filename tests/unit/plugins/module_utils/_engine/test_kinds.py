# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each kind of value on its own, with the rows of tests/cases/kinds.yml.

The tests create new kinds, because the tables are created only once, when they are imported.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine import kinds
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import BASE_URL

from ....conftest import matches, rows, table

KINDS: dict[str, Callable[[], kinds.Kind]] = {
    "letters": lambda: kinds.matching(r"[a-z]+", "small letters"),
    "digits": lambda: kinds.matching(r"\d+", "digits"),
    "numbers": lambda: kinds.matching(r"[0-9.]+", "digits"),
    "choice": lambda: kinds.choice("a", "b"),
    "whole": lambda: kinds.whole(0, 4),
    "amount": lambda: kinds.amount(1, 10),
    "set": lambda: kinds.set_of(kinds.Kind({"type": "str"}, str.upper)),
    "dictionary": lambda: kinds.DICTIONARY,
    "flag": lambda: kinds.BOOL,
    "url": lambda: kinds.URL,
    "base_url": lambda: BASE_URL,
    "seconds": lambda: kinds.SECONDS,
}


def rejection_of(kind: kinds.Kind, value: Any) -> str:
    """Return what a kind accepts, according to its error for a value."""
    with pytest.raises(ValueError, match=r"\w") as error:
        kind.canonical(value)
    return str(error.value)


@pytest.mark.parametrize(("name", "values", "canonical"), rows("kinds", "accepted"))
def test_what_a_kind_accepts(name: str, values: list[Any], canonical: Any) -> None:
    # 3.0 and 3 are equal, and so are 1 and true.
    assert [repr(KINDS[name]().canonical(value)) for value in values] == [repr(canonical)] * len(values)


@pytest.mark.parametrize(
    ("name", "words", "value"), [(*row, value) for *row, values in table("kinds", "rejected") for value in values]
)
def test_what_a_kind_rejects(name: str, words: str, value: Any) -> None:
    assert matches(words, rejection_of(KINDS[name](), value))


def test_the_argument_specs_of_kinds() -> None:
    assert [KINDS[name]().spec for name in ("letters", "whole", "amount", "choice")] == [
        {"type": "str"},
        {"type": "int"},
        {"type": "str"},
        {"type": "str", "choices": ["a", "b"]},
    ]


@pytest.mark.parametrize("digits", [100, 5000])
def test_a_number_has_a_maximum_length(digits: int) -> None:
    # Python does not convert more than 4300 digits to a number.
    assert rejection_of(kinds.amount(1, 10), digits * "0" + "1").startswith("a decimal number from")
    assert rejection_of(kinds.whole(0, 4), digits * "9").startswith("a whole number from")


def test_a_ca_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BUNDLES", str(tmp_path))
    for written in (str(bundle), "~/bundle.pem", "$BUNDLES/bundle.pem"):
        assert kinds.CA_BUNDLE.canonical(written) == str(bundle)
    for value in ("~/other.pem", "", None, True, 1, [str(bundle)]):
        assert rejection_of(kinds.CA_BUNDLE, value) == "a CA bundle that exists where the module runs"


def test_a_value_is_shown_as_json() -> None:
    assert kinds.show({"é": [None, True, "x"]}) == '{"é": [null, true, "x"]}'
    # On one line, also for programs that know the line breaks of Unicode.
    assert kinds.show("\x85\u2028\u2029") == r'"\u0085\u2028\u2029"'
