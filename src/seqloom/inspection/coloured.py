"""A text whose pieces are coloured by a number each, as a picture."""

from __future__ import annotations

import re
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
_WEAK = 0.2


def draw_coloured(
    pieces: Sequence[str],
    values: NDArray[np.floating],
    title: str,
    picture: Path,
    marked: NDArray[np.bool_] | None = None,
) -> None:
    """Draw ``pieces`` of a text, each on a ground of its value: blue above 0, orange below, white at 0.

    The strongest colour is the largest absolute value. A piece below 0 is underlined, so that it can be told in black
    and white; those ``marked`` have a line above. Newlines end lines, which have eighty characters at most; there are
    sixty at most, and the title says how many characters are left out.
    Raises MissingExtraError without matplotlib, UsageError for a kind of file that there is not.
    """
    if len(pieces) != len(values):
        raise UsageError(f"There are {len(pieces):,} pieces and {len(values):,} values; one for each is expected.")
    check_picture(picture)
    largest = max(float(np.max(np.abs(values), initial=0.0)), 1e-30)
    placed = _placed(pieces)
    last, lines = max((one[0] for one in placed), default=-1), max((one[1] for one in placed), default=0) + 1
    left = sum(map(len, pieces[last + 1 :]))
    size = (_ACROSS * _SIZE + 0.3, lines * _LINE + 0.5)
    figure = new_figure(size, f"{title} … and {left:,} characters more" if left else title)
    axes = figure.subplots()
    axes.set_xlim(0, _ACROSS)
    axes.set_ylim(lines, 0)
    axes.set_axis_off()
    for number, line, column, text in placed:
        value, width = float(values[number]), len(text)
        share = abs(value) / largest
        colour = "tab:blue" if value >= 0 else "tab:orange"
        axes.barh(line + 0.5, width, 0.9, column, color=colour, alpha=0.75 * share, linewidth=0)
        for place, character in enumerate(text):
            if not character.isspace():
                axes.text(
                    column + place + 0.5,
                    line + 0.5,
                    character,
                    ha="center",
                    va="center",
                    size=8,
                    parse_math=False,
                    in_layout=False,
                )
        if value < 0 and share > _WEAK:
            axes.plot([column + 0.1, column + width - 0.1], [line + 0.9] * 2, color="black", linewidth=0.6)
        if marked is not None and marked[number]:
            axes.plot([column, column + width], [line + 0.06] * 2, color="black", linewidth=1.2)
    save(figure, picture)


def _placed(pieces: Sequence[str]) -> list[tuple[int, int, int, str]]:
    """The number, line and column of each piece, with what is shown of it: several of one with newlines, or too long.

    A piece that would cross the end of a line begins the next one.
    """
    found: list[tuple[int, int, int, str]] = []
    line, column = 0, 0
    for number, piece in enumerate(pieces):
        for part in re.findall(r"[^\n]*\n|[^\n]+", piece) or [""]:
            ends = part.endswith("\n")
            shown = "".join(character if character.isprintable() else "·" for character in part.removesuffix("\n"))
            shown = shown + "¶" if ends else shown or "·"
            while shown:
                if column and column + len(shown) > _ACROSS:
                    line, column = line + 1, 0
                if line >= _MOST:
                    return found
                found.append((number, line, column, shown[:_ACROSS]))
                column += len(shown[:_ACROSS])
                shown = shown[_ACROSS:]
            if ends:
                line, column = line + 1, 0
    return found
