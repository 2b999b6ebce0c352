"""``seqloom predict --stream`` of models that hear: a file or a pipe, in words that come as they are said."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from seqloom import Classifier
from seqloom.data.sounds import save_wav
from seqloom.data.sounds.saving import wav_bytes
from tests.apps.running import Command
from tests.tasks.recognition.test_sounds import RATE, folder_of, tones
from tests.tasks.recognition.test_stream import listener
from tests.tasks.sequences.sounds import tones as classed

SAID = tones("low mid", 77)


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("words") / "model"
    listener().save(path)
    return path


def pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))


def test_a_file_at_any_rate_in_words(command: Command, words: Path, tmp_path: Path) -> None:
    save_wav(tmp_path / "a.wav", np.stack([SAID, SAID], 1), RATE)
    found = command("predict", words, tmp_path / "a.wav", "--stream")
    assert found.code == 0
    lines = [line.split("\t") for line in found.out.splitlines()]
    assert [line[1:] for line in lines if line[2] == "final"] == [["low mid", "final"]]
    assert "low" in [line[1] for line in lines]
    assert "real-time factor" in found.err
    assert "Latency: a piece of 20 ms" in found.err


@pytest.mark.parametrize("plain", [False, True])
def test_a_pipe_in_json(command: Command, words: Path, plain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    data = wav_bytes(SAID, RATE)
    pipe(monkeypatch, data[44:] if plain else data)
    found = command("predict", words, "--stream", "--json")
    rows = [json.loads(line) for line in found.out.splitlines()]
    assert (rows[-1]["prediction"], rows[-1]["final"]) == ("low mid", True)
    assert [word["word"] for word in rows[-1]["words"]] == ["low", "mid"]


def test_what_is_no_sound_ends_in_a_sentence(command: Command, words: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, wav_bytes(SAID, 44_100))
    found = command("predict", words, "--stream")
    assert (found.code, found.out) == (3, "")
    assert "the model hears 8,000" in found.err


def test_a_class_while_it_comes(command: Command, tmp_path: Path) -> None:
    X, y = classed()
    training = {"epochs": 6, "learning_rate": 0.03, "device": "cpu", "schedule": "constant"}
    Classifier("gru(8)", rate=RATE, dropout=0.0, training=training).fit(X, y).save(tmp_path / "model")
    save_wav(tmp_path / "high.wav", X[1], RATE)
    found = command("predict", tmp_path / "model", tmp_path / "high.wav", "--stream")
    assert found.code == 0, found.err
    assert found.out.splitlines()[-1].split("\t")[1] == "high"


def test_a_decoder_is_trained_by_its_words_and_refuses_to_stream(command: Command, tmp_path: Path) -> None:
    folder_of(tmp_path / "sounds", 20)
    words = "conv(8, stride=2) + gru(8) -> luong(8)"
    given = ("--model", words, "--steps", 2, "--language-model", "ngram", "--rescore", 2, "--normalisation", "training")
    assert command("train", tmp_path / "sounds", "-o", tmp_path / "model", *given).code == 0
    found = command("predict", tmp_path / "model", tmp_path / "sounds", "--json")
    assert found.code == 0, found.err
    assert len(found.out.splitlines()) == 20
    found = command("predict", tmp_path / "model", tmp_path / "sounds" / "00.wav", "--stream")
    assert (found.code, found.out) == (2, "")
    assert "cannot stream. Train layers that only look back, without ->" in found.err
