# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource types of the local API."""

from __future__ import annotations

from simulator.resource import Action, Resource
from simulator.resources.did import DID
from simulator.resources.pop import POP
from simulator.resources.voice_in_trunk import VOICE_IN_TRUNK
from simulator.resources.voice_in_trunk_group import VOICE_IN_TRUNK_GROUP
from simulator.resources.voice_out_trunk import REGENERATION, VOICE_OUT_TRUNK

# What is linked comes first, since seeds are read in this order.
ALL = (POP, VOICE_IN_TRUNK_GROUP, VOICE_IN_TRUNK, DID, VOICE_OUT_TRUNK)
RESOURCES: dict[str, Resource] = {resource.type: resource for resource in ALL}
ACTIONS: dict[str, Action] = {REGENERATION.type: REGENERATION}
