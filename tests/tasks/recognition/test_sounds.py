"""Tones that spell words: from a folder of sounds with transcripts to a table of texts."""

from __future__ import annotations

import copy
import csv
import json
import random
import resource
import sys
from functools import cache, partial
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from seqloom.data.sounds import save_wav
from seqloom.data.sounds.sound import Array, Sound
from seqloom.errors import DataError, UsageError
from seqloom.tasks.guess import guess
from seqloom.tasks.measures.edit_distance import word_error_rate
from seqloom.tasks.recognition.recognizer import Recognizer
from seqloom.testing.estimators.fresh import in_a_new_process
from tests.data.sounds.waves import WIDTHS, wav

RATE = 8000
TONES = {"low": 400.0, "mid": 900.0, "high": 2000.0}


def tones(text: str, seed: int, rate: int = RATE) -> NDArray[np.float32]:
    """0.1 s of a tone for each word, after a gap, with noise."""
    draw = np.random.default_rng(seed)
    parts = []
    for word in text.split():
        parts.append(np.zeros(draw.integers(400, 800) * rate // RATE))
        parts.append(0.3 * np.sin(2 * np.pi * TONES[word] * np.arange(rate // 10) / rate))
    whole = np.concatenate([*parts, np.zeros(600 * rate // RATE)])
    return (whole + 0.01 * draw.standard_normal(len(whole))).astype(np.float32)


def folder_of(folder: Path, count: int, seed: int = 0) -> list[str]:
    """Sounds and a table of their texts; returns the texts."""
    folder.mkdir(parents=True)
    draw = random.Random(seed)
    texts = [" ".join(draw.choices(list(TONES), k=draw.randint(1, 4))) for _ in range(count)]
    lines = ["file,text"]
    for place, text in enumerate(texts):
        save_wav(folder / f"{place:02}.wav", tones(text, seed + place), RATE)
        lines.append(f"{place:02}.wav,{text.title()}!")
    (folder / "said.csv").write_text("\n".join(lines) + "\n")
    return texts


@cache
def listener(folder: Path) -> Recognizer:
    folder_of(folder, 40)
    training = {"steps": 250, "epochs": None, "device": "cpu", "learning_rate": 0.02}
    model = Recognizer(
        "conv(16, stride=2) + gru(16)",
        batch_size=8,
        dropout=0.0,
        augment=0.0,
        training=training,
        normalisation="training",
    )
    return model.fit(folder, progress=False)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Recognizer:
    return listener(tmp_path_factory.mktemp("heard") / "train")


def test_the_best_texts_of_a_sound_are_ranked(model: Recognizer, tmp_path: Path) -> None:
    folder_of(tmp_path / "new", 2)
    head, row, _ = csv.reader(model.written(tmp_path / "new", top=2))
    assert head == ["sound", "prediction", "score", "prediction_2", "score_2"]
    assert float(row[2]) > float(row[4])
    first = next(iter(model.answered(tmp_path / "new", top=2)))
    assert [str(first[name]) for name in head] == row
    assert [word["word"] for word in first["words"]] == row[1].split()
    assert len(model.transcribe(tmp_path / "new", count=12)[0]) == 12, "the beam is as wide as is asked"


def test_a_folder_of_sounds_with_transcripts_is_for_recognition(tmp_path: Path) -> None:
    folder_of(tmp_path / "sounds", 3)
    found = guess(tmp_path / "sounds", {})
    assert found is not None
    assert (found.task, found.reason) == ("recognition", "sounds with their transcripts")
    table = guess(tmp_path / "sounds" / "said.csv", {})
    assert table is not None
    assert table.task == "recognition"


def test_it_hears_a_folder_it_has_not_heard(model: Recognizer, tmp_path: Path) -> None:
    texts = folder_of(tmp_path / "new", 12, seed=900)
    found = model.predict(tmp_path / "new")
    assert word_error_rate(texts, found) < 0.05
    assert model.evaluate(tmp_path / "new").model["word_error_rate"] == word_error_rate(texts, found)
    table = list(csv.reader("".join(model.written(tmp_path / "new")).splitlines()))
    assert table == [["sound", "prediction"], *([f"{k:02}.wav", text] for k, text in enumerate(found))]
    records = json.loads(json.dumps(list(model.answered(tmp_path / "new"))))
    assert [record["prediction"] for record in records] == found
    assert records[0]["sound"] == "00.wav"
    assert " ".join(word["word"] for word in records[0]["words"]) == found[0]


def test_words_have_their_times_in_seconds(model: Recognizer) -> None:
    samples = np.concatenate([np.zeros(RATE), tones("low high", 3), np.zeros(RATE)]).astype(np.float32)
    ((best,),) = model.transcribe([samples])
    assert best.text == "low high"
    assert 1.0 <= best.words[0].begin < best.words[0].end <= best.words[1].begin < best.words[1].end < 1.5


def test_sounds_without_a_transcript_are_transcribed_all_the_same(model: Recognizer, tmp_path: Path) -> None:
    folder_of(tmp_path / "one" / "deeper", 2, seed=5)
    save_wav(tmp_path / "one" / "beside.wav", tones("mid", 1), RATE)
    names = [line.partition(",")[0] for line in model.written(tmp_path / "one")]
    assert names == ["sound", "beside.wav", "deeper/00.wav", "deeper/01.wav"]
    assert model.predict(tmp_path / "one" / "beside.wav") == ["mid"]
    (tmp_path / "one" / "deeper" / "said.csv").unlink()
    with pytest.raises(DataError, match="expected sounds with transcripts"):
        model.evaluate(tmp_path / "one")


def test_what_is_no_sound_is_refused(model: Recognizer, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="found none"):
        model.predict(tmp_path / "empty")
    with pytest.raises(DataError, match="nowhere"):
        model.predict(tmp_path / "nowhere")
    folder_of(tmp_path / "sounds", 2)
    with pytest.raises(UsageError, match="expected None beside"):
        model.evaluate(tmp_path / "sounds", ["a", "b"])


def test_a_sound_too_short_for_its_text_is_named(tmp_path: Path) -> None:
    folder_of(tmp_path / "sounds", 6)
    save_wav(tmp_path / "sounds" / "04.wav", np.zeros(240), RATE)
    with pytest.raises(DataError, match=rf"{tmp_path}/sounds/04\.wav: expected at least"):
        Recognizer("conv(4)", tokens="characters", training={"steps": 1}).fit(tmp_path / "sounds", validation=0.0)


class Endless(Sound):
    """Minutes of tones, made when they are read."""

    def _read(self, begin: int, end: int) -> NDArray[np.float32]:
        at = np.arange(begin, end)
        tone = np.array([*TONES.values()])[at // 2000 % 3]
        gap = at % 2000 < 1000
        noise = 0.01 * np.random.default_rng(begin).standard_normal(len(at))
        return (noise + ~gap * 0.3 * np.sin(2 * np.pi * tone * (at % 2000) / RATE)).astype(np.float32)


def spoken_in(minutes: int) -> list[str]:
    """The words of :class:`Endless`."""
    return [["low", "mid", "high"][k % 3] for k in range(minutes * 60 * 4)]


@pytest.mark.parametrize(("beam", "most"), [(1, 0.4), (8, 0.05)])
def test_a_sound_in_pieces_has_its_words_in_order(model: Recognizer, beam: int, most: float) -> None:
    minutes = 3  # a little more than a piece
    listening = copy.deepcopy(model).set_params(beam=beam)
    ((best,),) = listening.transcribe([Endless("endless", RATE, minutes * 60 * RATE, 1)])
    assert word_error_rate([" ".join(spoken_in(minutes))], [best.text]) < most
    begins = np.array([word.begin for word in best.words])
    assert (np.diff(begins) > 0).all()
    assert begins[-1] == pytest.approx(minutes * 60 - 0.1, abs=0.5)


def memory_of_an_hour(path: Path) -> float:
    """How many MB more an hour takes than half a minute."""
    model = Recognizer.load(path).set_params(beam=1)
    model.transcribe([Endless("short", RATE, 30 * RATE, 1)])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    model.transcribe([Endless("hour", RATE, 3600 * RATE, 1)])
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss")
def test_an_hour_takes_less_than_200_megabytes(tmp_path: Path) -> None:
    folder_of(tmp_path / "train", 20)
    training = {"steps": 2, "epochs": None, "device": "cpu"}
    Recognizer(training=training).fit(tmp_path / "train", progress=False).save(tmp_path / "model")
    assert in_a_new_process(partial(memory_of_an_hour, tmp_path / "model")) < 200


def heard_of(path: Path, folder: Path) -> tuple[dict[str, str], float]:
    """What a saved model says of each sound of a folder, and the MB that the process took at most."""
    lines = list(csv.reader(Recognizer.load(path).written(folder)))[1:]
    return dict(lines), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss")
def test_sounds_of_every_width_and_rate_are_heard_and_hours_of_them(tmp_path: Path) -> None:
    rates, texts = (
        (8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000),
        [" ".join(one) for one in permutations(TONES)],
    )
    said = [(text, rate) for text in texts * 5 for rate in rates]
    sounds = [Array.of(tones(text, place, rate), rate) for place, (text, rate) in enumerate(said)]
    training = {"steps": 250, "epochs": None, "device": "cpu", "learning_rate": 0.02}
    model = Recognizer("conv(16, stride=2) + gru(16)", batch_size=8, augment=0.0, rate=RATE, training=training)
    model.fit(sounds, [text for text, _ in said], progress=False).save(tmp_path / "model")
    folder = tmp_path / "sounds"
    folder.mkdir()
    for (tag, bits), rate in product(WIDTHS, rates):
        values = tones("low high mid", 1000 + bits, rate)
        for channels in (1, 2):
            data = wav(np.stack([values] * channels, 1), rate, tag, bits)
            (folder / f"{tag}-{bits}-{rate}-{channels}.wav").write_bytes(data)
    for bits, rate, channels in ((8, 8000, 1), (16, 16_000, 1), (24, 48_000, 2)):
        size = 3600 * rate * channels * bits // 8
        with (folder / f"hour-{bits}.wav").open("wb") as file:  # of nothing, but as long
            file.write(wav(np.zeros((0, channels)), rate, 1, bits, data_size=size))
            file.truncate(file.tell() + size)
    found, most = in_a_new_process(partial(heard_of, tmp_path / "model", folder))
    assert len(found) == len(WIDTHS) * len(rates) * 2 + 3
    wrong = {name: text for name, text in found.items() if text != "low high mid" and "hour" not in name}
    assert not wrong
    assert most < 2048
