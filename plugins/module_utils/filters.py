# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The trunks that an info task asks for: by id, by filters, or all. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils.trunk import (
    BOOL,
    LINKAGE,
    SETTINGS,
    UUID,
    Kind,
    Problem,
    Refusal,
    Setting,
    collect,
    matching,
    show,
)

_KINDS = {setting.name: setting.kind for setting in SETTINGS}


def _filter(name: str, kind: Kind | None = None) -> Setting:
    # Null is an error: what should have narrowed the search down would else select every trunk.
    return Setting(name, kind or _KINDS[name], left_out="to select by something else")


_ID = _filter("id", UUID)

# What the API filters by (reference, trunk filters): the filter's name, and the option.
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

_INCLUDES = [Setting(name, BOOL, left_out="for false") for name in ("include_dids", "include_credentials")]


def argument_spec() -> dict[str, Any]:
    """Return the Ansible argument spec of a task that reads trunks."""
    return {
        "id": dict(UUID.spec),
        **{setting.name: dict(setting.kind.spec) for setting in FILTERS.values()},
        **{setting.name: {**setting.kind.spec, "default": False} for setting in _INCLUDES},
    }


class Wanted(NamedTuple):
    """The trunks that a task reads: the one with `id`, or those that `filters` (API's name, value) select."""

    id: str | None
    filters: dict[str, str]
    linkage: tuple[str, ...]
    credentials: bool


def want(given: Mapping[str, Any]) -> Wanted:
    """Check the options that an info task names. Raises Refusal with every problem."""
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for setting in (_ID, *FILTERS.values(), *_INCLUDES):
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
        linkage=LINKAGE if values.get("include_dids") else (),
        credentials=bool(values.get("include_credentials")),
    )
