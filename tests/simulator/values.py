# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of values. Each takes the value in a request and returns the value to store, or raises Invalid.

The titles of errors are those of DIDWW's answers, where these are documented.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

Check = Callable[[Any], Any]

BLANK = "can't be blank"
TAKEN = "has already been taken"
# The networks of all addresses.
EVERYWHERE = ("0.0.0.0/0", "::/0")


class Invalid(ValueError):
    """A value that fails validation. The message is the error's title, and the end of its detail."""


def text(value: Any) -> str:
    """Any string."""
    if not isinstance(value, str):
        raise Invalid("must be a string")
    return value


def not_blank(value: Any) -> str:
    """A string that is not blank."""
    if value is None or not text(value).strip():
        raise Invalid(BLANK)
    return text(value)


def at_most(length: int) -> Callable[[Any], str]:
    """Make a check for a string with a limited length."""

    def check(value: Any) -> str:
        if len(text(value)) > length:
            raise Invalid(f"is too long (maximum is {length} characters)")
        return text(value)

    return check


def matching(pattern: str, title: str = "is invalid") -> Callable[[Any], str]:
    """Make a check for a string that matches a pattern."""

    def check(value: Any) -> str:
        if not re.fullmatch(pattern, text(value)):
            raise Invalid(title)
        return text(value)

    return check


def boolean(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Invalid("must be true or false")
    return value


def choice(*accepted: str | int) -> Check:
    """Make a check for one of some strings or numbers."""

    def check(value: Any) -> Any:
        if not isinstance(value, (str, int)) or isinstance(value, bool) or value not in accepted:
            raise Invalid("is not included in the list")
        return value

    return check


def integer(low: int, high: int) -> Callable[[Any], int]:
    """Make a check for an integer from `low` to `high`."""

    def check(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Invalid("is not a number")
        if value < low:
            raise Invalid(f"must be greater than or equal to {low}")
        if value > high:
            raise Invalid(f"must be less than or equal to {high}")
        return value

    return check


def decimal(high: float) -> Callable[[Any], str]:
    """Make a check for a decimal string from 0 to `high`. DIDWW returns at least one decimal: "1000.0" for "1000"."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
            raise Invalid("is not a number")
        amount = Decimal(value)
        if amount < 0:
            raise Invalid("must be greater than or equal to 0.0")
        if amount > Decimal(str(high)):
            raise Invalid(f"must be less than or equal to {float(high)}")
        whole, _dot, decimals = value.lstrip("-").partition(".")
        return f"{whole.lstrip('0') or '0'}.{decimals.rstrip('0') or '0'}"

    return check


def url(value: Any) -> str:
    """An HTTP or HTTPS URL. The empty string is invalid."""
    written = text(value)
    try:
        parts = urlsplit(written)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid or re.search(r"[\s\x00-\x1f]", written):
        raise Invalid("is not a valid URL")
    return written


def url_or_host(value: Any) -> str:
    """The same. A URL without a scheme is accepted too, and stored unchanged."""
    written = text(value)
    url(written if "://" in written else f"http://{written}")
    return written


def address(value: Any) -> str:
    """An IPv4 or IPv6 address, or a network without host bits. DIDWW returns both in CIDR notation."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9A-Fa-f:.]+(/[0-9]{1,3})?", value):
        raise Invalid(f"{value} is not a valid IP address or network")
    try:
        return str(ipaddress.ip_network(value, strict=True))
    except ValueError as exc:
        raise Invalid(f"{value} is not a valid IP address or network") from exc


def array(value: Any) -> list[Any]:
    """Any list."""
    if not isinstance(value, list):
        raise Invalid("must be an array")
    return value


def unique(values: list[Any]) -> list[Any]:
    """A list without duplicates."""
    for value in values:
        if values.count(value) > 1:
            raise Invalid(f"{value} is repeated")
    return values


def addresses(most: int, refused: tuple[str, ...] = ()) -> Callable[[Any], list[str]]:
    """Make a check for a list of 1 to `most` addresses without duplicates, and without the `refused` ones."""

    def check(value: Any) -> list[str]:
        if not array(value):
            raise Invalid(BLANK)
        if len(value) > most:
            raise Invalid(f"is too long (maximum is {most} addresses)")
        networks = unique([address(item) for item in value])
        for network in networks:
            if network in refused:
                raise Invalid(f"{network} is not allowed")
        return networks

    return check


def prefixes(value: Any) -> list[str]:
    """A list of strings of digits. Duplicates are accepted, and stored once."""
    for item in array(value):
        if not isinstance(item, str) or not re.fullmatch("[0-9]+", item):
            raise Invalid(f"{item} is not a valid prefix")
    return list(dict.fromkeys(value))
