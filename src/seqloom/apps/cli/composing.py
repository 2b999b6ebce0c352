"""``seqloom generate`` of a model of music: pieces as files, to hear and to see."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from seqloom.apps.cli.console import emit, emit_json, say
from seqloom.apps.cli.flags import refuse_without_effect
from seqloom.apps.cli.inputs import named_file
from seqloom.apps.cli.warned import warnings_said
from seqloom.errors import UsageError

if TYPE_CHECKING:
    from seqloom.tasks.music.events.event_model import MusicEventModel
    from seqloom.tasks.music.music_model import MusicModel

__all__ = ["compose"]

_OF_TEXT = ("ignore_unknown", "stop", "endless", "top_k", "top_p", "repetition_penalty", "beam", "length_penalty")


def compose(
    context: typer.Context,
    model: MusicModel | MusicEventModel,
    prompts: Sequence[str],
    out: Path | None,
    as_json: bool,
    given: Any,
) -> None:
    """Write a piece after the begin of each of the files ``prompts``, or from nothing; print the files' names.

    ``given`` are the arguments of :meth:`MusicModel.generate`.
    """
    from seqloom.data.notes.rolls import pitches, to_roll
    from seqloom.tasks.music.files import named_after, save_piece

    refuse_without_effect(
        context,
        [(True, "for a model of music", _OF_TEXT), (not prompts, "without --prompt", ("bars",))],
    )
    if out is None and not as_json:
        raise UsageError("Music goes into files. Name one, as in -o tune.mid: tune.wav and tune.png come with it.")
    with warnings_said():
        starts: Sequence[Path | None] = [named_file(context, one) for one in prompts] or [None]
        pieces = [piece for start in starts for piece in model.generate(start=start, **given)]
        names: Sequence[Path | None] = [None] * len(pieces) if out is None else named_after(out, len(pieces))
        for piece, name in zip(pieces, names, strict=True):
            files = [] if name is None else [str(file) for file in save_piece(name, piece)]
            if as_json:
                said = {"seed": int(piece.name.removeprefix("seed ")), "pitches": pitches(to_roll(piece))}
                emit_json({"files": files, **said})
                continue
            for file in files:
                emit(file)
            seconds = float(piece.seconds(piece.end))
            say(f"{len(piece.notes):,} notes, {piece.end / piece.ticks:g} beats, {seconds:.0f} seconds.")
