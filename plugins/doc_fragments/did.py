# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.didww.voice.plugins.doc_fragments.fleet import listed


class ModuleDocFragment:
    """The options that select a DID, and its settings."""

    DOCUMENTATION = r"""
options:
  id: {type: str, description: "The id (UUID) of the DID. This or O(number) is required. With both, this one selects."}
  number:
    description:
      - The number of the DID in E.164, with or without V(+), spaces, dots, dashes and parentheses.
      - It is never changed. It is an error if the DID with O(id) has another number.
    type: str
  description: {type: str, description: "A text of your own. V(null) or an empty string clears it."}
  capacity_limit:
    description:
      - The maximum number of simultaneous calls, from 1 to 32767. V(null) removes the limit.
      - For a number with metered channels it is the only limit of what calls cost.
    type: int
  voice_in_trunk:
    description:
      - The inbound trunk that gets the calls, by id or exact name. It replaces O(voice_in_trunk_group).
      - V(null) takes the number off its inbound trunk. Calls then go nowhere. If the number points to a group, V(null)
        changes nothing.
    type: str
  voice_in_trunk_group:
    description:
      - The trunk group that gets the calls, by id or exact name. It replaces O(voice_in_trunk).
      - V(null) takes the number off its group. If the number points to a trunk, V(null) changes nothing.
    type: str
"""
    DIDS: str = listed(DOCUMENTATION, "dids", "The DIDs to manage, each with the options of M(didww.voice.did).")
