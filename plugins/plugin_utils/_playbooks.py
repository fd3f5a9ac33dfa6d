# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""What the playbooks take: each variable is one row, and each playbook is a table of rows."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._engine import kinds
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import API_VERSIONS
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import (
    BOOL,
    UUID,
    Kind,
    choice,
    expect,
    matching,
    show,
)
from ansible_collections.didww.voice.plugins.module_utils._resources.account import ACCOUNT
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK
from ansible_collections.didww.voice.plugins.plugin_utils import _plans as plans


@dataclass(frozen=True)
class Variable:
    """One row: a variable of a playbook.

    `kind`: the kind of its values. `default`: its value if it is not given. `required`: the question to ask then.
    `selects`: what it selects. A playbook with such variables takes those of one selection, such as the filters.
    `takes_empty`: whether an empty text and null are values, which `kind` converts, and do not count as not given.
    """

    name: str
    kind: Kind
    default: Any = None
    required: str = ""
    selects: str = ""
    takes_empty: bool = False


@dataclass(frozen=True)
class Playbook:
    """The variables of a playbook. `question`: what to ask unless exactly one selection is given.

    `environment`: required environment variables, each with the question to ask. `check_mode`: why it does not support
    check mode.
    """

    rows: tuple[Variable, ...]
    question: str = ""
    environment: Mapping[str, str] | None = None
    check_mode: str = ""


# --- Kinds ----------------------------------------------------------------------------------------


def _text(kind: Kind) -> Kind:
    """Return a kind that accepts only text: YAML and JSON have already changed 0042 to 34, and no to false."""

    def canonical(value: Any) -> Any:
        if isinstance(value, (bool, int, float)):
            read_as = "true or false" if isinstance(value, bool) else "a number"
            example = '{"trunk": "0042"}'
            raise ValueError(f"text, in quotes: YAML reads it as {read_as}. Write it as in -e '{example}'")
        return kind.canonical(value)

    return Kind(kind.spec, canonical)


def _share(value: Any) -> str:
    accepted = "a percentage of at most 100, such as 80"
    text = str(value)
    expect(not isinstance(value, bool) and re.fullmatch(r"\d{1,3}(\.\d{1,9})?", text, re.ASCII), accepted)
    expect(float(text) <= 100, accepted)
    return text


def _names(value: Any) -> list[str]:
    accepted = "a list of texts, or names with commas between them"
    names = value.split(",") if isinstance(value, str) else value
    expect(isinstance(names, list) and all(isinstance(name, str) for name in names), accepted)
    # Not the spaces in a list: a name can begin with one.
    return [name.strip() for name in names if name.strip()] if isinstance(value, str) else list(names)


def _ids(value: Any) -> list[str]:
    """Convert a list of ids, which in a survey is a text: JSON, or ids with commas, spaces or lines between them."""
    ids = [part for part in re.split(r'[\s,"\'\[\]]+', value) if part] if isinstance(value, str) else value
    expect(isinstance(ids, list), "a list of ids")
    return list(dict.fromkeys(UUID.canonical(part) for part in ids))


def what(value: Any) -> str:
    """Return what a value of another type is, for a message."""
    # Ansible has types of its own, which are derived from these.
    names: dict[type, str] = {dict: "a dictionary", list: "a list", str: "a text", type(None): "empty"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), show(value))


def _list_of(noun: str) -> Kind:
    """Return the kind of a list of entries."""

    def canonical(value: Any) -> list[Any]:
        words = f"a list of {noun}, each a dictionary of options, but it is {what(value)}"
        if isinstance(value, dict):
            words += ": begin each entry with a hyphen"
        elif value is None:
            words += f": write [] for no {noun}"
        expect(isinstance(value, list), words)
        return list(value)

    return Kind({"type": "list"}, canonical)


