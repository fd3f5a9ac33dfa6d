# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""The tables: every option of every module is one row here."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._kinds import (
    BASE_URL,
    BOOL,
    CA_BUNDLE,
    DICTIONARY,
    DIDS,
    NETWORKS,
    PREFIXES,
    SECONDS,
    URL,
    UUID,
    Kind,
    amount,
    choice,
    expect,
    matching,
    rejection,
    whole,
)


@dataclass(frozen=True)
class Setting:
    """One row: an option, and the setting of the trunk that it stands for, by DIDWW's name.

    `kind`: its values. `nullable`: whether a task may write null. `null`: the canonical form of
    nothing (null, "" or []). `empty`: why an empty list is rejected, where it is. `most`: how many
    entries a list may have. `left_out`: what leaving the option out does.

    For an attribute of the authentication method, `types`: the types that have it. `required`: whether
    the option must be set; an attribute must be set to change to a type that has it. `default` and
    `secret` are for options that are no settings.
    """

    name: str
    kind: Kind
    nullable: bool = False
    null: Any = None
    empty: str | None = None
    most: int | None = None
    left_out: str = "to leave the setting as it is"
    types: tuple[str, ...] = ()
    required: bool = False
    default: Any = None
    secret: bool = False

    def desired(self, value: Any) -> Any:
        """Return the canonical form of a value that a task sets; raise ValueError if it is rejected."""
        if value is None or (value == "" and self.nullable and self.kind.empty_is_null):
            expect(self.nullable, f"null is not accepted; leave the option out {self.left_out}")
            return self.null
        if value == [] and self.empty:
            raise ValueError(self.empty)
        is_list = self.kind.spec["type"] == "list"
        if (value == "" and (self.nullable or self.kind.spec["type"] != "str")) or (value == [""] and is_list):
            # Before ansible-core 2.19, a template that yields null arrives as an empty string.
            null = "null itself, " if self.nullable else ""
            raise ValueError(f"an empty string is not accepted; write {null}a value, or leave the option out")
        try:
            canonical = self.kind.canonical(value)
        except ValueError as error:
            # A list names the elements that it rejects.
            named = is_list and isinstance(value, (list, str, int)) and not isinstance(value, bool)
            raise ValueError(str(error) if named else rejection(value, error)) from error
        if self.most is not None and len(canonical) > self.most:
            raise ValueError(f"{len(canonical)} entries are not accepted; expected at most {self.most}")
        return canonical

    def current(self, value: Any) -> Any:
        """Return the canonical form of a value that DIDWW has, or the value itself if it has none.

        Never raises: a trunk may hold what this collection would not write.
        """
        if value in (None, "", []):
            return self.null
        try:
            return self.kind.canonical(value)
        except ValueError:
            return value


# --- The trunk ------------------------------------------------------------------------------------

RESOURCE_TYPE = "voice_out_trunks"
DID_TYPE = "dids"
AUTHENTICATION = "authentication_method"
LINKAGE = ("dids", "emergency_dids")

# Most specific first: the first one that is set selects the trunk, the others are settings.
IDENTIFIERS = ("id", "external_reference_id", "name")

# DIDWW API 3, 2026-04-16, "Update Outbound Trunk": the types that an update can set.
SETTABLE_TYPES = ("credentials_and_ip", "twilio")

# While the flag is on, DIDWW manages the linkage itself ("Update Outbound Trunk", relationships).
FLAG_OF = {"dids": "allow_any_did_as_cli", "emergency_dids": "emergency_enable_all"}

# DIDWW generates them. They are never sent, and only returned where a task asks for them.
SECRETS = ("username", "password")

# In each list of addresses (DIDWW's OpenAPI document, 2026-04-16).
MOST_ADDRESSES = 60

ID = Setting("id", UUID, left_out="to select by external_reference_id or name")

