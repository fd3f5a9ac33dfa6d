#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: voice_out_trunk
"""

from typing import Any

from ansible_collections.didww.voice.plugins.module_utils import api, trunk


def update(module: api.TaskModule, desired: trunk.Desired) -> dict[str, Any]:
    """Bring the trunk that `desired` means to the settings that it names; return the module's result."""
    client = module.connect()
    found = api.find(client, desired)
    module.warn_of_version(found.meta)
    plan = trunk.plan(desired, trunk.read(found.resource))
    after = plan.after
    if plan.patch and not module.check_mode:
        answer = trunk.read(client.update(plan.patch).resource)
        for unmet in trunk.unmet(desired, plan.after, answer):
            module.warn(f"DIDWW answered {unmet.option} {trunk.show(unmet.answered)} "
                        f"where the task asks for {trunk.show(unmet.asked)}")
        after = answer.with_linkage_of(plan.after)
    result = {
        "changed": plan.patch is not None,
        "trunk": after.returned(),
        "changes": plan.changes,
        "api_version": found.meta.get("api_version"),
    }
    if module._diff:
        result["diff"] = trunk.diff(plan)
    return result


def main() -> None:
    """Run the module."""
    module = api.TaskModule(trunk.argument_spec(), check=trunk.desire)
    module.run(update)


if __name__ == "__main__":
    main()
