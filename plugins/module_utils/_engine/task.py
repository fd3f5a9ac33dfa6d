# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Ansible side of a task, for both front ends: options, result, warnings and secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, MutableSequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._client.authentication import ApiKey, Tokens, TokenService
from ansible_collections.didww.voice.plugins.module_utils._client.http import Authentication
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import (
    API_VERSIONS,
    AUDIENCE,
    CONNECTION,
    DEFAULT_VERSION,
    TOKEN_URLS,
    WITH_TOKENS,
    variable,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import rejection
from ansible_collections.didww.voice.plugins.module_utils._engine.messages import explain
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions, Problem, unsupported
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Setting

VERSION = "1.0.0"


class Work(NamedTuple):
    """What a module does.

    `spec` returns the argument spec of its options. `parse` converts the options that a task sets, for a version of the
    API; the result becomes `task.wanted`. It raises InvalidOptions. `run` returns the result; it raises
    InvalidOptions and jsonapi.RequestFailed. `resource`: what it is about. `changes`: whether it can change anything.
    """

    spec: Callable[[], dict[str, Any]]
    parse: Callable[[Mapping[str, Any], str], Any]
    run: Callable[[Task], dict[str, Any]]
    resource: Resource | None = None
    changes: bool = True

    def secret_options(self) -> list[str]:
        """Return the options that are secrets, or may contain one."""
        return [name for name, spec in self.spec().items() if _has_secret(spec)]


def _has_secret(spec: Mapping[str, Any]) -> bool:
    return bool(spec.get("no_log")) or any(map(_has_secret, spec.get("options", {}).values()))


class Task:
    """A task: runs `work` with the options `given`.

    `given`: the raw options; None is an explicit null. Raises InvalidOptions with every problem. The front
    end sets `check_mode`, `show_diff` and `agent`, and shows `warnings`. It can also set `clients`, to
    reuse those of earlier tasks in this process, and `schedules`, shared memory in which each account has a
    place for the schedule of its pace.
    """

    def __init__(self, work: Work, given: Mapping[str, Any]) -> None:
        self._work = work
        problems: list[Problem] = []
        options = work.spec()
        unsupported(problems, given, [*(row.name for row in CONNECTION), *options])
        self.connection = _connection(problems, given)
        try:
            self.wanted = work.parse({name: given[name] for name in given if name in options}, self.version)
        except InvalidOptions as error:
            problems += error.problems
        if problems:
            raise InvalidOptions(problems)
        self.check_mode = False
        self.show_diff = False
        self.agent = ""
        self.clients: dict[Any, jsonapi.Client] = {}
        self.schedules: MutableSequence[float] | memoryview[float] = [0.0, 0.0]
        self.warnings: list[str] = []
        self._secrets: set[str] = set()

    def run(self) -> dict[str, Any]:
        """Run the work; return its result, or a failed result with an error message."""
        try:
            return self._work.run(self)
        except (InvalidOptions, jsonapi.RequestFailed) as error:
            changed = {"changed": True} if isinstance(error, jsonapi.RequestFailed) and error.changed else {}
            return {"failed": True, **changed, **self.explain(error)}
        except BaseException:
            # After a timeout or ^C, requests in progress must be the last ones.
            for client in self.clients.values():
                client.stop()
            raise

    @property
    def version(self) -> str:
        """The version of the API."""
        return str(self.connection.get("api_version", DEFAULT_VERSION))

    def connect(self) -> jsonapi.Client:
        """Return a client for the connection options, reusing that of an earlier task if there is one."""
        key = (self.agent, *self.connection.items())
        if key not in self.clients:
            self.clients[key] = self._new_client()
        client = self.clients[key] = self.clients[key].begin()
        if self._work.resource:
            client.page_sizes = self._work.resource.page_sizes
        return client

    def _new_client(self) -> jsonapi.Client:
        options = self.connection
        place = hash((options["api_url"], options["api_key"])) % (len(self.schedules) // 2) * 2
        headers = {"User-Agent": f"ansible-collection/didww.voice/{VERSION} {self.agent}".rstrip()}
        both: dict[str, Any] = {
            "timeout": options["api_timeout"],
            "retries": options["api_retries"],
            "verify": options["validate_certs"] and (options["ca_path"] or True),
        }
        authentication: Authentication = ApiKey(options["api_key"])
        if self.version in WITH_TOKENS:
            service = TokenService(url=options["api_token_url"], authentication=authentication, headers=headers, **both)
            authentication = Tokens(service, AUDIENCE, self.version)
        return jsonapi.Client(
            url=options["api_url"],
            authentication=authentication,
            headers={**headers, "X-DIDWW-API-Version": self.version},
            page_sizes={},
            pace=jsonapi.Pace(options["max_requests_per_second"], self.schedules[slice(place, place + 2)]),
            **both,
        )

    def warn(self, text: str) -> None:
        """Add a warning to the result."""
        self.warnings.append(text)

    def check_version(self, meta: Mapping[str, Any], changes: bool) -> None:
        """Warn if an answer is from another version of the API than `api_version`, where settings may differ.

        `changes`: whether the task would change something. Then raises InvalidOptions instead.
        """
        answered = meta.get("api_version")
        if not answered or answered == self.version:
            return
        fix = f"set api_version to {answered}"
        if answered not in API_VERSIONS:
            fix = f"this collection supports {' and '.join(API_VERSIONS)}: update it, or change the account's version"
        words = f"DIDWW answered with API version {answered}, but api_version is {self.version}"
        if changes:
            words += ", so nothing was changed: settings may differ between versions"
            raise InvalidOptions([Problem("api_version", f"{words}; {fix}")])
        self.warn(f"{words}: settings may be missing or have another meaning; {fix}")

    def keep_secret(
        self, about: Resource, resources: Iterable[Mapping[str, Any]], wanted: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        """Redact the secrets in these JSON:API resources, and in the settings `wanted`, from error messages.

        Ansible's no_log would not do: it would also redact every setting with the same value.
        """
        self._secrets.update(*map(about.secrets_in, resources))
        self._secrets.update(*map(about.secrets_of, wanted))

    def explain(self, error: InvalidOptions | jsonapi.RequestFailed, about: Resource | None = None) -> dict[str, Any]:
        """Return the part of a result that describes an error, without secrets."""
        secrets = self._secrets.union(*(client.authentication.secrets for client in self.clients.values()))
        return explain(error, self.connection["api_url"], secrets, self.version, about or self._work.resource)


# --- Connection -----------------------------------------------------------------------------------


def _connection(problems: list[Problem], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the connection options: from the task, else from the environment, else the defaults."""
    values: dict[str, Any] = {}
    for row in CONNECTION:
        # An empty variable, which AWX sets for an empty field, counts as unset.
        value = given[row.name] if row.name in given else os.environ.get(variable(row.name)) or row.default
        if row.name not in given and value is None:
            values[row.name] = None
            if row.required:
                words = f"required; set this option or the environment variable {variable(row.name)}"
                problems.append(Problem(row.name, words))
            continue
        try:
            values[row.name] = None if value is None and row.nullable else row.kind.canonical(value)
        except ValueError as error:
            source = "" if row.name in given else f" from the environment variable {variable(row.name)}"
            problems.append(Problem(row.name, _rejected(row, value, error, source)))
    if values.get("api_version") in WITH_TOKENS and "api_url" in values and values.get("api_token_url", "") is None:
        values["api_token_url"] = TOKEN_URLS.get(urlsplit(values["api_url"]).hostname or "")
        if values["api_token_url"] is None:
            words = (
                f"required with api_version {values['api_version']} and an api_url other than those of production and "
                f"the sandbox; set this option or the environment variable {variable('api_token_url')}"
            )
            problems.append(Problem("api_token_url", words))
    return values


def _rejected(row: Setting, value: Any, expected: object, source: str) -> str:
    """Return why the value of a connection option is rejected, without the value if it may contain a secret."""
    if value is None or not (row.secret or re.search(r"[@?]", str(value))):
        return rejection(value, expected, source)
    words = f"the value{source} is not accepted; expected {expected}"
    if isinstance(value, str) and value != value.strip():
        words += "; it starts or ends with a space or a line break, which ansible-vault or echo may have added"
    return words
