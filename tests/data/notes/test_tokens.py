"""Event tokens say what is on the grid, and whatever a model draws is a piece."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqloom.data.notes import Note, Piece
from seqloom.data.notes.grid import on_grid
from seqloom.data.notes.tokens import EventTokens
from seqloom.data.notes.writing import midi_bytes
from seqloom.errors import UsageError
from tests.data.notes.pieces import drawn_piece


def _heard(piece: Piece) -> list[tuple[int, int, int, int, int]]:
    """What tokens keep when there is a class for each velocity."""
    return sorted((note.start, note.length, note.pitch, note.velocity, note.instrument) for note in piece.notes)


def test_a_piece_on_the_grid_comes_back() -> None:
    for seed in range(100):
        events = EventTokens(steps=1 + seed % 5, longest=1 + seed % 7, velocities=127)
        piece = on_grid(drawn_piece(seed), events.steps)
        tokens = events.encode(piece)
        assert 0 <= tokens.min() <= tokens.max() < len(events)
        found = events.decode(tokens)
        assert _heard(found) == _heard(piece)
        np.testing.assert_array_equal(events.encode(found), tokens)


NOTES = st.builds(
    Note,
    start=st.integers(0, 40),
    length=st.integers(0, 12),
    pitch=st.integers(0, 127),
    velocity=st.integers(1, 127),
    channel=st.integers(0, 15),
    program=st.sampled_from([0, 40, 127]),
)


@settings(max_examples=100, deadline=None)
@given(notes=st.lists(NOTES, max_size=30), ticks=st.integers(1, 6), steps=st.integers(1, 6), longest=st.integers(1, 9))
def test_any_notes_come_back_exactly_as_they_are_on_the_grid(
    notes: list[Note], ticks: int, steps: int, longest: int
) -> None:
    piece = on_grid(Piece(ticks, notes), steps)
    exact = EventTokens(steps, longest, velocities=127)
    assert _heard(exact.decode(exact.encode(piece))) == _heard(piece)
    rough = EventTokens(steps, longest, velocities=4)
    found = rough.decode(rough.encode(piece))
    but_loudness = [sorted(one[:3] + one[4:] for one in _heard(any_piece)) for any_piece in (found, piece)]
    assert but_loudness[0] == but_loudness[1]
    assert _heard(rough.decode(rough.encode(found))) == _heard(found)


@pytest.mark.parametrize("velocities", range(1, 128))
def test_velocities_keep_their_class(velocities: int) -> None:
    events = EventTokens(1, velocities=velocities)
    once = events.decode(events.encode(Piece(1, [Note(n, 1, 60, 1 + n) for n in range(127)])))
    assert len({note.velocity for note in once.notes}) == velocities
    assert _heard(events.decode(events.encode(once))) == _heard(once)
    assert max(abs(note.velocity - 1 - note.start) for note in once.notes) <= 127 / velocities / 2 + 1


def test_whatever_is_drawn_is_a_piece() -> None:
    draw = np.random.default_rng(0)
    for _ in range(50):
        events = EventTokens(4, longest=8)
        tokens = draw.integers(len(events), size=int(draw.integers(0, 300)))
        piece = events.decode(tokens)
        midi_bytes(piece)
        assert on_grid(piece, 4) == piece
        assert _heard(events.decode(events.encode(piece))) == _heard(piece)


def test_tokens_have_names_and_bounds() -> None:
    events = EventTokens(4, longest=2, velocities=3)
    assert [events.text(token) for token in (0, 127, 128, 256, 257, 258, 261, len(events) - 1)] == [
        *("on 0", "on 127", "off 0", "shift 1", "shift 2", "velocity 0", "instrument 0", "instrument 128")
    ]
    for tokens in [-1], [len(events)]:
        with pytest.raises(UsageError, match="Expected tokens from 0 to 389"):
            events.decode(tokens)
    for wrong in {"steps": 0}, {"longest": 0}, {"velocities": 128}:
        with pytest.raises(UsageError, match=f"{next(iter(wrong))}: expected 1 to"):
            EventTokens(**{"steps": 4, **wrong})


def test_more_instruments_than_channels_keep_their_programs() -> None:
    piece = Piece(1, [Note(program, 1, 60, 64, 0, program) for program in range(20)])
    events = EventTokens(1, velocities=127)
    assert [note.program for note in events.decode(events.encode(piece)).notes] == list(range(20))
