# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""Front end: runs a work in Ansible's own process where that gives the same result as running the module.

Starting a Python process takes most of a module's time. The module runs as usual where the result could
differ: on another host, as another user, in the background, with another Python or environment.
"""

from __future__ import annotations

import contextlib
import gc
import json
import mmap
import os
import shutil
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from ansible import __version__ as ansible_version
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine.concurrency import in_background
from ansible_collections.didww.voice.plugins.module_utils._engine.messages import explain
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from ansible_collections.didww.voice.plugins.module_utils._engine.task import Task, Work

try:
    from ansible.module_utils.common.json import Direction, get_module_encoder
except ImportError:  # before ansible-core 2.19
    from ansible.module_utils.common.json import AnsibleJSONEncoder

    def encode(arguments: Any) -> str:
        return json.dumps(arguments, cls=AnsibleJSONEncoder, vault_to_text=True)
else:

    def encode(arguments: Any) -> str:
        return json.dumps(arguments, cls=get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE))


# One for each account, for all tasks of this process: the items of a loop share connections and the rate.
_CLIENTS: dict[Any, jsonapi.Client] = {}
# Ansible forks its workers after importing this, so they share this memory: the tasks of a play keep one pace.
_SCHEDULES = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("d")


class InProcessAction(NormalAction):  # type: ignore[misc]  # Ansible ships no types
    """An action that runs `work` in this process, or runs its module."""

    work: Work

    def run(self, tmp: Any = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run the task with the suitable front end; return its result."""
        variables = task_vars or {}
        run = self._run_here if self._can_run_here(variables) else super().run
        try:
            with _ends_with_ansible():
                result: dict[str, Any] = run(tmp, task_vars)
            return result
        except BaseException as error:
            # Raised for the keyword `timeout`. Ansible 2.19 moved the class to another module.
            if type(error).__name__ != "TaskTimeoutError" or self._task.check_mode or not self.work.changes:
                raise
            period = self._task.timeout
            words = f"The {self._task.action} action did not finish within {period} seconds and was terminated."
            words += " Updates may have been sent and applied: run the task again, which settles it."
            return {"failed": True, "msg": words, "timedout": {"period": period}}

    def _run_here(self, tmp: Any, task_vars: Mapping[str, Any] | None) -> dict[str, Any]:
        if not gc.get_freeze_count():
            # What Ansible has in memory does not become garbage in this worker, so it is not searched for any.
            gc.freeze()
        result: dict[str, Any] = ActionBase.run(self, tmp, task_vars)
        # Modules get plain JSON.
        given = json.loads(encode(self._task.args))
        with _in_folder(self._loader.get_basedir()):
            result.update(run_here(self.work, given, bool(self._task.check_mode), bool(self._task.diff)))
        return result

    def _can_run_here(self, task_vars: Mapping[str, Any]) -> bool:
        """Return whether the work gives the same result in this process as in a module's."""
        if self._task.delegate_to:
            task_vars = task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to, task_vars)

        def variable(name: str, default: Any) -> Any:
            return self._templar.template(task_vars[name]) if name in task_vars else default

        same = [
            self._connection.transport == "local",
            not self._connection.become,
            not self._task.async_val,
            not any(self._task.environment or []),
            jsonapi.REQUESTS_IMPORT_ERROR is None,
            # On macOS, looking up a proxy is not safe in a forked process.
            sys.platform != "darwin",
            _is_this_python(variable("ansible_python_interpreter", "auto")),
            boolean(variable("didww_in_process", True), strict=False),
        ]
        return all(same)


def in_process(work: Work) -> type[InProcessAction]:
    """Return the action plugin of a module that does `work`."""
    return type("ActionModule", (InProcessAction,), {"work": work})


def run_here(work: Work, given: Mapping[str, Any], check_mode: bool, show_diff: bool) -> dict[str, Any]:
    """Run a work; return the result that AnsibleModule would return."""
    try:
        task = Task(work, given)
    except InvalidOptions as error:
        return {"failed": True, **explain(error, "")}
    task.check_mode, task.show_diff = check_mode, show_diff
    task.clients, task.schedules = _CLIENTS, _SCHEDULES
    task.agent = f"ansible-core/{ansible_version}"
    result = task.run()
    if task.warnings:
        result["warnings"] = task.warnings
    # AnsibleModule's handling of no_log.
    cleaned: dict[str, Any] = remove_values(json.loads(json.dumps(result)), {task.connection["api_key"]})
    return cleaned


def _is_this_python(interpreter: Any) -> bool:
    """Return whether `ansible_python_interpreter` is automatic or the Python that runs Ansible."""
    if str(interpreter).startswith("auto"):
        return True
    path = shutil.which(str(interpreter)) or ""
    # Several virtual environments can link to the same Python, so the folders must match too.
    folders = [os.path.dirname(os.path.abspath(program)) for program in (path, sys.executable)]
    return bool(path) and folders[0] == folders[1] and os.path.samefile(path, sys.executable)


@contextlib.contextmanager
def _ends_with_ansible() -> Iterator[None]:
    """End this worker when ansible-playbook is killed, as after ^C. Otherwise it would go on changing trunks.

    A module that it started notices that nobody reads its output, and ends too.
    """
    finished = threading.Event()
    parent = os.getppid()

    def watch() -> None:
        while not finished.wait(0.2):
            # Orphans get another parent.
            if os.getppid() != parent:
                os._exit(1)

    in_background(watch)
    try:
        yield
    finally:
        finished.set()


@contextlib.contextmanager
def _in_folder(folder: str) -> Iterator[None]:
    """Change to `folder`, where modules on a local connection resolve relative paths."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
