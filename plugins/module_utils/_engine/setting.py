# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables: each option of the modules is one row."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import (
    ANY_PREFIXES,
    BASE_URL,
    BOOL,
    CA_BUNDLE,
    DICTIONARY,
    DID,
    DIDS,
    LIMITED_NETWORKS,
    NETWORKS,
    PATH,
    PREFIXES,
    SECONDS,
    TOKEN_URL,
    URL,
    URL_OR_LESS,
    UUID,
    UUIDS,
    Kind,
    amount,
    choice,
    expect,
    matching,
    nearest,
    rejection,
    whole,
    words,
)

# The versions of DIDWW's API. The tables describe the default one. `versions` of a row lists what differs in another.
DEFAULT_VERSION = "2026-04-16"
NEWEST = "2026-11-19"
API_VERSIONS = (DEFAULT_VERSION, NEWEST)


@dataclass(frozen=True)
class Setting:
    """One row: an option, named after the trunk setting in DIDWW's API.

    `kind`: the kind of its values. `nullable`: whether a task can set it to null. `null`: the canonical
    form of null, "" and []. `empty`: why an empty list is rejected, if it is. `most`: the maximum length
    of a list. `left_out`: what leaving the option out does, for messages.

    `types`: for an attribute of the authentication method, the types that have it. `required`: whether
    the option must be set; an attribute must be set if the task changes to a type that has it, and
    `default_did` if the task changes the action to the one that uses it. `required_by`: the types of the
    authentication method that require the setting when a task changes to them. `default` and `secret` are
    used by options that are not settings.

    `versions`: the members that differ in another version of the API. `base`: in such a version, the row
    without the differences. All versions have the same canonical values.

    `tolerated`: a wider kind, of values that DIDWW may have. A task can give them back, but not set them anew.
    """

    name: str
    kind: Kind
    nullable: bool = False
    null: Any = None
    empty: str | None = None
    most: int | None = None
    left_out: str = "to keep the current value"
    types: tuple[str, ...] = ()
    required: bool = False
    required_by: tuple[str, ...] = ()
    default: Any = None
    secret: bool = False
    versions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    base: Setting | None = None
    tolerated: Kind | None = None

    def of_version(self, version: str) -> Setting:
        """Return the row as it is in a version of the API."""
        return replace(self, **self.versions[version], base=self) if version in self.versions else self

    def desired(self, value: Any) -> Any:
        """Return the canonical form of a value from a task. Raises ValueError if it is rejected.

        A value that only the base or the tolerated kind accepts is not rejected: the trunk may have it already, and
        then nothing changes.
        """
        try:
            return self.settable(value)
        except ValueError:
            for row in (self.base, replace(self, kind=self.tolerated) if self.tolerated else None):
                if row:
                    with contextlib.suppress(ValueError):
                        return row.settable(value)
            raise

    def anew(self, after: Any, before: Any) -> Any:
        """Return the part of the value `after` that a change from `before` sets anew: what is tolerated may stay."""
        if self.tolerated and isinstance(after, list):
            return [value for value in after if value not in (before or ())]
        return after

    def settable(self, value: Any) -> Any:
        """Return the canonical form of a value that a task can change the setting to. Raises ValueError."""
        if value is None or (value == "" and self.nullable and self.kind.empty_is_null):
            expect(self.nullable, f"null is not accepted; leave the option out {self.left_out}")
            return self.null
        if value == [] and self.empty:
            raise ValueError(self.empty)
        is_list = self.kind.spec["type"] == "list"
        if (value == "" and (self.nullable or self.kind.spec["type"] != "str")) or (value == [""] and is_list):
            # Before ansible-core 2.19, a template that yields null arrives as an empty string.
            null = "null or " if self.nullable else ""
            raise ValueError(f"an empty string is not accepted; write {null}a value, or leave the option out")
        try:
            canonical = self.kind.canonical(value)
        except ValueError as error:
            # The error of a list already shows the rejected elements.
            named = is_list and isinstance(value, (list, str, int)) and not isinstance(value, bool)
            if self.secret:
                raise ValueError(f"the value is not accepted; expected {error}") from error
            raise ValueError(str(error) if named else rejection(value, error)) from error
        if self.most is not None and len(canonical) > self.most:
            raise ValueError(f"{len(canonical)} entries are not accepted; expected at most {self.most}")
        return canonical

    def current(self, value: Any) -> Any:
        """Return the canonical form of a value from DIDWW, or the value itself if it has none.

        Never raises: a trunk may have values that this collection would reject.
        """
        if value in (None, "", []):
            return self.null
        wider = (self.tolerated, *(row.get("kind") for row in self.versions.values()))
        for kind in (self.kind, *filter(None, wider)):
            with contextlib.suppress(ValueError):
                return kind.canonical(value)
        return value


