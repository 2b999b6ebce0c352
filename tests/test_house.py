"""How the house is kept: short files, and one meaning for a word."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import seqloom

SOURCE = Path(seqloom.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
LONGEST = 350


def test_files_are_short() -> None:
    lengths = {path.relative_to(SOURCE): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert not {path: length for path, length in lengths.items() if length > LONGEST}


@pytest.mark.parametrize("name", ["Stream", "Lanes", "Decoder", "Sampling", "Generator", "Vector"])
def test_a_class_of_this_name_is_of_one_room(name: str) -> None:
    """Words that are tempting everywhere; elsewhere they have a longer name, as ``TokenStream`` has."""
    found = [path for path in FILES if re.search(rf"^class {name}\b", path.read_text(encoding="utf-8"), re.MULTILINE)]
    assert len(found) <= 1


@pytest.mark.parametrize("name", ["memory.py", "generation.py"])
def test_a_file_of_this_name_is_of_one_room(name: str) -> None:
    assert Counter(path.name for path in FILES)[name] <= 1
