# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each kind of value on its own.

The tests create new kinds, because the tables are created only once, when they are imported.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine import kinds
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import BASE_URL


def rejection_of(kind: kinds.Kind, value: Any) -> str:
    """Return what a kind accepts, according to its error for a value."""
    with pytest.raises(ValueError, match=r"\w") as error:
        kind.canonical(value)
    return str(error.value)


@pytest.mark.parametrize("value", ["", "abc1", "ABC", "abc\n", " abc", None, True, ["abc"]])
def test_matching(value: Any) -> None:
    kind = kinds.matching(r"[a-z]+", "small letters")
    assert kind.spec == {"type": "str"}
    assert kind.canonical("abc") == "abc"
    assert rejection_of(kind, value) == "small letters"


def test_matching_is_ascii() -> None:
    assert rejection_of(kinds.matching(r"\d+", "digits"), "٣") == "digits"


@pytest.mark.parametrize("value", ["", "c", "A", None, 1, ["a"], "a, b"])
def test_choice(value: Any) -> None:
    kind = kinds.choice("a", "b")
    assert kind.spec == {"type": "str", "choices": ["a", "b"]}
    assert [kind.canonical(accepted) for accepted in ("a", "b")] == ["a", "b"]
    assert rejection_of(kind, value) == "one of a, b"


@pytest.mark.parametrize(
    "value", [-1, 5, True, False, "x3", "5.0", "٣.0", "3.00", 3.5, 5.0, float("inf"), float("nan"), None, [3]]
)
def test_whole(value: Any) -> None:
    kind = kinds.whole(0, 4)
    assert kind.spec == {"type": "int"}
    assert [kind.canonical(accepted) for accepted in (0, 1, 4)] == [0, 1, 4]
    assert [repr(kind.canonical(accepted)) for accepted in (3.0, "3.0", "3", " +3 ")] == ["3"] * 4
    assert rejection_of(kind, value) == "a whole number from 0 to 4"


def test_a_url_has_no_control_characters() -> None:
    for character in "\0\x1f\x7f\t ":
        assert rejection_of(kinds.URL, f"https://example.com/{character}a").startswith("an http or https URL")


@pytest.mark.parametrize(
    ("value", "canonical"),
    [("1", "1.0"), ("10", "10.0"), ("10.000", "10.0"), ("001.500", "1.5"), ("1.05", "1.05"), (2, "2.0"), (2.5, "2.5")],
)
def test_amount(value: Any, canonical: str) -> None:
    kind = kinds.amount(1, 10)
    assert kind.spec == {"type": "str"}
    assert kind.canonical(value) == canonical


@pytest.mark.parametrize(
    "value", ["0.99", "10.01", "1.", ".5", "1e1", "-1", "+1", " 1", "", None, True, "٣", "1.٣", [1]]
)
def test_no_amount(value: Any) -> None:
    assert rejection_of(kinds.amount(1, 10), value) == "a decimal number from 1.0 to 10.0, such as 1000.0"


@pytest.mark.parametrize("digits", [100, 5000])
def test_an_amount_has_a_maximum_length(digits: int) -> None:
    # Python does not convert more than 4300 digits to a number.
    assert rejection_of(kinds.amount(1, 10), digits * "0" + "1").startswith("a decimal number from")


def test_a_set() -> None:
    upper = kinds.set_of(kinds.Kind({"type": "str"}, str.upper))
    assert upper.canonical(["b", " a ", "B"]) == upper.canonical("b, a,B") == ["A", "B"]


@pytest.mark.parametrize("written", [{"a": "b"}, '{"a": "b"}', "a=b"])
def test_a_dictionary(written: Any) -> None:
    assert kinds.DICTIONARY.canonical(written) == {"a": "b"}


@pytest.mark.parametrize("value", ["twilio", "{1: 2}", {1: 2}, ["a=b"], None, 5, "{'type'}"])
def test_no_dictionary(value: Any) -> None:
    assert rejection_of(kinds.DICTIONARY, value) == "a dictionary of options"


@pytest.mark.parametrize(
    ("written", "flag"), [(True, True), ("Yes", True), ("on", True), (1, True), ("off", False), (0, False)]
)
def test_a_flag(written: Any, flag: bool) -> None:
    assert kinds.BOOL.canonical(written) is flag


@pytest.mark.parametrize("value", ["maybe", "", None, 2, [True], {}])
def test_no_flag(value: Any) -> None:
    assert rejection_of(kinds.BOOL, value) == "true or false"


@pytest.mark.parametrize("value", [1.1, 2024.1, 5.0, 2024, 0, 34])
def test_text_is_not_a_number(value: float) -> None:
    kind = kinds.matching(r"[0-9.]+", "digits")
    assert kind.canonical("0042") == "0042"
    assert rejection_of(kind, value) == "digits, in quotes: YAML reads it as a number and may change it"


@pytest.mark.parametrize("url", ["https://example.com:1/", "http://example.com", "https://example.com:65535/x?y#z"])
def test_urls(url: str) -> None:
    assert kinds.URL.canonical(url) == url


@pytest.mark.parametrize(
    "url", ["https://example.com:0/", "ftp://example.com/", "https://", "https:///x", "https://a b/", "https://[::1", 5]
)
def test_no_urls(url: Any) -> None:
    with pytest.raises(ValueError, match="an http or https URL with a host"):
        kinds.URL.canonical(url)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://api.didww.com/v3", "https://api.didww.com/v3"),
        ("http://127.0.0.1:8080/v3//", "http://127.0.0.1:8080/v3"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_base_url(url: str, canonical: str) -> None:
    assert BASE_URL.canonical(url) == canonical


@pytest.mark.parametrize(
    "url",
    ["api.didww.com", "https://a b/", "https://%41/", "https://u@h/", "https://h/?q", "https://h/#f", "https://..h", 5],
)
def test_no_base_url(url: Any) -> None:
    assert rejection_of(BASE_URL, url) == "the base URL of the API, such as https://api.didww.com/v3"


@pytest.mark.parametrize(
    ("written", "seconds"),
    [(0.5, 0.5), (3600, 3600.0), (" 30 ", 30.0), ("1.5", 1.5), ("1e2", 100.0), ("+5", 5.0), ("5E-1", 0.5)],
)
def test_seconds(written: Any, seconds: float) -> None:
    assert repr(kinds.SECONDS.canonical(written)) == repr(seconds)


@pytest.mark.parametrize("value", [0, -1, 3600.5, True, None, "", "ten", "1e9999", "5x", "x5", "٣", [5], float("nan")])
def test_no_seconds(value: Any) -> None:
    assert rejection_of(kinds.SECONDS, value) == "seconds, more than 0 and at most 3600"


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
