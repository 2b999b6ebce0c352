"""Spoken digits in a row: learned from strings made of single recordings, scored once; writes results.json.

    python reproductions/recognition/run.py known ../shared/data/fsdd
    python reproductions/recognition/run.py others ../shared/data/fsdd
    python reproductions/recognition/run.py known ../shared/data/fsdd --choose

The folder has ``fsdd_recordings.tar.gz``, or its wav files (free-spoken-digit-dataset: five speakers, 50 recordings of
each digit, 8 kHz). A string is 3 to 7 digits of one speaker, drawn by a seed, with gaps of 0 to 0.3 s, each digit by
itself louder or softer, under white noise 20 to 40 dB below the speech. ``known``: recordings 5 to 49 of all speakers
are learned from, 0 to 4 are scored (the data set's own split). ``others``: each speaker is left out in turn, and
scored. ``--choose`` never opens what is scored: of ``known`` it scores recordings 5 to 9 and learns from 10 to 49, of
``others`` it leaves out one of the four that are left, once. Each row is scored without and with an n-gram of the
strings.
"""

from __future__ import annotations

import argparse
import json
import platform
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom import Recognizer, __version__
from seqloom.data.sounds import open_sound

HERE = Path(__file__).parent
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SPEAKERS = ("george", "jackson", "lucas", "theo", "yweweler")
RATE = 8000
SETTINGS: dict[str, Any] = {
    "rate": RATE,
    "language_model": "ngram",
    "spec": "2*conv(64, width=3, stride=2) + norm(kind=layer) + 2*gru(64) bidirectional",
    "batch_size": 16,
    "training": {"seed": 0, "device": "cpu", "learning_rate": 0.004, "warmup_steps": 100},
}
ROW_SETTINGS: dict[str, dict[str, Any]] = {
    "known": {"augment": 0.0, "training": {"epochs": 12}},
    "others": {"augment": 1.0, "training": {"epochs": 4}},
}
"""Voices are warped where other voices are to be heard, and only there."""
LEARNED, SCORED = 6000, 300
"""Strings."""
WAYS: dict[str, dict[str, Any]] = {
    "greedy": {"language_model": None, "beam": 1, "rescore": None},
    "beam": {"language_model": None, "beam": 8, "rescore": None},
    "beam and n-gram": {"language_model": "ngram", "beam": 16, "rescore": None},
    "beam, rescored by the n-gram": {"language_model": "ngram", "beam": 16, "rescore": 16},
}

Samples = NDArray[np.float32]


class Recording(NamedTuple):
    """One digit."""

    digit: int
    speaker: str
    number: int
    samples: Samples


class Part(NamedTuple):
    """What one model learns from, and what it is scored on."""

    name: str
    learned: list[Recording]
    scored: list[Recording]


def recordings(folder: Path) -> list[Recording]:
    """All of them, unpacked into a temporary folder."""
    with tempfile.TemporaryDirectory() as place:
        packed = folder / "fsdd_recordings.tar.gz"
        if packed.exists():
            with tarfile.open(packed) as archive:
                archive.extractall(place, filter="data")
            folder = Path(place)
        found = []
        for path in sorted(folder.rglob("*.wav")):
            digit, speaker, number = path.stem.split("_")
            found.append(Recording(int(digit), speaker, int(number), open_sound(path).read()))
        return found


def strings(found: list[Recording], count: int, seed: int) -> tuple[list[Samples], list[str]]:
    """Digits of one speaker in a row, and their words."""
    random, sounds, texts = np.random.default_rng(seed), [], []
    of = {speaker: [one for one in found if one.speaker == speaker] for speaker in {one.speaker for one in found}}
    names = sorted(of)
    for _ in range(count):
        drawn = of[names[random.integers(len(names))]]
        digits = [drawn[random.integers(len(drawn))] for _ in range(random.integers(3, 8))]
        parts = [np.zeros(random.integers(0, round(0.3 * RATE)), np.float32)]
        for one in digits:
            parts += [one.samples * random.uniform(0.5, 1.5), np.zeros(random.integers(0, round(0.3 * RATE)))]
        whole = np.concatenate(parts)
        loud = np.sqrt(np.mean(np.concatenate([one.samples for one in digits]) ** 2))
        noise = loud * 10 ** (-random.uniform(20, 40) / 20) * random.standard_normal(len(whole))
        sounds.append((whole + noise).astype(np.float32))
        texts.append(" ".join(WORDS[one.digit] for one in digits))
    return sounds, texts