# --- The trunk ------------------------------------------------------------------------------------

RESOURCE_TYPE = "voice_out_trunks"
DID_TYPE = "dids"
AUTHENTICATION = "authentication_method"
LINKAGE = ("dids", "emergency_dids")
# A to-one relationship that no answer holds (DIDWW's OpenAPI document, 2026-04-16).
DEFAULT_DID = "default_did"
# What the relationship belongs to: DIDWW rejects it with any other action.
CLI_ACTION, REPLACE_CLI = "on_cli_mismatch_action", "replace_cli"

# Most specific first: the first one that is set selects the trunk; the others are settings.
IDENTIFIERS = ("id", "external_reference_id", "name")

# The types that an update can set: DIDWW API 3 (2026-04-16), "Update Outbound Trunk".
SETTABLE_TYPES = ("credentials_and_ip", "twilio")

# While the flag is on, DIDWW manages the linkage: DIDWW API 3 (2026-04-16), "Update Outbound Trunk".
FLAG_OF = {"dids": "allow_any_did_as_cli", "emergency_dids": "emergency_enable_all"}

# Generated by DIDWW for these types. Never sent, and returned only on request.
SECRETS = ("username", "password")
WITH_CREDENTIALS = ("credentials_and_ip",)

# The maximum length of an address list: DIDWW's OpenAPI document (2026-04-16).
MOST_ADDRESSES = 60

ID = Setting("id", UUID, left_out="to select by external_reference_id or name")

# In the order of DIDWW API 3 (2026-04-16), "Update Outbound Trunk". Diffs have the same order. Differences: the same
# page in version 2026-11-19. For default_did: DIDWW's OpenAPI document.
SETTINGS = (
    Setting("name", matching(r".*\S.*", "a name that is not blank", re.DOTALL)),
    Setting("external_reference_id", matching(r"(?s).{1,100}", "at most 100 characters"), nullable=True),
    Setting(
        "allowed_rtp_ips",
        NETWORKS,
        nullable=True,
        most=MOST_ADDRESSES,
        empty="an empty list could mean nobody or everybody: write null for no restriction, or list the addresses",
        required_by=("credentials_and_ip",),
        versions={NEWEST: {"kind": LIMITED_NETWORKS, "required_by": ()}},
    ),
    Setting(AUTHENTICATION, DICTIONARY),
    Setting(CLI_ACTION, choice("send_original_cli", "reject_call", REPLACE_CLI, "randomize_cli")),
    Setting(DEFAULT_DID, DID, versions={NEWEST: {"required": True}}),
    Setting("capacity_limit", whole(0, 32767), nullable=True, versions={NEWEST: {"kind": whole(1, 32767)}}),
    Setting("allow_any_did_as_cli", BOOL),
    Setting("status", choice("active", "blocked")),
    Setting(
        "threshold_amount",
        amount(0, 100000),
        nullable=True,
        # The account has a limit.
        versions={
            NEWEST: {
                "kind": amount(0),
                "nullable": False,
                "left_out": "to keep the current limit, or to let DIDWW choose that of a new trunk",
            }
        },
    ),
    Setting("default_dst_action", choice("allow_all", "reject_all")),
    Setting("dst_prefixes", PREFIXES, nullable=True, null=[], tolerated=ANY_PREFIXES),
    Setting("emergency_enable_all", BOOL),
    Setting("media_encryption_mode", choice("disabled", "srtp_sdes", "srtp_dtls", "zrtp")),
    Setting("callback_url", URL, nullable=True, tolerated=URL_OR_LESS),
    Setting("force_symmetric_rtp", BOOL),
    Setting("rtp_ping", BOOL),
    Setting("rtp_timeout", whole(30, 600), nullable=True, versions={NEWEST: {"nullable": False}}),
    Setting("dids", DIDS, null=[]),
    Setting("emergency_dids", DIDS, null=[]),
)


