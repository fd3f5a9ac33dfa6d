# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


class ModuleDocFragment:
    """The attributes of all modules, which name their exceptions, and their action group."""

    DOCUMENTATION = r"""
options: {}
attributes:
  action:
    description:
      - Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
    details: On a local connection, the action plugin does all the work in Ansible's own process. See the notes.
  action_group:
    description:
      - Use C(group/didww.voice.all) in C(module_defaults) to set the connection options once for all modules.
    support: full
    membership:
      - didww.voice.all
  async:
    description: Supports being used with the C(async) keyword.
    support: full
    details: Such a task runs as a module.
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
    support: full
  diff_mode:
    description:
      - Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no
        change.
      - This assumes that the system controlled by the module has not changed in a relevant way.
    support: full
"""