def _lists(value: Any) -> list[str]:
    """Convert names of lists to those that are meant, in the order of work."""
    names = _names(value)
    unknown = {*names} - {*ACCOUNT, "all"}
    expect(names and not unknown, f"all, or some of {', '.join(ACCOUNT)}, with commas between them")
    return [name for name in ACCOUNT if name in names or "all" in names]


def _replacing(called: str, is_such: Callable[[str], bool]) -> Kind:
    """Return the kind of a file to write, which replaces a file only if that is such a file."""

    def canonical(value: Any) -> str:
        path = str(NEW_FILE.canonical(value))
        expect(not os.path.lexists(path) or is_such(path), f"a new file, or {called}, which {path} is not")
        return path

    return Kind(kinds.NEW_FILE.spec, canonical)


def _is_report(path: str) -> bool:
    data = plans.json_in(path)
    return isinstance(data, dict) and {"at", "failed"} <= data.keys()


def _may_be_export(path: str) -> bool:
    """Return whether a file is neither a way back nor the only place of new credentials."""
    try:
        with open(path, "rb") as file:
            return not re.search(rb"^didww_voice_(undo|credentials)\b", file.read(), re.MULTILINE)
    except OSError:
        return False


TEXT = _text(matching(r"(?s).+", "text"))
IDENTIFIER = _text(matching(r"(?s).*\S.*", "the id, external_reference_id or exact name of a trunk"))
PATH = _text(kinds.PATH)
NEW_FILE = _text(kinds.NEW_FILE)
REPORT_FILE = _replacing("the report of an earlier run", _is_report)
PLAN_FILE = _replacing("an earlier plan", plans.is_plan)
EXPORT_FILE = _replacing("an earlier export", _may_be_export)
SHARE = Kind({"type": "str"}, _share)
NAMES = Kind({"type": "list"}, _names)
IDS = Kind({"type": "list"}, _ids)
LISTS = Kind({"type": "list"}, _lists)
# The lists of an account, by their variables.
ENTRIES = {name: _list_of("trunks" if resource.creatable else "numbers") for name, resource in ACCOUNT.items()}


# --- The playbooks --------------------------------------------------------------------------------

CONFIRM = Variable("confirm", BOOL)
REPORT = Variable("report", REPORT_FILE)
TRUNK = Variable("trunk", IDENTIFIER, selects="a trunk")
LISTED = (
    Variable("trunks_file", PATH),
    *(Variable(name, kind) for name, kind in ENTRIES.items()),
)
STATE = Variable("state", choice("existing", "present", "absent"), "existing")
SELECTED = (
    TRUNK,
    Variable("name_contains", _text(VOICE_OUT_TRUNK.filters["name_contains"].kind), selects="filters"),
    Variable("threshold_reached", BOOL, selects="filters"),
    Variable(
        "authentication_method_type",
        _text(VOICE_OUT_TRUNK.filters["authentication_method.type"].kind),
        selects="filters",
    ),
    Variable("all", BOOL, selects="every trunk"),
)
_EITHER = (
    "Which trunks? Give one of these: a trunk (-e trunk=NAME), filters (-e name_contains=TEXT, "
    "-e threshold_reached=true, -e authentication_method_type=TYPE),"
)
WHICH = f"{_EITHER} or every trunk (-e all=true)."
WHICH_TO_BLOCK = (
    f"{_EITHER} a trunk whose addresses others share (-e shares_addresses_with=NAME), or every trunk (-e all=true)."
)
WHICH_LISTED = (
    "Which trunks? Give a file with a list called trunks, dids or in_trunks: -e trunks_file=trunks.yml "
    '("ansible-playbook didww.voice.export_trunks -e trunks_file=trunks.yml" writes one).'
)
WHICH_BLOCKED = (
    "Which trunks? Give one of these: a trunk (-e trunk=NAME), the file that block_trunk wrote "
    "(-e blocked_file=blocked.yml), or the ids in the artifact of its job (blocked)."
)

