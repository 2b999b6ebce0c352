"""Events that may come: always some, never more than can be played, and all that music has."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqloom.data.notes import Note
from seqloom.data.notes.grid import on_grid
from seqloom.data.notes.tokens import EventTokens
from seqloom.tasks.music.events.rules import Limits, Rules
from tests.data.notes.pieces import drawn_piece

EVENTS = EventTokens(4, longest=5, velocities=3)
END = len(EVENTS)


def rules(limits: Limits, used: range = range(len(EVENTS))) -> Rules:
    return Rules(EVENTS, limits, used, END + 2, END)


LIMITS = st.builds(
    Limits,
    note=st.integers(1, 9),
    silence=st.integers(1, 4),
    most=st.integers(1, 4),
    ranges=st.sampled_from([[[0, 60, 62]], [[5, 40, 40], [128, 35, 36]], [[0, 0, 127], [7, 60, 61], [9, 60, 60]]]),
)


@settings(max_examples=12, deadline=None)
@given(limits=LIMITS, seed=st.integers(0, 999), shift=st.booleans())
def test_whatever_is_drawn_can_be_played_and_is_never_stuck(limits: Limits, seed: int, shift: bool) -> None:
    draw, one = np.random.default_rng(seed), rules(limits, range(len(EVENTS)) if shift else range(0))
    playing, drawn = one.begin(1), list[int]()
    for _ in range(80):
        allowed = np.flatnonzero(one.allowed(playing)[0].numpy())
        assert len(allowed), "there is always an event"
        # each kind alike, or there would hardly ever be time
        kinds = [list(group) for _, group in itertools.groupby(allowed, lambda k: EVENTS.text(k).split()[0])]
        token = int(draw.choice(kinds[draw.integers(len(kinds))]))
        if token == END:
            break
        drawn.append(token)
        playing = one.after(torch.tensor([token]), playing)
    between = [
        len(list(group))
        for timed, group in itertools.groupby(drawn, lambda k: EVENTS.text(k).startswith("shift"))
        if not timed
    ]
    assert max(between, default=0) <= 5 * limits.most + 1
    piece = EVENTS.decode(drawn)
    end = max((note.end for note in piece.notes), default=0)
    sounding = np.array([sum(note.start <= step < note.end for note in piece.notes) for step in range(end)])
    assert max((note.length for note in piece.notes), default=0) <= limits.note
    assert sounding.max(initial=0) <= limits.most
    silences = [len(list(group)) for silent, group in itertools.groupby(sounding == 0) if silent]
    assert max(silences, default=0) <= limits.silence
    for note in piece.notes:
        assert [note.instrument, True] in [[who, low <= note.pitch <= high] for who, low, high in limits.ranges]


def test_all_that_music_has_may_come() -> None:
    for seed in range(6):
        piece = on_grid(drawn_piece(seed), EVENTS.steps)
        tokens = [*EVENTS.encode(piece).tolist(), END]
        ranges = [[instrument, 0, 127] for instrument in sorted({note.instrument for note in piece.notes})]
        one = rules(Limits(10_000, 10_000, 10_000, ranges))
        playing = one.begin(1)
        for token in tokens:
            assert bool(one.allowed(playing)[0, token]), (seed, EVENTS.text(token))
            playing = one.after(torch.tensor([token]), playing)


def test_a_note_that_has_lasted_is_released_before_all_else() -> None:
    one = rules(Limits(2, 3, 4, [[0, 60, 64], [9, 60, 60]]))
    playing = one.begin(1)
    for token in (60, EVENTS.instrument + 9, 60, EVENTS.shift + 1):
        playing = one.after(torch.tensor([token]), playing)
    said = [EVENTS.text(int(token)) for token in one.allowed(playing)[0].nonzero()[:, 0]]
    assert said == ["off 60", "instrument 0"]


def test_limits_are_those_of_the_data() -> None:
    found = Limits.learned([[Note(0, 4, 60), Note(8, 2, 64, 9, 9)], [Note(0, 1, 72, 9, 3, 5)]])
    assert found == Limits(4, 4, 1, [[0, 60, 60], [5, 72, 72], [128, 64, 64]])
