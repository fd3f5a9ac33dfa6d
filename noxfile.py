# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions of nox for every check, measurement and release. `make help` lists the main ones.

nox is installed in .venv, which make creates, and most sessions run there too. `package`, `docs`, `mutation`, and
each row of tests/matrix.yml have their own environments in build/nox, which are kept between runs.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nox
import yaml

ROOT = Path(__file__).parent
BUILD = ROOT / "build"
COLLECTION = "ansible_collections/didww/voice"
INSTALLED = BUILD / "installed"
# The collection awx.awx, which playbooks/awx/install.yml uses.
AWX = BUILD / "awx"
SITE = BUILD / "docs"
COVERAGE = BUILD / "coverage"
# What the sessions passed, in numbers: a file each, which `make test` shows at its end.
RESULTS = BUILD / "results"
JUNIT = Path(COLLECTION) / "tests" / "output" / "junit"
CONSTRAINTS = ROOT / "tests" / "constraints.txt"
MATRIX = yaml.safe_load((ROOT / "tests" / "matrix.yml").read_text(encoding="utf-8"))
# What the tests of all mutants import, besides the collection.
PRELOADED = ["ansible.module_utils.basic", "ansible.plugins.action", "ansible.template", "coverage", "flask"]
PRELOADED += ["hypothesis.strategies", "jsonschema", "pytest", "requests", "werkzeug.serving", "yaml"]
# In percent: the mutants that tests must kill.
LEAST_NOTICED = 95

nox.options.sessions = ["lint", "unit", "integration", "sanity", "package"]
nox.options.default_venv_backend = "virtualenv"
nox.options.envdir = BUILD / "nox"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = False

# The programs in .venv come first, then the Pythons of pyenv: its shims may be on PATH but not work.
pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
pythons = sorted(map(str, pyenv.glob("versions/3.*/bin")), reverse=True)
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), *pythons, os.environ["PATH"]])
# Ignore the user's Ansible configuration. The tools import the local API from tests.
os.environ |= {
    "ANSIBLE_CONFIG": str(ROOT / "tests" / "ansible.cfg"),
    "ANSIBLE_COLLECTIONS_PATH": f"{INSTALLED}{os.pathsep}{AWX}",
    "AWX_COLLECTIONS": str(AWX),
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{ROOT / 'tools'}",
}


def copy_tree(session: nox.Session) -> Path:
    """Copy the tree, without ignored files, to where Python and ansible-test find it; return the PYTHONPATH."""
    folder = BUILD / "tree" / session.name
    tree = folder / COLLECTION
    shutil.rmtree(folder, ignore_errors=True)
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for name in subprocess.check_output(listed, cwd=ROOT, text=True).split("\0"):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
    # ansible-test lists files with git, and the outer repository ignores build/.
    subprocess.check_call(["git", "init", "--quiet", tree])
    return folder


def constraints(session: nox.Session, pins: Mapping[str, str]) -> str:
    """Write a copy of constraints.txt with `pins`, by lower-case package name, replaced; return its path."""
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if line.partition("==")[0].lower() not in pins]
    # Not session.create_tmp(), which sets TMPDIR: ansible-core 2.21 creates sockets there, whose paths must be short.
    path = BUILD / "nox" / f"constraints-{session.name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, *(f"{name}=={version}" for name, version in pins.items())]), encoding="utf-8")
    return str(path)


def build_artifact(session: nox.Session) -> Path:
    """Build the artifact and return its path."""
    session.run("ansible-galaxy", "collection", "build", "--force", f"--output-path={BUILD}", silent=True)
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    return BUILD / f"didww-voice-{version}.tar.gz"


def install_collection(session: nox.Session) -> None:
    """Build the artifact and install it in INSTALLED."""
    artifact = build_artifact(session)
    shutil.rmtree(INSTALLED, ignore_errors=True)
    options = ["--offline", "--no-deps", f"--collections-path={INSTALLED}"]
    session.run("ansible-galaxy", "collection", "install", *options, artifact, silent=True)


