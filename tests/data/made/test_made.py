"""Made data are what their seed says, can be read by the doors, and are neither trivial nor hopeless."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqloom.data.made.files import KINDS, Example
from seqloom.data.made.sensors import made_sensors
from seqloom.data.made.sentences import made_sentences
from seqloom.data.made.speech import WORDS, made_speech
from seqloom.data.made.tagged import made_tagged
from seqloom.data.made.tunes import made_tunes
from seqloom.data.notes.grid import on_grid
from seqloom.data.notes.key import find_key
from seqloom.data.notes.reading import midi_piece
from seqloom.data.series.read import read_recordings
from seqloom.data.sounds.transcribed import read_transcribed
from seqloom.data.tagged.sentences import read_tagged
from tests.data.writing import written


@pytest.mark.parametrize("what", KINDS)
def test_a_file_is_what_its_seed_says(what: Example) -> None:
    for make in filter(None, (KINDS[what].as_file, KINDS[what].as_folder)):
        assert make(4, 1) == make(4, 1) != make(4, 2)


def test_the_doors_read_them(tmp_path: Path) -> None:
    files = {"t.conll": KINDS[Example.TAGGED].as_file(30, 0), "s.csv": KINDS[Example.SENSORS].as_file(12, 0)}
    folder = written(
        tmp_path,
        files | {f"f/{name}": content.decode() for name, content in KINDS[Example.SENSORS].as_folder(12, 0).items()},
    )
    tagged = read_tagged(folder / "t.conll")
    assert list(tagged.tags.values()) == [[[tag for _, tag in row] for row in made_tagged(30, 0)]]
    long, by_class = read_recordings(folder / "s.csv"), read_recordings(folder / "f")
    assert long.channels == by_class.channels == ("vibration", "current", "temperature")
    assert sorted(long.labels or ()) == sorted(by_class.labels or ())
    np.testing.assert_allclose(long.series[0].numpy(), made_sensors(12, 0)[0].values, atol=1e-3)


def test_reviews_differ_and_both_labels_are_common() -> None:
    rows = made_sentences(500, 0)
    assert len({text for text, _ in rows}) == 500
    assert 200 < sum(label == "positive" for _, label in rows) < 300


def test_names_of_later_sentences_are_new() -> None:
    rows = made_tagged(400, 0)
    seen = {token for row in rows[:300] for token, _ in row}
    names = [token for row in rows[300:] for token, tag in row if tag != "O"]
    assert 0.3 < np.mean([name not in seen for name in names]) < 0.8
    assert {tag for row in rows for _, tag in row} == {
        "O",
        *(f"{place}-{kind}" for place in "BI" for kind in ("PER", "LOC", "ORG")),
    }


def test_words_alone_and_summaries_alone_do_not_solve_them() -> None:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    texts, labels = zip(*made_sentences(1000, 0), strict=True)
    bag = make_pipeline(CountVectorizer(), LogisticRegression()).fit(texts[:800], labels[:800])
    assert 0.65 < bag.score(texts[800:], labels[800:]) < 0.9

    def summary(values: np.ndarray) -> np.ndarray:
        return np.concatenate([np.nanmean(values, 0), np.nanstd(values, 0)])

    states, series = zip(*made_sensors(400, 0), strict=True)
    rows = np.stack([summary(values) for values in series])
    line = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows[:300], states[:300])
    assert 0.4 < line.score(rows[300:], states[300:]) < 0.8


def test_speech_is_sounds_with_transcripts(tmp_path: Path) -> None:
    spoken = made_speech(6, 0)
    assert (
        KINDS[Example.SPEECH].as_folder(3, 1)
        == KINDS[Example.SPEECH].as_folder(3, 1)
        != KINDS[Example.SPEECH].as_folder(3, 2)
    )
    found = read_transcribed(written(tmp_path, KINDS[Example.SPEECH].as_folder(6, 0)))
    assert found.texts == [one.text for one in spoken]
    assert {word for one in spoken for word in one.text.split()} <= WORDS.keys()
    for sound, one in zip(found.sounds, spoken, strict=True):
        np.testing.assert_allclose(sound.read(), one.samples, atol=1e-4)
        assert 0.1 < np.abs(one.samples).max() < 0.6
        assert 0.2 < sound.seconds / len(one.text.split()) < 1.2


def test_a_word_sounds_alike_whoever_says_it() -> None:
    """The nearest other utterance of one word, by its mean frame, is mostly of the same word."""
    from seqloom.tasks.inputs.sounds import SoundInputs

    spoken = [one for one in made_speech(240, 0, most=2) if " " not in one.text]
    frames = SoundInputs(8000).encode([one.samples for one in spoken])
    means = np.stack([np.concatenate([part.mean(0) for part in one.tensor_split(3)]) for one in frames])
    far = ((means[:, None] - means) ** 2).sum(2) + np.eye(len(means)) * 1e9
    same = [spoken[place].text == spoken[other].text for place, other in enumerate(far.argmin(1))]
    assert np.mean(same) > 0.4


def test_tunes_are_in_their_key_and_repeat() -> None:
    tunes = made_tunes(30, 0)
    assert sum(tune.name.endswith(str(find_key(tune.notes))) for tune in tunes) >= 28
    assert {tune.metres[0].beats for tune in tunes} == {3, 4}
    for tune in tunes:
        halves = [note._replace(start=note.start // 240, length=note.length // 240) for note in tune.notes]
        assert list(on_grid(tune, 2).notes) == halves
        half = tune.end // 4
        first, second = ([n._replace(start=n.start % half) for n in tune.notes if n.start // half == k] for k in (0, 1))
        assert first == second
    content = KINDS[Example.TUNES].as_folder(3, 0)
    assert [midi_piece(data) for data in content.values()] == tunes[:3]
