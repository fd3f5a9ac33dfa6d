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

from ....conftest import matches, rows, table

WORDS: dict[str | int, int] = {"off": 1, 0: 2, 7: 3}
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
    "server": lambda: kinds.server("the URL of a server", "example.com"),
    "bare_server": lambda: kinds.server("the URL of a server", "example.com", strip="/"),
    "code": lambda: kinds.code(WORDS),
    "any_code": lambda: kinds.code(WORDS, others=True),
    "codes": lambda: kinds.list_of(kinds.code(WORDS)),
    "set_of_codes": lambda: kinds.set_of(kinds.code(WORDS)),
    "e164": lambda: kinds.Kind({"type": "str"}, kinds.e164),
    "least": lambda: kinds.amount(1),
    "uuid": lambda: kinds.UUID,
    "id_or_number": lambda: kinds.reference(kinds.e164, "an id or a number"),
    "id_or_name": lambda: kinds.id_or_name("an id or a name"),
    "seconds": lambda: kinds.SECONDS,
    "networks": lambda: kinds.NETWORKS,
    "limited_networks": lambda: kinds.LIMITED_NETWORKS,
    "prefixes": lambda: kinds.PREFIXES,
    "any_prefixes": lambda: kinds.ANY_PREFIXES,
    "url_or_less": lambda: kinds.URL_OR_LESS,
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


@pytest.mark.parametrize(("name", "stored", "canonical", "sent"), rows("kinds", "coded"))
def test_values_of_the_api(name: str, stored: list[Any], canonical: Any, sent: Any) -> None:
    kind = KINDS[name]()
    assert kind.decode is not None
    assert kind.encode is not None
    assert [kind.decode(value) for value in stored] == [canonical] * len(stored)
    assert kind.encode(canonical) == sent


@pytest.mark.parametrize(("name", "words", "value"), rows("kinds", "not_decoded"))
def test_values_of_the_api_that_no_task_has(name: str, words: str, value: Any) -> None:
    decode = KINDS[name]().decode
    assert decode is not None
    with pytest.raises(ValueError, match=f"^{words}$"):
        decode(value)


def test_the_argument_specs_of_kinds() -> None:
    assert [KINDS[name]().spec for name in ("letters", "whole", "amount", "choice", "codes", "code")] == [
        {"type": "str"},
        {"type": "int"},
        {"type": "str"},
        {"type": "str", "choices": ["a", "b"]},
        {"type": "list", "elements": "str"},
        {"type": "str", "choices": ["off", "0", "7"]},
    ]


@pytest.mark.parametrize("digits", [100, 5000])
def test_a_number_has_a_maximum_length(digits: int) -> None:
    # Python does not convert more than 4300 digits to a number.
    assert rejection_of(kinds.amount(1, 10), digits * "0" + "1").startswith("a decimal number from")
    assert rejection_of(kinds.whole(0, 4), digits * "9").startswith("a whole number from")


@pytest.mark.parametrize(
    ("kind", "rejected", "words"),
    [
        (kinds.CA_BUNDLE, ["~/other.pem", "", None, 1, ["a"]], "a CA bundle that exists where the module runs"),
        (kinds.PATH, ["", None, 1, ["a"], "a\0b"], "a path"),
        (kinds.NEW_FILE, ["", " ", None, 1, ["a"], "a\0b"], "the path of a file to write"),
        (kinds.NEW_FILE, ["~/x/a"], "a file in a folder that exists, which {home}/x does not"),
        (kinds.NEW_FILE, ["~", "~/new/", "~/bundle.pem/"], "a file, and this is something else"),
    ],
)
def test_a_path(
    kind: kinds.Kind, rejected: list[Any], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BUNDLES", str(tmp_path))
    for written in (str(bundle), "~/bundle.pem", "$BUNDLES/bundle.pem"):
        assert kind.canonical(written) == str(bundle)
    for value in rejected:
        assert rejection_of(kind, value) == words.format(home=tmp_path)


def test_a_value_is_shown_as_json() -> None:
    assert kinds.show({"é": [None, True, "x"]}) == '{"é": [null, true, "x"]}'
    # On one line, also for programs that know the line breaks of Unicode, and in its own order.
    assert kinds.show("\x85\u2028\u2029\u202e") == r'"\u0085\u2028\u2029\u202e"'
