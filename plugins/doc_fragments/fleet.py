# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
import textwrap


def listed(options: str, many: str, description: str) -> str:
    """Return the option `many`, for a list whose entries have `options`: the same, one level down."""
    entry = re.sub(r"\bO\((?!api_)", f"O({many}[].", options.removeprefix("\noptions:\n"))
    entry = textwrap.indent(entry, " " * 4).replace("        default: existing\n", "").rstrip()
    return f"""
options:
  {many}:
    description:
      - {description}
      - Each entry must refer to a different one. Connection options belong to the task.
    type: list
    elements: dict
    required: true
    suboptions:
{entry}
"""


class ModuleDocFragment:
    """The options of a module for many resources, besides their list."""

    DOCUMENTATION = r"""
options:
  audit:
    description:
      - Whether to compare only. Nothing is changed, as in check mode. All resources of the account are read.
      - Entries without a resource are then no error. They are reported in RV(missing), and the resources that no entry
        refers to in RV(unmanaged).
    type: bool
    default: false
  undo_file:
    description:
      - The path of a file to write before the first change. It is a vars file whose list, given to this module, brings
        back what this task changes. It is also true after a failure or an interruption.
      - What cannot be brought back is listed in comments, such as deleted resources and passwords. An entry that needs
        such a password is refused. O(skip_invalid) leaves it out.
      - No file is written in check mode, with O(audit=true), or if nothing changes. Only its owner can read the file.
      - The folder must exist. It is an error if the file exists, unless O(undo_add=true).
    type: path
  undo_add:
    description:
      - Whether to add to O(undo_file) if it exists. For each setting, the file keeps the value that it had before the
        first task. This requires PyYAML on the host that runs the module.
    type: bool
    default: false
  skip_invalid:
    description:
      - Whether to leave out invalid entries, and those without a resource, and update the others. The task fails at the
        end, and reports what is wrong with each invalid entry.
    type: bool
    default: false
  approved:
    description:
      - The tokens of the requests that the task may send, as a list, or as a text with commas between them. A check
        mode run or an audit of the same entries returns them. If any planned request is not approved, the task fails
        and sends nothing. V(null), an empty list and an empty text approve nothing.
      - A token does not depend on the value of a password, only on whether the entry sets or clears it.
    type: list
    elements: str
"""

    # For resources that tasks can create and delete.
    STATE = r"""
options:
  state:
    description: The default for C(state) of each entry.
    type: str
    choices: [existing, present, absent]
    default: existing
"""
