# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The undo file: its text survives YAML exactly, and it is written whole or not at all."""

from __future__ import annotations

import fcntl
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

from ....conftest import rows, table
from ....strategies import examples
from .._resources.test_trunk import ID

URL = "https://api.didww.com/v3"
MARKER = {"api_url": URL, "api_version": "2026-04-16", "written_at": "2026-11-30T07:44:03Z", "written_by": "a test"}
COMMAND = "#   apply it"
TEXTS: list[str] = [*table("undo", "texts"), "a" * 2000, "é" * 2000]
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


def rendered(*undo: Any) -> str:
    """Return the text of a file with these entries, notes and names."""
    return undo_file.render({"trunks": Undo(VOICE_OUT_TRUNK, *undo)}, MARKER, COMMAND)


def parsed(text: str) -> tuple[dict[str, Any], Undo]:
    """Return the marker of a file, and what it brings back of trunks."""
    marker, undos = undo_file.parse({"trunks": VOICE_OUT_TRUNK}, text)
    return marker, undos["trunks"]


def write(file: undo_file.UndoFile, *ids: str, api_version: str = "2026-04-16") -> None:
    """Write a file with more entries."""
    with file.changing(api_version) as undos:
        undos["trunks"].entries += [Entry({"id": one}) for one in ids]


def prepared(path: Path, add: bool = False, written_by: str = "a test") -> undo_file.UndoFile:
    return undo_file.prepare({"trunks": VOICE_OUT_TRUNK}, str(path), add, URL, written_by)


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_survives(text: str) -> None:
    settings = {"id": ID, "name": text, "dids": [text], "authentication_method": {"type": text}}
    written = rendered([Entry(settings)])
    assert written.isascii() or all(char.isprintable() for char in written.replace("\n", ""))
    (entry,) = DataLoader().load(written)["trunks"]
    assert plain(entry) == settings
    is_template = any(sign in text for sign in ("{{", "{%", "{#", "#jinja2:"))
    assert written.count("!unsafe ") == (3 if is_template else 0)
    assert [read.options for read in parsed(written)[1].entries] == [settings]


@settings(max_examples=examples(200))
@given(st.lists(st.tuples(SETTINGS, COMMENTS), max_size=3), COMMENTS)
def test_everything_survives(drawn: list[tuple[dict[str, Any], list[str]]], notes: list[str]) -> None:
    entries = [Entry({"id": ID, **values}, comments) for values, comments in drawn]
    written = rendered(entries, notes)
    everything = [entry.options for entry in entries]
    assert plain(DataLoader().load(written)) == {"didww_voice_undo": MARKER, "trunks": everything}
    marker, undo = parsed(written)
    assert marker == MARKER
    assert [entry.options for entry in undo.entries] == everything
    # A comment never ends its line, and stays where it was.
    assert [len(entry.comments) for entry in undo.entries] == [len(entry.comments) for entry in entries]
    assert len(undo.notes) == len(notes)
    assert undo_file.render({"trunks": undo}, MARKER, COMMAND) == written


def test_pure_python_and_libyaml_read_the_same() -> None:
    written = rendered([Entry({"id": text}) for text in TEXTS])
    for name in ("SafeLoader", "CSafeLoader"):
        loader: Any = type("Loader", (getattr(yaml, name),), {})
        loader.add_constructor("!unsafe", loader.construct_scalar)
        assert [entry["id"] for entry in yaml.load(written, loader)["trunks"]] == TEXTS  # noqa: S506 - of a safe one


