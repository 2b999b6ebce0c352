"""What the vectors of tokens say, as a section of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from seqloom.inspection.embeddings import TokenVectors, draw_map, nearest, spread
from seqloom.inspection.report import Figure, Section, Table
from seqloom.inspection.report.section import drawn

__all__ = ["section"]

_LISTED: Final = 15
_COMPARED: Final = 2000
_NEAR: Final = 5


def section(tables: Sequence[TokenVectors], command: str) -> Section:
    """The answer for a report, of one table or more with two tokens or more each."""
    says: list[str] = []
    shown: list[Figure | Table] = []
    for tokens in tables:
        first = list(tokens.order)[:_COMPARED]
        of_all = spread(tokens.vectors[first])
        says.append(
            f"Of {len(first):,} {tokens.what}, the cosine with the nearest is {of_all.nearest:.2f} in the mean: 0 "
            f"between one-hot vectors, which are all different, and {of_all.by_chance:.2f} between vectors drawn at "
            f"random. Of {tokens.vectors.shape[1]:,} dimensions as many as {of_all.dimensions:.0f} are used."
        )
        rows = [
            (repr(one.token), ", ".join(f"{name!r} {cosine:.2f}" for name, cosine in one.near))
            for one in nearest(tokens, first[:_LISTED], _NEAR)
        ]
        shown.append(Table((f"{tokens.what}", "nearest, with the cosine"), rows))
        shown.append(
            drawn(
                lambda path, tokens=tokens: draw_map(tokens, path),  # type: ignore[misc]
                f"The {tokens.what} on two axes: what lies together is read alike. Names that would overlap are out.",
            )
        )
    return Section("What do the tokens' vectors say?", says, shown, command)
