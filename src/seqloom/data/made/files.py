"""The made data as files of usual kinds, by name."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Final, NamedTuple

import numpy as np

from seqloom.choice import Choice
from seqloom.data.made.sensors import CHANNELS, MadeRecording, made_sensors
from seqloom.data.made.sentences import made_sentences
from seqloom.data.made.speech import RATE, made_speech
from seqloom.data.made.tagged import made_tagged
from seqloom.data.sounds.saving import wav_bytes

__all__ = ["KINDS", "Example", "Kind", "made_file", "made_folder", "made_recordings"]


class Example(Choice):
    """What can be made."""

    SENTENCES = "sentences"
    SENSORS = "sensors"
    TAGGED = "tagged"
    SPEECH = "speech"


class Kind(NamedTuple):
    """The usual name of a file, how many rows it has by default, and what a row is."""

    file: str
    rows: int
    row: str


KINDS: Final = {
    Example.SENTENCES: Kind("sentences.csv", 1000, "labelled sentences"),
    Example.SENSORS: Kind("sensors.csv", 400, "labelled recordings"),
    Example.TAGGED: Kind("tagged.conll", 800, "tagged sentences"),
    Example.SPEECH: Kind("speech", 500, "spoken digits"),
}


def made_file(what: Example, rows: int, seed: int) -> str:
    """The text of one file: csv with text and label, csv with a step a row, or CoNLL with token and tag.

    >>> made_file(Example.SENSORS, rows=1, seed=0).splitlines()[0]
    'id,time,vibration,current,temperature,label'
    """
    if what is Example.TAGGED:
        sentences = ("".join(f"{token}\t{tag}\n" for token, tag in one) for one in made_tagged(rows, seed))
        return "\n".join(sentences)
    if what is Example.SENTENCES:
        return _csv(("text", "label"), made_sentences(rows, seed))
    recordings = enumerate(made_sensors(rows, seed), 1)
    steps = ((f"r{number}", *step, one.state) for number, one in recordings for step in _steps(one))
    return _csv(("id", "time", *CHANNELS, "label"), steps)


def made_folder(rows: int, seed: int) -> dict[str, str]:
    """The sensors as files of one recording each, in a folder for each state: path → text.

    >>> list(made_folder(rows=2, seed=0))
    ['idle/1.csv', 'overload/2.csv']
    """
    recordings = zip(count(1), made_sensors(rows, seed))
    return {f"{one.state}/{number}.csv": _csv(("time", *CHANNELS), _steps(one)) for number, one in recordings}


def made_recordings(rows: int, seed: int) -> dict[str, bytes]:
    """Speech as a file of sound for each utterance, and a table of what is said: path → bytes.

    >>> list(made_recordings(rows=2, seed=0))
    ['transcripts.csv', '1.wav', '2.wav']
    """
    spoken = list(enumerate(made_speech(rows, seed), 1))
    table = _csv(("file", "text"), ((f"{number}.wav", one.text) for number, one in spoken))
    return {"transcripts.csv": table.encode()} | {
        f"{number}.wav": wav_bytes(one.samples, RATE) for number, one in spoken
    }


def _steps(one: MadeRecording) -> Iterable[tuple[str, ...]]:
    for number, values in enumerate(one.values):
        yield f"{number / 10:.1f}", *("" if np.isnan(value) else f"{value:.3f}" for value in values)


def _csv(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    page = io.StringIO()
    csv.writer(page, lineterminator="\n").writerows([names, *rows])
    return page.getvalue()
