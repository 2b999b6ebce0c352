"""Tables damaged at random: read, or refused with an error of ours, and never another one."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest

from seqloom.data.tables import choose_columns, labelled, read_table
from seqloom.data.tables.report import described
from seqloom.errors import SeqloomError
from tests.tasks.odd_files import Case, cases

PIECES = [
    b'"',
    b",",
    b";",
    b"\n",
    b"\r",
    b"\t",
    b"{",
    b"[",
    b"\\",
    b"\0",
    b"1.234",
    b"3/2/2024",
    b"(",
    b"1e999",
    b"\xff\xfe",
]


def _damaged(data: bytes, draw: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(draw.choice([1, 2, 5, 20])):
        place = draw.randrange(len(found) + 1)
        change = draw.randrange(4)
        if change == 0:
            found[place : place + 1] = bytes([draw.randrange(256)])
        elif change == 1:
            found[place:place] = draw.choice(PIECES)
        elif change == 2:
            del found[place : place + draw.randrange(1, 50)]
        else:
            found[place:place] = found[draw.randrange(len(found) + 1) :][: draw.randrange(1, 80)]
    return bytes(found)


@pytest.mark.parametrize("case", cases()[::4], ids=lambda case: case.name)
def test_damage_never_ends_in_another_error(case: Case, tmp_path: Path) -> None:
    draw = random.Random(case.name)
    path = tmp_path / case.name
    for _ in range(8):
        path.write_bytes(_damaged(case.data, draw))
        with contextlib.suppress(SeqloomError):
            table = read_table(path)
            for name in table.columns:
                with contextlib.suppress(SeqloomError):
                    table.numbers(name)
                with contextlib.suppress(SeqloomError):
                    table.dates(name)
            described(labelled(table, choose_columns(table)))
