"""``seqloom examples data``: small files that look as people's own, made here from a seed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from seqloom.apps.cli.console import emit, emit_json, quoted, say
from seqloom.errors import UsageError

if TYPE_CHECKING:
    from seqloom.data.made.files import Example, Kind

__all__ = ["examples_data"]

_MOST: int = 100_000


def examples_data(
    name: Annotated[
        str | None,
        typer.Argument(
            help="sentences, sensors, tagged, pairs, sums, speech, captions, video, series, prices, tunes, machine or "
            "faults; without it all are listed.",
            show_default=False,
        ),
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option(
            min=1, max=_MOST, help="How many sentences, recordings, pictures, steps or tunes.", show_default="as listed"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Other seeds make other rows.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="The file, or of speech and tunes the folder; sensors go into a folder by class if it has no suffix.",
            readable=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """Write small made data: labelled or tagged sentences, sensor series of a machine, dates or sums with what they
    become, spoken digits with transcripts, drawn scenes or videos with captions, series to forecast, tunes as MIDI
    files, or readings of a machine without and with faults.

    Rows, seed and version of seqloom say all that is in it. Prints the path.
    """
    from seqloom.data.made.files import KINDS, Example

    if name is None:
        _list(KINDS, as_json)
        return
    what = Example(name)
    kind = KINDS[what]
    place, rows = out or Path(kind.name), rows or kind.rows
    _refuse(place, force)
    if kind.as_file is not None and (kind.as_folder is None or place.suffix):
        _write(place, {"": kind.as_file(rows, seed).encode()})
    elif kind.as_folder is not None:
        _write(place, kind.as_folder(rows, seed))
    if as_json:
        emit_json({"path": str(place), "data": what.value, "rows": rows, "seed": seed})
    else:
        train = f" Train on them:  seqloom train {quoted(place)}" if kind.learned else ""
        say(f"{rows:,} {kind.row} written.{train}")
        emit(str(place))


def _list(kinds: Mapping[Example, Kind], as_json: bool) -> None:
    for name, kind in kinds.items():
        if as_json:
            emit_json({"data": str(name), "file": kind.name, "rows": kind.rows, "row": kind.row})
        else:
            emit(f"{name:<10} {kind.rows:>5,} {kind.row:<20} {kind.name}")


def _refuse(place: Path, force: bool) -> None:
    if place.is_dir():
        raise UsageError(f"--out: {place} is a folder that is there. Name one that is not.")
    if place.exists() and not force:
        raise UsageError(f"--out: {place} is there. Add --force to replace it, or name another.")


def _write(place: Path, files: Mapping[str, bytes]) -> None:
    """Write files below ``place``, or the one that it is; all of them, or none."""
    from seqloom.storage.directory import storage_error, write_file

    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=place.parent, prefix=".tmp-") as beside:
            for name, content in files.items():
                path = Path(beside) / "made" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                write_file(path, content)
            os.replace(Path(beside) / "made", place)
    except OSError as error:
        raise storage_error(error, place, sum(map(len, files.values()))) from error