def test_the_text() -> None:
    did = "6b1f4c0a-0000-4000-8000-000000000001"
    changed = Entry({"id": ID, "capacity_limit": None, "dids": [did, "x"]}, ["EU\nSBC", "Not brought back: x"])
    created = Entry({"name": "{{ 7 }}", "state": "absent"}, ["Created"])
    notes, names = ["Deleted: London", "  rtp_ping: true"], {did: "37061498222", "x": "# no\nnumber"}
    text = rendered([changed, created], notes, names)
    head, _line, body = text.partition("didww_voice_undo:\n")
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
    _marker, again = parsed(text)
    assert again.names == {did: "37061498222"}
    assert again.notes == notes
    assert [entry.comments for entry in again.entries] == [["EU\\nSBC", "Not brought back: x"], ["Created"]]


def test_comments_by_hand_and_files_without_entries() -> None:
    text = rendered([], ["Deleted: London"])
    assert yaml.safe_load(text)["trunks"] == []
    assert parsed(text)[1].notes == ["Deleted: London"]
    text = rendered([Entry({"id": ID, "name": "a"})]) + "    # by hand\n"
    assert parsed(text)[1].entries[0].comments == ["by hand"]


@pytest.mark.parametrize(("text", "words"), rows("undo", "refused_files"))
def test_other_files_are_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "undo.yml"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InvalidOptions) as error:
        prepared(path, True)
    (message,) = error.value.messages()
    assert message.startswith(f"undo_file: nothing can be added to {path}: ")
    assert words in message
    assert path.read_text(encoding="latin-1") == text


def test_without_pyyaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo_file, "yaml", None)
    path = tmp_path / "undo.yml"
    write(prepared(path, True))
    with pytest.raises(InvalidOptions, match="requires PyYAML where the module runs"):
        prepared(path, True)


def test_a_file_is_private_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "undo.yml"
    write(prepared(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["undo.yml"]
    first = path.read_text("utf-8")
    # The second task adds to it.
    path.chmod(0o644)
    write(prepared(path, True, "another test"), ID, api_version="2026-11-19")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    marker, written_at = parsed(path.read_text("utf-8"))[0], parsed(first)[0]["written_at"]
    assert (marker["written_at"], marker["written_by"], marker["api_version"]) == (written_at, "a test", "2026-11-19")
    assert marker["added_at"] >= written_at
    # Nothing is left of a file that cannot be written.
    text = path.read_text("utf-8")
    file = prepared(path, True)
    monkeypatch.setattr(os, "fsync", raising(OSError(28, "No space left on device")))
    with pytest.raises(InvalidOptions, match="cannot be written: No space left on device, so nothing was changed"):
        write(file, "b")
    assert os.listdir(tmp_path) == ["undo.yml"]
    assert path.read_text("utf-8") == text


@pytest.mark.parametrize(
    ("add", "words"),
    [(False, "exists, and it may be the only way back"), (True, "it is not an undo file: .*, so nothing was changed")],
)
def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path, add: bool, words: str) -> None:
    path = tmp_path / "undo.yml"
    file = prepared(path, add)
    path.write_text("somebody else's", "utf-8")
    with pytest.raises(InvalidOptions, match=words):
        write(file, ID)
    assert path.read_text("utf-8") == "somebody else's"
    assert os.listdir(tmp_path) == ["undo.yml"]


@pytest.mark.parametrize("add", [False, True])
def test_what_others_add_meanwhile_is_kept(tmp_path: Path, add: bool) -> None:
    path = tmp_path / "undo.yml"
    file, other, third = (prepared(path, way) for way in (add, True, True))
    write(file, "a")
    write(other, "b")
    with file.changing("2026-04-16", "so it still has a") as undos:
        undos["trunks"].entries.pop(0)
    write(third, "c")
    assert [entry.options["id"] for entry in parsed(path.read_text("utf-8"))[1].entries] == ["b", "c"]
    path.unlink()
    with pytest.raises(InvalidOptions, match="it was removed during the task, so nothing was changed"):
        write(third, "d")
    assert os.listdir(tmp_path) == []


def test_nobody_else_changes_a_file_meanwhile(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    with prepared(tmp_path / "undo.yml").changing("2026-04-16"), pytest.raises(BlockingIOError):
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(folder)
