# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Approval: the tokens of planned requests, to which a task can be bound. Pure: no I/O, no Ansible, no HTTP."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import matching, set_of
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Desired, Plan
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Setting

TOKEN = matching(r"p1-[0-9a-f]{64}", "a token: p1- and 64 hexadecimal digits")
# From ansible-core 2.19 on, an empty text of AWX arrives as null. Neither approves anything.
TOKENS = replace(set_of(TOKEN), empty_is_null=True)
APPROVED = Setting("approved", TOKENS, nullable=True, null=[], left_out="to send every planned request")
_PORTS = {"http": 80, "https": 443}


def canonical_url(url: str) -> str:
    """Return the URL of an API as plans hold it: equal exactly if it is the same API."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port not in (None, _PORTS.get(parts.scheme)) else ""
    host = (parts.hostname or "").rstrip(".")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{parts.path.rstrip('/')}"


def token(url: str, desired: Desired, plan: Plan, called: Mapping[str, str]) -> str | None:
    """Return the token of a plan's request to the API at `url`, or None if there is nothing to send.

    `called`: the names of linked resources, by id, of those that the same task creates: they have no id at first.

    It is the SHA-256 of what makes the request what it is: the same request to a resource in the same state has the
    same token, whatever else a task does. Of a secret it holds only that it is set or cleared: a hash of its value
    could be guessed.
    """
    if plan.document is None:
        return None
    which = str(plan.after.id).lower() if plan.before else [desired.selector, desired.value]
    parts = [canonical_url(url), plan.method, plan.document["type"], which, _body(plan, called), _before(plan)]
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return f"p1-{hashlib.sha256(text.encode()).hexdigest()}"


def _body(plan: Plan, called: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the settings in a request, by their places and names in the API, without secrets.

    A deletion has none: what it ends before may have ended in a run that failed half-way.
    """
    if plan.method == "DELETE":
        return {}
    rows = {(row.place, row.key): row for row in plan.after.resource.settings}
    return {
        place: {key: _named(rows[place, key].sent_without_secrets(value), called) for key, value in held.items()}
        for place, held in (plan.document or {}).items()
        if isinstance(held, dict)
    }


def _named(value: Any, called: Mapping[str, str]) -> Any:
    """Return a value of a request with the names of resources in `called` instead of their ids."""
    linked = value.get("data") if isinstance(value, dict) else None
    if isinstance(linked, dict) and linked.get("id") in called:
        return {"data": {**linked, "id": called[linked["id"]]}}
    return value


def _before(plan: Plan) -> dict[str, Any]:
    """Return the settings that change, as they are before. What is unknown is missing.

    Of a setting with secrets, both sides as results show them, which tells the secrets that change from those that are
    sent along.
    """
    if plan.before is None:
        return {}
    resource, held, shown = plan.after.resource, plan.before.settings, plan.shown
    # For a deletion, it depends on the other entries of a list whether the relationships were read.
    unread = {row.name for row in resource.links} if plan.method == "DELETE" else set()
    names = [name for name in plan.changes if name in held and name not in unread]
    return {name: shown[name] if resource.rows[name].has_secret else held[name] for name in names}


def not_approved(approved: Collection[str] | None, tokens: Iterable[str | None]) -> list[int]:
    """Return the places of the requests that are not `approved`. None: the task is not bound to any approval."""
    if approved is None:
        return []
    known = {None, *approved}
    return [place for place, one in enumerate(tokens) if one not in known]
