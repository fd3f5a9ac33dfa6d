# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written in several places says the same everywhere."""

from __future__ import annotations

import re
from typing import Any

import yaml
from ansible_collections.didww.voice.plugins.doc_fragments import connection
from ansible_collections.didww.voice.plugins.module_utils._engine import task
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

from .conftest import CASES, ROOT


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def load(path: str) -> Any:
    return yaml.safe_load(read(path))


def order(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


README = read("README.md")
LANDING_PAGE = " ".join(read("tools/docsite/index.rst").split())
MATRIX = load("tests/matrix.yml")
MODULES = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
RELEASES = load("changelogs/changelog.yaml")["releases"]
VERSIONS = [row["ansible-core"] for row in MATRIX["rows"]]


def test_the_cases_say_what_the_table_of_settings_says() -> None:
    parts = {f"{row.name}.{name}": part for row in VOICE_OUT_TRUNK.variants for name, part in row.attributes.items()}
    settings = {**VOICE_OUT_TRUNK.rows, **parts}
    nullable = {case["option"]: settings[case["option"]].nullable for case in CASES}
    assert {case["option"]: "clears" in case for case in CASES} == nullable


def test_no_version_is_newer_than_that_of_the_next_release() -> None:
    """Before the first release there is no other."""
    assert load("galaxy.yml")["version"] == task.VERSION
    known = {*RELEASES, task.VERSION}
    assert max(known, key=order) == task.VERSION
    for path in (ROOT / "plugins").rglob("*.py"):
        assert {*re.findall(r"version_added: *(\S+)", path.read_text(encoding="utf-8"))} <= known, path


def test_the_changelog_describes_the_next_release_in_one_place() -> None:
    """Either in its entry, which is complete, or in fragments."""
    assert [version for version, entry in RELEASES.items() if not entry.keys() & {"changes", "modules"}] == []
    if task.VERSION not in RELEASES:
        return
    assert list((ROOT / "changelogs" / "fragments").glob("*.y*ml")) == []
    assert {module["name"] for entry in RELEASES.values() for module in entry.get("modules", [])} == MODULES
    playbooks = {book["name"] for entry in RELEASES.values() for book in entry.get("objects", {}).get("playbook", [])}
    assert playbooks == {
        ".".join(path.relative_to(ROOT / "playbooks").with_suffix("").parts)
        for folder in ("playbooks", "playbooks/awx")
        for path in (ROOT / folder).glob("*.yml")
        if isinstance(load(str(path)), list)
    }


def test_what_installs_the_collection_by_itself_stays_within_its_major_version() -> None:
    major = int(task.VERSION.split(".", maxsplit=1)[0])
    within = {"name": "didww.voice", "version": f">={major}.0.0,<{major + 1}.0.0"}
    project = load("playbooks/awx/files/project/collections/requirements.yml")
    image = load("playbooks/awx/execution-environment.yml")["dependencies"]["galaxy"]
    assert project["collections"] == image["collections"] == [within]
    (shown,) = re.findall(r"```yaml\n(collections:\n.*?)```", README, re.DOTALL)
    assert yaml.safe_load(shown)["collections"] == [within]


def test_the_range_of_ansible_core_is_one() -> None:
    oldest, newest = (VERSIONS[index].rpartition(".")[0] for index in (0, -1))
    assert load("meta/runtime.yml")["requires_ansible"] == f">={VERSIONS[0]}"
    assert all(f"ansible-core {oldest} or newer" in page for page in (README, LANDING_PAGE))
    assert all(f"ansible-core {oldest} to {newest}" in page for page in (README, load("galaxy.yml")["description"]))


def test_the_matrix_has_no_gap_and_includes_the_ansible_core_of_development() -> None:
    minors = [int(version.split(".")[1]) for version in VERSIONS]
    assert minors == sorted(minors)
    assert set(minors) == set(range(minors[0], minors[-1] + 1))
    (version,) = re.findall(r"^ansible-core==(\S+)$", read("tests/requirements-demo.txt"), re.MULTILINE)
    assert version in VERSIONS


def test_the_oldest_requests_is_one() -> None:
    oldest = read("requirements.txt").strip().removeprefix("requests>=")
    used_by_builder = load("meta/execution-environment.yml")["dependencies"]["python"]
    lines = [line for line in read(used_by_builder).splitlines() if not line.startswith("#")]
    assert lines == [f"requests>={oldest}"]
    assert MATRIX["rows"][0]["pins"]["requests"] == f"{oldest}.0"
    assert f"`requests` {oldest} or newer" in README
    assert f"``requests`` {oldest} or newer" in LANDING_PAGE
    requirements = yaml.safe_load(connection.ModuleDocFragment.DOCUMENTATION)["requirements"]
    assert f"requests >= {oldest}" in requirements


def test_the_licence_is_one() -> None:
    # Galaxy wants LICENSE, and REUSE wants it under its SPDX name.
    assert read("LICENSES/GPL-3.0-or-later.txt") == read("LICENSE")


def test_the_action_group_holds_every_module_that_connects_to_didww() -> None:
    assert {*load("meta/runtime.yml")["action_groups"]["all"], "playbook_lists", "playbook_variables"} == MODULES
    assert {path.stem for path in (ROOT / "plugins" / "action").glob("*.py")} == MODULES


def test_the_oldest_python_is_one() -> None:
    oldest = MATRIX["rows"][0]["pythons"][0]
    assert all(f"Python {oldest} or newer" in page for page in (README, LANDING_PAGE))
    assert f"python >= {oldest}" in yaml.safe_load(connection.ModuleDocFragment.DOCUMENTATION)["requirements"]
