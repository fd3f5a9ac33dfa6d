# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""The variables of the playbooks: each is one row, and each playbook is a table of rows.

Variables come from an inventory, from `-e`, from a survey of AWX, or from the artifacts of an earlier job. They are
checked before anything is read, and all problems are reported together.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
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
    nearest,
    rejection,
    show,
)
from ansible_collections.didww.voice.plugins.module_utils._resources.account import ACCOUNT
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK
from ansible_collections.didww.voice.plugins.plugin_utils import _plans as plans

# The names that the playbooks give to their own results.
PREFIX = "didww_voice_"
# The marker of a file that a module wrote for its option undo_file.
UNDO = f"{PREFIX}undo"
# The artifacts that AWX passes on from an earlier job of a workflow as extra variables.
ARTIFACTS = ("approved_plan", "blocked", "drift", "spend")
# What -e splits off at a space.
RAW = "_raw_params"


class Rejected(Exception):
    """All problems with the variables of a playbook: `messages`. `variables`: those without a problem."""

    def __init__(self, messages: list[str], variables: dict[str, Any]) -> None:
        super().__init__(messages)
        self.messages = messages
        self.variables = variables


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


def _what(value: Any) -> str:
    # Ansible has types of its own, which are derived from these.
    names: dict[type, str] = {dict: "a dictionary", list: "a list", str: "a text", type(None): "empty"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), show(value))


def _list_of(noun: str) -> Kind:
    """Return the kind of a list of entries."""

    def canonical(value: Any) -> list[Any]:
        words = f"a list of {noun}, each a dictionary of options, but it is {_what(value)}"
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


TEXT = _text(matching(r"(?s).+", "text"))
IDENTIFIER = _text(matching(r"(?s).*\S.*", "the id, external_reference_id or exact name of a trunk"))
PATH = _text(kinds.PATH)
NEW_FILE = _text(kinds.NEW_FILE)
SHARE = Kind({"type": "str"}, _share)
NAMES = Kind({"type": "list"}, _names)
IDS = Kind({"type": "list"}, _ids)
LISTS = Kind({"type": "list"}, _lists)
# The lists of an account, by their variables.
ENTRIES = {name: _list_of("trunks" if resource.creatable else "numbers") for name, resource in ACCOUNT.items()}


# --- The playbooks --------------------------------------------------------------------------------

CONFIRM = Variable("confirm", BOOL)
REPORT = Variable("report", NEW_FILE)
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
            Variable("plan", NEW_FILE, takes_empty=True),
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
            Variable("trunks_file", NEW_FILE, "trunks.yml"),
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


# --- Checks ---------------------------------------------------------------------------------------


def given(value: Any) -> bool:
    """Return whether a variable has a value: AWX passes an empty answer as an empty text or as null."""
    return value is not None and value != ""


def check(
    name: str,
    value_of: Callable[[str], Any],
    own: Collection[str],
    extra: Mapping[str, Any],
    check_mode: bool = False,
    known: Collection[str] = (),
) -> dict[str, Any]:
    """Return the variables of a playbook in canonical form, with defaults.

    `value_of` returns the value of a variable, or None; it raises ValueError. `own`: the names of the variables that
    -e or the play sets. `extra`: those of -e. `known`: the names of all variables, even of empty ones. Raises Rejected
    with every problem.
    """
    playbook = PLAYBOOKS[name]
    variables: dict[str, Any] = {}
    problems = [*_cut(extra), *_not_taken(name, value_of, own), *_prefixed(extra)]
    if check_mode and playbook.check_mode:
        problems.append(playbook.check_mode)
    problems += [
        question for variable, question in (playbook.environment or {}).items() if not os.environ.get(variable)
    ]
    # The lists of -e or the play come before those of an inventory, which may be for something else.
    first = [variable for variable in ENTRIES if variable in own and _is_given(value_of, variable)]
    for row in playbook.rows:
        # A file comes before both. Any other list is ignored.
        if row.name in ENTRIES and variables.get("trunks_file"):
            continue
        if row.name in ENTRIES and first and row.name not in first:
            variables[row.name] = None
            continue
        try:
            value = value_of(row.name)
        except ValueError as error:
            problems.append(f"{row.name}: {error}")
            continue
        if not (given(value) or (row.takes_empty and row.name in {*known, *own})):
            variables[row.name] = _default(row)
            problems += [row.required] if row.required else []
            continue
        try:
            variables[row.name] = row.kind.canonical(value)
        except ValueError as error:
            problems.append(f"{row.name}: {_rejection(row, value, error)}")
    refused = {row.name for row in playbook.rows} - variables.keys()
    problems += _selections(playbook, variables, refused)
    problems += _conflicts(name, variables, check_mode)
    if problems:
        raise Rejected(problems, variables)
    return variables


def _is_given(value_of: Callable[[str], Any], name: str) -> bool:
    """Return whether a variable has a value, even one that cannot be evaluated."""
    try:
        return given(value_of(name))
    except ValueError:
        return True


def _default(row: Variable) -> Any:
    if row.kind in (NEW_FILE, PATH) and row.default:
        return row.kind.canonical(row.default)
    return list(row.default) if isinstance(row.default, tuple) else row.default


def _rejection(row: Variable, value: Any, error: ValueError) -> str:
    # The value of a list can be long, and its message says what it is.
    return f"expected {error}" if row.name in ENTRIES else rejection(value, error)


