"""The made data as files of usual kinds, by name."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from seqloom.choice import Choice
from seqloom.data.made.machine import made_faults, made_machine
from seqloom.data.made.moving import MadeVideo, made_videos
from seqloom.data.made.pairs import made_dates, made_sums
from seqloom.data.made.scenes import MadeScene, made_scenes
from seqloom.data.made.sensors import CHANNELS, MadeRecording, made_sensors
from seqloom.data.made.sentences import made_sentences
from seqloom.data.made.series import made_prices, made_series
from seqloom.data.made.speech import RATE, made_speech
from seqloom.data.made.tagged import made_tagged
from seqloom.data.made.tunes import made_tunes
from seqloom.data.notes.writing import midi_bytes
from seqloom.data.sounds.saving import wav_bytes

__all__ = ["KINDS", "Example", "Kind"]


class Example(Choice):
    """What can be made."""

    SENTENCES = "sentences"
    SENSORS = "sensors"
    TAGGED = "tagged"
    PAIRS = "pairs"
    SUMS = "sums"
    SPEECH = "speech"
    CAPTIONS = "captions"
    VIDEO = "video"
    SERIES = "series"
    PRICES = "prices"
    TUNES = "tunes"
    MACHINE = "machine"
    FAULTS = "faults"


class Kind(NamedTuple):
    """The usual name of a file or folder, how many rows it has by default, and what a row is.

    ``as_file`` makes the text of one file of so many rows by a seed, ``as_folder`` the files of a folder by their
    paths in it; None where there is no such form. ``learned`` says that ``train`` takes it.
    """

    name: str
    rows: int
    row: str
    as_file: Callable[[int, int], str] | None = None
    as_folder: Callable[[int, int], dict[str, bytes]] | None = None
    learned: bool = True


def _sentences(rows: int, seed: int) -> str:
    return _csv(("text", "label"), made_sentences(rows, seed))


def _tagged(rows: int, seed: int) -> str:
    return "\n".join("".join(f"{token}\t{tag}\n" for token, tag in one) for one in made_tagged(rows, seed))


def _dates(rows: int, seed: int) -> str:
    return _tsv(made_dates(rows, seed))


def _sums(rows: int, seed: int) -> str:
    return _tsv(made_sums(rows, seed))


def _long_sensors(rows: int, seed: int) -> str:
    recordings = enumerate(made_sensors(rows, seed), 1)
    steps = ((f"r{number}", *step, one.state) for number, one in recordings for step in _steps(one))
    return _csv(("id", "time", *CHANNELS, "label"), steps)


def _sensors_by_state(rows: int, seed: int) -> dict[str, bytes]:
    return {
        f"{one.state}/{number}.csv": _csv(("time", *CHANNELS), _steps(one)).encode()
        for number, one in enumerate(made_sensors(rows, seed), 1)
    }


def _speech(rows: int, seed: int) -> dict[str, bytes]:
    spoken = {f"{number}.wav": one for number, one in enumerate(made_speech(rows, seed), 1)}
    table = _csv(("file", "text"), ((name, one.text) for name, one in spoken.items()))
    return {"transcripts.csv": table.encode()} | {name: wav_bytes(one.samples, RATE) for name, one in spoken.items()}


def _series(rows: int, seed: int) -> str:
    months = (np.datetime64("1990-01") + np.arange(rows)).astype("datetime64[D]").astype(str)
    return _csv(("month", "sales"), zip(months, map("{:.1f}".format, made_series(rows, seed)), strict=True))


def _prices(rows: int, seed: int) -> str:
    """Two columns, on working days: one of which nothing tells in advance, and one with a planted signal."""
    days = np.busday_offset("2010-01-04", np.arange(rows), roll="forward").astype(str)
    columns = (map("{:.3f}".format, made_prices(rows, seed, signal)) for signal in (False, True))
    return _csv(("date", "walk", "signal"), zip(days, *columns, strict=True))


def _machine(rows: int, seed: int) -> str:
    return _csv(("time", *CHANNELS), _seconds(made_machine(rows, seed)))


def _faults(rows: int, seed: int) -> str:
    """Readings, and in the last column which fault they are of."""
    values, planted = made_faults(rows, seed)
    names = [""] * rows
    for one in planted:
        names[one.place] = [str(one.fault)] * len(names[one.place])
    return _csv(("time", *CHANNELS, "fault"), ((*row, name) for row, name in zip(_seconds(values), names, strict=True)))


def _seconds(values: np.ndarray) -> Iterable[tuple[str, ...]]:
    times = np.datetime64("2026-01-01T00:00:00") + np.arange(len(values))
    for time, row in zip(times.astype(str), values, strict=True):
        yield time.replace("T", " "), *map("{:.3f}".format, row)


def _tunes(rows: int, seed: int) -> dict[str, bytes]:
    return {f"{number}.mid": midi_bytes(piece) for number, piece in enumerate(made_tunes(rows, seed), 1)}


def _scenes(rows: int, seed: int) -> dict[str, bytes]:
    return _captioned({f"images/{number}.png": one for number, one in enumerate(made_scenes(rows, seed), 1)})


def _videos(rows: int, seed: int) -> dict[str, bytes]:
    return _captioned({f"videos/{number}.gif": one for number, one in enumerate(made_videos(rows, seed), 1)})


KINDS: Final[Mapping[Example, Kind]] = {
    Example.SENTENCES: Kind("sentences.csv", 1000, "labelled sentences", _sentences),
    Example.SENSORS: Kind("sensors.csv", 400, "labelled recordings", _long_sensors, _sensors_by_state),
    Example.TAGGED: Kind("tagged.conll", 800, "tagged sentences", _tagged),
    Example.PAIRS: Kind("pairs.tsv", 10_000, "dates and their ISO form", _dates),
    Example.SUMS: Kind("sums.tsv", 20_000, "sums and what they come to", _sums),
    Example.SPEECH: Kind("speech", 500, "spoken digits", None, _speech),
    Example.CAPTIONS: Kind("captions", 4000, "captioned pictures", None, _scenes),
    Example.VIDEO: Kind("video", 2000, "captioned videos", None, _videos),
    Example.SERIES: Kind("series.csv", 144, "months of sales", _series),
    Example.PRICES: Kind("prices.csv", 2000, "days of prices", _prices),
    Example.TUNES: Kind("tunes", 200, "tunes", None, _tunes, learned=False),
    Example.MACHINE: Kind("machine.csv", 20_000, "seconds of a machine", _machine),
    Example.FAULTS: Kind("faults.csv", 12_500, "seconds with faults", _faults, learned=False),
}
"""Pictures and videos need Pillow."""


def _captioned(made: Mapping[str, MadeScene | MadeVideo]) -> dict[str, bytes]:
    table = _csv(("file", "caption", "split"), ((name, one.caption, one.split) for name, one in made.items()))
    return {name: one[0] for name, one in made.items()} | {"captions.csv": table.encode()}


def _steps(one: MadeRecording) -> Iterable[tuple[str, ...]]:
    for number, values in enumerate(one.values):
        yield f"{number / 10:.1f}", *("" if np.isnan(value) else f"{value:.3f}" for value in values)


def _tsv(rows: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{source}\t{target}\n" for source, target in (("source", "target"), *rows))


def _csv(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    page = io.StringIO()
    csv.writer(page, lineterminator="\n").writerows([names, *rows])
    return page.getvalue()
