"""A picture that is written to a file: what all of them share."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seqloom.errors import MissingExtraError, raise_together

__all__ = ["check_picture", "lay_out", "name_steps", "new_figure", "plain", "save"]

_DOTS = 160
_MOST_NAMES = 80


def check_picture(picture: Path) -> None:
    """Find out early that ``picture`` cannot be drawn.

    Raises MissingExtraError without matplotlib, and UsageError for a kind of file or a folder that there is not.
    """
    kinds = new_figure((1, 1), "").canvas.get_supported_filetypes()
    problems = []
    if picture.suffix.removeprefix(".").lower() not in kinds:
        problems.append(f"{picture}: pictures are files that end in .png, .svg or .pdf.")
    if not picture.parent.is_dir():
        problems.append(f"{picture}: there is no folder {picture.parent}.")
    raise_together(problems)


def new_figure(size: tuple[float, float], title: str) -> Any:
    """A figure of matplotlib, width and height in inches; MissingExtraError where it is not installed."""
    try:
        figure = importlib.import_module("matplotlib.figure").Figure(figsize=size, dpi=_DOTS, layout="constrained")
    except ImportError:
        raise MissingExtraError("matplotlib", "plots") from None
    figure.suptitle(title, fontsize=10, parse_math=False)
    return figure


def lay_out(figure: Any) -> None:
    """Find out where all parts of a figure will lie."""
    with _any_character():
        figure.draw_without_rendering()


def save(figure: Any, picture: Path) -> None:
    """Write a figure into a file; a character that no font has is drawn as a box."""
    with _any_character():
        figure.savefig(picture)


@contextmanager
def _any_character() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        yield


def plain(name: object) -> str:
    """A name as matplotlib is to show it: no part between two dollars is taken for a formula.

    >>> print(plain("from $5 to $9"))
    from \\$5 to \\$9
    """
    return str(name).replace("$", r"\$")


def name_steps(axis: Any, names: Sequence[object]) -> None:
    """Write what each step stands for along an ``axis`` of matplotlib; of more than 80 steps every second one, or less.

    Whatever a name holds is shown as it is; a space is shown as ␣, a newline as ↵.
    """
    shown = [plain(name).replace("\n", "↵").replace(" ", "␣") for name in names]
    places = range(0, len(shown), -(-len(shown) // _MOST_NAMES) or 1)
    stands = axis.axis_name == "x" and max(map(len, shown), default=0) > 1
    axis.set_ticks(list(places), [shown[place] for place in places], rotation=90 if stands else 0)
    axis.set_tick_params(length=0, labelsize=8)