def install_awx(session: nox.Session) -> None:
    """Unpack awx.awx from the package `ansible`, unless it is already there."""
    requirements = ROOT / "tests" / "requirements-awx.txt"
    done = AWX / requirements.name
    if done.exists() and done.read_bytes() == requirements.read_bytes():
        return
    shutil.rmtree(AWX, ignore_errors=True)
    options = ["--quiet", "--no-deps", "--only-binary=:all:", f"--dest={AWX}", f"--requirement={requirements}"]
    session.run("python", "-m", "pip", "download", *options)
    (wheel,) = AWX.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(AWX, [name for name in archive.namelist() if name.startswith("ansible_collections/awx/")])
    wheel.unlink()
    shutil.copy(requirements, done)


def pytest(session: nox.Session, folder: Path, *arguments: str, **environment: str) -> None:
    """Run pytest in a copy of the tree."""
    more = {"PYTHONPATH": str(folder), "HYPOTHESIS_STORAGE_DIRECTORY": str(BUILD / "hypothesis")}
    with session.chdir(folder / COLLECTION):
        session.run("python", "-m", "pytest", *arguments, env={**more, **environment})


def ansible_test(session: nox.Session, folder: Path, command: str, *arguments: str, counted: str = "") -> None:
    """Run ansible-test in a copy of the tree, with the Python of the session; keep how many of `counted` it ran."""
    version = "import sys; print('{}.{}'.format(*sys.version_info))"
    python = str(session.run("python", "-c", version, silent=True, log=False)).strip()
    with session.chdir(folder / COLLECTION):
        session.run("ansible-test", command, f"--python={python}", "--color=no", *arguments, env={"PYTHONPATH": ""})
    if counted:
        # It writes a JUnit file for each.
        keep_result(session, f"{len(list((folder / JUNIT).glob('*.xml')))} {counted} passed")


