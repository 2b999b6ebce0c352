"""The grid is found and said; what it loses is counted; notes on it are unambiguous."""

from __future__ import annotations

import numpy as np
import pytest

from seqloom.data.notes import Metre, Note, Piece, Tempo
from seqloom.data.notes.grid import STEPS, find_grid, grid_of, on_grid
from seqloom.errors import DataError
from tests.data.notes.pieces import drawn_piece


def _played(beats: list[float], jitter: float = 0.0, channel: int = 0) -> Piece:
    draw = np.random.default_rng(0)
    times = [round(960 * (beat + jitter * draw.uniform(-1, 1))) for beat in beats]
    return Piece(960, [Note(max(0, at), 240, 60 + n % 12, 64, channel) for n, at in enumerate(times)])


@pytest.mark.parametrize(
    ("steps", "jitter"), [*((steps, 0.0) for steps in STEPS), *((steps, 0.015) for steps in STEPS if steps <= 12)]
)
def test_the_coarsest_grid_that_fits_is_found(steps: int, jitter: float) -> None:
    beats = [n / steps for n in range(8 * steps)]
    grid = find_grid([_played(beats, jitter)])
    assert (grid.steps, grid.moved, grid.merged) == (steps, 0, 0)
    assert bool(grid.triplets) == (steps % 3 == 0)


def test_what_it_loses_is_said() -> None:
    others = [Note(240, 9, 62), Note(720, 9, 62), Note(700, 9, 62)]
    piece = Piece(480, [*(Note(480 * n, 100, 60) for n in range(97)), *others])
    grid = find_grid([piece], most_lost=0.05)
    assert (grid.steps, grid.moved, grid.merged) == (1, 3, 1)
    assert str(grid) == "1 steps a beat: 4.0% of 100 beginnings of notes are lost (3 moved, 1 merged)."
    assert find_grid([piece], most_lost=0.02).steps == 2


def test_free_playing_takes_the_finest_and_says_the_loss() -> None:
    draw = np.random.default_rng(1)
    piece = Piece(9600, [Note(int(at), 100, 60) for at in draw.integers(0, 960_00, 2000)])
    grid = find_grid([piece])
    assert grid.steps == STEPS[-1]
    assert grid.merged > 1000
    assert "are lost" in str(grid)


def test_triplets_and_drums_are_said() -> None:
    third = _played([0, 1 / 3, 2 / 3, 1, 2, 3, 4, 5, 6, 7])
    assert str(find_grid([third])) == "3 steps a beat: all 10 beginnings of notes are kept. 20.0% are of triplets."
    assert str(find_grid([_played([0, 1, 2], channel=9)])).endswith(" 3 notes are drums.")
    with pytest.raises(DataError, match="No notes"):
        find_grid([Piece(4, [])])


@pytest.mark.parametrize("steps", [1, 4, 6])
def test_on_a_grid_no_key_of_an_instrument_is_struck_twice_at_once(steps: int) -> None:
    for seed in range(60):
        piece = drawn_piece(seed)
        found = on_grid(piece, steps)
        assert on_grid(found, steps) == found
        ends: dict[tuple[int, int], int] = {}
        for note in found.notes:
            key = note.instrument, note.pitch
            assert note.length > 0
            assert ends.get(key, 0) <= note.start
            ends[key] = note.end
        exact = len({(note.instrument, note.pitch, note.start) for note in piece.notes})
        assert len(found.notes) == exact - grid_of([piece], steps).merged


def test_changes_of_tempo_and_metre_move_with_the_notes() -> None:
    piece = on_grid(Piece(480, [Note(0, 480, 60)], [Tempo(490, 7)], [Metre(950, 3, 4)]), 2)
    assert (piece.tempos, piece.metres) == ((Tempo(2, 7),), (Metre(4, 3, 4),))
