# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the variables of a playbook of this collection."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from ansible.parsing.vault import is_encrypted
from ansible.plugins.action import ActionBase
from ansible.utils.vars import load_extra_vars
from ansible_collections.didww.voice.plugins.module_utils._engine.messages import joined
from ansible_collections.didww.voice.plugins.module_utils._engine.vars_file import write
from ansible_collections.didww.voice.plugins.module_utils._resources.account import ACCOUNT
from ansible_collections.didww.voice.plugins.module_utils._resources.credentials_file import listed_in
from ansible_collections.didww.voice.plugins.plugin_utils import _plans as plans
from ansible_collections.didww.voice.plugins.plugin_utils import _variables as variables
from ansible_collections.didww.voice.plugins.plugin_utils._action import encode
from ansible_collections.didww.voice.plugins.plugin_utils._load import load
from ansible_collections.didww.voice.plugins.plugin_utils._playbooks import ENTRIES, PLAYBOOKS

# The options that are passwords.
SECRETS = {
    part.name
    for resource in ACCOUNT.values()
    for variant in resource.variants
    for part in variant.attributes.values()
    if part.secret
}


class ActionModule(ActionBase):  # type: ignore[misc]  # Ansible ships no types
    """The action plugin for playbook_variables."""

    _VALID_ARGS = frozenset(("playbook",))

    def run(self, tmp: Any = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Check the variables; return them in canonical form, or a failed result with every problem."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        spec = {"playbook": {"type": "str", "required": True, "choices": sorted(PLAYBOOKS)}}
        _result, arguments = self.validate_argument_spec(argument_spec=spec)
        name = arguments["playbook"]
        values = dict(task_vars or {})
        extra = load_extra_vars(self._loader)
        own = [*extra, *(variable for variable in self._task.get_play().vars if variable not in extra)]
        started = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        messages: list[str] = []
        try:
            checked = variables.check(
                name, lambda variable: self._value(values, variable), own, extra, bool(self._task.check_mode), values
            )
        except variables.Rejected as error:
            messages, checked = error.messages, error.variables
        found: dict[str, Any] = {}
        try:
            found = self._read(name, checked, values, extra)
        except ValueError as error:
            # A broken file hides what else is wrong, so it comes first.
            messages.insert(0, str(error))
        try:
            found |= _plan_of(name, checked)
        except ValueError as error:
            messages.append(f"plan: {error}")
        if checked.get("report"):
            problem = joined(messages) if messages else f"didww.voice.{name} has not finished"
            _write_report(checked["report"], {"failed": True, "msg": problem, "at": started})
        if messages:
            return {**result, "failed": True, "msg": joined(messages)}
        if _may_hold_secret(checked) or found.get("_ansible_no_log"):
            found["_ansible_no_log"] = True
            # Before ansible-core 2.19, that of the result is overwritten.
            self._task.no_log = True
        warnings = variables.misspelled(name, own)
        return {
            **result,
            **({"warnings": warnings} if warnings else {}),
            "changed": False,
            "variables": checked,
            "undo": False,
            "rotated": [],
            **found,
            "can_ask": not self._task.check_mode and "awx_job_id" not in values,
            "check_mode": bool(self._task.check_mode),
            "started": started,
        }

    def _value(self, values: Mapping[str, Any], name: str) -> Any:
        """Return the value of a variable as plain JSON, or None. Raises ValueError."""
        return self._evaluated({name: values[name]}, values).get(name) if name in values else None

    def _evaluated(self, value: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
        """Evaluate the templates in the values of variables; return plain JSON. Raises ValueError."""
        templar = self._templar.copy_with_new_env(available_variables=values)
        try:
            evaluated: dict[str, Any] = json.loads(encode(templar.template(value)))
            return evaluated
        except (AnsibleError, TypeError) as error:
            shown = isinstance(error, AnsibleUndefinedVariable) or not _may_hold_secret(value)
            reason = variables.flat(error) if shown else "its text is not shown, because there may be a password in it"
            raise ValueError(f"a template cannot be evaluated: {reason}") from error

    def _read(
        self, name: str, checked: dict[str, Any], values: Mapping[str, Any], extra: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Read the files of a playbook: add lists to `checked`, and return more of the result. Raises ValueError."""
        if checked.get("resume") and checked.get("credentials_file"):
            try:
                return {"rotated": listed_in(checked["credentials_file"])}
            except ValueError as error:
                raise ValueError(f"credentials_file: {error}") from error
        option = {"audit": "trunks_file", "fleet": "trunks_file"}.get(name, "blocked_file")
        path = checked.get(option)
        # block_trunk adds to the file, or writes a new one.
        if name == "export_trunks" or not path or (name == "block_trunk" and not os.path.lexists(path)):
            return {}
        try:
            data = load(self._loader, path)
            names = [*ENTRIES] if option == "trunks_file" else ["trunks"]
            lists = variables.lists_in(data, path, names)
            undo = variables.UNDO in data
            if option == "blocked_file" and not undo:
                raise ValueError(
                    f"{path} was not written by block_trunk; expected the file of its variable blocked_file"
                )
            # The variables of the file itself can be used in it. Those of -e win, as always.
            checked |= {**dict.fromkeys(names), **self._evaluated(lists, {**values, **data, **extra})}
            # The content of an encrypted file is not shown.
            with open(path, "rb") as file:
                return {"undo": undo, "_ansible_no_log": is_encrypted(file.read(20))}
        except ValueError as error:
            raise ValueError(f"{option}: {error}") from error


def _may_hold_secret(values: Any) -> bool:
    """Return whether values, by their variables, may hold a password, even in a wrong list: then nothing shows them."""
    lists = [name for name in ACCOUNT if isinstance(values, dict) and values.get(name) is not None]
    return any(ACCOUNT[name].has_secret for name in lists) or any(secret in str(values) for secret in SECRETS)


def _plan_of(name: str, checked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a playbook that writes or applies a plan needs to know about it. Raises ValueError."""
    path = checked.get("plan")
    if name == "audit":
        return {"api_url": plans.api_url()}
    if name != "fleet":
        return {}
    now, tokens, plan = datetime.datetime.now(datetime.timezone.utc), checked.get("approved_plan"), None
    if path:
        plan = plans.read_plan(path, plans.api_url(), now, checked.get("plan_max_age"))
        tokens = [request["token"] for request in plan["requests"]]
    return {"plan": plan, "approved": None if tokens is None else ",".join(tokens)}


def _write_report(path: str, report: Mapping[str, Any]) -> None:
    """Replace the report of an earlier run."""
    write(path, json.dumps(report, indent=4, ensure_ascii=False) + "\n", mode=0o644)
