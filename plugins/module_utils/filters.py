# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The trunks that an info task asks for: by id, by filters, or all. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils.trunk import (
    BOOL,
    ID,
    LINKAGE,
    SETTINGS,
    UUID,
    Problem,
    Refusal,
    Setting,
    collect,
    matching,
    show,
)

_BY_NAME = {setting.name: setting for setting in SETTINGS}

# What the API filters by (reference, trunk filters): the filter's name, and the option.
FILTERS = {
    "external_reference_id": Setting("external_reference_id", _BY_NAME["external_reference_id"].kind),
    "name": _BY_NAME["name"],
    "name_contains": Setting("name_contains", matching(r'[^,"]+', "a text without commas and quotation marks")),
    **{
        name: _BY_NAME[name]
        for name in (
            "status",
            "on_cli_mismatch_action",
            "allow_any_did_as_cli",
            "default_dst_action",
            "media_encryption_mode",
        )
    },
    "threshold_reached": Setting("threshold_reached", BOOL),
    "authentication_method.type": Setting("authentication_method_type", matching(r"\w+", "a type such as twilio")),
}


def argument_spec() -> dict[str, Any]:
    """Return the Ansible argument spec of a task that reads trunks."""
    return {
        "id": dict(UUID.spec),
        **{setting.name: dict(setting.kind.spec) for setting in FILTERS.values()},
        "include_dids": {"type": "bool", "default": False},
        "include_credentials": {"type": "bool", "default": False},
    }


class Wanted(NamedTuple):
    """The trunks that a task reads: the one with `id`, or those that `filters` (API's name, value) select."""

    id: str | None
    filters: dict[str, str]
    linkage: tuple[str, ...]
    credentials: bool


def want(given: Mapping[str, Any]) -> Wanted:
    """Check the options that an info task names. Raises Refusal with every problem.

    Null is an error: what should have narrowed the search down would else select every trunk.
    """
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for setting in (ID, *FILTERS.values()):
        if setting.name in given:
            collect(problems, values, setting.name, setting.desired, given[setting.name])
    problems += [
        Problem(setting.name, "cannot be combined with id, which selects one trunk alone")
        for setting in FILTERS.values()
        if "id" in given and setting.name in given
    ]
    if problems:
        raise Refusal(problems)
    filters = {name: values[setting.name] for name, setting in FILTERS.items() if setting.name in values}
    return Wanted(
        id=values.get("id"),
        filters={name: show(value) if isinstance(value, bool) else value for name, value in filters.items()},
        linkage=LINKAGE if given.get("include_dids") else (),
        credentials=bool(given.get("include_credentials")),
    )
