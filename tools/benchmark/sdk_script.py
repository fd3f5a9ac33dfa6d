# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A script with the official package, for comparison: reads a trunk, compares it, and updates it.

`python sdk_script.py TRUNK_ID SETTINGS`, with SETTINGS in JSON, DIDWW_API_URL and DIDWW_API_KEY set.
"""

from __future__ import annotations

import json
import os
import sys

from didww.client import DidwwClient

client = DidwwClient(api_key=os.environ["DIDWW_API_KEY"], base_url=os.environ["DIDWW_API_URL"])
trunk = client.voice_out_trunks().find(sys.argv[1]).data
settings = json.loads(sys.argv[2])
if any(getattr(trunk, name) != value for name, value in settings.items()):
    for name, value in settings.items():
        setattr(trunk, name, value)
    client.voice_out_trunks().update(trunk)