@functools.cache
def settings_of(version: str) -> tuple[Setting, ...]:
    """Return the settings as they are in a version of the API."""
    return tuple(row.of_version(version) for row in SETTINGS)


# What a new trunk must have: DIDWW API 3 (2026-04-16), "Create Outbound Trunk".
REQUIRED = ("name", AUTHENTICATION, CLI_ACTION)
# What a new trunk can spend: DIDWW chooses it if the task does not.
COSTLY = ("threshold_amount", "capacity_limit")

STATE = Setting("state", choice("existing", "present", "absent"), left_out="for existing", default="existing")
UNBLOCK = Setting("unblock", BOOL, left_out="for the default, false", default=False)
# The options of an entry that are no settings of its trunk.
ENTRY = (STATE, UNBLOCK)
AUDIT, SKIP_INVALID, UNDO_ADD = (
    Setting(name, BOOL, left_out="for the default, false", default=False)
    for name in ("audit", "skip_invalid", "undo_add")
)
UNDO_FILE = Setting("undo_file", PATH, left_out="to write no such file")
# The options of a fleet that are not its trunks.
FLEET = (STATE, AUDIT, SKIP_INVALID, UNDO_FILE, UNDO_ADD)

# No choices: other types that were read can be written back unchanged.
AUTHENTICATION_TYPE = Setting("type", matching(r"\S+", "credentials_and_ip, twilio, or the type that the trunk has"))

AUTHENTICATION_ATTRIBUTES = (
    Setting(
        "allowed_sip_ips",
        NETWORKS,
        null=[],
        most=MOST_ADDRESSES,
        empty="an empty list is not accepted; list at least one address or network",
        types=("credentials_and_ip", "ip_only"),
        required=True,
    ),
    Setting(
        "tech_prefix",
        matching(r"[0-9#]{1,8}", "at most 8 characters, only digits and #"),
        nullable=True,
        types=("credentials_and_ip", "ip_only"),
    ),
    Setting(
        "twilio_account_sid",
        matching(r"[A-Za-z]{2}[0-9A-Fa-f]{32}", "two letters (usually AC) and 32 hexadecimal digits"),
        types=("twilio",),
        required=True,
    ),
)
KNOWN_TYPES = {known for attribute in AUTHENTICATION_ATTRIBUTES for known in attribute.types}

# --- Filters --------------------------------------------------------------------------------------

_KINDS = {setting.name: setting.kind for setting in SETTINGS}


def _filter(name: str, kind: Kind | None = None) -> Setting:
    # Null and an empty list are errors: an empty filter would select every trunk.
    empty = "an empty list is not accepted; list at least one value, or leave the option out to not filter by it"
    return Setting(name, kind or _KINDS[name], left_out="to not filter by it", empty=empty)


NAME_CONTAINS, TYPE_FILTER = "name_contains", "authentication_method.type"
FILTER_ID = _filter("id", UUIDS)

# DIDWW's filters and their options: DIDWW API 3 (2026-04-16), "Outbound Trunks". Those that accept several values take
# lists: DIDWW's OpenAPI document.
FILTERS = {
    **{name: _filter(name) for name in ("external_reference_id", "name")},
    NAME_CONTAINS: _filter(NAME_CONTAINS, matching(r'[^,"]+', "text without commas and quotation marks")),
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
    TYPE_FILTER: _filter("authentication_method_type", words(r"\w+", "a type such as twilio")),
}

# Matches any identifier of a trunk.
ANY_IDENTIFIER = _filter("trunk", matching(r"(?s).*\S.*", "the id, external_reference_id or exact name of a trunk"))

# Select the trunk for a rotation. As for filters, null is an error.
SELECTORS = tuple(_filter(name, UUID if name == "id" else None) for name in IDENTIFIERS)
REPLACES = Setting(
    "replaces",
    matching(r"(?s).+", "the password to replace"),
    left_out="to generate new credentials in any case",
    secret=True,
)

INCLUDES = tuple(
    Setting(name, BOOL, left_out="for the default, false", default=False)
    for name in ("include_dids", "include_credentials")
)

# --- Connection -----------------------------------------------------------------------------------

# Requests per second and key: DIDWW API 3 (2026-04-16), "Rate Limit". DIDWW's Postman collection says 10.
MOST_REQUESTS = 20

