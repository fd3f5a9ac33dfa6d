# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guides, README and CONTRIBUTING match the code. `make docs` also runs the examples and checks the pages."""

from __future__ import annotations

import re
import subprocess
import textwrap
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import demo
import jinja2
import jinja2.nodes
import pytest
import yaml
from ansible_collections.didww.voice.plugins.module_utils._engine import connection, fleet, reading
from ansible_collections.didww.voice.plugins.module_utils._resources import voice_out_trunk_credentials
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import DEFAULT_DID, VOICE_OUT_TRUNK

from .conftest import ROOT, RunModule

GUIDES = sorted(ROOT.glob("docs/docsite/rst/*.rst"))
LANDING_PAGE = ROOT / "tools" / "docsite" / "index.rst"
SPECS: dict[str, dict[str, Any]] = {
    "voice_out_trunk": VOICE_OUT_TRUNK.spec(),
    "voice_out_trunks": fleet.fleet_spec(VOICE_OUT_TRUNK),
    "voice_out_trunk_info": reading.info_spec(VOICE_OUT_TRUNK),
    "voice_out_trunk_credentials": voice_out_trunk_credentials.credentials_spec(),
}
KEYWORDS = {"name", "register", "vars", "when", "loop", "ignore_errors", "no_log", "delegate_to"}
REPOSITORY = "https://github.com/didww/ansible-collection-voice/blob/main/"
# The URLs of files and folders in the repository.
PLACES = (
    REPOSITORY,
    REPOSITORY.replace("/blob/", "/tree/"),
    "https://raw.githubusercontent.com/didww/ansible-collection-voice/main/",
)


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def examples(guide: Path) -> list[str]:
    """Return the YAML code blocks of a guide."""
    found = re.findall(
        r"^\.\. code-block:: yaml\n\n((?: {3}.*\n|\n)+)", guide.read_text(encoding="utf-8"), re.MULTILINE
    )
    return [textwrap.dedent(block) for block in found]


EXAMPLES = {
    f"{page.stem}-{number}": example
    for page in (LANDING_PAGE, *GUIDES)
    for number, example in enumerate(examples(page), 1)
}


def test_the_guides_have_examples() -> None:
    assert len(EXAMPLES) >= 15


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_only_set_existing_options(name: str) -> None:
    document = yaml.safe_load(EXAMPLES[name])
    if isinstance(document, dict):
        if "trunks" not in document:
            assert all(group.keys() <= {"hosts", "vars", "children"} for group in document.values()), "no inventory"
            return
        document = [{"name": "A vars file", "didww.voice.voice_out_trunks": document}]
    for task in (task for block in document for task in block.get("tasks", [block])):
        (action,) = task.keys() - KEYWORDS
        if action.startswith("didww.voice."):
            spec = {**connection.connection_spec(), **SPECS[action.removeprefix("didww.voice.")]}
            assert unknown(task[action], spec) == []


def unknown(options: Any, spec: dict[str, Any]) -> list[str]:
    """Return the options that are not in a spec, including those in sub-options and lists."""
    found = [name for name in options if name not in spec]
    for name, value in options.items():
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, dict) and name in spec:
                found += unknown(entry, spec[name]["options"])
    return found


