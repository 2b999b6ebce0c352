"""A text whose pieces are coloured by a number each, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import UsageError
from seqloom.inspection.picture import check_picture, new_figure, save

__all__ = ["draw_coloured"]

_ACROSS, _SIZE = 80, 0.105
_LINE = 0.27
_MOST = 60


def draw_coloured(pieces: Sequence[str], values: NDArray[np.floating], title: str, picture: Path) -> None:
    """Draw ``pieces`` of a text, each on a ground of its value: blue above 0, orange below, white at 0.

    The strongest colour is the largest absolute value. A piece below 0 is underlined, so that it can be told in black
    and white. Sixty lines of eighty characters are drawn at most.
    Raises MissingExtraError without matplotlib, UsageError for a kind of file that there is not.
    """
    if len(pieces) != len(values):
        raise UsageError(f"There are {len(pieces):,} pieces and {len(values):,} values; one for each is expected.")
    check_picture(picture)
    largest = max(float(np.max(np.abs(values), initial=0.0)), 1e-30)
    placed = list(_placed(pieces))
    lines = max((line for line, _, _ in placed), default=0) + 1
    figure = new_figure((_ACROSS * _SIZE + 0.3, lines * _LINE + 0.5), title)
    axes = figure.subplots()
    axes.set_xlim(0, _ACROSS)
    axes.set_ylim(lines, 0)
    axes.set_axis_off()
    for (line, column, text), value in zip(placed, values, strict=False):
        share = abs(float(value)) / largest
        colour = "tab:blue" if value >= 0 else "tab:orange"
        axes.barh(line + 0.5, len(text), 0.9, column, color=colour, alpha=0.75 * share, linewidth=0)
        for place, character in enumerate(text):
            axes.text(column + place + 0.5, line + 0.5, character, ha="center", va="center", size=8, parse_math=False)
        if value < 0 and share > 0.2:
            axes.plot([column + 0.1, column + len(text) - 0.1], [line + 0.9] * 2, color="black", linewidth=0.6)
    save(figure, picture)


def _placed(pieces: Sequence[str]) -> list[tuple[int, int, str]]:
    """The line and column of each piece, with what is shown of it."""
    found, line, column = [], 0, 0
    for piece in pieces:
        ends = piece.endswith("\n")
        shown = "".join(character if character.isprintable() else "·" for character in piece.rstrip("\n"))
        shown = (shown + "¶" if ends else shown)[:_ACROSS] or "·"
        if column + len(shown) > _ACROSS:
            line, column = line + 1, 0
        if line >= _MOST:
            break
        found.append((line, column, shown))
        column += len(shown)
        if ends:
            line, column = line + 1, 0
    return found
