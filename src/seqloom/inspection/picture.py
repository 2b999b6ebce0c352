"""A picture that is written to a file: what all of them share."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from seqloom.errors import MissingExtraError, raise_together

__all__ = ["check_picture", "new_figure"]

_DOTS = 160


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
    figure.suptitle(title, fontsize=10)
    return figure
