# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Phrases that read as translated must not return to documentation, comments, names and messages."""

from __future__ import annotations

import re
import subprocess

import pytest

from .conftest import ROOT

# Patterns of phrases, and what to write instead.
PHRASES = {
    r"lest": "so that ... not, otherwise",
    r"unless (it is )?(said|told)": "by default",
    r"to the letter": "exactly, literally",
    r"as agreed": "name the settings",
    r"means? what it (means|says)": "works the same way",
    r"left to a person": "manual steps",
    r"(has|have|had|is|was|no|for) room": "wait after 429, rate-limited",
    r"(as|the way) (a|the) (task|playbook) (says|has it|reaches)": "manage, set",
    r"as (it|they) should be": "differs, drift",
    r"(has|have|had) (it|them|trunks) back": "unblock, restore",
    r"somebody else works": "kept changing",
    r"for ever": "forever, always",
    r"goes? on to mean": "keeps working",
    r"known to be wrong": "invalid",
    r"whose token it is": "the token must belong to",
    r"whatever else it says": "always",
    r"generates? and keeps?": "generates, and replaces when ...",
    r"alongside them": "resent with them",
    r"can then no longer": "a changed name then means ...",
    r"(is|are) to be created": "that create",
    r"applied all the same|answers all the same": "anyway",
    r"states values": "sets absolute values",
    r"(do|does) no harm": "is harmless",
    r"at that very time": "in the meantime",
    r"(is|was) answered by another version": "if another version answers",
    r"the update table|the reference (says|has|shows|lists|demands|names)": "DIDWW's page, by title and version",
}
# This file, and texts by others or by machines.
SKIPPED = re.compile(r"tests/unit/test_wording\.py|(^|/)LICENSE|\.(json|png|svg|txt)$")


def prose(text: str) -> str:
    """Return a text on one line, without comment markers, and with names split into words."""
    return re.sub(r"\s+", " ", re.sub(r"\n[ \t]*[#>*]*", " ", text.replace("_", " ")))


def find(phrase: str, text: str) -> list[str]:
    """Return the occurrences of a phrase in prose, with some context."""
    matches = re.finditer(rf"\b(?:{phrase})\b", text, re.IGNORECASE)
    return [text[max(0, match.start() - 40) : match.end() + 40].strip() for match in matches]


def texts() -> dict[str, str]:
    """Return the prose in the text files of the tree, by path."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    paths = subprocess.check_output(listed, cwd=ROOT, text=True).split("\0")
    return {
        path: prose((ROOT / path).read_text(encoding="utf-8"))
        for path in sorted(paths)
        if not SKIPPED.search(path) and (ROOT / path).is_file()
    }


@pytest.fixture(scope="module")
def tree() -> dict[str, str]:
    found = texts()
    assert "README.md" in found
    return found


def test_a_phrase_is_found_across_lines_and_in_names() -> None:
    assert find("as agreed", prose("x = 1\n    # Settings as\n    # Agreed.")) == ["x = 1 Settings as Agreed."]
    assert find("as agreed", prose("def test_as_agreed()")) == ["def test as agreed()"]
    assert find("lest", "the latest lesson") == []


@pytest.mark.parametrize("phrase", PHRASES)
def test_no_text_has_a_phrase_that_reads_as_translated(tree: dict[str, str], phrase: str) -> None:
    found = {path: matches for path, text in tree.items() if (matches := find(phrase, text))}
    assert found == {}, f"write instead: {PHRASES[phrase]}"