def _cut(extra: Mapping[str, Any]) -> Iterable[str]:
    """Yield a problem if -e was cut at a space.

    The shell removes the quotes of `-e trunk="EU SBC"`, `trunk` is then "EU", which may be another trunk, and Ansible
    puts the rest into _raw_params.
    """
    if RAW in extra:
        yield (
            f"Nothing was done: {show(extra[RAW])} belongs to no variable, because -e splits its value at spaces. "
            """Write a value with spaces as JSON, -e '{"trunk": "EU SBC"}', or with quotes within quotes, """
            """-e "trunk='EU SBC'"."""
        )


def _not_taken(name: str, value_of: Callable[[str], Any], own: Iterable[str]) -> Iterable[str]:
    """Yield the variables that another playbook of this collection takes, and this one does not."""
    taken = [row.name for row in PLAYBOOKS[name].rows]
    for variable in own:
        others = variable in FAMILY and variable not in taken and variable not in ARTIFACTS
        if others and _is_given(value_of, variable):
            yield f"{variable}: didww.voice.{name} has no such variable; it has {', '.join(sorted(taken))}"


def _prefixed(extra: Iterable[str]) -> Iterable[str]:
    for variable in extra:
        if variable == UNDO:
            yield f"{variable}: give an undo file as -e trunks_file=FILE, not as -e @FILE"
        elif variable.startswith(PREFIX):
            yield f"{variable}: the playbooks use names that begin with {PREFIX} for their results; choose another name"


def _selections(playbook: Playbook, variables: Mapping[str, Any], refused: set[str]) -> Iterable[str]:
    """Yield a problem unless the variables select in exactly one way. `refused`: variables with a problem."""
    listed = [row.name for row in playbook.rows if row in LISTED]
    if listed and not refused & set(listed) and all(variables.get(name) is None for name in listed):
        yield playbook.question
    rows = [row for row in playbook.rows if row.selects]
    # False is a filter, but it does not select every trunk.
    used = [row for row in rows if variables.get(row.name) not in (None, False) or _is_filter(row, variables)]
    if len({row.selects for row in used}) > 1:
        first, *others = used
        names = ", ".join(row.name for row in others if row.selects != first.selects)
        yield f"{names}: cannot be combined with {first.name}. {playbook.question}"
    elif rows and not used and not refused & {row.name for row in rows}:
        yield playbook.question


def _is_filter(row: Variable, variables: Mapping[str, Any]) -> bool:
    return row.selects == "filters" and variables.get(row.name) is False


def _conflicts(name: str, variables: Mapping[str, Any], check_mode: bool) -> Iterable[str]:
    """Yield what is wrong with several variables together."""
    if name == "fleet":
        if variables.get("state") == "absent" and not variables.get("confirm") and not check_mode:
            never = " Numbers are never deleted." if variables.get("dids") is not None else ""
            yield f"Nothing was deleted. To delete every trunk in the list, add -e confirm=yes.{never}"
        if variables.get("undo_add") and not variables.get("undo_file"):
            yield "undo_add: requires undo_file, the file to add to"
        yield from plans.conflicts(variables)
    if name == "audit" and variables.get("plan") and variables["plan"] == variables.get("report"):
        yield "plan: the report would replace it; choose another name"
    path = variables.get("credentials_file")
    if path and os.path.exists(path) and not variables.get("resume"):
        yield (
            f"credentials_file: {path} exists. If the run that wrote it did not finish, add -e resume=yes: the trunks "
            "in the file are then skipped. For new credentials, give a new file."
        )
    if name == "unblock_trunk" and variables.get("blocked") == []:
        yield "blocked: the list of ids is empty, so there is nothing to unblock"


def misspelled(name: str, own: Iterable[str]) -> list[str]:
    """Return a warning for each variable of -e or the play that is almost one of this playbook."""
    taken = {row.name for row in PLAYBOOKS[name].rows}
    return [
        f"didww.voice.{name} has no variable called {variable}. Did you mean {near}?"
        for variable in own
        if variable not in FAMILY and variable not in ARTIFACTS and (near := nearest(variable, taken))
    ]


def lists_in(data: Any, path: str, names: Collection[str]) -> dict[str, list[Any]]:
    """Return the lists in the `data` of a vars file: at least one of those called `names`. Raises ValueError."""
    too = "" if [*names] == ["trunks"] else ". Lists called in_trunks and dids are accepted too"
    if not isinstance(data, dict):
        raise ValueError(f"{path} is {_what(data)}; expected a vars file with a list called trunks{too}")
    others = [name for name in ENTRIES if UNDO in data and name in data and name not in names]
    if others:
        words = f"{path} also brings back {' and '.join(others)}, which this playbook would leave as they are: "
        raise ValueError(f"{words}run didww.voice.fleet with it as trunks_file")
    found = [name for name in names if name in data]
    if not found:
        raise ValueError(f"{path} has no list called trunks. It has: {', '.join(map(str, data)) or 'nothing'}{too}")
    try:
        return {(place := name): ENTRIES[name].canonical(data[name]) for name in found}
    except ValueError as error:
        raise ValueError(f"{path}: {place}: expected {error}") from error


def flat(text: object) -> str:
    """Return a message on one line."""
    return re.sub(r"\s+", " ", str(text)).strip()
