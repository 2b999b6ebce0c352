"""What becomes of the places where documents meet."""

from __future__ import annotations

from typing import NamedTuple

from seqloom.settings.text import Start

__all__ = ["Boundaries", "Start"]


class Boundaries(NamedTuple):
    """With ``reset`` each document begins with a fresh state, from ``start``; with ``ends`` its ``<eos>`` is a target.

    One text alone does not teach where texts end, so a model of it is not asked.

    >>> Boundaries(reset=True)
    Boundaries(reset=True, start=<Start.EOS: 'eos'>, ends=True)
    """

    reset: bool = False
    start: Start = Start.EOS
    ends: bool = True
