# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kinds of value: they convert values from tasks and from DIDWW to a canonical form.

Two canonical values, which are plain JSON, are equal exactly when DIDWW treats them as equal. They are
compared, sent, returned and shown. Values come from the task before Ansible converts anything, so each
kind accepts every spelling that Ansible users expect.
"""

from __future__ import annotations

import difflib
import functools
import ipaddress
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.common.validation import check_type_dict
from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.didww.voice.plugins.module_utils._engine import vars_file


@dataclass(frozen=True)
class Kind:
    """A kind of value.

    `spec`: its part of an Ansible argument spec. `canonical`: converts a value to its canonical form;
    raises ValueError with a description of what is accepted. `empty_is_null`: whether an empty string
    means null. `decode`: converts a value of the API, if these are other values; raises ValueError. `encode`: converts
    a canonical value to one of the API.
    """

    spec: Mapping[str, Any]
    canonical: Callable[[Any], Any]
    empty_is_null: bool = False
    decode: Callable[[Any], Any] | None = None
    encode: Callable[[Any], Any] | None = None


def show(value: Any) -> str:
    """Return `value` as messages show it: as JSON on one line, which distinguishes null, text and numbers."""
    # JSON allows line breaks of Unicode in a text, and characters that reorder what a reader sees.
    return vars_file.printable(json.dumps(value, ensure_ascii=False, default=str))


def rejection(value: Any, expected: object, source: str = "") -> str:
    """Return the message that `value` is rejected, with its `source`, if given, and what is accepted."""
    shown = show(value)
    return f"{shown if len(shown) <= 60 else shown[:57] + '...'}{source} is not accepted; expected {expected}"


def nearest(text: str, names: Iterable[str]) -> str | None:
    """Return the name that is most like a text, if one is."""
    # Most mistakes are in case and spaces.
    folded = {name.casefold(): name for name in names}
    found = difflib.get_close_matches(text.casefold(), folded, n=1)
    return folded[found[0]] if found else None


def expect(condition: object, accepted: str) -> None:
    """Raise ValueError with the `accepted` values unless `condition` holds."""
    if not condition:
        raise ValueError(accepted)


# --- Texts ----------------------------------------------------------------------------------------


def _digits(value: Any) -> Any:
    """Return a whole number, as in `prefixes: [44]`, as text, and any other value unchanged.

    Only for numbers that never begin with 0: YAML reads 0042 as 34.
    """
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def matching(pattern: str, accepted: str, flags: re.RegexFlag = re.ASCII) -> Kind:
    """Return the kind of text that fully matches `pattern`; `accepted` describes it in messages."""
    regex = re.compile(pattern, flags)

    def canonical(value: Any) -> str:
        # YAML has already turned 2024.10 into 2024.1, and 0042 into 34.
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        expect(not number, f"{accepted}, in quotes: YAML reads it as a number and may change it")
        expect(isinstance(value, str) and regex.fullmatch(value), accepted)
        return str(value)

    return Kind({"type": "str"}, canonical, empty_is_null=True)


def choice(*choices: str) -> Kind:
    """Return the kind for one of `choices`."""

    def canonical(value: Any) -> str:
        expect(value in choices, "one of " + ", ".join(choices))
        return str(value)

    return Kind({"type": "str", "choices": list(choices)}, canonical)


def code(words: Mapping[str, int] | Mapping[str | int, int], others: bool = False) -> Kind:
    """Return the kind for a number in the API that tasks call by one of `words`, which may be other numbers.

    `others`: whether numbers without a word are accepted too, as they are.
    """
    names = {number: word for word, number in words.items()}

    def canonical(value: Any) -> str | int:
        # Elements of lists arrive as text.
        number = int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value, re.ASCII) else value
        if isinstance(number, (str, int)) and not isinstance(number, bool) and number in words:
            return number
        is_number = isinstance(number, int) and not isinstance(number, bool)
        near = f"; {number} is {names[number]}" if is_number and number in names else ""
        if not is_number or near or not others:
            raise ValueError(f"one of {', '.join(map(str, words))}{near}")
        return int(number)

    def decode(value: Any) -> str | int:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return names[value] if is_number and value in names else canonical(value)

    def encode(value: Any) -> Any:
        return words.get(value, value)

    return Kind({"type": "str", "choices": [*map(str, words)]}, canonical, decode=decode, encode=encode)


def _url(value: Any) -> str:
    accepted = "an http or https URL with a host, such as https://example.com/calls"
    expect(isinstance(value, str) and not re.search(r"[\s\x00-\x1f\x7f]", value), accepted)
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    expect(valid, accepted)
    return str(value)


def _url_or_less(value: Any) -> str:
    """Convert a URL that may lack the scheme: DIDWW stores such a URL, and takes it for http."""
    if isinstance(value, str) and "://" not in value:
        _url(f"http://{value}")
        return value
    return _url(value)


def server(accepted: str, domain: str, strip: str = "") -> Kind:
    """Return the kind for the URL of a server, without the characters `strip` at its end.

    `accepted` describes it in messages. The hosts of `domain` are accepted with https only.
    """

    def canonical(value: Any) -> str:
        # Reject URLs with a password or a query, which errors could reveal.
        expect(isinstance(value, str) and not re.search(r"[\s%@?#]", value), accepted)
        try:
            parts = urlsplit(value)
            # urllib3 crashes on empty and overlong labels.
            (parts.hostname or "").encode("idna")
            url = _url(value).rstrip(strip)
        except ValueError as error:
            raise ValueError(accepted) from error
        own = f".{parts.hostname}".rstrip(".").endswith(f".{domain}")
        expect(parts.scheme == "https" or not own, f"an https URL: with {parts.scheme}, anybody could read the API key")
        return url

    return Kind({"type": "str"}, canonical)


_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def is_id(reference: str) -> bool:
    """Return whether a reference to a resource is an id (UUID), and not a name or number."""
    return _ID.fullmatch(reference) is not None


def _uuid(value: Any) -> str:
    accepted = "an id (UUID) such as cf2e6377-fcaa-4416-8c8e-acd5f31a427f"
    expect(isinstance(value, str) and is_id(value), accepted)
    return str(value).lower()


def converted(convert: Callable[[str], str], accepted: str) -> Kind:
    """Return the kind for a text, or a whole number as text, that `convert` converts; it raises ValueError."""

    def canonical(value: Any) -> str:
        text = str(_digits(value))
        expect(text == _digits(value), accepted)
        try:
            return convert(text)
        except ValueError as error:
            raise ValueError(accepted) from error

    return Kind({"type": "str"}, canonical)


def reference(other: Callable[[str], str], accepted: str) -> Kind:
    """Return the kind for a reference to a resource: its id (UUID), or a text that `other` converts."""
    return converted(lambda text: text.lower() if is_id(text) else other(text), accepted)


def id_or_name(accepted: str) -> Kind:
    """Return the kind for a reference to a resource: its id (UUID), or its exact name."""
    text = matching(r".*\S.*", accepted, re.DOTALL)

    def canonical(value: Any) -> str:
        name = str(text.canonical(value))
        return name.lower() if is_id(name) else name

    return Kind({"type": "str"}, canonical)


def e164(value: str) -> str:
    """Convert a telephone number in any usual spelling to digits. Raises ValueError.

    E.164: a country code, which never starts with 0, and at most 15 digits in total.
    """
    digits = re.sub(r"[ .()-]", "", value).removeprefix("+")
    expect(re.fullmatch(r"[1-9]\d{4,14}", digits, re.ASCII), "a number in E.164 such as +37061498222")
    return digits


def _ca_bundle(value: Any) -> str:
    path = os.path.expanduser(os.path.expandvars(value)) if isinstance(value, str) else ""
    expect(path and os.path.exists(path), "a CA bundle that exists where the module runs")
    return path


def _path(value: Any) -> str:
    path = os.path.expanduser(os.path.expandvars(value)) if isinstance(value, str) else ""
    expect(path and "\0" not in path, "a path")
    return os.path.realpath(path)


def _new_file(value: Any) -> str:
    expect(isinstance(value, str) and value.strip() and "\0" not in value, "the path of a file to write")
    path: str = os.path.realpath(os.path.expanduser(os.path.expandvars(value)))
    folder = os.path.dirname(path)
    expect(os.path.isdir(folder), f"a file in a folder that exists, which {folder} does not")
    expect(os.access(folder, os.W_OK | os.X_OK), f"a file in a folder that may be written to, which {folder} may not")
    is_file = os.path.isfile(path) or not os.path.lexists(path)
    expect(is_file and not value.endswith("/"), "a file, and this is something else")
    return str(path)


# --- Flags and numbers ----------------------------------------------------------------------------


def _boolean(value: Any) -> bool:
    try:
        return bool(boolean(value))
    except TypeError as error:
        raise ValueError("true or false") from error


def whole(least: int, most: int) -> Kind:
    """Return the kind for a whole number from `least` to `most`, inclusive."""

    def canonical(value: Any) -> int:
        # Jinja calculations yield 60.0, which before ansible-core 2.19 arrives as text.
        if isinstance(value, str) and re.fullmatch(r"\s*[-+]?\d{1,18}(\.0)?\s*", value, re.ASCII):
            value = float(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        # True equals 1 in Python, but `yes` for a number is a mistake.
        fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        expect(fits, f"a whole number from {least} to {most}")
        return int(value)

    return Kind({"type": "int"}, canonical)


def amount(least: int, most: int | None = None) -> Kind:
    """Return the kind for a decimal from `least` to `most`, written as by DIDWW: `1000` becomes `"1000.0"`."""
    limits = f"of at least {least}.0" if most is None else f"from {least}.0 to {most}.0"

    def canonical(value: Any) -> str:
        written = str(value)
        accepted = f"a decimal number {limits}, such as 1000.0"
        expect(re.fullmatch(r"\d{1,99}(\.\d{1,99})?", written, re.ASCII), accepted)
        expect(least <= Decimal(written) and (most is None or Decimal(written) <= most), accepted)
        units, _point, fraction = written.partition(".")
        return f"{int(units)}.{fraction.rstrip('0') or '0'}"

    return Kind({"type": "str"}, canonical)


def _seconds(value: Any) -> float:
    accepted = "seconds, more than 0 and at most 3600"
    pattern = r"\s*\+?\d{1,18}(\.\d{0,18})?(e[-+]?\d{1,2})?\s*"
    expect(re.fullmatch(pattern, str(value), re.IGNORECASE | re.ASCII) and 0 < float(value) <= 3600, accepted)
    return float(value)


# --- Lists and dictionaries -----------------------------------------------------------------------


def _list_of(canonical: Callable[[Any], Any], values: Any) -> list[Any]:
    """Apply `canonical` to each of `values`; raise ValueError with all rejected elements."""
    values = _digits(values)
    if isinstance(values, str):
        values = values.split(",")
    expect(isinstance(values, list), "a list")
    accepted, problems = [], []
    for value in values:
        text = _digits(value)
        try:
            accepted.append(canonical(text.strip() if isinstance(text, str) else text))
        except ValueError as error:
            problems.append(rejection(value, error))
    if problems:
        raise ValueError(", and ".join(problems))
    return accepted


def set_of(kind: Kind) -> Kind:
    """Return the kind for lists of `kind` whose order and duplicates are ignored: it sorts and deduplicates."""
    # As texts: a list may hold words and numbers.
    return _listing(kind, lambda values: sorted(set(values), key=str))


def list_of(kind: Kind) -> Kind:
    """Return the kind for lists of `kind` whose order matters, without duplicates."""

    def unique(values: Iterable[Any]) -> list[Any]:
        listed = list(values)
        for value in dict.fromkeys(listed):
            expect(listed.count(value) == 1, f"{value} is listed twice; list it once")
        return listed

    return _listing(kind, unique)


def _listing(kind: Kind, sort: Callable[[Iterable[Any]], list[Any]]) -> Kind:

    def canonical(values: Any) -> list[Any]:
        return sort(_list_of(kind.canonical, values))

    if kind.decode is None or kind.encode is None:
        return Kind(_STRINGS, canonical)
    from_api, to_api = kind.decode, kind.encode

    def decode(values: Any) -> list[Any]:
        expect(isinstance(values, list), "a list")
        return sort(map(from_api, values))

    return Kind(_STRINGS, canonical, decode=decode, encode=lambda values: list(map(to_api, values)))


# The resources of a fleet, and one before and after a change, often have the same addresses.
_interface = functools.lru_cache(maxsize=1000)(ipaddress.ip_interface)


def _network(value: Any) -> Any:
    """Convert `value`, an address or CIDR, to an ipaddress network."""
    accepted = "an IPv4 or IPv6 address such as 203.0.113.1, or a network such as 203.0.113.0/24"
    # Stricter than ipaddress, which also accepts numbers, netmasks and IPv6 zones.
    expect(isinstance(value, str) and re.fullmatch(r"[0-9A-Fa-f:.]+(/\d{1,3})?", value, re.ASCII), accepted)
    try:
        interface = _interface(value)
    except ValueError as error:
        raise ValueError(accepted) from error
    if interface.ip != interface.network.network_address:
        raise ValueError(
            f"a network without host bits: write {interface.network} for the whole network, or {interface.ip} "
            "for the one address"
        )
    return interface.network


def _limited_network(value: Any) -> Any:
    network = _network(value)
    expect(network.prefixlen, "a smaller network; for no restriction, write null instead of the list")
    return network


def _networks(values: Any, network: Callable[[Any], Any] = _network) -> list[str]:
    networks = set(_list_of(network, values))
    return [str(network) for network in sorted(networks, key=lambda network: (network.version, network))]


def _any_prefix(value: Any) -> str:
    if isinstance(value, str) and value.startswith("+"):
        raise ValueError("digits without the leading +")
    expect(isinstance(value, str) and re.fullmatch(r"\d+", value, re.ASCII), "digits, such as 44")
    return str(value)


def _prefix(value: Any) -> str:
    digits = _any_prefix(value)
    # E.164: no country code starts with 0.
    meant = digits.lstrip("0") if digits.startswith("00") else ""
    example = f": {meant} instead of {digits}" if meant else ", such as 44"
    expect(digits[0] != "0", f"digits that begin with a country code{example}")
    return digits


def _dictionary(value: Any) -> dict[str, Any]:
    """Convert `value` to a dictionary; it may also be JSON or `key=value` text."""
    try:
        read = check_type_dict(value)
    except (TypeError, ValueError):
        read = None
    expect(isinstance(read, dict) and all(isinstance(key, str) for key in read), "a dictionary of options")
    return dict(read)


_STRINGS = {"type": "list", "elements": "str"}
BOOL = Kind({"type": "bool"}, _boolean)
URL = Kind({"type": "str"}, _url, empty_is_null=True)
URL_OR_LESS = Kind({"type": "str"}, _url_or_less, empty_is_null=True)
UUID = Kind({"type": "str"}, _uuid)
UUIDS = set_of(UUID)
PATH = Kind({"type": "path"}, _path)
CA_BUNDLE = Kind({"type": "path"}, _ca_bundle)
# A file to write, in a folder that exists.
NEW_FILE = Kind({"type": "path"}, _new_file)
SECONDS = Kind({"type": "float"}, _seconds)
NETWORKS = Kind(_STRINGS, _networks)
# Without the networks of all addresses, 0.0.0.0/0 and ::/0.
LIMITED_NETWORKS = Kind(_STRINGS, functools.partial(_networks, network=_limited_network))
PREFIXES = set_of(Kind({"type": "str"}, _prefix))
# With those that begin with 0, which DIDWW may have.
ANY_PREFIXES = set_of(Kind({"type": "str"}, _any_prefix))
DICTIONARY = Kind({"type": "dict"}, _dictionary)
