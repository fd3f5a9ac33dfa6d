# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Front end: runs a work in a module's own process."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine.concurrency import in_background
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import connection_spec
from ansible_collections.didww.voice.plugins.module_utils._engine.messages import explain
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from ansible_collections.didww.voice.plugins.module_utils._engine.task import Task, Work


class Module(AnsibleModule):
    """A module whose options are converted by the tables, before Ansible sees them."""

    argument_spec: dict[str, Any]

    def __init__(self, work: Work) -> None:
        self._work = work
        self._task: Task | InvalidOptions
        super().__init__(argument_spec={**connection_spec(), **work.spec()}, supports_check_mode=True)

    def _load_params(self) -> None:
        """Take the raw options of the task.

        Only the raw options distinguish an explicit null from an option that is left out. Ansible logs and
        returns `params`, so rejected options, which may be misplaced secrets, are kept out of it.
        """
        super()._load_params()
        given = {name: value for name, value in self.params.items() if not name.startswith("_ansible_")}
        for name in given:
            del self.params[name]
        self.argument_spec = {}
        try:
            self._task = Task(self._work, given)
        except InvalidOptions as error:
            self._task = error
            return
        # Ansible has nothing left to convert. It must know the key, which may come from the environment, as a secret.
        # It must not know other secrets: it would redact every value of a result that equals one.
        hidden = self._work.secret_options()
        shown = {name: value for name, value in given.items() if name not in hidden}
        self.params.update({**shown, "api_key": self._task.connection["api_key"]})
        self.argument_spec = {name: {"type": "raw", "no_log": name == "api_key"} for name in (*shown, "api_key")}

    def run(self) -> None:
        """Run the work and exit with its result."""
        task = self._task
        if isinstance(task, InvalidOptions):
            self.fail_json(**explain(task, ""))
            return
        if jsonapi.REQUESTS_IMPORT_ERROR:
            self.fail_json(msg=missing_required_lib("requests"), exception=jsonapi.REQUESTS_IMPORT_ERROR)
        task.check_mode, task.show_diff = self.check_mode, self._diff
        task.agent = f"ansible-core/{self.ansible_version}"
        with _ends_with_ansible():
            result = task.run()
        for warning in task.warnings:
            self.warn(warning)
        end = self.fail_json if result.get("failed") else self.exit_json
        end(**result)


def entry(work: Work) -> Callable[[], None]:
    """Return the function that runs a module which does `work`."""
    return lambda: Module(work).run()


@contextlib.contextmanager
def _ends_with_ansible() -> Iterator[None]:
    """End this process at once when Ansible no longer waits for its result.

    Otherwise updates would continue after ^C or after the task's `timeout`. The only sign of a timeout is
    that standard output is closed at the other end.
    """
    finished = threading.Event()
    output = select.poll()
    output.register(1, 0)  # poll always reports errors and hang-ups

    def watch() -> None:
        while not finished.wait(0.2):
            if any(event & (select.POLLERR | select.POLLHUP) for _descriptor, event in output.poll(0)):
                os._exit(1)

    in_background(watch)
    # Python's own handler would wait for all updates in progress, and their retries.
    handler = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        finished.set()
        signal.signal(signal.SIGINT, handler)
