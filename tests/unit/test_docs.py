# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guides, README and CONTRIBUTING match the code. `make docs` also runs the examples and checks the pages."""

from __future__ import annotations

import json
import re
import subprocess
import textwrap
from importlib import resources
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import demo
import jsonschema
import pytest
import yaml
from ansible_collections.didww.voice.extensions.eda.plugins.event_source import callbacks
from ansible_collections.didww.voice.plugins.module_utils._engine import connection
from ansible_collections.didww.voice.plugins.module_utils._resources.account import ACCOUNT
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import (
    AUTHENTICATION,
    DEFAULT_DID,
    VOICE_OUT_TRUNK,
)
from ansible_collections.didww.voice.plugins.plugin_utils._playbooks import PLAYBOOKS
from docsite.outputs import BLOCK, with_files

from .conftest import LINKAGE, ROOT, RunModule, plugin

GUIDES = sorted(ROOT.glob("docs/docsite/rst/*.rst"))
LANDING_PAGE = ROOT / "tools" / "docsite" / "index.rst"
KEYWORDS = {
    *("name", "register", "vars", "when", "loop", "ignore_errors", "no_log", "delegate_to", "check_mode"),
    *("notify", "run_once"),
}
REPOSITORY = "https://github.com/didww/ansible-collection-voice/blob/main/"
# The URLs of files and folders in the repository.
PLACES = (
    REPOSITORY,
    REPOSITORY.replace("/blob/", "/tree/"),
    "https://raw.githubusercontent.com/didww/ansible-collection-voice/main/",
)


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


# The YAML code blocks of the guides and of the landing page.
BLOCKS = re.compile(r"^\.\. code-block:: yaml\n\n((?: {3}.*\n|\n)+)", re.MULTILINE)
EXAMPLES = {
    f"{page.stem}-{number}": textwrap.dedent(block)
    for page in (LANDING_PAGE, *GUIDES)
    for number, block in enumerate(BLOCKS.findall(page.read_text(encoding="utf-8")), 1)
}


def test_the_guides_show_every_example_file_as_it_is() -> None:
    texts = {guide: guide.read_text(encoding="utf-8") for guide in GUIDES}
    assert [guide.name for guide, text in texts.items() if with_files(text) != text] == []
    shown = {found[2] for text in texts.values() for found in BLOCK.finditer(text)}
    assert shown == {str(path.relative_to(ROOT)) for path in ROOT.glob("docs/examples/**/*") if path.is_file()}


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_only_set_existing_options(name: str) -> None:
    document = yaml.safe_load(EXAMPLES[name])
    if isinstance(document, dict):
        if not any(isinstance(document.get(name), list) for name in ACCOUNT):
            assert all(group.keys() <= {"hosts", "vars", "children"} for group in document.values()), "no inventory"
            return
        lists = {name: document[name] for name in ACCOUNT if name in document}
        document = [{"name": "A vars file", "didww.voice.account": lists}]
    if "sources" in document[0]:
        check_rulebook(document)
        return
    tasks = [task for play in document for task in play.get("tasks", [play])]
    for task in (task for block in tasks for task in block.get("block", [block])):
        (action,) = task.keys() - KEYWORDS
        if action.startswith("didww.voice."):
            work = plugin("action", action.removeprefix("didww.voice.")).ActionModule.work
            assert unknown(task[action], {**connection.connection_spec(), **work.spec()}) == []


def check_rulebook(document: Any) -> None:
    schema = resources.files("ansible_rulebook").joinpath("schema/ruleset_schema.json").read_text(encoding="utf-8")
    jsonschema.validate(document, json.loads(schema))
    for ruleset in document:
        assert ruleset["sources"][0]["didww.voice.callbacks"].keys() <= {*callbacks.NAMES}


def test_rulebooks_are_valid() -> None:
    check_rulebook(yaml.safe_load(callbacks.EXAMPLES))
    check_rulebook(yaml.safe_load(read("extensions/eda/rulebooks/abuse.yml")))


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
    assert len(EXAMPLES) >= 15
    plays: list[Any] = []
    for example in EXAMPLES.values():
        document = yaml.safe_load(example)
        if isinstance(document, list) and "rules" not in document[0]:
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


# README, what else GitHub shows, and the page of the local API; the changelog is written by a tool.
PAGES_ON_GITHUB = [*ROOT.glob("[!C]*.md"), *ROOT.glob("CO*.md"), *ROOT.glob("docs/co*.md"), *ROOT.glob("tests/**/*.md")]


def test_pages_name_and_link_to_existing_files() -> None:
    assert len(PAGES_ON_GITHUB) >= 8
    # Galaxy shows README without the other files.
    assert re.findall(r"\]\((?!https://)([^)]+)\)", read("README.md")) == []
    named = re.findall(r"`((?:plugins|tests|tools|docs|meta|changelogs)/[\w/.-]+)`", read("CONTRIBUTING.md"))
    assert [path for path in named if "NAME" not in path and not (ROOT / path).exists()] == []
    for page in PAGES_ON_GITHUB:
        for link in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            place = next(filter(link.startswith, PLACES), "")
            if place or "://" not in link:
                assert (ROOT if place else page.parent).joinpath(link.removeprefix(place)).exists(), (page, link)


def test_the_comparison_with_the_requirements_names_existing_headings() -> None:
    named = re.findall(r"(\w+\.md), \*([^*]+)\*", read("docs/collection_inclusion.md"))
    assert len(named) >= 4
    for page, heading in named:
        assert f"\n## {heading}\n" in read(page), (page, heading)


