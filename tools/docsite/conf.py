# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `make docs` appends to the conf.py that antsibull-docs writes for Sphinx."""

import html
import json
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

# Names are in code, in links and in headings. They may break, if they must, after a mark between letters, and a URL
# after its scheme and around its port.
NAMES = re.compile(r'(?<=<span class="pre">)[^<]+|(?<=<span class="std std-ref">)[^<]+|(?<=<h[12]>)[^<]+')
MARK = re.compile(r"(?<=[A-Za-z])[/_.-](?=[A-Za-z])|(?<=/)/|(?<=\d):(?=\d)|(?<=\d)/(?=[A-Za-z])")
# A command can break anywhere but in an option.
COMMANDS = re.compile(r'<div class="highlight-console.*?</pre>', re.DOTALL)
OPTION = re.compile(r"(?<=[ >])--?[a-z][\w-]*")
# Letters and digits that do not fit into the column of a phone.
LONG_WORD = 30
# A module's page. The note says how to install the collection.
EXAMPLES_FIRST = re.compile(
    r"(?P<title>.*)^(?P<note>\.\. Collection note$.*)^(?P<synopsis>\.\. version_added$.*)"
    r"^(?P<needs>\.\. Aliases$.*?^-+\n)(?P<options>.*)^(?P<examples>\.\. Examples$.*)^(?P<rest>\.\. Facts$.*)",
    re.DOTALL | re.MULTILINE,
)
# With this class, the theme shows a table of contents in a page. site.css hides it where there is one beside the page.
CONTENTS = re.compile(r"^\.\. contents::.*\n", re.MULTILINE)
FURO_KEEPS = "this-will-duplicate-information-and-it-is-still-useful-here"
# A sample is JSON in one line.
SAMPLE = re.compile(
    r'<p class="ansible-option-line ansible-option-sample">(<strong[^>]*>Sample:</strong>) <code[^>]*>(.+?)</code></p>'
)


class Yaml(yaml.SafeDumper):
    """Write YAML as the guides do: lists indented, and lines as lines."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists, too."""
        super().increase_indent(flow, False)

    def represent_text(self, text: str) -> Any:
        """Write a text of several lines as a block."""
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Yaml.add_representer(str, Yaml.represent_text)


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


def make_readable(app: Any, _page: str, _template: str, context: dict[str, Any], _doctree: Any) -> None:
    """Show a sample that has parts as YAML, and mark where a narrow column may break a name or a command."""
    if "body" in context:
        body = SAMPLE.sub(lambda found: show_sample(app, found), context["body"])
        body = COMMANDS.sub(lambda block: OPTION.sub(r'<span class="option">\g<0></span>', block[0]), body)
        context["body"] = NAMES.sub(lambda name: MARK.sub(r"\g<0><wbr>", name[0]), body)


def show_sample(app: Any, found: re.Match[str]) -> str:
    """Return the HTML of a sample: as a block of YAML if it has parts or a long word, otherwise as it was."""
    value = json.loads(html.unescape(re.sub("<[^>]+>", "", found[2])))
    has_parts = value and isinstance(value, (dict, list))
    if not has_parts and not re.search(rf"\w{{{LONG_WORD},}}", str(value)):
        return found[0]
    text = yaml.dump(value, Dumper=Yaml, sort_keys=False, width=1000)
    block = app.builder.highlighter.highlight_block(text, "yaml")
    return f'<p class="ansible-option-line">{found[1]}</p>\n<div class="highlight-yaml notranslate">{block}</div>'


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", arrange)
    app.connect("html-page-context", make_readable)
