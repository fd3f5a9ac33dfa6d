# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""POPs, a list without pages. DIDWW's OpenAPI, 2026-04-16."""

from __future__ import annotations

from simulator.resource import Attribute, Resource

TYPE = "pops"

POP = Resource(
    type=TYPE,
    collection="pops",
    noun="POP",
    attributes=(Attribute("name", beside_id=True),),
    methods=("LIST",),
    shared=True,
    max_page_size=None,
)