def test_ansible_accepts_every_play_in_the_guides(tmp_path: Path) -> None:
    playbook = tmp_path / "playbook.yml"
    plays: list[Any] = []
    for example in EXAMPLES.values():
        document = yaml.safe_load(example)
        if isinstance(document, list):
            is_play = "hosts" in document[0]
            plays += document if is_play else [{"hosts": "localhost", "gather_facts": False, "tasks": document}]
    playbook.write_text(yaml.safe_dump(plays), encoding="utf-8")
    tmp_path.joinpath("trunks.yml").write_text("trunks: []\n", encoding="utf-8")
    command = ["ansible-playbook", "--syntax-check", str(playbook)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_guide_is_in_the_table_of_contents_and_on_the_landing_page_and_in_the_readme() -> None:
    sections = yaml.safe_load(read("docs/docsite/extra-docs.yml"))["sections"]
    listed = [guide for section in sections for guide in section["toctree"]]
    assert sorted(listed) == [guide.stem for guide in GUIDES]
    linked = re.findall(rf"\({REPOSITORY}docs/docsite/rst/(\w+)\.rst\)", read("README.md"))
    assert set(linked) == set(listed)
    found = re.findall(r"didww\.voice\.docsite\.(guide_\w+)", LANDING_PAGE.read_text(encoding="utf-8"))
    assert set(found) == set(listed)


def test_the_environment_variable_of_every_option_is_described_and_linked_to() -> None:
    variables = [connection.variable(row.name) for row in connection.CONNECTION]
    described = re.findall(r"^\.\. envvar:: (\w+)$", read("docs/docsite/rst/guide_connection.rst"), re.MULTILINE)
    assert sorted(described) == sorted(variables)
    assert yaml.safe_load(read("docs/docsite/config.yml"))["envvar_directives"] == described


PAGES_ON_GITHUB = [
    "README.md",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "MAINTAINERS.md",
    "SECURITY.md",
    "docs/collection_inclusion.md",
    "tests/simulator/README.md",
]


@pytest.mark.parametrize("page", PAGES_ON_GITHUB)
def test_pages_link_to_existing_files(page: str) -> None:
    for link in re.findall(r"\]\(([^)#]+)", read(page)):
        for place in PLACES:
            if link.startswith(place):
                assert (ROOT / link.removeprefix(place)).exists(), link
        if "://" not in link:
            assert (ROOT / page).parent.joinpath(link).exists(), link


def test_every_link_of_the_readme_leads_somewhere_from_galaxy() -> None:
    # Galaxy shows README without the other files.
    links_of_readme = re.findall(r"\]\(([^)]+)\)", read("README.md"))
    assert [link for link in links_of_readme if not link.startswith("https://")] == []


def test_the_picture_shows_what_the_demo_says(run_module: RunModule) -> None:
    (play,) = yaml.safe_load(read("playbooks/update_trunk.yml"))
    options = {**play["tasks"][-1]["didww.voice.voice_out_trunk"], "id": demo.TRUNK}
    diff = run_module(check=True, diff=True, **options)["diff"]
    picture = ElementTree.parse(ROOT / "docs" / "diff.svg").getroot()  # noqa: S314 - a file of this repository
    drawn = "".join(picture.itertext()).replace("\N{NO-BREAK SPACE}", " ")
    assert diff["before_header"] in drawn
    for line in (diff["before"] + diff["after"]).splitlines():
        assert line in drawn


def test_contributing_lists_the_files_that_contain_a_setting() -> None:
    table = read("CONTRIBUTING.md").split("| file | what to add |")[1].split("\n\n")[0]
    files = [path for path in re.findall(r"^\| `([^`]+)`", table, re.MULTILINE) if "NAME" not in path]
    assert len(files) == 6
    for path in files:
        text = read(path)
        for setting in (*VOICE_OUT_TRUNK.settings, *VOICE_OUT_TRUNK.variants[0].attributes.values()):
            if setting.name == DEFAULT_DID and path.startswith("tests/"):
                continue  # no answer has it; test_life_cycle.py has its tests
            assert setting.name in text, f"{path} does not have {setting.name}"


# The variables of a playbook are those that it reads but does not set, in its expressions and those of its tasks.
TRUNKS = ["vars/trunks.yml", "tasks/trunks.yml"]
SELECT = ["vars/select.yml", "tasks/select.yml", "tasks/confirm.yml"]
PLAYBOOKS = {
    "audit": TRUNKS,
    "block_trunk": SELECT,
    "export_trunks": [],
    "fleet": TRUNKS,
    "rotate_credentials": SELECT,
    "unblock_trunk": ["tasks/confirm.yml"],
    "update_trunk": [],
    "watch_spend": [],
    "awx/install": ["awx/tasks/install.yml"],
    "awx/project": [],
}
# Set by Ansible, by Jinja, and in awx/vars.
GIVEN = {
    "_raw_params",
    "ansible_check_mode",
    "ansible_failed_result",
    "awx_job_id",
    "item",
    "loop",
    "omit",
    "playbook_dir",
}
GIVEN |= {"didww_credential_type", "didww_job_templates", "didww_schedules"}
EXPRESSIONS = {"when", "that", "failed_when", "changed_when"}


def read_and_set(part: Any, expression: bool = False) -> tuple[set[str], set[str]]:
    """Return the variables that a part of a playbook reads and sets."""
    if isinstance(part, str):
        tree = jinja2.Environment(autoescape=True).parse(f"{{{{ {part} }}}}" if expression else part)
        names = list(tree.find_all(jinja2.nodes.Name))
        return (
            {name.name for name in names if name.ctx == "load"},
            {name.name for name in names if name.ctx == "store"},
        )
    if isinstance(part, dict):
        found = [read_and_set(value, key in EXPRESSIONS) for key, value in part.items()]
        read_from_file = part.get("ansible.builtin.include_vars", {})
        facts = part.get("ansible.builtin.set_fact", {})
        names_set = {*part.get("vars", ()), *facts, part.get("register", ""), read_from_file.get("name", "")}
        found.append((set(), names_set))
    else:
        found = [read_and_set(value, expression) for value in part] if isinstance(part, list) else []
    return set().union(*(reads for reads, _sets in found)), set().union(*(sets for _reads, sets in found))


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_header_and_guide_name_every_variable_of_a_playbook(name: str) -> None:
    parts = {file: yaml.safe_load(read(f"playbooks/{file}")) for file in (f"{name}.yml", *PLAYBOOKS[name])}
    reads, sets = read_and_set([{"vars": part} if file.startswith("vars/") else part for file, part in parts.items()])
    wanted = reads - sets - GIVEN - set(jinja2.defaults.DEFAULT_NAMESPACE) - {"lookup"}
    assert wanted
    header = read(f"playbooks/{name}.yml").split("\n- name:")[0]
    assert {variable for variable in wanted if not re.search(rf"^# +{variable}\b", header, re.MULTILINE)} == set()
    guide = read("docs/docsite/rst/guide_playbooks.rst")
    assert {variable for variable in wanted if f"``{variable}``" not in guide} == set()
