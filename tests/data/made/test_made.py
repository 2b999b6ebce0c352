"""Made data are what their seed says, can be read by the doors, and are neither trivial nor hopeless."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqloom.data.made.files import FOLDERS, Example, made_file, made_folder
from seqloom.data.made.sensors import made_sensors
from seqloom.data.made.sentences import made_sentences
from seqloom.data.made.tagged import made_tagged
from seqloom.data.series.read import read_recordings
from seqloom.data.tagged.sentences import read_tagged
from tests.data.writing import written


@pytest.mark.parametrize("what", sorted(set(Example) - set(FOLDERS)))
def test_a_file_is_what_its_seed_says(what: Example) -> None:
    assert made_file(what, 20, 1) == made_file(what, 20, 1) != made_file(what, 20, 2)


def test_the_doors_read_them(tmp_path: Path) -> None:
    files = {"t.conll": made_file(Example.TAGGED, 30, 0), "s.csv": made_file(Example.SENSORS, 12, 0)}
    folder = written(
        tmp_path,
        files | {f"f/{name}": content.decode() for name, content in made_folder(Example.SENSORS, 12, 0).items()},
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
