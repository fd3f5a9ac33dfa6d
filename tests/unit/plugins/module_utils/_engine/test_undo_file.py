# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The undo file: its text survives YAML exactly, and it is written whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible_collections.didww.voice.plugins.module_utils._engine import undo_file
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from ansible_collections.didww.voice.plugins.module_utils._engine.undo import Entry, Undo
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK
from hypothesis import given, settings
from hypothesis import strategies as st

from ....strategies import examples
from .._resources.test_trunk import ID

URL = "https://api.didww.com/v3"
MARKER = {"api_url": URL, "api_version": "2026-04-16", "written_at": "2026-11-30T07:44:03Z", "written_by": "a test"}
COMMAND = "#   apply it"
# Texts that YAML reads as something else, cannot hold as they are, or could take for its own syntax.
TEXTS = [
    *["", " ", "007", "0o7", "0x1F", "1e3", "1_000", "12:30", "190:20:30", "2026-11-30", "2026-11-30T07:44:03Z"],
    *[
        ".inf",
        "yes",
        "No",
        "ON",
        "off",
        "y",
        "null",
        "~",
        "true",
        ".nan",
        "=",
        "<<",
        "+12",
        "-",
        "- a",
        "? a",
        "a: b",
        "a #b",
    ],
    *["'", '"', "\\", "\\n", "\\u0041", "#", "# a", "&a", "*a", "!a", "!!int 7", "%TAG", "@a", "`a", "{}", "[]"],
    *[
        "---",
        "...",
        "a\nb",
        "a\n\nb\n",
        "\r\n",
        "\t",
        " a ",
        "\x00",
        "\x07",
        "\x1b[31m",
        "\x7f",
        "\x85",
        "\xa0",
        "\xad",
    ],
    *[
        "\u2028",
        "\u2029",
        "\ufeff",
        "\ufffe",
        "\uffff",
        "\u202e",
        "\u200b",
        "ü",
        "Zoë",
        "日本",
        "😀",
        "\U0010ffff",
        "a" * 2000,
        "é" * 2000,
    ],
    *["{{ x }}", "{% x %}", "{# x #}", "{{", "}}", "$var", "${var}", "#jinja2: variable_start_string:'[['\n[[ 7 ]]"],
    "{{ lookup('ansible.builtin.pipe', 'touch /tmp/x') }}",
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.sampled_from(TEXTS),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.sampled_from(["type", "yes", "a b"]), values),
    max_leaves=6,
)
SETTINGS = st.dictionaries(st.sampled_from(["name", "dids", "status"]), VALUES)
COMMENTS = st.lists(st.text(max_size=12) | st.sampled_from(TEXTS), max_size=3)


def raising(error: OSError) -> Callable[..., None]:
    """Return a function that raises an error, whatever it is called with."""

    def function(*_given: Any) -> None:
        raise error

    return function


