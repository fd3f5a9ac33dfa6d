# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource types of the local API."""

from __future__ import annotations

from simulator.resource import Action, Resource
from simulator.resources.did import DID
from simulator.resources.voice_out_trunk import REGENERATION, VOICE_OUT_TRUNK

RESOURCES: dict[str, Resource] = {resource.type: resource for resource in (DID, VOICE_OUT_TRUNK)}
ACTIONS: dict[str, Action] = {REGENERATION.type: REGENERATION}
