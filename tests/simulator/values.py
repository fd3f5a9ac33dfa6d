# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values that attributes accept. Each check takes the value in a request and returns the value to store.

A check raises Invalid for other values. The limits are those of DIDWW's page "Update Outbound Trunk", 2026-04-16;
a comment gives the source if it is another one.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

MAX_ADDRESSES = 60
# The networks of all addresses.
EVERYWHERE = ("0.0.0.0/0", "::/0")

BLANK = "can't be blank"
TAKEN = "has already been taken"


class Invalid(ValueError):
    """A value that fails validation. The message is the error's title, and the end of its detail."""


def text(value: Any) -> str:
    """Any string."""
    if not isinstance(value, str):
        raise Invalid("must be a string")
    return value


def name(value: Any) -> str:
    """A string that is not blank."""
    if value is None or not text(value).strip():
        raise Invalid(BLANK)
    return text(value)


def external_reference_id(value: Any) -> str:
    """A string of at most 100 characters."""
    if len(text(value)) > 100:
        raise Invalid("is too long (maximum is 100 characters)")
    return text(value)


def boolean(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Invalid("must be true or false")
    return value


def choice(*accepted: str) -> Callable[[Any], str]:
    """Make a check for one of some strings."""

    def check(value: Any) -> str:
        if value not in accepted:
            raise Invalid("is not included in the list")
        return text(value)

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


def threshold_amount(high: float = 100000) -> Callable[[Any], str]:
    """Make a check for a decimal string from 0 to `high`.

    DIDWW returns it with at least one decimal: "1000" becomes "1000.0".
    """

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


def callback_url(value: Any) -> str:
    """An HTTP or HTTPS URL. The empty string is invalid."""
    problem = Invalid("is not a valid URL")
    if re.search(r"[\s\x00-\x1f]", text(value)):
        raise problem
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as exc:
        raise problem from exc
    if not valid:
        raise problem
    return text(value)


def callback_url_with_or_without_scheme(value: Any) -> str:
    """The same in OpenAPI, 2026-04-16: a URL without a scheme is accepted, and stored unchanged."""
    url = text(value)
    callback_url(url if "://" in url else f"http://{url}")
    return url


def address(value: Any) -> str:
    """An IPv4 or IPv6 address, or a network without host bits. DIDWW returns both in CIDR notation."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9A-Fa-f:.]+(/[0-9]{1,3})?", value):
        raise Invalid(f"{value} is not a valid IP address or network")
    try:
        return str(ipaddress.ip_network(value, strict=True))
    except ValueError as exc:
        raise Invalid(f"{value} is not a valid IP address or network") from exc


def addresses(value: Any) -> list[str]:
    """A list of 1 to 60 addresses without duplicates (OpenAPI, 2026-04-16)."""
    if not isinstance(value, list):
        raise Invalid("must be an array")
    if not value:
        raise Invalid(BLANK)
    if len(value) > MAX_ADDRESSES:
        raise Invalid(f"is too long (maximum is {MAX_ADDRESSES} addresses)")
    networks = [address(item) for item in value]
    for network in networks:
        if networks.count(network) > 1:
            raise Invalid(f"{network} is repeated")
    return networks


def restricting_addresses(value: Any) -> list[str]:
    """The same without the networks of all addresses ("Update Outbound Trunk", 2026-11-19)."""
    networks = addresses(value)
    for network in networks:
        if network in EVERYWHERE:
            raise Invalid(f"{network} is not allowed")
    return networks


def dst_prefixes(value: Any) -> list[str]:
    """A list of strings of digits. Duplicates are accepted, and stored once (OpenAPI, 2026-04-16)."""
    if not isinstance(value, list):
        raise Invalid("must be an array")
    for item in value:
        if not isinstance(item, str) or not re.fullmatch("[0-9]+", item):
            raise Invalid(f"{item} is not a valid prefix")
    return list(dict.fromkeys(value))


def tech_prefix(value: Any) -> str | None:
    """At most 8 characters from 0 to 9 and `#`, or null for no prefix."""
    if value is None:
        return None
    if not re.fullmatch("[0-9#]+", text(value)):
        raise Invalid("is invalid: only digits and # are supported")
    if len(value) > 8:
        raise Invalid("is too long (maximum is 8 characters)")
    return text(value)


def tech_prefix_or_empty(value: Any) -> str | None:
    """The same, or the empty string for no prefix: DIDWW's SDKs write it in their examples (2026-04-16)."""
    return tech_prefix(None if value == "" else value)


def twilio_account_sid(value: Any) -> str:
    """Two letters and 32 hexadecimal digits (OpenAPI, 2026-04-16)."""
    if value is None or value == "":
        raise Invalid(BLANK)
    if not re.fullmatch("[A-Za-z]{2}[0-9A-Fa-f]{32}", text(value)):
        raise Invalid("is invalid")
    return text(value)