# The versions whose requests carry a token instead of the API key, and the token services by the host of the API:
# DIDWW API 3 (2026-11-19), "Authentication".
WITH_TOKENS = (NEWEST,)
TOKEN_URLS = {
    "api.didww.com": "https://auth.didww.com/token",
    "sandbox-api.didww.com": "https://auth-sandbox.didww.com/token",
}
AUDIENCE = "api.didww.com"

# Connection options default to their environment variables.
CONNECTION = (
    Setting(
        "api_key",
        matching(r"[!-~]+", "a key of printable ASCII characters without spaces"),
        required=True,
        secret=True,
    ),
    Setting("api_url", BASE_URL, default="https://api.didww.com/v3"),
    Setting("api_version", choice(*API_VERSIONS), default=DEFAULT_VERSION),
    Setting("api_token_url", TOKEN_URL, nullable=True),
    Setting("api_timeout", SECONDS, default=30),
    Setting("api_retries", whole(0, 10), default=4),
    Setting("validate_certs", BOOL, default=True),
    Setting("ca_path", CA_BUNDLE, nullable=True),
    Setting("max_requests_per_second", whole(1, MOST_REQUESTS), default=MOST_REQUESTS),
)


def variable(option: str) -> str:
    """Return the environment variable of a connection option."""
    return f"DIDWW_{option.upper()}"


# --- Argument specs -------------------------------------------------------------------------------

# The documentation of the modules is checked against them.


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
    # Its name sounds like a secret to Ansible.
    spec["api_token_url"]["no_log"] = False
    return spec


def trunk_spec() -> dict[str, Any]:
    """Return the argument spec for one trunk."""
    spec = _spec((ID, *SETTINGS, *ENTRY))
    spec[AUTHENTICATION]["options"] = _spec((AUTHENTICATION_TYPE, *AUTHENTICATION_ATTRIBUTES))
    spec[AUTHENTICATION]["options"][AUTHENTICATION_TYPE.name]["required"] = True
    return spec


def trunks_spec() -> dict[str, Any]:
    """Return the argument spec for many trunks."""
    entry = trunk_spec()
    # The task's own state is the default.
    del entry[STATE.name]["default"]
    trunks = {"trunks": {"type": "list", "elements": "dict", "required": True, "options": entry}}
    return {**trunks, **_spec(FLEET)}


def info_spec() -> dict[str, Any]:
    """Return the argument spec for reading trunks."""
    return _spec((FILTER_ID, ANY_IDENTIFIER, *FILTERS.values(), *INCLUDES))


def credentials_spec() -> dict[str, Any]:
    """Return the argument spec for rotating credentials."""
    return _spec((*SELECTORS, REPLACES))


# --- Problems -------------------------------------------------------------------------------------


class Problem(NamedTuple):
    """One problem with a task.

    `option`: the option, such as `authentication_method.tech_prefix`. `text`: what is wrong and how to
    fix it.
    """

    option: str
    text: str


class InvalidOptions(Exception):
    """All problems found in a task before anything was changed."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems

    def messages(self) -> list[str]:
        """Return a message for each problem, beginning with the option."""
        return [f"{problem.option}: {problem.text}" for problem in self.problems]


def collect(
    problems: list[Problem], values: dict[str, Any], option: str, canonical: Callable[[Any], Any], value: Any
) -> None:
    """Add the canonical `value` of an option to `values`, or the reason for its rejection to `problems`."""
    try:
        values[option.rpartition(".")[2]] = canonical(value)
    except ValueError as error:
        problems.append(Problem(option, str(error)))


def collect_all(problems: list[Problem], rows: Iterable[Setting], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the canonical values of the options in `given`; add rejected ones to `problems`."""
    values: dict[str, Any] = {}
    for row in rows:
        if row.name in given:
            collect(problems, values, row.name, row.desired, given[row.name])
    return values


def unsupported(problems: list[Problem], given: Iterable[str], known: Collection[str], prefix: str = "") -> None:
    """Add options that do not exist to `problems`, with the nearest ones and a list of those that do."""
    unknown = []
    for name in given:
        if name not in known:
            near = nearest(name, known)
            unknown.append(f"{prefix}{name}" + (f" (did you mean {near}?)" if near else ""))
    if unknown:
        words = f"{', '.join(unknown)}. Supported parameters include: {', '.join(sorted(known))}."
        problems.append(Problem("unsupported options", words))
