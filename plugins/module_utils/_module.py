# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""Front end: a work in a module's own process."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
from collections.abc import Iterator
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.didww.voice.plugins.module_utils import _jsonapi as jsonapi
from ansible_collections.didww.voice.plugins.module_utils._settings import InvalidOptions, connection_spec
from ansible_collections.didww.voice.plugins.module_utils._task import Task, Work, explain


class Module(AnsibleModule):
    """A module whose options are converted once, by the tables, before Ansible sees them."""

    argument_spec: dict[str, Any]

    def __init__(self, work: Work) -> None:
        self._work = work
        self._task: Task | InvalidOptions
        super().__init__(argument_spec={**connection_spec(), **work.spec()}, supports_check_mode=True)

    def _load_params(self) -> None:
        """Take the options as the task writes them.

        Only here an explicit null differs from an option left out. Ansible logs and returns what is in
        `params`, so rejected options, which may be secrets in the wrong place, never get there.
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
        # Nothing is left to convert. The key may come from the environment, and must be known as a secret.
        self.params.update({**given, "api_key": self._task.connection["api_key"]})
        self.argument_spec = {name: {"type": "raw", "no_log": name == "api_key"} for name in (*given, "api_key")}

    def run(self) -> None:
        """End with the result of the work."""
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


def run(work: Work) -> None:
    """Run a module that does `work`."""
    Module(work).run()


@contextlib.contextmanager
def _ends_with_ansible() -> Iterator[None]:
    """End this process at once when Ansible no longer waits for its result.

    Otherwise the updates of a run that was interrupted (^C), or that ran into `timeout`, would go on.
    The only sign of `timeout` is that nobody reads standard output any more.
    """
    finished = threading.Event()
    output = select.poll()
    output.register(1, 0)  # errors and hang-ups are always reported

    def watch() -> None:
        while not finished.wait(0.2):
            if any(event & (select.POLLERR | select.POLLHUP) for _descriptor, event in output.poll(0)):
                os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    # Python's own handler would wait for every update that has begun, and for its retries.
    handler = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        finished.set()
        signal.signal(signal.SIGINT, handler)
