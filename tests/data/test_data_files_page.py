"""Every example file on the page about data files can be read by its door."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqloom.data.folders import read_labelled_texts
from seqloom.data.series import read_recordings
from seqloom.data.sounds import save_wav
from seqloom.data.sounds.transcribed import read_transcribed
from seqloom.data.tagged import read_tagged
from tests.data.writing import written

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "data-files.md"
SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^`([\w./]+)`\n\n```text\n(.*?)```", re.MULTILINE | re.DOTALL)
SECTIONS = {title: dict(FILE.findall(text)) for title, text in SECTION.findall(PAGE.read_text(encoding="utf-8"))}

FOLDERS: dict[str, Callable[[Path], Any]] = {
    "A folder for each class": read_recordings,
    "A file for each class": read_labelled_texts,
    "Recordings and a table of labels": read_recordings,
}
FILES: dict[str, Callable[[Path], Any]] = {
    "Tagged words": read_tagged,
    "A step a row": read_recordings,
    "A series a row": read_recordings,
    "`.ts` and `.npz`": read_recordings,
}


def test_every_example_is_read_here() -> None:
    assert {title for title, files in SECTIONS.items() if files} == {*FOLDERS, *FILES, "Sounds"}


@pytest.mark.parametrize("title", FOLDERS)
def test_folders(tmp_path: Path, title: str) -> None:
    found = FOLDERS[title](written(tmp_path, SECTIONS[title]))
    assert len(set(found.labels)) == 2


def test_transcripts(tmp_path: Path) -> None:
    folder = written(tmp_path, SECTIONS["Sounds"]) / "recordings"
    (folder / "clips").mkdir()
    for name in ("1.wav", "clips/2.wav"):
        save_wav(folder / name, np.ones(800) / 2, 8000)
    assert read_transcribed(folder).texts == ["three one four", "eight"]


@pytest.mark.parametrize(("title", "name"), [(title, name) for title in FILES for name in SECTIONS[title]])
def test_files(tmp_path: Path, title: str, name: str) -> None:
    assert len(FILES[title](written(tmp_path, SECTIONS[title]) / name)) >= 1