PLAYBOOKS = {
    "audit": Playbook(
        (
            *LISTED,
            STATE,
            REPORT,
            Variable("fail_on_drift", BOOL, True),
            Variable("fail_on_unmanaged", BOOL, False),
            Variable("plan", PLAN_FILE, takes_empty=True),
            Variable("show_plan", BOOL, False),
        ),
        WHICH_LISTED,
    ),
    "block_trunk": Playbook(
        (
            *SELECTED,
            Variable("shares_addresses_with", IDENTIFIER, selects="addresses"),
            CONFIRM,
            Variable("blocked_file", NEW_FILE),
        ),
        WHICH_TO_BLOCK,
    ),
    "export_trunks": Playbook(
        (
            Variable("trunks_file", EXPORT_FILE, "trunks.yml"),
            Variable("by", choice("id", "name", "external_reference_id"), "id"),
            Variable("lists", LISTS, ("trunks",)),
        )
    ),
    "fleet": Playbook(
        (
            *LISTED,
            STATE,
            CONFIRM,
            Variable("undo_file", NEW_FILE),
            Variable("undo_add", BOOL, False),
            Variable("plan", PATH, takes_empty=True),
            Variable("plan_max_age", plans.AGE),
            Variable("approved_plan", plans.APPROVED, takes_empty=True),
            Variable("require_plan", BOOL, False),
        ),
        WHICH_LISTED,
    ),
    "rotate_credentials": Playbook(
        (
            *SELECTED,
            CONFIRM,
            Variable(
                "credentials_file",
                NEW_FILE,
                required="Where to? Give the file to write the new credentials to: -e credentials_file=new.yml",
            ),
            Variable("resume", BOOL, False),
        ),
        WHICH,
    ),
    "unblock_trunk": Playbook(
        (
            TRUNK,
            Variable("blocked", IDS, selects="the ids in an artifact"),
            Variable("blocked_file", PATH, selects="the file of block_trunk"),
            CONFIRM,
            Variable("unblock", BOOL, False),
        ),
        WHICH_BLOCKED,
    ),
    "update_trunk": Playbook(
        (
            Variable(
                "trunk_id",
                _text(UUID),
                required="Which trunk? Give its id: -e trunk_id=cf2e6377-fcaa-4416-8c8e-acd5f31a427f",
            ),
        )
    ),
    "watch_spend": Playbook(
        (
            Variable("share", SHARE, "80"),
            REPORT,
            Variable("fail_on_spend", BOOL, True),
            Variable("except", NAMES, ()),
        )
    ),
    "awx.install": Playbook(
        (
            Variable(
                "awx_project_url",
                TEXT,
                required="Where are your playbooks? Give their git repository: -e awx_project_url=https://...",
            ),
            Variable("awx_project_branch", TEXT),
            Variable("awx_project_credential", TEXT),
            Variable("awx_organization", TEXT, "Default"),
            Variable("awx_image", TEXT),
            Variable("awx_notification_templates", NAMES, ()),
            Variable("didww_environment", choice("production", "sandbox")),
            Variable("didww_api_version", choice(*API_VERSIONS)),
            Variable("didww_api_url", TEXT),
            Variable("didww_api_token_url", TEXT),
        ),
        environment={
            "CONTROLLER_HOST": "Which AWX? Set the environment variable CONTROLLER_HOST to its address, such as "
            "https://awx.example.com.",
            "DIDWW_API_KEY": "Which API key? Set the environment variable DIDWW_API_KEY.",
        },
        # A new credential could not refer to a credential type that does not exist yet, and so on.
        check_mode="This playbook does not support --check, because it creates objects in AWX that refer to each "
        "other: run it without.",
    ),
    "awx.project": Playbook(
        (Variable("folder", PATH, required="Which folder? Give the one to write to: -e folder=voice-trunks"),)
    ),
}
FAMILY = {row.name for playbook in PLAYBOOKS.values() for row in playbook.rows}
