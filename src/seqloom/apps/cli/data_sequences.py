"""The report on tagged words, recordings, sounds, pictures, music and labelled folders, for people and as data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from seqloom.apps.cli.console import add_row, emit, emit_table, figure
from seqloom.errors import UsageError

__all__ = ["print_sequences", "sequences_report"]

_CLASSES: Final = 20
_LENGTHS: Final = {
    "characters": "characters",
    "seconds": "seconds",
    "steps": "lengths",
    "pixels of the longer side": "sides",
    "words": "words_of_a_caption",
}


def sequences_report(path: Path, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is in a file or folder of sequences with labels; None for what is none."""
    from seqloom.data.folders.files import find_files
    from seqloom.data.folders.heads import hold_numbers
    from seqloom.data.folders.report import described as texts
    from seqloom.data.folders.texts import read_labelled_texts
    from seqloom.data.pictures.captioned import has_captions, read_captioned
    from seqloom.data.pictures.pictures import find_pictures, holds_pictures, is_picture
    from seqloom.data.pictures.report import described as pictures
    from seqloom.data.pictures.report import described_captions as captioned
    from seqloom.data.series.report import described as recordings
    from seqloom.data.sounds.report import described as sounds
    from seqloom.data.sounds.sounds import find_sounds, holds_sounds
    from seqloom.data.tagged.columns import token_columns
    from seqloom.data.tagged.report import described as tagged
    from seqloom.data.tagged.sentences import read_tagged
    from seqloom.data.tagged.table import read_token_table
    from seqloom.tasks.music.door import holds_music
    from seqloom.tasks.music.tunes import described as music
    from seqloom.tasks.sequences.claims import claims_series, has_steps
    from seqloom.tasks.sequences.reading import said_recordings
    from seqloom.tasks.tables.claims import is_table
    from seqloom.tasks.tagging.claims import claims_tagged

    if claims_tagged(path, given) is not None:
        columns = token_columns(path, given.get("target"), given.get("encoding")) if is_table(path) else None
        encoding = given.get("encoding")
        if columns is not None:
            return tagged(read_token_table(path, columns, encoding))
        return tagged(read_tagged(path, encoding=encoding))
    if holds_music(path):
        return music(path)
    if has_captions(path):
        return captioned(read_captioned(path))
    if is_picture(path) or (path.is_dir() and holds_pictures(path)):
        return pictures(find_pictures(path, given.get("label_pattern")))
    if path.is_dir() and holds_sounds(path):
        return sounds(find_sounds(path, given.get("label_pattern")))
    try:
        if claims_series("class", "number")(path, given) is None and not has_steps(path, given):
            return None
    except UsageError:  # series, whose labels are asked for
        return recordings(said_recordings(path, given))
    if path.is_dir() and not hold_numbers(file.path for file in find_files(path).files):
        return texts(read_labelled_texts(path, encoding=given.get("encoding")))
    return recordings(said_recordings(path, given))


def print_sequences(report: Mapping[str, Any]) -> None:
    """Print what :func:`sequences_report` found; of music its remarks say it all."""
    if "pieces" in report:
        return
    of, key = next(pair for pair in _LENGTHS.items() if pair[1] in report)
    spread, digits = report[key], 2 if of == "seconds" else 0
    kinds = ("captions", "sentences", "recordings", "texts", "sounds", "pictures")
    what = next(name for name in kinds if name in report)
    emit(
        f"{report[what]:,} {what}; {of} of each: median {spread['median']:,.{digits}f}, 95 % up to "
        f"{spread['95_percent']:,.{digits}f}, longest {spread['largest']:,.{digits}f}"
    )
    for name, unit in (("rates", "Hz"), ("channels_of_sounds", "channels")):
        if name in report:
            emit(f"{unit}: " + ", ".join(f"{value} in {count:,}" for value, count in report[name].items()))
    if "captions" in report:
        of_what = next(name for name in ("pictures", "videos", "features") if name in report)
        parts = "".join(f"; {part} {count:,}" for part, count in report["parts"].items())
        emit(f"of {report[of_what]:,} {of_what}, {report['words']:,} different words{parts}")
    if "channels" in report:
        _print_channels(report)
    if "tokens" in report:
        emit(f"{report['tokens']:,} tokens, {report['words']:,} different words")
    for column, counts in report.get("tags", {}).items():
        emit(f"column {column}, {len(counts):,} tags: {_counts(counts)}")
    if report.get("classes"):
        steps = " of steps" if report.get("of_steps") else ""
        emit(f"{len(report['classes']):,} classes{steps}: {_counts(report['classes'])}")
    if report["duplicates"]:
        emit(f"{report['duplicates']:,} {what} repeat another")
    if report.get("texts_of_several_classes"):
        emit(f"{report['texts_of_several_classes']:,} texts stand in more than one class")


def _print_channels(report: Mapping[str, Any]) -> None:
    page = Table(box=None, pad_edge=False, header_style="bold")
    page.add_column("channel")
    for name in ("missing", "least", "mean", "largest"):
        page.add_column(name, justify="right")
    for one in report["channels"]:
        add_row(
            page,
            one["name"],
            f"{one['missing']:,}",
            *(figure(one[name], ".4g") for name in ("least", "mean", "largest")),
        )
    if report["channels"]:
        emit_table(page)
    for name, count in report["categories"].items():
        emit(f"{name}: {count:,} different words")


def _counts(counts: Mapping[str, int]) -> str:
    shown = ", ".join(f"{label} {count:,}" for label, count in list(counts.items())[:_CLASSES])
    return f"{shown}{' …' if len(counts) > _CLASSES else ''}"
