# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `make docs` appends to the conf.py that antsibull-docs writes for Sphinx."""

import re
import zlib
from pathlib import Path
from typing import Any

# The labels of Ansible's documentation that module pages refer to: no build asks the network for all of them.
ANSIBLE = "https://docs.ansible.com/projects/ansible/devel/"
LABELS = """\
action_plugins std:label -1 plugins/action.html#action-plugins Action plugins
ansible_configuration_settings std:label -1 reference_appendices/config.html#ansible-configuration-settings \
Ansible Configuration Settings
common_return_values std:label -1 reference_appendices/common_return_values.html#common-return-values \
Return Values
"""
HEADER = """\
# Sphinx inventory version 2
# Project: Ansible
# Version: devel
# The remainder of this file is compressed using zlib.
"""
Path(__file__).with_name("ansible.inv").write_bytes(HEADER.encode() + zlib.compress(LABELS.encode()))

nitpicky = True
extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
intersphinx_mapping = {"ansible_devel": (ANSIBLE, "../ansible.inv")}
# The colours come from site.css, where they follow the theme's.
antsibull_ext_color_scheme = "none"
# An index of the environment variables of plugins other than modules: it would say that there are none.
exclude_patterns = ["environment_variables.rst"]
html_static_path = ["static"]
html_css_files = ["site.css"]
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

# Names are in code and in headings. They may break, if they must, after a mark between letters, and
# a URL after its scheme.
NAMES = re.compile(r'(?<=<span class="pre">)[^<]+|(?<=<h[12]>)[^<]+')
MARK = re.compile(r"(?<=[A-Za-z])[/_.-](?=[A-Za-z])|(?<=/)/")


def let_names_break(_app: Any, _page: str, _template: str, context: dict[str, Any], _doctree: Any) -> None:
    """Say in a page where a narrow column may break the names of files, settings and modules: not in mid-word."""
    if "body" in context:
        context["body"] = NAMES.sub(lambda name: MARK.sub(r"\g<0><wbr>", name[0]), context["body"])


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("html-page-context", let_names_break)
