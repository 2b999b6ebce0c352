"""The made data as files of usual kinds, by name."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Final, NamedTuple

import numpy as np

from seqloom.choice import Choice
from seqloom.data.made.moving import made_videos
from seqloom.data.made.scenes import made_scenes
from seqloom.data.made.sensors import CHANNELS, MadeRecording, made_sensors
from seqloom.data.made.sentences import made_sentences
from seqloom.data.made.tagged import made_tagged

__all__ = ["FOLDERS", "KINDS", "Example", "Kind", "made_file", "made_folder"]


class Example(Choice):
    """What can be made."""

    SENTENCES = "sentences"
    SENSORS = "sensors"
    TAGGED = "tagged"
    CAPTIONS = "captions"
    VIDEO = "video"


class Kind(NamedTuple):
    """The usual name of a file or folder, how many rows it has by default, and what a row is."""

    file: str
    rows: int
    row: str


KINDS: Final = {
    Example.SENTENCES: Kind("sentences.csv", 1000, "labelled sentences"),
    Example.SENSORS: Kind("sensors.csv", 400, "labelled recordings"),
    Example.TAGGED: Kind("tagged.conll", 800, "tagged sentences"),
    Example.CAPTIONS: Kind("captions", 4000, "captioned pictures"),
    Example.VIDEO: Kind("video", 2000, "captioned videos"),
}


FOLDERS: Final = (Example.CAPTIONS, Example.VIDEO)
"""What is made as a folder alone."""


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


def made_folder(what: Example, rows: int, seed: int) -> dict[str, bytes]:
    """Files of a folder, by their paths in it: recordings in a folder for each state, or pictures or videos beside a
    table of their captions. The latter need Pillow.

    >>> list(made_folder(Example.SENSORS, rows=2, seed=0))
    ['idle/1.csv', 'overload/2.csv']
    """
    if what is Example.SENSORS:
        recordings = zip(count(1), made_sensors(rows, seed))
        return {
            f"{one.state}/{number}.csv": _csv(("time", *CHANNELS), _steps(one)).encode() for number, one in recordings
        }
    if what is Example.CAPTIONS:
        found = [(f"images/{number}.png", *one) for number, one in enumerate(made_scenes(rows, seed), 1)]
    else:
        found = [(f"videos/{number}.gif", *one) for number, one in enumerate(made_videos(rows, seed), 1)]
    table = _csv(("file", "caption", "split"), [(name, caption, split) for name, _, caption, split in found])
    return {name: content for name, content, *_ in found} | {"captions.csv": table.encode()}


def _steps(one: MadeRecording) -> Iterable[tuple[str, ...]]:
    for number, values in enumerate(one.values):
        yield f"{number / 10:.1f}", *("" if np.isnan(value) else f"{value:.3f}" for value in values)


def _csv(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    page = io.StringIO()
    csv.writer(page, lineterminator="\n").writerows([names, *rows])
    return page.getvalue()
