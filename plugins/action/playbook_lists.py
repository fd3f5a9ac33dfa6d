# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read, compare or update the lists of a playbook of this collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.didww.voice.plugins.module_utils._engine.messages import joined
from ansible_collections.didww.voice.plugins.module_utils._resources.account import ACCOUNT
from ansible_collections.didww.voice.plugins.plugin_utils import _variables as variables
from ansible_collections.didww.voice.plugins.plugin_utils._load import load
from ansible_collections.didww.voice.plugins.plugin_utils._parts import differing

WORKS = ("audit", "compare", "read", "update")


class ActionModule(ActionBase):  # type: ignore[misc]  # Ansible ships no types
    """The action plugin for playbook_lists."""

    _VALID_ARGS = frozenset(("work", "given"))

    def run(self, tmp: Any = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run the modules that the lists need; return their result, or a failed one."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        spec = {
            "work": {"type": "str", "required": True, "choices": [*WORKS]},
            "given": {"type": "dict", "required": True},
        }
        _result, arguments = self.validate_argument_spec(argument_spec=spec)
        work, given = arguments["work"], arguments["given"]
        values = given["variables"]
        if work == "read":
            return {**result, **self._read(values["lists"], task_vars)}
        if work == "compare":
            return {**result, **self._compare(values, task_vars)}
        lists = {name: values[name] for name in ACCOUNT if values.get(name) is not None}
        options: dict[str, Any] = {"state": values["state"]}
        if work == "audit":
            options["audit"] = True
        else:
            # An entry that cannot be applied must not stop the rest of an undo file.
            options |= {"undo_add": values["undo_add"], "skip_invalid": given["undo"]}
            options |= {"undo_file": values["undo_file"]} if values["undo_file"] else {}
            options |= {} if given["approved"] is None else {"approved": given["approved"]}
        return {**result, **self._update(lists, options, task_vars)}

    def _read(self, names: list[str], task_vars: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the result of each list. That of outbound trunks alone is the one of its module."""
        read = {
            name: self._module(
                f"{ACCOUNT[name].name}_info", {"include_dids": True} if name == "trunks" else {}, task_vars
            )
            for name in names
        }
        if names == ["trunks"]:
            return read["trunks"]
        failed = [f"{name}: {one.get('msg')}" for name, one in read.items() if one.get("failed")]
        warnings = [warning for one in read.values() for warning in one.pop("warnings", ())]
        return {
            "changed": False,
            **read,
            **({"warnings": warnings} if warnings else {}),
            **({"failed": True, "msg": joined(failed)} if failed else {}),
        }

    def _compare(self, values: Mapping[str, Any], task_vars: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the result of check mode for the file that was written: a failed one if anything would change."""
        path = values["trunks_file"]
        try:
            # As the playbooks that use the file do.
            lists = self._templar.template(variables.lists_in(load(self._loader, path), path, values["lists"]))
        except ValueError as error:
            return {"failed": True, "msg": f"trunks_file: {error}"}
        found = self._update(lists, {}, task_vars)
        if found.get("failed") or not found["changed"]:
            return found
        return {**found, "failed": True, "msg": f"{path} {differing(found)}"}

    def _update(
        self, lists: Mapping[str, Any], options: Mapping[str, Any], task_vars: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Run the module for these lists: that of outbound trunks, if there is no other."""
        alone = [*lists] == ["trunks"] and not (options.get("undo_add") and self._holds_others(options["undo_file"]))
        name = "voice_out_trunks" if alone else "account"
        return self._module(name, {**lists, **options}, task_vars)

    def _holds_others(self, path: str) -> bool:
        """Return whether an undo file holds other lists than outbound trunks: only account can add to it."""
        try:
            held = load(self._loader, path)
        except ValueError:
            return False  # the module says what is wrong
        return isinstance(held, dict) and bool(held.keys() & (ACCOUNT.keys() - {"trunks"}))

    def _module(self, name: str, options: Mapping[str, Any], task_vars: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the result of a module of this collection."""
        task = self._task.copy()
        task.action, task.args = f"didww.voice.{name}", dict(options)
        action = self._shared_loader_obj.action_loader.get(
            task.action,
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        found: dict[str, Any] = action.run(task_vars=task_vars)
        return found