# The rows of "Update Outbound Trunk", in its order, which is that of diffs too.
SETTINGS = (
    Setting("name", matching(r".*\S.*", "a name that is not blank", re.DOTALL)),
    Setting("external_reference_id", matching(r"(?s).{1,100}", "at most 100 characters"), nullable=True),
    Setting(
        "allowed_rtp_ips",
        NETWORKS,
        nullable=True,
        most=MOST_ADDRESSES,
        empty="an empty list could mean nobody or everybody: write null for no restriction, or name the addresses",
    ),
    Setting(AUTHENTICATION, DICTIONARY),
    Setting("on_cli_mismatch_action", choice("send_original_cli", "reject_call", "replace_cli", "randomize_cli")),
    Setting("capacity_limit", whole(0, 32767), nullable=True),
    Setting("allow_any_did_as_cli", BOOL),
    Setting("status", choice("active", "blocked")),
    Setting("threshold_amount", amount(0, 100000), nullable=True),
    Setting("default_dst_action", choice("allow_all", "reject_all")),
    Setting("dst_prefixes", PREFIXES, nullable=True, null=[]),
    Setting("emergency_enable_all", BOOL),
    Setting("media_encryption_mode", choice("disabled", "srtp_sdes", "srtp_dtls", "zrtp")),
    Setting("callback_url", URL, nullable=True),
    Setting("force_symmetric_rtp", BOOL),
    Setting("rtp_ping", BOOL),
    Setting("rtp_timeout", whole(30, 600), nullable=True),
    Setting("dids", DIDS, null=[]),
    Setting("emergency_dids", DIDS, null=[]),
)

# No choices: a trunk of a type that only DIDWW sets can be given back as it was read.
AUTHENTICATION_TYPE = Setting("type", matching(r"\S+", "credentials_and_ip, twilio, or the type that the trunk has"))

AUTHENTICATION_ATTRIBUTES = (
    Setting(
        "allowed_sip_ips",
        NETWORKS,
        null=[],
        most=MOST_ADDRESSES,
        empty="an empty list is not accepted; name at least one address or network",
        types=("credentials_and_ip", "ip_only"),
        required=True,
    ),
    Setting(
        "tech_prefix",
        matching(r"[0-9#]{1,8}", "at most 8 of digits and #"),
        nullable=True,
        types=("credentials_and_ip", "ip_only"),
    ),
    Setting(
        "twilio_account_sid",
        matching(r"[A-Za-z]{2}[0-9A-Fa-f]{32}", "two letters, AC as a rule, and 32 hexadecimal digits"),
        types=("twilio",),
        required=True,
    ),
)
KNOWN_TYPES = {known for attribute in AUTHENTICATION_ATTRIBUTES for known in attribute.types}

# --- Filters --------------------------------------------------------------------------------------

_KINDS = {setting.name: setting.kind for setting in SETTINGS}


def _filter(name: str, kind: Kind | None = None) -> Setting:
    # Null is an error: a filter that turns out empty would select every trunk.
    return Setting(name, kind or _KINDS[name], left_out="to select by something else")


FILTER_ID = _filter("id", UUID)

# What DIDWW filters by ("Outbound Trunks", filters): the filter's name, and the option.
FILTERS = {
    **{name: _filter(name) for name in ("external_reference_id", "name")},
    "name_contains": _filter("name_contains", matching(r'[^,"]+', "a text without commas and quotation marks")),
    **{
        name: _filter(name)
        for name in (
            "status",
            "on_cli_mismatch_action",
            "allow_any_did_as_cli",
            "default_dst_action",
            "media_encryption_mode",
        )
    },
    "threshold_reached": _filter("threshold_reached", BOOL),
    "authentication_method.type": _filter("authentication_method_type", matching(r"\w+", "a type such as twilio")),
}

INCLUDES = tuple(
    Setting(name, BOOL, left_out="for false", default=False) for name in ("include_dids", "include_credentials")
)

# --- Connection -----------------------------------------------------------------------------------

