"""What the vectors of tokens say: which are near one another, how far all are from being all different, and a map."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import UsageError, did_you_mean
from seqloom.inspection.picture import check_picture, lay_out, new_figure, plain, save

__all__ = ["Neighbours", "Spread", "TokenVectors", "apart", "draw_map", "nearest", "principal_plane", "spread"]

Floats = NDArray[np.float64]
_MOST: Final = 2000
"""Tokens whose spread is measured."""
_SIDE: Final = 6.4
_LONGEST: Final = 16


class TokenVectors(NamedTuple):
    """``what`` the tokens are, their ``names`` (V,), their ``vectors`` (V, D), and their places in the ``order`` in
    which they are shown, the most frequent first where that is known."""

    what: str
    names: Sequence[str]
    vectors: NDArray[np.floating]
    order: Sequence[int]

    def places(self, names: Sequence[str]) -> list[int]:
        """Those of tokens with some names; UsageError for one that there is not."""
        known = {name: place for place, name in enumerate(self.names)}
        for name in names:
            if name not in known:
                raise UsageError(f"There is no token {name!r} among the {self.what}.{did_you_mean(name, known)}")
        return [known[name] for name in names]


class Neighbours(NamedTuple):
    """A ``token`` and those ``near`` it, each with the cosine of the angle between their vectors, the nearest first."""

    token: str
    near: Sequence[tuple[str, float]]


class Spread(NamedTuple):
    """How far vectors are from being all different, as one-hot vectors are, which have 0 and V.

    ``nearest`` is the mean cosine of each vector and the one nearest to it, ``by_chance`` that of normal numbers of the
    same shape. ``dimensions`` are as many as are used alike: exp of the entropy of the squared singular values.
    """

    nearest: float
    by_chance: float
    dimensions: float


def nearest(tokens: TokenVectors, chosen: Sequence[int], count: int = 5) -> list[Neighbours]:
    """The ``count`` tokens nearest to each that is ``chosen`` by its place, itself left out.

    >>> tokens = TokenVectors("words", ["a", "b", "c"], np.array([[1.0, 0], [2, 0.1], [0, 1]]), range(3))
    >>> [(one.token, one.near[0][0]) for one in nearest(tokens, [0, 2], 1)]
    [('a', 'b'), ('c', 'b')]
    """
    units = _units(tokens.vectors)
    found = []
    for place in chosen:
        cosines = units @ units[place]
        cosines[place] = -np.inf
        near = np.argsort(-cosines, kind="stable")[: min(count, len(units) - 1)]
        found.append(Neighbours(tokens.names[place], [(tokens.names[k], float(cosines[k])) for k in near.tolist()]))
    return found


def spread(vectors: NDArray[np.floating]) -> Spread:
    """Of vectors (V, D); UsageError for fewer than two. Those of one-hot vectors:

    >>> spread(np.eye(5)).nearest, round(spread(np.eye(5)).dimensions, 6)
    (0.0, 5.0)
    """
    if len(vectors) < 2:
        raise UsageError(f"Vectors are compared with one another; got {len(vectors)}.")
    drawn = np.random.default_rng(0).normal(size=vectors.shape)
    squares = np.linalg.svd(np.asarray(vectors, np.float64), compute_uv=False) ** 2
    shares = squares[squares > 0] / max(float(squares.sum()), np.finfo(float).tiny)
    return Spread(_nearest(vectors), _nearest(drawn), float(np.exp(-(shares * np.log(shares)).sum())))


def principal_plane(vectors: NDArray[np.floating]) -> tuple[Floats, float]:
    """Vectors (V, D) → where they lie (V, 2) on the plane of their largest variance, and its share of all variance.

    >>> places, share = principal_plane(np.array([[0.0, 0, 0], [2, 0, 0], [0, 1, 0], [2, 1, 0]]))
    >>> places.shape, round(share, 6)
    ((4, 2), 1.0)
    """
    centred = np.asarray(vectors, np.float64) - vectors.mean(0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    places = np.zeros((len(centred), 2))
    places[:, : len(sizes[:2])] = (left * sizes)[:, :2]
    total = float((sizes**2).sum())
    return places, float((sizes[:2] ** 2).sum()) / total if total else 0.0


def draw_map(tokens: TokenVectors, picture: Path, most: int = 300) -> None:
    """Draw the first ``most`` tokens on their principal plane into a file, a dot each; names that would lie over one
    another are left out, those of the first tokens last.

    Raises MissingExtraError without matplotlib, UsageError for a kind of file that there is not.
    """
    check_picture(picture)
    chosen = list(tokens.order)[:most]
    places, share = principal_plane(tokens.vectors[chosen])
    figure = new_figure((_SIDE, _SIDE), "")
    axes = figure.subplots()
    axes.scatter(places[:, 0], places[:, 1], s=5, color="tab:blue", alpha=0.6, linewidths=0)
    axes.margins(0.08)
    axes.set_title(f"{len(chosen):,} {tokens.what}; this plane has {share:.0%} of their variance", fontsize=9)
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    names = [
        axes.annotate(_shown(tokens.names[k]), at, (2, 1), textcoords="offset points", fontsize=7)
        for k, at in zip(chosen, places.tolist(), strict=True)
    ]
    lay_out(figure)
    boxes = np.array([_box(name) for name in names]).reshape(-1, 4)
    kept = set(apart(boxes))
    for number, name in enumerate(names):
        name.set_visible(number in kept)
    save(figure, picture)


def apart(boxes: Floats) -> list[int]:
    """Of ``boxes`` (N, 4), left, bottom, right, top, the numbers of those that touch none that is kept before them.

    >>> apart(np.array([[0.0, 0, 2, 1], [1, 0, 3, 1], [2.5, 0, 4, 1]]))
    [0, 2]
    """
    kept: list[int] = []
    for number, (left, bottom, right, top) in enumerate(boxes):
        others = boxes[kept]
        meets = (others[:, 0] < right) & (left < others[:, 2]) & (others[:, 1] < top) & (bottom < others[:, 3])
        if not meets.any():
            kept.append(number)
    return kept


def _box(name: Any) -> list[float]:
    extent = name.get_window_extent()
    return [extent.x0, extent.y0, extent.x1, extent.y1]


def _shown(name: str) -> str:
    signs = "".join(sign if sign.isprintable() else "↵" if sign == "\n" else "·" for sign in name).replace(" ", "␣")
    return plain(signs if len(signs) <= _LONGEST else signs[: _LONGEST - 1] + "…")


def _units(vectors: NDArray[np.floating]) -> Floats:
    each = np.asarray(vectors, np.float64)
    found: Floats = each / np.maximum(np.linalg.norm(each, axis=1, keepdims=True), 1e-12)
    return found


def _nearest(vectors: NDArray[np.floating]) -> float:
    units = _units(vectors)
    cosines = units @ units.T
    np.fill_diagonal(cosines, -np.inf)
    return float(cosines.max(1).mean())
