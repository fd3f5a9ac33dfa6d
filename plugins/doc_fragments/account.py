# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re

from ansible_collections.didww.voice.plugins.doc_fragments.did import ModuleDocFragment as Dids
from ansible_collections.didww.voice.plugins.doc_fragments.fleet import ModuleDocFragment as Fleet
from ansible_collections.didww.voice.plugins.doc_fragments.inbound_trunk import ModuleDocFragment as InboundTrunks
from ansible_collections.didww.voice.plugins.doc_fragments.trunk import ModuleDocFragment as Trunks


def _options(text: str) -> str:
    """Return the options of a fragment."""
    return text.removeprefix("\noptions:\n").partition("\nnotes:\n")[0].rstrip() + "\n"


def _list(text: str, name: str, called: str) -> str:
    """Return the option for a list of a fragment as `called`, which is not required."""
    entries = re.split(r"\n(?=  \w)", _options(text), maxsplit=1)[0].rstrip() + "\n"
    entries = entries.replace(f"  {name}:\n", f"  {called}:\n", 1).replace("    required: true\n", "", 1)
    return entries.replace(f"O({name}[].", f"O({called}[].")


class ModuleDocFragment:
    """The options of the module for a whole account: the lists, and those that fleets share."""

    _SHARED: str = _options(Fleet.DOCUMENTATION).replace("RV(", "C(")
    DOCUMENTATION: str = "\noptions:\n" + "".join(
        (
            _list(InboundTrunks.TRUNKS, "trunks", "in_trunks"),
            _list(Dids.DIDS, "dids", "dids"),
            _list(Trunks.TRUNKS, "trunks", "trunks"),
            _options(Fleet.STATE),
            _SHARED,
        )
    )
