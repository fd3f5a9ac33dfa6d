# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Problems with options."""

from __future__ import annotations

from ansible_collections.didww.voice.plugins.module_utils._engine import problems


def test_options_that_do_not_exist_are_listed() -> None:
    found: list[problems.Problem] = []
    problems.unsupported(found, ["a", "x", "y"], ["b", "a"], "in.")
    problems.unsupported(found, ["a"], ["b", "a"])
    assert found == [("unsupported options", "in.x, in.y. Supported parameters include: a, b.")]
