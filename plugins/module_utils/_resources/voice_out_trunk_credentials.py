# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work that generates new SIP credentials."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import lookup
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import DEFAULT_VERSION
from ansible_collections.didww.voice.plugins.module_utils._engine.item import read
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import NEW_FILE, UUID, matching
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Desired, selector_of
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions, Problem
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Setting, collect, filter_by, specs
from ansible_collections.didww.voice.plugins.module_utils._engine.task import Task, Work
from ansible_collections.didww.voice.plugins.module_utils._resources import credentials_file
from ansible_collections.didww.voice.plugins.module_utils._resources.credentials_file import CredentialsFile
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
CREDENTIALS_FILE = Setting("credentials_file", NEW_FILE, left_out="to return the credentials")

# DIDWW API 3 (2026-04-16), "Regenerate Credentials". The answer does not include the new pair.
REGENERATION = "voice_out_trunk_regenerate_credentials"
SETTLE = (
    "run the task again with replaces set to the old password, which does not rotate twice, or read the credentials "
    "with voice_out_trunk_info and include_credentials."
)


class Rotation(NamedTuple):
    """The trunk that gets new credentials, if its password is `replaces` (None: in any case).

    `path`: the file to write them to; None to return them.
    """

    desired: Desired
    replaces: str | None
    path: str | None = None


def parse(given: Mapping[str, Any], version: str = DEFAULT_VERSION) -> Rotation:
    """Check and convert the options of a task that rotates credentials. Raises InvalidOptions with every problem."""
    problems: list[Problem] = []
    values = collect(problems, (*SELECTORS, REPLACES, CREDENTIALS_FILE), given)
    selector = selector_of(VOICE_OUT_TRUNK, problems, values)
    if problems:
        raise InvalidOptions(problems)
    desired = Desired(VOICE_OUT_TRUNK, selector, values[selector], {}, state=None, version=version)
    return Rotation(desired, values.get(REPLACES.name), values.get(CREDENTIALS_FILE.name))


def _rotate(task: Task) -> dict[str, Any]:
    """Generate new credentials, and return them or write them to a file."""
    rotation: Rotation = task.wanted
    file = _file(rotation.path, task.connection["api_url"])
    client = task.connect()
    found = lookup.find_one(client, rotation.desired)
    task.keep_secret(VOICE_OUT_TRUNK, found.existing)
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
    trunk = {"id": resource["id"], "name": current.name}
    result = {"changed": changed, "trunk": trunk, "api_version": found.meta.get("api_version")}
    after = before
    if changed and task.check_mode:
        after = dict.fromkeys(before)
    elif changed:
        after = _regenerated(task, client, resource, file)
    if file is None:
        return {**result, "credentials": after}
    if not task.check_mode:
        _add(file, resource, after)
    return {**result, CREDENTIALS_FILE.name: file.path}


def _file(path: str | None, url: str) -> CredentialsFile | None:
    """Return the file to write credentials to, checked. Raises InvalidOptions."""
    if path is None:
        return None
    try:
        return credentials_file.load(path, url)
    except ValueError as error:
        raise InvalidOptions([Problem(CREDENTIALS_FILE.name, str(error))]) from error


def _add(file: CredentialsFile, trunk: Mapping[str, Any], pair: Mapping[str, Any]) -> None:
    """Write the credentials of a trunk to a file. Raises InvalidOptions."""
    name = read(VOICE_OUT_TRUNK, trunk).name
    try:
        file.add(trunk["id"], name, pair)
    except (OSError, ValueError) as error:
        words = (
            f"{file.path} cannot be written: {error}. Trunk {name} ({trunk['id']}) has credentials that are in no file"
        )
        words += ": read them with voice_out_trunk_info and include_credentials."
        raise InvalidOptions([Problem(CREDENTIALS_FILE.name, words)]) from error


def _regenerated(
    task: Task, client: jsonapi.Client, trunk: Mapping[str, Any], file: CredentialsFile | None
) -> dict[str, Any]:
    """Generate new credentials for a trunk, once, and return them. Raises RequestFailed and InvalidOptions.

    If the answer is lost, the trunk shows whether they are new. If they are not, the request may still arrive. Until
    they are in `file`, it lists the trunk as unfinished.
    """
    if file:
        try:
            file.begin(trunk["id"], read(VOICE_OUT_TRUNK, trunk).name)
        except (OSError, ValueError) as error:
            words = f"{file.path} cannot be written, so no credentials were generated: {error}"
            raise InvalidOptions([Problem(CREDENTIALS_FILE.name, words)]) from error
    linkage = {"data": {"type": VOICE_OUT_TRUNK.type, "id": trunk["id"]}}
    lost: jsonapi.RequestFailed | None = None
    try:
        client.post({"type": REGENERATION, "relationships": {"voice_out_trunk": linkage}})
    except jsonapi.RequestFailed as error:
        if not error.unsettled:
            if file:
                with contextlib.suppress(OSError, ValueError):
                    file.end()
            raise
        lost = error
    try:
        after = client.get(VOICE_OUT_TRUNK.type, trunk["id"]).resource
        task.keep_secret(VOICE_OUT_TRUNK, [after])
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
    spec = specs((*SELECTORS, REPLACES, CREDENTIALS_FILE))
    # Its name sounds like a secret to Ansible.
    spec[CREDENTIALS_FILE.name]["no_log"] = False
    return spec


ROTATE = Work(credentials_spec, parse, _rotate, VOICE_OUT_TRUNK)