def test_the_picture_shows_what_the_demo_says(run_module: RunModule) -> None:
    (play,) = yaml.safe_load(read("playbooks/update_trunk.yml"))
    options = {**play["tasks"][-1]["didww.voice.voice_out_trunk"], "id": demo.TRUNK}
    diff = run_module(check=True, diff=True, **options)["diff"]
    picture = ElementTree.parse(ROOT / "docs" / "diff.svg").getroot()  # noqa: S314 - a file of this repository
    drawn = "".join(picture.itertext()).replace("\N{NO-BREAK SPACE}", " ")
    assert diff["before_header"] in drawn
    for line in (diff["before"] + diff["after"]).splitlines():
        assert line in drawn


def test_the_info_module_describes_every_setting() -> None:
    returned = yaml.safe_load(plugin("modules", "voice_out_trunk_info").RETURN)
    described = returned["trunks"]["contains"]
    # Only a task that sets the default DID knows it.
    kinds = {row.name: row.kind.spec["type"] for row in VOICE_OUT_TRUNK.settings if row.name != DEFAULT_DID}
    assert {name: described[name]["type"] for name in kinds} == kinds
    read_only = {"created_at", "threshold_reached", "spent_amount", "did_numbers", "not_accepted", "credentials"}
    assert described.keys() == {"id", *kinds} | read_only
    assert described[AUTHENTICATION]["contains"].keys() == {"type", *VOICE_OUT_TRUNK.variants[0].attributes}
    (sample,) = returned["settings"]["sample"]
    assert sample.keys() == {"id", *kinds}


def test_the_guides_list_every_setting() -> None:
    def names(text: str) -> set[str]:
        return set(re.findall("``([a-z_]+)``", text))

    def rows(guide: str) -> list[str]:
        return re.findall(r"^   \* - (.*)$", read(f"docs/docsite/rst/{guide}.rst"), re.MULTILINE)

    settings = [row for row in VOICE_OUT_TRUNK.settings if row.name != AUTHENTICATION]
    every = [*settings, *VOICE_OUT_TRUNK.variants[0].attributes.values()]
    cleared = read("docs/docsite/rst/guide_null.rst").split("\n``null`` clears ")[1].split(" in ``authent")[0]
    assert names(cleared) == {row.name for row in every if row.nullable}
    alike = [names(row) for row in rows("guide_equality")]
    for kind in ("int", "bool"):
        assert {row.name for row in settings if row.kind.spec["type"] == kind} in alike
    chosen = set().union(*(names(row) for row in rows("guide_life_cycle")))
    required = {row.name for row in settings if row.required or row.required_by}
    assert chosen >= {row.name for row in settings} - required - {*LINKAGE, DEFAULT_DID}


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_header_and_guide_name_every_variable_of_a_playbook(name: str) -> None:
    header = read(f"playbooks/{name.replace('.', '/')}.yml").split("\n- name:")[0]
    guide = read("docs/docsite/rst/guide_playbooks.rst").split(f"\ndidww.voice.{name}\n")[1].split("\ndidww.voice.")[0]
    for variable in (row.name for row in PLAYBOOKS[name].rows):
        assert re.search(rf"^# +{variable}\b", header, re.MULTILINE), variable
        assert f"``{variable}``" in guide, variable


def test_every_playbook_checks_its_variables_first_and_runs_here() -> None:
    found = {}
    for path in sorted((ROOT / "playbooks").glob("*.yml")) + sorted((ROOT / "playbooks" / "awx").glob("*.yml")):
        plays = yaml.safe_load(path.read_text(encoding="utf-8"))
        if isinstance(plays, list):
            (play,) = plays
            if play.keys() == {"name", "ansible.builtin.import_playbook"}:
                # It has no variables of its own.
                assert play["ansible.builtin.import_playbook"].removeprefix("didww.voice.") in PLAYBOOKS
                continue
            assert (play["hosts"], play["connection"], play["gather_facts"]) == ("localhost", "local", False), path
            (name,) = play["tasks"][0]["didww.voice.playbook_variables"].values()
            found[name] = ".".join(path.relative_to(ROOT / "playbooks").with_suffix("").parts)
    assert found == {name: name for name in PLAYBOOKS}


def names_set(part: Any) -> set[str]:
    """Return the variables that a part of a playbook sets."""
    if isinstance(part, list):
        return set().union(*map(names_set, part))
    if not isinstance(part, dict):
        return set()
    read_into = part.get("ansible.builtin.include_vars", {}).get("name")
    names = {*part.get("vars", ()), *part.get("ansible.builtin.set_fact", ()), part.get("register"), read_into}
    return (names - {None}).union(*(names_set(value) for value in part.values()))


def test_playbooks_prefix_the_names_of_their_own_variables() -> None:
    # Extra variables override such names: a job of AWX gets the artifacts of earlier jobs.
    for path in (ROOT / "playbooks").rglob("*.yml"):
        if "files" not in path.parts and path.parent.name != "vars":
            names = names_set(yaml.safe_load(path.read_text(encoding="utf-8")))
            # The variables of the playbooks that the project for AWX imports.
            assert {name for name in names if not name.startswith("didww_voice_")} <= {"trunks_file"}, path


def test_logic_is_in_python() -> None:
    # "Half of the 295 lines with Jinja that the playbooks had":
    # grep -rE '\{\{|\{%' playbooks | wc -l
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / "playbooks").rglob("*") if path.is_file()}
    assert sum(bool(re.search("{{|{%", line)) for text in texts.values() for line in text.splitlines()) <= 295 // 2
    for path, text in texts.items():
        # Unknown must not become true or false. AWX's own objects have defaults.
        assert "default(" not in text or "awx" in path.parts, path
        assert not re.search(r"{%|\bset_fact\b", text) or "awx" in path.parts, path