def plain(value: Any) -> Any:
    """Return a value that Ansible loaded, without Ansible's own types."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


def of_trunk(**values: Any) -> str:
    return undo_file.render({"trunks": Undo(VOICE_OUT_TRUNK, [Entry({"id": ID, **values})])}, MARKER, COMMAND)


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_survives(text: str) -> None:
    written = of_trunk(name=text, dids=[text], authentication_method={"type": text})
    assert written.isascii() or all(char.isprintable() for char in written.replace("\n", ""))
    (entry,) = DataLoader().load(written)["trunks"]
    assert plain(entry) == {"id": ID, "name": text, "dids": [text], "authentication_method": {"type": text}}
    is_template = any(sign in text for sign in ("{{", "{%", "{#", "#jinja2:"))
    assert written.count("!unsafe ") == (3 if is_template else 0)
    _marker, undos = undo_file.parse({"trunks": VOICE_OUT_TRUNK}, written)
    undo = undos["trunks"]
    assert [read.options for read in undo.entries] == [plain(entry)]


@settings(max_examples=examples(200))
@given(st.lists(st.tuples(SETTINGS, COMMENTS), max_size=3), COMMENTS)
def test_everything_survives(drawn: list[tuple[dict[str, Any], list[str]]], notes: list[str]) -> None:
    entries = [Entry({"id": ID, **values}, comments) for values, comments in drawn]
    written = undo_file.render({"trunks": Undo(VOICE_OUT_TRUNK, entries, notes)}, MARKER, COMMAND)
    assert plain(DataLoader().load(written)) == {
        "didww_voice_undo": MARKER,
        "trunks": [entry.options for entry in entries],
    }
    marker, undos = undo_file.parse({"trunks": VOICE_OUT_TRUNK}, written)
    undo = undos["trunks"]
    assert marker == MARKER
    assert [entry.options for entry in undo.entries] == [entry.options for entry in entries]
    # A comment never ends its line, and stays where it was.
    assert [len(entry.comments) for entry in undo.entries] == [len(entry.comments) for entry in entries]
    assert len(undo.notes) == len(notes)
    assert undo_file.render({"trunks": undo}, MARKER, COMMAND) == written


def test_pure_python_and_libyaml_read_the_same() -> None:
    written = "".join(
        undo_file.render({"trunks": Undo(VOICE_OUT_TRUNK, [Entry({"id": text}) for text in TEXTS])}, MARKER, COMMAND)
    )
    for name in ("SafeLoader", "CSafeLoader"):
        loader: Any = type("Loader", (getattr(yaml, name),), {})
        loader.add_constructor("!unsafe", loader.construct_scalar)
        assert [entry["id"] for entry in yaml.load(written, loader)["trunks"]] == TEXTS  # noqa: S506 - of a safe one


def test_the_text() -> None:
    did = "6b1f4c0a-0000-4000-8000-000000000001"
    undo = Undo(
        VOICE_OUT_TRUNK,
        [
            Entry({"id": ID, "capacity_limit": None, "dids": [did, "x"]}, ["EU\nSBC", "Not brought back: x"]),
            Entry({"name": "{{ 7 }}", "state": "absent"}, ["Created"]),
        ],
        ["Deleted: London", "  rtp_ping: true"],
        {did: "37061498222", "x": "# no\nnumber"},
    )
    head, _line, body = undo_file.render({"trunks": undo}, MARKER, COMMAND).partition("didww_voice_undo:\n")
    for words in ("---\n", URL, "2026-11-30T07:44:03Z", "a test", COMMAND):
        assert words in head
    assert (
        body
        == f'''\
  api_url: "https://api.didww.com/v3"
  api_version: "2026-04-16"
  written_at: "2026-11-30T07:44:03Z"
  written_by: "a test"

# What no entry brings back:
# Deleted: London
#   rtp_ping: true

trunks:
  - id: "{ID}"
    # EU\\nSBC
    # Not brought back: x
    capacity_limit: null
    dids:
      - "{did}"  # 37061498222
      - "x"
  - name: !unsafe "{{{{ 7 }}}}"
    # Created
    state: "absent"
'''
    )
    again = undo_file.parse({"trunks": VOICE_OUT_TRUNK}, head + _line + body)[1]["trunks"]
    assert again.names == {did: "37061498222"}
    assert again.notes == undo.notes
    assert [entry.comments for entry in again.entries] == [["EU\\nSBC", "Not brought back: x"], ["Created"]]


def test_comments_by_hand_and_files_without_entries() -> None:
    text = undo_file.render({"trunks": Undo(VOICE_OUT_TRUNK, [], ["Deleted: London"])}, MARKER, COMMAND)
    assert yaml.safe_load(text)["trunks"] == []
    assert undo_file.parse({"trunks": VOICE_OUT_TRUNK}, text)[1]["trunks"].notes == ["Deleted: London"]
    text = of_trunk(name="a") + "    # by hand\n"
    assert undo_file.parse({"trunks": VOICE_OUT_TRUNK}, text)[1]["trunks"].entries[0].comments == ["by hand"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is not an undo file"),
        ("a: [", "it cannot be parsed as YAML: "),
        ("a: 2026-99-99", "it cannot be parsed as YAML: month must be in 1..12"),
        ("- 1", "it is not an undo file"),
        ("trunks: []", "it is not an undo file: such a file contains didww_voice_undo and trunks"),
        ("didww_voice_undo: {api_url: x}\ntrunks: []\nmore: 1", "and nothing else"),
        ("didww_voice_undo: 7\ntrunks: []", "its didww_voice_undo has no api_url"),
        ("didww_voice_undo: {api_url: 7}\ntrunks: []", "its didww_voice_undo has no api_url"),
        ("didww_voice_undo: {api_url: x}\ntrunks: {}", "its trunks is not a list of dictionaries"),
        ("didww_voice_undo: {api_url: x}\ntrunks: [7]", "its trunks is not a list of dictionaries"),
        ("didww_voice_undo: {api_url: x}\ntrunks: [{}]", "its trunks is not a list of dictionaries"),
        ("didww_voice_undo: {api_url: !vault x}\ntrunks: []", "it cannot be parsed as YAML: could not determine"),
        (
            "didww_voice_undo: {api_url: https://api.didww.com/v3/x}\ntrunks: []",
            "it belongs to https://api.didww.com/v3/x",
        ),
        (b"\xff", "codec can't decode"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str | bytes, words: str) -> None:
    path = tmp_path / "undo.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidOptions) as error:
        undo_file.prepare({"trunks": VOICE_OUT_TRUNK}, str(path), True, URL, "a test")
    (message,) = error.value.messages()
    assert message.startswith(f"undo_file: nothing can be added to {path}: ")
    assert words in message
    assert path.read_bytes() == (text if isinstance(text, bytes) else text.encode())


def test_without_pyyaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo_file, "yaml", None)
    path = tmp_path / "undo.yml"
    undo_file.prepare({"trunks": VOICE_OUT_TRUNK}, str(path), True, URL, "a test").write("2026-04-16")
    with pytest.raises(InvalidOptions, match="requires PyYAML where the module runs"):
        undo_file.prepare({"trunks": VOICE_OUT_TRUNK}, str(path), True, URL, "a test")


def test_a_file_is_private_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "undo.yml"
    undo_file.prepare({"trunks": VOICE_OUT_TRUNK}, str(path), False, URL, "a test").write("2026-04-16")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["undo.yml"]
    first = path.read_text("utf-8")
    # The second task adds to it.
    path.chmod(0o644)
    prepared = undo_file.prepare({"trunks": VOICE_OUT_TRUNK}, str(path), True, URL, "another test")
    prepared.undos["trunks"].entries.append(Entry({"id": ID}))
    prepared.write("2026-11-19")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    marker = undo_file.parse({"trunks": VOICE_OUT_TRUNK}, path.read_text("utf-8"))[0]
    written_at = undo_file.parse({"trunks": VOICE_OUT_TRUNK}, first)[0]["written_at"]
    assert (marker["written_at"], marker["written_by"], marker["api_version"]) == (written_at, "a test", "2026-11-19")
    assert marker["added_at"] >= written_at
    # Nothing is left of a file that cannot be written.
    text = path.read_text("utf-8")
    prepared = undo_file.prepare({"trunks": VOICE_OUT_TRUNK}, str(path), True, URL, "a test")
    monkeypatch.setattr(os, "fsync", raising(OSError(28, "No space left on device")))
    with pytest.raises(InvalidOptions, match="cannot be written: No space left on device, so nothing was changed"):
        prepared.write("2026-04-16")
    assert os.listdir(tmp_path) == ["undo.yml"]
    assert path.read_text("utf-8") == text


@pytest.mark.parametrize("add", [False, True])
def test_a_file_that_appears_or_changes_meanwhile_is_kept(tmp_path: Path, add: bool) -> None:
    path = tmp_path / "undo.yml"
    prepared = undo_file.prepare({"trunks": VOICE_OUT_TRUNK}, str(path), add, URL, "a test")
    path.write_text("somebody else's", "utf-8")
    with pytest.raises(InvalidOptions, match="changed during the task, so nothing was changed"):
        prepared.write("2026-04-16")
    assert path.read_text("utf-8") == "somebody else's"
    assert os.listdir(tmp_path) == ["undo.yml"]