def keep_result(session: nox.Session, passed: str) -> None:
    """Keep what the session passed for the end of `make test`."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / session.name).write_text(f"{session.name}: {passed}\n", encoding="utf-8")


@nox.session(python=False)
def demo(session: nox.Session) -> None:
    """Run a playbook against the local API: --check --diff, for real, and again."""
    install_collection(session)
    session.run("python", "tools/demo.py")


@nox.session(python=False)
def lint(session: nox.Session) -> None:
    """Check style, types and licences."""
    folder = copy_tree(session)
    install_collection(session)
    install_awx(session)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    path = os.pathsep.join(map(str, (folder, folder / COLLECTION / "tests", folder / COLLECTION / "tools")))
    with session.chdir(folder):
        session.run("mypy", f"--config-file={ROOT / 'pyproject.toml'}", COLLECTION, env={"MYPYPATH": path})
    session.run("ansible-lint", "--offline", "--strict", "--profile=production")
    session.run("reuse", "lint", "--lines")
    keep_result(session, "5 linters passed")


@nox.session(python=False)
def unit(session: nox.Session) -> None:
    """Run the unit tests and report coverage in build/coverage. Arguments go to pytest: then nothing is measured."""
    install_awx(session)
    COVERAGE.mkdir(parents=True, exist_ok=True)
    reports = ["term", f"markdown:{COVERAGE / 'summary.md'}", f"html:{COVERAGE / 'html'}"]
    all_tests = ["--numprocesses=auto", "--dist=loadgroup", "--cov", *(f"--cov-report={report}" for report in reports)]
    folder = copy_tree(session)
    results = folder / JUNIT / "unit.xml"
    pytest(session, folder, f"--junit-xml={results}", *(session.posargs or all_tests))
    suite = ElementTree.parse(results).find("testsuite")  # noqa: S314 - written by pytest
    assert suite is not None
    total, failed, skipped = (int(suite.attrib[name]) for name in ("tests", "failures", "skipped"))
    keep_result(session, f"{total - failed - skipped} passed, {failed} failed, {skipped} skipped")


@nox.session(python=False)
def integration(session: nox.Session) -> None:
    """Run playbooks against the local API. Arguments: targets, such as voice_out_trunk."""
    ansible_test(session, copy_tree(session), "integration", *session.posargs, counted="targets")


@nox.session(python=False)
def sanity(session: nox.Session) -> None:
    """Run ansible-test sanity."""
    session.run("python", "tools/pip_bootstrap.py")
    ansible_test(session, copy_tree(session), "sanity", "--junit", *session.posargs, counted="tests")


@nox.session
def package(session: nox.Session) -> None:
    """Check the artifact, its documentation and its changelog as Galaxy does. A warning of its importer is an error."""
    session.install("-c", constraints(session, {"attrs": "23.2.0"}), "-r", "tests/requirements-package.txt")
    artifact = build_artifact(session)
    session.run("antsibull-changelog", "lint")
    options = ["--plugin-docs", "--disallow-unknown-collection-refs"]
    session.run("antsibull-docs", "lint-collection-docs", *options, str(ROOT))
    session.run("python", "tools/artifact.py", artifact)
    # The importer writes its result to the current folder.
    with session.chdir(session.create_tmp()):
        config = {"GALAXY_IMPORTER_CONFIG": str(ROOT / "tools" / "galaxy-importer.cfg")}
        output = session.run("python", "-m", "galaxy_importer.main", artifact, env=config, silent=True)
    print(output)
    if re.search("WARNING|ERROR", str(output)):
        session.error("galaxy-importer warns: see above")
    keep_result(session, "4 checks passed")


@nox.session(python=False)
def release(session: nox.Session) -> None:
    """Write a version and its changelog, and commit them: `make release` checks the commit. Argument: the version."""
    (version,) = session.posargs
    changed = ["git", "status", "--porcelain"]
    if changes := session.run(*changed, silent=True):
        session.error(f"there are uncommitted changes:\n{changes}")
    for path, name in {"galaxy.yml": "version: ", "plugins/module_utils/_engine/task.py": "VERSION = "}.items():
        text = (ROOT / path).read_text(encoding="utf-8")
        (ROOT / path).write_text(re.sub(rf'(?m)^({name}"?)[^"\n]+', rf"\g<1>{version}", text), encoding="utf-8")
    # 1.0.0 has an entry before it is released: it gets the date of today.
    session.run("antsibull-changelog", "release", "--reload-plugins", "--update-existing")
    # A second run changes nothing.
    if session.run(*changed, silent=True):
        session.run("git", "add", "--all")
        session.run("git", "commit", "--quiet", f"--message=Release {version}")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site in build/docs, compare the outputs in the guides, and check the pages in chromium.

    With the argument `write`: run the examples in guides and README, and update their outputs instead.
    """
    writes = session.posargs == ["write"]
    if not writes and not shutil.which("chromium"):
        session.error("chromium is needed to look at the pages: apt-get install chromium")
    session.install("-r", "tests/requirements-docs.txt")
    install_collection(session)
    if writes:
        session.run("python", "-m", "docsite.outputs")
        session.run("python", "-m", "docsite.picture", "docs/diff.svg")
        return
    shutil.rmtree(SITE, ignore_errors=True)
    SITE.mkdir(parents=True, mode=0o755)
    options = ["--use-current", "--squash-hierarchy", "--fail-on-error", "--sphinx-theme=furo", f"--dest-dir={SITE}"]
    names = ["--title=didww.voice", "--project=didww.voice", "--copyright=didww.voice contributors"]
    session.run("antsibull-docs", "sphinx-init", *options, *names, "didww.voice", silent=True)
    with (SITE / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write((ROOT / "tools" / "docsite" / "conf.py").read_text(encoding="utf-8"))
    shutil.copytree(ROOT / "tools" / "docsite" / "static", SITE / "static")
    session.run(str(SITE / "build.sh"), external=True)
    session.run("python", "-m", "docsite.outputs", "--check")
    session.run("python", "-m", "docsite.look", SITE / "build" / "html", SITE / "look")


@nox.session(python=False)
def bench(session: nox.Session) -> None:
    """Measure against the local API; write docs/benchmarks.md. Takes 18 minutes. Argument: `quick` for a trial run."""
    install_collection(session)
    session.run("python", "-m", "benchmark", *session.posargs, env={"ANSIBLE_COLLECTIONS_PATH": str(INSTALLED)})


@nox.session
def mutation(session: nox.Session) -> None:
    """Run mutation tests on the pure part, and report surviving mutants. Arguments: names of mutants.

    pyproject.toml lists the mutated files and the tests.
    """
    session.install("-r", "tests/requirements.txt", "-c", str(CONSTRAINTS), "mutmut")
    folder = copy_tree(session)
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "preloaded.txt").write_text("\n".join(PRELOADED), encoding="utf-8")
    # mutmut runs the tests in its copy, `mutants`. Python ignores paths that do not exist yet.
    tests = folder / "mutants" / COLLECTION / "tests"
    tests.mkdir(parents=True)
    with session.chdir(folder):
        paths = os.pathsep.join(map(str, (folder / "mutants", tests)))
        # Few examples, and no compilation for each mutant.
        settings = {"EXAMPLES": "0.02", "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": ""}
        session.run("mutmut", "run", "--max-children=2", *session.posargs, env=settings)
        session.run("mutmut", "results")
        session.run("mutmut", "export-cicd-stats", silent=True)
    counts = json.loads((folder / "mutants" / "mutmut-cicd-stats.json").read_text(encoding="utf-8"))
    # Noticed too: a test that times out, and an import that fails, which mutmut calls suspicious.
    noticed = counts["killed"] + counts["timeout"] + counts["suspicious"]
    tried = noticed + counts["survived"] + counts["no_tests"] + counts["segfault"]
    session.log(f"{noticed} of {tried} mutants killed: {100 * noticed / tried:.1f} %")
    if 100 * noticed < LEAST_NOTICED * tried:
        session.error(f"at least {LEAST_NOTICED} % of the mutants must be killed")


