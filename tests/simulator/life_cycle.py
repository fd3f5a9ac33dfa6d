# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New trunks and new credentials, as in DIDWW's OpenAPI, 2026-04-16. Nothing here changes the store."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from simulator import documents
from simulator.accounts import Account
from simulator.documents import REGENERATION, TRUNKS, ApiError
from simulator.resources import voice_out_trunk as trunks
from simulator.store import DEFAULT_ATTRIBUTES, Store, Trunk
from simulator.values import Invalid

# The relationship that a regeneration consists of.
REGENERATED = "voice_out_trunk"


def create(body: Any, account: Account, store: Store, version: str) -> Trunk:
    """Return the trunk that a POST creates. Raises ApiError 400, or 422 with every validation error."""
    return trunks.apply(trunks.parse(body, None), _with_defaults(account), account, store, version, create=True)


def _with_defaults(account: Account) -> Trunk:
    """A trunk with a new id, and the values that DIDWW sets if the request omits them."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Trunk(str(uuid.uuid4()), account.api_key, {**DEFAULT_ATTRIBUTES, "created_at": now})


def regenerate(body: Any, account: Account, store: Store) -> Trunk:
    """Return the trunk with a new username and password. Raises ApiError 400 or 422."""
    resource = trunks.resource_in(body, REGENERATION, ("type", "relationships"))
    relationships = resource["relationships"]
    names = [*resource["attributes"], *(name for name in relationships if name != REGENERATED)]
    trunks.reject_unknown(body, resource, (), *names)
    if REGENERATED not in relationships:
        raise trunks.missing(REGENERATED)
    trunk_id = trunks.to_one(relationships[REGENERATED], TRUNKS)
    trunk = None if trunk_id is None else store.trunk(account, trunk_id)
    if trunk is None:
        raise _invalid("must exist")
    method = trunk.attributes["authentication_method"]
    if method["type"] != trunks.CREDENTIALS:
        raise _invalid("has no credentials")
    changed = {**method, "attributes": {**method["attributes"], **trunks.credentials()}}
    return replace(trunk, attributes={**trunk.attributes, "authentication_method": changed})


def _invalid(title: str) -> ApiError:
    return ApiError(422, [trunks.validation(f"relationships/{REGENERATED}", Invalid(title))])


def regenerated(trunk: Trunk) -> dict[str, Any]:
    """The answer to a regeneration: its id is that of the trunk, and it does not contain the credentials."""
    return {"data": {"id": trunk.id, "type": documents.REGENERATION}}
