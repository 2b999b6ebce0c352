"""Names, reviews, vowels and spoken digits: learned from the training parts alone, scored once; writes results.json.

    python reproductions/classification/run.py names18 ../shared/data/names18
    python reproductions/classification/run.py mr_polarity ../shared/data/mr_polarity
    python reproductions/classification/run.py japanese_vowels ../shared/data/japanese_vowels
    python reproductions/classification/run.py "fsdd" ../shared/data/fsdd
    python reproductions/classification/run.py "fsdd speakers" ../shared/data/fsdd
    python reproductions/classification/run.py names18 ../shared/data/names18 --choose

Nothing is set but what a row names: the rest is picked by the data. ``--choose`` never opens a test part: it holds out
15 % of the first training part and scores that.
"""

from __future__ import annotations

import argparse
import json
import platform
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.model_selection import StratifiedKFold, train_test_split

from seqloom import Classifier, __version__
from seqloom.data.series.read import read_recordings
from seqloom.data.sounds import Sound, open_sound
from seqloom.data.sounds.sound import Array
from seqloom.tasks.measures import confusion_counts

HERE = Path(__file__).parent


class Part(NamedTuple):
    """What one model is trained on, and scored on."""

    X: list[Any]
    y: list[str]
    test_X: list[Any]
    test_y: list[str]


def names18(folder: Path) -> Iterator[Part]:
    """18 languages, a file each; repeats removed; five stratified splits of 90 and 10 %."""
    pairs = dict.fromkeys(
        (name.strip(), file.stem)
        for file in sorted(folder.glob("*.txt"))
        for name in file.read_text(encoding="utf-8").splitlines()
        if name.strip()
    )
    X, y = (list(column) for column in zip(*pairs, strict=True))
    for seed in range(5):
        train, test, of_train, of_test = train_test_split(X, y, test_size=0.1, stratify=y, random_state=seed)
        yield Part(train, of_train, test, of_test)


def mr_polarity(folder: Path) -> Iterator[Part]:
    """Sentences of reviews, as many good as bad; ten folds."""
    texts, labels = [], []
    for name in ("pos", "neg"):
        lines = (folder / f"rt-polarity.{name}").read_text(encoding="utf-8").splitlines()
        texts += [line.strip() for line in lines if line.strip()]
        labels += [name] * (len(texts) - len(labels))
    for train, test in StratifiedKFold(10, shuffle=True, random_state=0).split(texts, labels):
        parts = ([values[place] for place in places] for places in (train, test) for values in (texts, labels))
        yield Part(*parts)


def japanese_vowels(folder: Path) -> Iterator[Part]:
    """Nine speakers, 270 recordings to learn from and 370 to be told; five times."""
    train, test = (read_recordings(folder / f"JapaneseVowels_{part}.ts") for part in ("TRAIN", "TEST"))
    for _ in range(5):
        yield Part(train.series, train.labels or [], test.series, test.labels or [])


def fsdd(folder: Path) -> Iterator[Part]:
    """Ten digits of five speakers; the first five recordings of each digit by each speaker are told."""
    yield _told(_spoken(folder), lambda _, number: number < 5)


def fsdd_speakers(folder: Path) -> Iterator[Part]:
    """The same; each speaker in turn is not learned from."""
    digits = _spoken(folder)
    for speaker in sorted({one.speaker for one in digits}):
        yield _told(digits, lambda who, _, left_out=speaker: who == left_out)


class Digit(NamedTuple):
    sound: Sound
    digit: str
    speaker: str
    number: int


def _spoken(folder: Path) -> list[Digit]:
    """The recordings of an archive, in memory."""
    with TemporaryDirectory() as place, tarfile.open(folder / "fsdd_recordings.tar.gz") as archive:
        archive.extractall(place, filter="data")
        found = []
        for path in sorted(Path(place).rglob("*.wav")):
            digit, speaker, number = path.stem.split("_")
            sound = open_sound(path)
            found.append(Digit(Array.of(sound.read(), sound.rate, path.name), digit, speaker, int(number)))
    return found


def _told(digits: list[Digit], of_test: Callable[[str, int], bool]) -> Part:
    parts = ([one for one in digits if of_test(one.speaker, one.number) is wanted] for wanted in (False, True))
    (X, y), (test_X, test_y) = (([one.sound for one in part], [one.digit for one in part]) for part in parts)
    return Part(X, y, test_X, test_y)


class Row(NamedTuple):
    """One line of the table: the data, what is set, and how runs are put together."""

    parts: Any
    settings: dict[str, Any]
    together: Any = np.mean


ROWS = {
    "names18": Row(names18, {}),
    "names18 unweighted": Row(names18, {"class_weights": "none"}),
    "mr_polarity": Row(mr_polarity, {}),
    "japanese_vowels": Row(japanese_vowels, {}, np.median),
    "fsdd": Row(fsdd, {}),
    "fsdd speakers": Row(fsdd_speakers, {"normalisation": "recording", "bands": 20}),
}


def inner(part: Part) -> Part:
    """A part of the training part in place of the test part."""
    found = train_test_split(part.X, part.y, test_size=0.15, stratify=part.y, random_state=0)
    return Part(found[0], found[2], found[1], found[3])


def run(row: Row, folder: Path, choose: bool, picture: Path | None) -> dict[str, Any]:
    began, used, found, counts = time.monotonic(), time.process_time(), [], 0
    for number, whole in enumerate(row.parts(folder)):
        part = inner(whole) if choose else whole
        model = Classifier(**row.settings, training={"seed": number, "device": "cpu"})
        figures = model.fit(part.X, part.y, progress=False).evaluate(part.test_X, part.test_y)
        found.append({"model": dict(figures.model)} | {name: dict(one) for name, one in figures.baselines.items()})
        counts = counts + confusion_counts(part.test_y, model.predict(part.test_X), model.classes_.tolist())
        print(number, {name: round(one["macro_f1"], 4) for name, one in found[-1].items()}, flush=True)
        if choose:
            break
    if picture is not None:
        from seqloom.inspection.confusion import draw_confusion

        draw_confusion(counts, model.classes_.tolist(), picture.stem, picture)
    return {
        "settings": row.settings,
        "picked": model.facts_["picked"],
        "runs": len(found),
        "seconds": round(time.monotonic() - began, 1),
        "processor_seconds": round(time.process_time() - used, 1),
        "figures": {
            name: {key: round(float(row.together([one[name][key] for one in found])), 4) for key in found[0][name]}
            for name in found[0]
        },
        "accuracies": [round(one["model"]["accuracy"], 4) for one in found],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row", choices=ROWS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--choose", action="store_true")
    arguments = parser.parse_args()
    picture = HERE / f"{arguments.row.replace(' ', '_')}.png"
    result = run(ROWS[arguments.row], arguments.folder, arguments.choose, None if arguments.choose else picture)
    print(json.dumps(result, indent=1))
    if arguments.choose:
        return
    file = HERE / "results.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    machine = {"threads": torch.get_num_threads(), "torch": torch.__version__, "processor": platform.processor()}
    results[arguments.row] = {"seqloom": __version__, **machine, **result}
    file.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
