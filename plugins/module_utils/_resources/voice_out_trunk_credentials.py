# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work that generates new SIP credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import lookup
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import DEFAULT_VERSION
from ansible_collections.didww.voice.plugins.module_utils._engine.item import read
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import UUID, matching
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Desired, selector_of
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions, Problem
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Setting, collect, filter_by, specs
from ansible_collections.didww.voice.plugins.module_utils._engine.task import Task, Work
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import (
    AUTHENTICATION,
    CREDENTIALS,
    VOICE_OUT_TRUNK,
)

# Select the trunk. As for filters, null is an error.
SELECTORS = tuple(
    filter_by(name, UUID if name == "id" else VOICE_OUT_TRUNK.rows[name].kind) for name in VOICE_OUT_TRUNK.identifiers
)
REPLACES = Setting(
    "replaces",
    matching(r"(?s).+", "the password to replace"),
    left_out="to generate new credentials in any case",
    secret=True,
)

# DIDWW API 3 (2026-04-16), "Regenerate Credentials". The answer does not include the new pair.
REGENERATION = "voice_out_trunk_regenerate_credentials"
SETTLE = (
    "run the task again with replaces set to the old password, which does not rotate twice, or read the credentials "
    "with voice_out_trunk_info."
)


class Rotation(NamedTuple):
    """The trunk that gets new credentials, if its password is `replaces` (None: in any case)."""

    desired: Desired
    replaces: str | None


def parse(given: Mapping[str, Any], version: str = DEFAULT_VERSION) -> Rotation:
    """Check and convert the options of a task that rotates credentials. Raises InvalidOptions with every problem."""
    problems: list[Problem] = []
    values = collect(problems, (*SELECTORS, REPLACES), given)
    selector = selector_of(VOICE_OUT_TRUNK, problems, values)
    if problems:
        raise InvalidOptions(problems)
    desired = Desired(VOICE_OUT_TRUNK, selector, values[selector], {}, state=None, version=version)
    return Rotation(desired, values.get(REPLACES.name))


def _rotate(task: Task) -> dict[str, Any]:
    """Generate new credentials, and return them."""
    rotation: Rotation = task.wanted
    client = task.connect()
    found = lookup.find_one(client, rotation.desired)
    task.keep_secret(found.existing)
    (resource,) = found.existing
    current = read(VOICE_OUT_TRUNK, resource)
    kind = current.settings.get(AUTHENTICATION, {}).get("type")
    if kind != CREDENTIALS:
        words = (
            f"trunk {current.name} ({current.id}) has authentication type {kind}, which has no credentials to rotate"
        )
        raise InvalidOptions([Problem(rotation.desired.selector, f"{words}; expected {CREDENTIALS}")])
    before = VOICE_OUT_TRUNK.revealed(resource)
    if rotation.replaces is not None:
        _check_known(before, unsettled=False)
    changed = rotation.replaces in (None, before["password"])
    task.check_version(found.meta, changes=changed)
    after = before
    if changed:
        after = dict.fromkeys(before) if task.check_mode else _regenerated(task, client, resource)
    return {
        "changed": changed,
        "trunk": {"id": current.id, "name": current.name},
        "credentials": after,
        "api_version": found.meta.get("api_version"),
    }


def _regenerated(task: Task, client: jsonapi.Client, trunk: Mapping[str, Any]) -> dict[str, Any]:
    """Generate new credentials for a trunk, once, and return them. Raises RequestFailed.

    If the answer is lost, the trunk shows whether they are new. If they are not, the request may still arrive.
    """
    linkage = {"data": {"type": VOICE_OUT_TRUNK.type, "id": trunk["id"]}}
    lost: jsonapi.RequestFailed | None = None
    try:
        client.post({"type": REGENERATION, "relationships": {"voice_out_trunk": linkage}})
    except jsonapi.RequestFailed as error:
        if not error.unsettled:
            raise
        lost = error
    try:
        after = client.get(VOICE_OUT_TRUNK.type, trunk["id"]).resource
        task.keep_secret([after])
        new = VOICE_OUT_TRUNK.revealed(after)
        _check_known(new, unsettled=True)
        if new == VOICE_OUT_TRUNK.revealed(trunk):
            raise lost or jsonapi.UnusableAnswer("the trunk still has its old credentials")
    except jsonapi.RequestFailed as error:
        # The request was sent: they are new, or may be.
        error.unsettled = True
        error.settle = SETTLE
        raise
    return new


def _check_known(found: Mapping[str, Any], unsettled: bool) -> None:
    """Raise UnusableAnswer if an answer lacks a part of the credentials: unknown is not new."""
    if not all(isinstance(value, str) and value for value in found.values()):
        raise jsonapi.UnusableAnswer("the answer does not include the trunk's credentials", unsettled)


def credentials_spec() -> dict[str, Any]:
    """Return the argument spec."""
    return specs((*SELECTORS, REPLACES))


ROTATE = Work(credentials_spec, parse, _rotate, VOICE_OUT_TRUNK)
