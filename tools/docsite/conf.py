# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `make docs` appends to the conf.py that antsibull-docs writes for Sphinx."""

import re
import zlib
from pathlib import Path
from typing import Any

import yaml

# It is build/docs/conf.py then.
ROOT = Path(__file__).parents[2]

# labels.txt has the labels of Ansible's documentation that module pages refer to: no build asks the network for all.
ANSIBLE = "https://docs.ansible.com/projects/ansible/devel/"
HEADER = """\
# Sphinx inventory version 2
# Project: Ansible
# Version: devel
# The remainder of this file is compressed using zlib.
"""
LABELS = ROOT.joinpath("tools", "docsite", "labels.txt").read_bytes()
Path(__file__).with_name("ansible.inv").write_bytes(HEADER.encode() + zlib.compress(LABELS))

nitpicky = True
extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext", "sphinx_copybutton"]
# What a reader types, not what a program prints; of a command, without its prompt.
copybutton_selector = "div:not(.highlight-ansible-output, .highlight-text) > div.highlight > pre"
copybutton_prompt_text = "$ "
copybutton_line_continuation_character = "\\"
intersphinx_mapping = {"ansible_devel": (ANSIBLE, "../ansible.inv")}
# The colours come from site.css, where they follow the theme's.
antsibull_ext_color_scheme = "none"
# An index of the environment variables of plugins other than modules: it would say that there are none.
exclude_patterns = ["environment_variables.rst"]
html_static_path = ["static"]
html_css_files = ["site.css"]
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

# A module's page. The note says how to install the collection.
EXAMPLES_FIRST = re.compile(
    r"(?P<title>.*)^(?P<note>\.\. Collection note$.*)^(?P<synopsis>\.\. version_added$.*)"
    r"^(?P<needs>\.\. Aliases$.*?^-+\n)(?P<options>.*)^(?P<examples>\.\. Examples$.*)^(?P<rest>\.\. Facts$.*)",
    re.DOTALL | re.MULTILINE,
)
# With this class, the theme shows a table of contents in a page. site.css hides it where there is one beside the page.
CONTENTS = re.compile(r"^\.\. contents::.*\n", re.MULTILINE)
FURO_KEEPS = "this-will-duplicate-information-and-it-is-still-useful-here"


def arrange(app: Any, name: str, source: list[str]) -> None:
    """Put the landing page where antsibull-docs puts a list of everything, and the examples of modules first.

    Also write the name of the collection in lower case.
    """
    if name == "index":
        landing_page = ROOT.joinpath("tools", "docsite", "index.rst").read_text(encoding="utf-8")
        source[0] = f"{landing_page}\n{sidebar(Path(app.srcdir))}"
    if found := EXAMPLES_FIRST.fullmatch(source[0]):
        title, note, synopsis, needs, options, examples, rest = found.groups()
        source[0] = f"{title}{synopsis}{examples}{needs}\n{note}{options}{rest}"
    source[0] = CONTENTS.sub(rf"\g<0>   :class: {FURO_KEEPS}\n", source[0])
    source[0] = source[0].replace("Didww.Voice", "didww.voice")


def sidebar(folder: Path) -> str:
    """Return the table of contents: the groups of guides, and in the last one the modules and the release notes."""
    extra_docs = yaml.safe_load(ROOT.joinpath("docs", "docsite", "extra-docs.yml").read_text(encoding="utf-8"))
    groups = {group["title"]: [f"docsite/{guide}" for guide in group["toctree"]] for group in extra_docs["sections"]}
    modules = sorted(path.stem.removesuffix("_module") for path in folder.glob("*_module.rst"))
    last = list(groups)[-1]
    groups[last] = [*(f"{name} <{name}_module>" for name in modules), *groups[last], "Release notes <changelog>"]
    return "\n".join(
        f".. toctree::\n   :hidden:\n   :caption: {title}\n\n" + "".join(f"   {page}\n" for page in pages)
        for title, pages in groups.items()
    )


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", arrange)