def known(found: list[Recording], choose: bool) -> Iterator[Part]:
    """All speakers; the first five recordings of each digit are scored, or the next five."""
    left = [one for one in found if one.number >= 5] if choose else found
    border = 10 if choose else 5
    yield Part("all", [one for one in left if one.number >= border], [one for one in left if one.number < border])


def others(found: list[Recording], choose: bool) -> Iterator[Part]:
    """Each speaker in turn is not learned from."""
    for speaker in SPEAKERS[1:2] if choose else SPEAKERS:
        left = [one for one in found if one.speaker != SPEAKERS[0]] if choose else found
        learned = [one for one in left if one.speaker != speaker]
        yield Part(speaker, learned, [one for one in left if one.speaker == speaker])


ROWS: dict[str, Callable[[list[Recording], bool], Iterator[Part]]] = {"known": known, "others": others}


def settings_of(row: str, more: dict[str, Any]) -> dict[str, Any]:
    """Those of all rows, of one, and others."""
    parts = (SETTINGS, ROW_SETTINGS[row], more)
    training = {name: value for one in parts for name, value in one.get("training", {}).items()}
    return {name: value for one in parts for name, value in one.items()} | {"training": training}


def run(part: Part, row: str, more: dict[str, Any]) -> dict[str, Any]:
    """Train once; score without and with the n-gram."""
    began, used = time.monotonic(), time.process_time()
    model = Recognizer(**settings_of(row, more)).fit(*strings(part.learned, LEARNED, seed=1), progress=False)
    trained, worked = time.monotonic() - began, time.process_time() - used
    sounds, texts = strings(part.scored, SCORED, seed=2)
    result: dict[str, Any] = {"picked": model.facts_["picked"], "chosen": model.facts_["fusion"]}
    seconds = sum(map(len, sounds)) / RATE
    for name, way in WAYS.items():
        start = time.monotonic()
        figures = model.set_params(**way).evaluate(sounds, texts)
        factor = (time.monotonic() - start) / seconds
        result[name] = {**{key: round(value, 4) for key, value in figures.model.items()}, "real_time": round(factor, 4)}
    result["baselines"] = {name: round(one["word_error_rate"], 4) for name, one in figures.baselines.items()}
    result |= {"notes": figures.notes, "seconds": round(trained, 1), "processor_seconds": round(worked, 1)}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row", choices=ROWS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--choose", action="store_true")
    parser.add_argument("--settings", type=json.loads, default={}, help="Others than those of the row, as JSON.")
    arguments = parser.parse_args()
    began, used = time.monotonic(), time.process_time()
    found = recordings(arguments.folder)
    parts: dict[str, Any] = {}
    for part in ROWS[arguments.row](found, arguments.choose):
        parts[part.name] = run(part, arguments.row, dict(arguments.settings))
        print(part.name, json.dumps(parts[part.name], indent=1, ensure_ascii=False), flush=True)
        rates = {way: [one[way]["word_error_rate"] for one in parts.values()] for way in WAYS}
        mean = {way: round(float(np.mean(of_way)), 4) for way, of_way in rates.items()}
        print("word error rate:", mean, flush=True)
        if not arguments.choose and not arguments.settings:
            spent = {"seconds": time.monotonic() - began, "processor_seconds": time.process_time() - used}
            spent = {name: round(value, 1) for name, value in spent.items()}
            write(arguments.row, {"word_error_rate": mean, **spent, "parts": parts})


def write(row: str, result: dict[str, Any]) -> None:
    """Put a row into results.json, after each of its parts."""
    file = HERE / "results.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    machine = {"threads": torch.get_num_threads(), "torch": torch.__version__, "processor": platform.processor()}
    results[row] = {"seqloom": __version__, **machine, "settings": settings_of(row, {}), **result}
    file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
