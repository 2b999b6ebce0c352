"""What a user gives to a captioner: a folder of pictures with captions, or values."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqloom.data.pictures.captioned import Captioned, read_captioned
from seqloom.data.pictures.pictures import Pictures, usual_size
from seqloom.data.pictures.seen import Seen, feature_rows, first_frames, video_rows
from seqloom.data.tables.parts import Part
from seqloom.errors import DataError, warn
from seqloom.tasks.examples.values import Division, Given
from seqloom.tasks.inputs.pictures import SIDE

__all__ = ["captions_of", "divided_by_part", "read_given"]


def read_given(X: Any, y: Any, settings: Any, facts: Mapping[str, Any], targets: bool) -> Given:
    """A picture, video or features for each example, and a list of captions for each. DataError for what is neither."""
    if not isinstance(X, str | os.PathLike):
        return Given(X, None if y is None else captions_of(y))
    found = read_captioned(Path(X), to_predict=not targets)
    if facts and found.seen != facts["seen"]:
        raise DataError(f"{found.source}: expected {facts['seen']}, as in training; got {found.seen}.")
    about: dict[str, Any] = {"seen": str(found.seen)}
    for remark in found.remarks:
        warn(remark)
    if found.seen is Seen.FEATURES:
        return Given(feature_rows(found.source, found.paths), found.captions, about, found)
    if found.seen is Seen.VIDEOS:
        headers = first_frames(found.paths)
        size = facts.get("picture_size") or _size(headers, settings)
        X = video_rows(found.source, found.paths, (size[0], size[1]), size[2], settings.frames)
        return Given(X, found.captions, {**about, "picture_size": size}, found)
    pictures = Pictures.of(found.source, found.paths, found.names)
    size = facts.get("picture_size") or _size(pictures.headers, settings)
    others = sum(header[:2] != (size[0], size[1]) for header in pictures.headers)
    if others:
        warn(f"{others:,} of {len(found):,} pictures are fitted into {size[0]} x {size[1]} pixels.")
    pixels = pictures.pixels((size[0], size[1]), size[2])
    pictures.check(pixels)
    return Given(pixels, found.captions, {**about, "picture_size": size}, found)


def captions_of(y: Sequence[Any]) -> list[Any]:
    """A list of captions for each example, given one or several; DataError for what is no text.

    >>> captions_of(["a dog", ["a cat", "a small cat"]])
    [['a dog'], ['a cat', 'a small cat']]
    """
    found: list[Any] = []
    for place, one in enumerate(y):
        if one is None or (isinstance(one, float | np.floating) and np.isnan(one)):
            found.append(None)
            continue
        several = [one] if isinstance(one, str) else list(one) if isinstance(one, list | tuple) else []
        if not several or not all(isinstance(text, str) and text.strip() for text in several):
            raise DataError(f"y: row {place:,}: expected a caption, or a list of them, got {one!r}.")
        found.append([str(text) for text in several])
    return found


def divided_by_part(given: Given) -> Division | None:
    """What a table says is for what; None where it says nothing. Those for testing are in neither part."""
    parts = given.source.parts if isinstance(given.source, Captioned) else None
    if parts is None:
        return None
    held_out = [place for place, part in enumerate(parts) if part is Part.VALIDATION]
    learned = [place for place, part in enumerate(parts) if part in (Part.TRAIN, None)]
    tested = len(parts) - len(held_out) - len(learned)
    if not learned:
        raise DataError(f"{given.source.source}: expected some {given.source.seen} for training, found none.")
    aside = f" {tested:,} for testing are not read." if tested else ""
    of = f"of {len(parts):,} {given.source.seen}, as the table says."
    return Division(learned, held_out, f"Held out: {len(held_out):,} {of}{aside}")


def _size(headers: Sequence[Any], settings: Any) -> list[int]:
    height, width = usual_size(headers, settings.side or SIDE)
    return [height, width, 3 if any(header.has_colours for header in headers) else 1]