def declare(row: Mapping[str, Any], python: str, tags: list[str], whole: bool) -> None:
    """Declare the session that tests an ansible-core version on a Python version.

    `whole`: whether to include the process tests and sanity, which are slow and depend little on the Python version.
    `make matrix` sets SCENARIOS to run everything. `make ends` runs what is likely to depend on the versions.
    """
    core = str(row["ansible-core"])

    @nox.session(name=f"core-{core}-python{python}", python=python, tags=tags)
    def test(session: nox.Session) -> None:
        pins = {**MATRIX["pins_by_python"].get(python, {}), **row.get("pins", {})}
        session.install("-c", constraints(session, pins), row.get("from", f"ansible-core=={core}"), *MATRIX["packages"])
        folder = copy_tree(session)
        scenarios = os.environ.get("SCENARIOS", "few")
        tests = MATRIX["unit"] + (MATRIX["processes"] if whole else [])
        tests += MATRIX["rest"] if whole and scenarios == "all" else []
        # Few examples of properties: they do not depend on versions.
        few = {"EXAMPLES": "0.05", "SCENARIOS": scenarios}
        # Sanity, which uses one processor, comes first: the other session of `make ends` has more to run then.
        if whole and row.get("sanity", True):
            session.run("python", str(ROOT / "tools" / "pip_bootstrap.py"))
            ansible_test(session, folder, "sanity")
        pytest(session, folder, "--numprocesses=auto", "--dist=loadgroup", *tests, **few)
        # test_playbooks.py has run the playbooks.
        ansible_test(session, folder, "integration", *([] if scenarios == "all" else ["--exclude", "playbooks"]))


def declare_missing(row: Mapping[str, Any]) -> None:
    """Declare a session that fails: a supported ansible-core that cannot be tested is a failure."""

    @nox.session(name=f"core-{row['ansible-core']}", python=False, tags=["matrix"])
    def test(session: nox.Session) -> None:
        session.error(f"none of its Python versions is installed: {', '.join(row['pythons'])}")


here = {
    row["ansible-core"]: [python for python in row["pythons"] if shutil.which(f"python{python}")]
    for row in MATRIX["rows"]
}
installed = [(core, python) for core, pythons in here.items() for python in pythons]
for row in MATRIX["rows"]:
    core = row["ansible-core"]
    if not here[core]:
        declare_missing(row)
    for python in row["pythons"]:
        at_an_end = (core, python) in (installed[0], installed[-1])
        declare(row, python, ["matrix", "ends"] if at_an_end else ["matrix"], whole=python == here[core][-1])
declare(MATRIX["development"], MATRIX["development"]["python"], ["development"], whole=True)
