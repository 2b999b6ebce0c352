"""Sounds as frames: scaled by their recording or as in training, whole or in pieces, lazily where they are many."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from seqloom.data.lazy_rows import LazyRows
from seqloom.data.sounds.sound import Array
from seqloom.errors import DataError, UsageError
from seqloom.layers import LogMel, normalised
from seqloom.settings.sound import Normalisation
from seqloom.tasks.inputs import SoundInputs, inputs_from_json, learned_inputs
from seqloom.tasks.inputs import sounds as room
from tests.tasks.sequences.sounds import tones

SOUNDS = [Array.of(values, 8000) for values in tones(12)[0]]
WAYS = list(Normalisation)


def learned(way: Normalisation) -> SoundInputs:
    found = learned_inputs(SOUNDS, of_sounds={"normalisation": way})
    assert isinstance(found, SoundInputs)
    return found


def test_each_recording_has_mean_0_and_deviation_1_or_all_of_them_together():
    own = learned(Normalisation.RECORDING).encode(SOUNDS)
    frames = LogMel(8000)(torch.from_numpy(SOUNDS[3].values)[None])
    torch.testing.assert_close(own[3], normalised(frames)[0])
    steps = torch.cat(list(learned(Normalisation.TRAINING).encode(SOUNDS)))
    torch.testing.assert_close(steps.mean(0), torch.zeros(40), atol=1e-4, rtol=0)
    torch.testing.assert_close(steps.std(0, correction=0), torch.ones(40), atol=1e-3, rtol=0)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_learned_is_kept_as_json(way):
    inputs = learned(way)
    assert inputs_from_json(json.loads(json.dumps(inputs.to_json()))) == inputs


def test_other_rates_and_arrays_are_frames_of_the_same_number():
    inputs = SoundInputs(8000)
    wide = Array.of(np.random.default_rng(0).normal(size=44_100) * 0.1, 44_100)
    narrow = np.random.default_rng(0).normal(size=8000)
    frames = inputs.encode([wide, narrow, torch.from_numpy(narrow), np.stack([narrow, narrow], 1)])
    assert {tuple(one.shape) for one in frames} == {(98, 40)}
    assert inputs.lengths([wide, narrow]) == [98, 98]
    torch.testing.assert_close(frames[1], frames[3])


def test_long_sounds_are_read_in_pieces(monkeypatch):
    monkeypatch.setattr(room, "_PIECE", 0.02)
    pieces = SoundInputs(8000).encode(SOUNDS)
    monkeypatch.undo()
    for one, whole in zip(pieces, SoundInputs(8000).encode(SOUNDS), strict=True):
        torch.testing.assert_close(one, whole, atol=1e-4, rtol=0)


def test_many_are_read_when_they_are_asked_for(monkeypatch):
    monkeypatch.setattr(room, "_KEPT", 1000)
    read = []
    monkeypatch.setattr(Array, "_read", lambda self, begin, end: (read.append(self), self.values[begin:end])[1])
    rows = SoundInputs(8000).encode(SOUNDS)
    assert isinstance(rows, LazyRows)
    assert not read
    assert [len(row) for row in rows] == list(rows.lengths)
    assert len(read) == len(SOUNDS)


def test_a_sound_that_comes_in_pieces_gives_the_same_frames():
    inputs = learned(Normalisation.TRAINING)
    whole, feed = inputs.encode(SOUNDS[:1])[0], inputs.feed()
    values = SOUNDS[0].values
    parts = [feed.push(values[begin : begin + 160]) for begin in range(0, len(values), 160)]
    torch.testing.assert_close(torch.cat([*parts, feed.finish()]), whole, atol=1e-5, rtol=0)
    with pytest.raises(UsageError, match="normalisation training"):
        learned(Normalisation.RECORDING).feed()


@pytest.mark.parametrize("wrong", ["text", [["a"]], np.zeros((3, 2, 2)), np.zeros(3, complex), 5.0, np.zeros(0)])
def test_what_is_no_sound_is_refused(wrong):
    with pytest.raises(DataError, match="row 1: expected samples"):
        SoundInputs(8000).encode([np.zeros(100), wrong])


def test_sounds_and_texts_are_not_one_kind():
    with pytest.raises(DataError, match="got several of them"):
        learned_inputs([SOUNDS[0], "text"])
