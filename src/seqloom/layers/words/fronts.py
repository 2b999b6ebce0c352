"""Words for what reads pictures before the first layer: ``grid(64)``, ``patches(8)``, ``rows``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seqloom.layers.fronts.grid import Grid
from seqloom.layers.fronts.patches import Patches
from seqloom.layers.fronts.picture import PictureFront
from seqloom.layers.fronts.rows import Rows
from seqloom.layers.words.word import Option, Value

__all__ = ["FRONTS", "FrontWord"]


@dataclass(frozen=True)
class FrontWord:
    """A class of fronts whose constructor is ``(height, width, channels, number, *, option=default, …)``; they keep
    the options as attributes, and the number in brackets as ``kept``; ``usual`` is that number where none is given."""

    subject: type[PictureFront]
    kept: str
    usual: int

    @cached_property
    def options(self) -> Mapping[str, Option]:
        """What may be given after the number."""
        return Option.of(self.subject, 4)

    def build(self, size: tuple[int, int, int], number: int, options: Mapping[str, Value]) -> PictureFront:
        """The front, for pictures of ``size`` (H, W, C)."""
        make: Any = self.subject
        front: PictureFront = make(*size, number, **options)
        return front

    def recognise(self, front: PictureFront) -> Mapping[str, Value] | None:
        """All options of ``front`` if this word builds it, else None."""
        return {name: getattr(front, name) for name in self.options} if type(front) is self.subject else None


FRONTS: Mapping[str, FrontWord] = {
    "grid": FrontWord(Grid, "features", 64),
    "patches": FrontWord(Patches, "size", 8),
    "rows": FrontWord(Rows, "number", 1),
}
