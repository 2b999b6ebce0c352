"""What a user gives to a task over sequences: values, a frame, or a file or folder of labelled texts or series."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqloom.data.folders.files import find_files
from seqloom.data.folders.heads import hold_numbers
from seqloom.data.folders.texts import LabelledTexts, read_labelled_texts
from seqloom.data.last_known import last_known
from seqloom.data.pictures.pictures import find_pictures, holds_pictures, is_picture, usual_size
from seqloom.data.series.categories import with_words
from seqloom.data.series.channels import arranged
from seqloom.data.series.columns import Columns
from seqloom.data.series.read import Spelling, read_recordings
from seqloom.data.series.recordings import Recordings
from seqloom.data.sounds.files import is_sound
from seqloom.data.sounds.sounds import changes, find_sounds, holds_sounds, usual_rate
from seqloom.data.splits import split_rows, text_groups
from seqloom.data.tables import Labelled, Sought, Table, labelled
from seqloom.data.tables.dividing import divide, parts_of
from seqloom.data.tables.labelled import inputs_of
from seqloom.data.tables.parts import Part
from seqloom.data.text.reader import no_such_file
from seqloom.errors import DataError, listed, warn
from seqloom.tasks.examples.values import Division, Given
from seqloom.tasks.inputs.pictures import SIDE, as_pictures
from seqloom.tasks.inputs.sounds import as_sounds, heard_rate
from seqloom.tasks.sequences.claims import has_steps, is_series
from seqloom.tasks.sequences.effect import refuse_unused_of
from seqloom.tasks.tables.columns import asked_of, choice_of, chosen_for, table_of

__all__ = [
    "by_place",
    "divided",
    "learned_channels",
    "read_recorded",
    "read_sequences",
    "recordings_of",
    "said_recordings",
]

_OF_TEXT = "OUT"
"""Kinds of arrays that hold text."""


def read_sequences(
    X: Any, y: Any, settings: Mapping[str, Any], facts: Mapping[str, Any], sought: Sequence[Sought]
) -> Given:
    """An item and a target for each example.

    Values stay as they are. A file or folder holds labelled texts or series; a table, or a frame without ``y``, is read
    by the columns that ``settings`` name, by those of training among the ``facts``, or by those that are found; its
    target is taken as one of ``sought``. A table may lack the target, as may series their labels. The channels of
    series come in the order of training. What is repaired is warned of. Raises DataError for what cannot be read.
    """
    if isinstance(X, LabelledTexts):
        return Given(X.texts, source=X)
    columns, channels = facts.get("columns"), learned_channels(facts)
    if not isinstance(X, str | os.PathLike) and not (hasattr(X, "columns") and y is None):
        rate = heard_rate(facts) or settings.get("rate")
        X = by_place(X) if rate is None else as_sounds(X, rate)
        return Given(as_pictures(X, settings.get("spec")), by_place(y))
    if isinstance(X, str | os.PathLike) and not os.path.exists(X):
        raise DataError(no_such_file(os.fspath(X)))
    if not facts:
        refuse_unused_of(X, settings)
    if isinstance(X, str | os.PathLike):
        path = Path(X)
        if is_sound(path) or (path.is_dir() and holds_sounds(path)):
            return _sounds(path, settings, facts, sought)
        if is_picture(path) or (path.is_dir() and holds_pictures(path)):
            return _pictures(path, settings, facts, sought)
        if path.is_dir():
            return _folder(path, settings, channels, sought)
    if channels or (columns is None and is_series(X, settings)):
        return _recordings(X, settings, channels, sought)
    if columns is None and has_steps(X, settings):
        if Sought.NUMBER in sought:
            return _recordings(X, settings, channels, sought)
        raise DataError(
            f"{X if isinstance(X, str | os.PathLike) else 'The frame'}: the label changes within a series. Expected "
            "one for each; a label for each step is learned by --task tagging."
        )
    return _rows(table_of(X, settings), settings, columns, sought)


def by_place(values: Any) -> Any:
    """Values that are asked for by their place: columns of a frame, and what else says to be an array, as one."""
    if isinstance(values, Sequence | np.ndarray | Tensor) or not hasattr(values, "__array__"):
        return values
    found = np.asarray(values)
    return found[:, 0] if found.shape[1:] == (1,) and found.dtype.kind in _OF_TEXT else found


def divided(given: Given, share: float, seed: int, by_class: bool) -> Division:
    """What is held out: of a table, by its columns; else drawn, equal texts on one side, ``by_class`` stratified.

    With a ``share`` of 0 nothing is. Rows that a table names for testing are not learned from.
    """
    X, total = given.X, len(given.X)
    if share and by_class:
        _warn_of_single(given.y or ())
    if isinstance(given.source, Labelled):
        if share:
            parts = divide(given.source, share, seed)
            return Division(parts.train.tolist(), parts.validation.tolist(), parts.remark)
        said = parts_of(given.source)
        return Division([k for k in range(total) if said is None or said[k] != Part.TEST], (), "")
    if not share:
        return Division(range(total), (), "")
    groups = text_groups(X) if isinstance(X[0], str) else None
    together = "" if groups is None else " equal texts together,"
    labels = np.unique(list(map(repr, given.y or [])), return_inverse=True)[1] if by_class else None
    drawn = split_rows(total, share, seed, labels=labels, groups=groups)
    remark = f"Held out: {len(drawn.held_out):,} of {total:,} examples,{together} drawn by seed {seed}."
    return Division(drawn.train.tolist(), drawn.held_out.tolist(), remark)


def _warn_of_single(y: Sequence[Any]) -> None:
    """Warn of classes that have one example: it is learned from or held out, not both."""
    counts = Counter(label for one in y for label in (one if isinstance(one, list) else [one]))
    single = [str(label) for label, count in counts.items() if count == 1]
    if single:
        what = "Classes with a single example" if len(single) > 1 else "A class with a single example"
        warn(
            f"{what} cannot be judged: {listed(single)}. Give more, or leave {'them' if len(single) > 1 else 'it'} out."
        )


def _rows(
    table: Table, settings: Mapping[str, Any], columns: Mapping[str, Any] | None, sought: Sequence[Sought]
) -> Given:
    asked = asked_of(settings)
    choice = chosen_for(table, asked, sought) if columns is None else choice_of(columns)
    if columns is not None and choice.target not in table.columns:
        return Given(inputs_of(table, choice), source=table)
    found = labelled(table, choice, bool(settings.get("strict")))
    for remark in (*table.remarks, *found.remarks):
        warn(remark)
    return Given(found.X, found.y, {"columns": dataclasses.asdict(choice)}, found)


def _folder(path: Path, settings: Mapping[str, Any], channels: Sequence[str], sought: Sequence[Sought]) -> Given:
    layout = find_files(path, settings.get("label_pattern"))
    if channels or hold_numbers(file.path for file in layout.files):
        return _recordings(path, settings, channels, sought)
    found = read_labelled_texts(layout, encoding=settings.get("encoding"))
    for remark in found.remarks:
        warn(remark)
    return Given(found.texts, _numbers(found.labels, sought) if any(found.labels) else None, source=found)


def _sounds(path: Path, settings: Mapping[str, Any], facts: Mapping[str, Any], sought: Sequence[Sought]) -> Given:
    found = find_sounds(path, settings.get("label_pattern"))
    rate = heard_rate(facts) or settings.get("rate") or usual_rate(found.sounds)
    for remark in (*found.remarks, *changes(found.sounds, rate)):
        warn(remark)
    labels: Any = found.labels
    if labels is not None and Sought.NUMBER in sought:
        labels = found.numbers()
    return Given(found.sounds, labels, source=found)


def _pictures(path: Path, settings: Mapping[str, Any], facts: Mapping[str, Any], sought: Sequence[Sought]) -> Given:
    found = find_pictures(path, settings.get("label_pattern"))
    height, width, channels = facts.get("picture_size") or (
        *usual_size(found.headers, settings.get("side") or SIDE),
        found.channels,
    )
    others = sum(header[:2] != (height, width) for header in found.headers)
    fitted = [f"{others:,} of {len(found):,} pictures are fitted into {height} x {width} pixels"] * bool(others)
    for remark in (*found.remarks, *fitted):
        warn(remark)
    pixels = found.pixels((height, width), channels)
    found.check(pixels)
    labels: Any = found.labels
    if labels is not None and Sought.NUMBER in sought:
        labels = found.numbers()
    return Given(pixels, labels, {"picture_size": [height, width, channels]}, found)


def _recordings(path: Any, settings: Mapping[str, Any], channels: Sequence[str], sought: Sequence[Sought]) -> Given:
    decimal = settings.get("decimal")

    def labels(found: Recordings) -> Sequence[Any] | None:
        if Sought.NUMBER not in sought:
            return found.labels
        steps = found.step_numbers(decimal) if found.step_labels else None
        return found.numbers(decimal) if found.labels else steps

    return read_recorded(path, settings, channels, labels)


def read_recorded(
    path: Any,
    settings: Mapping[str, Any],
    channels: Sequence[str],
    targets: Callable[[Recordings], Sequence[Any] | None],
) -> Given:
    """The recordings of a file, folder or frame, with what they have as ``targets``; what is missing in a
    series is filled in.

    What is repaired is warned of. ``channels`` are those of training; there are none to learn from.
    """
    found = recordings_of(path, settings, channels)
    for remark in found.remarks:
        warn(remark)
    return Given(
        [_filled(series) for series in found.series], targets(found), {"channels": list(found.channels)}, found
    )


def recordings_of(source: Any, settings: Mapping[str, Any], channels: Sequence[str]) -> Recordings:
    """The recordings of a file, folder or frame as they are learned from, with the ``channels`` of training, of which
    there are none to learn from. Words of events are channels, too, one for each word.
    """
    found = with_words(said_recordings(source, settings, channels), channels)
    return arranged(found, channels) if channels else found


def said_recordings(source: Any, settings: Mapping[str, Any], channels: Sequence[str] = ()) -> Recordings:
    """The recordings of a file, folder or frame as they stand there, by the columns that ``settings`` name."""
    inputs = asked_of(settings).inputs
    columns = Columns(settings.get("group"), settings.get("time"), settings.get("target"), inputs)
    spelling = Spelling(settings.get("encoding"), settings.get("decimal"))
    strict, pattern = bool(settings.get("strict")), settings.get("label_pattern")
    return read_recordings(source, columns, pattern, strict, channels, spelling)


def learned_channels(facts: Mapping[str, Any]) -> list[str]:
    """The channels that a model learned from; numbers in place of names where it knows none, nothing if no series."""
    means = facts.get("inputs", facts).get("mean", ())
    return facts.get("channels") or [f"channel {place}" for place in range(1, len(means) + 1)]


def _numbers(labels: list[str], sought: Sequence[Sought]) -> list[Any]:
    if Sought.NUMBER not in sought:
        return list(labels)
    try:
        return list(map(float, labels))
    except ValueError as error:
        raise DataError(f"Expected numbers as labels: {error}.") from None


def _filled(series: Tensor) -> Tensor:
    """A series (T, D) in which what is missing (NaN) is what was last there, or comes first, or 0."""
    if not series.isnan().any():
        return series
    forward = last_known(series.numpy())
    return torch.from_numpy(last_known(forward[::-1])[::-1].copy()).nan_to_num(0.0)