# Requests per second and key (DIDWW API 3, "Rate Limit"; DIDWW's Postman collection says 10).
MOST_REQUESTS = 20

# How to reach DIDWW. Each option that a task does not set is taken from the environment.
CONNECTION = (
    Setting(
        "api_key",
        matching(r"[!-~]+", "a key: not empty, no white space, only characters that a header carries"),
        required=True,
        secret=True,
    ),
    Setting("api_url", BASE_URL, default="https://api.didww.com/v3"),
    Setting("api_timeout", SECONDS, default=30),
    Setting("api_retries", whole(0, 10), default=4),
    Setting("validate_certs", BOOL, default=True),
    Setting("ca_path", CA_BUNDLE),
    Setting("max_requests_per_second", whole(1, MOST_REQUESTS), default=MOST_REQUESTS),
)


def variable(option: str) -> str:
    """Return the environment variable of a connection option."""
    return f"DIDWW_{option.upper()}"


# --- Argument specs: what the documentation of the modules is checked against ---------------------


def _spec(rows: Iterable[Setting]) -> dict[str, Any]:
    return {
        row.name: {
            **row.kind.spec,
            **({} if row.default is None else {"default": row.default}),
            **({"no_log": True} if row.secret else {}),
        }
        for row in rows
    }


def connection_spec() -> dict[str, Any]:
    """Return the argument spec of the connection options."""
    spec = _spec(CONNECTION)
    spec["api_key"]["required"] = True
    return spec


def trunk_spec() -> dict[str, Any]:
    """Return the argument spec of one trunk."""
    spec = _spec((ID, *SETTINGS))
    spec[AUTHENTICATION]["options"] = _spec((AUTHENTICATION_TYPE, *AUTHENTICATION_ATTRIBUTES))
    spec[AUTHENTICATION]["options"][AUTHENTICATION_TYPE.name]["required"] = True
    return spec


def trunks_spec() -> dict[str, Any]:
    """Return the argument spec of a task that updates many trunks."""
    return {"trunks": {"type": "list", "elements": "dict", "required": True, "options": trunk_spec()}}


def info_spec() -> dict[str, Any]:
    """Return the argument spec of a task that reads trunks."""
    return _spec((FILTER_ID, *FILTERS.values(), *INCLUDES))


# --- Problems -------------------------------------------------------------------------------------


class Problem(NamedTuple):
    """One thing that is wrong with a task.

    `option` is the option as the task writes it (`authentication_method.tech_prefix`), `text` says
    what is wrong and what to write instead.
    """

    option: str
    text: str


class InvalidOptions(Exception):
    """Every problem that was found in a task before anything was changed."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems

    def messages(self) -> list[str]:
        """Return each problem in words, the option first."""
        return [f"{problem.option}: {problem.text}" for problem in self.problems]


def collect(
    problems: list[Problem], values: dict[str, Any], option: str, canonical: Callable[[Any], Any], value: Any
) -> None:
    """Put the canonical `value` of an option into `values`, or what is wrong with it into `problems`."""
    try:
        values[option.rpartition(".")[2]] = canonical(value)
    except ValueError as error:
        problems.append(Problem(option, str(error)))


def collect_all(problems: list[Problem], rows: Iterable[Setting], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the canonical values of the options that `given` sets; add what is wrong with others to `problems`."""
    values: dict[str, Any] = {}
    for row in rows:
        if row.name in given:
            collect(problems, values, row.name, row.desired, given[row.name])
    return values


def unsupported(problems: list[Problem], given: Iterable[str], known: Collection[str], prefix: str = "") -> None:
    """Add the options that do not exist to `problems`, and list those that do."""
    unknown = ", ".join(f"{prefix}{name}" for name in given if name not in known)
    if unknown:
        words = f"{unknown}. Supported parameters include: {', '.join(sorted(known))}."
        problems.append(Problem("unsupported options", words))
