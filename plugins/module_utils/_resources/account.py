# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lists of an account, in the order of work: numbers point to inbound trunks, and outbound trunks list numbers."""

from __future__ import annotations

from ansible_collections.didww.voice.plugins.module_utils._resources.did import DID
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_in_trunk import VOICE_IN_TRUNK
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

ACCOUNT = {"in_trunks": VOICE_IN_TRUNK, "dids": DID, "trunks": VOICE_OUT_TRUNK}
