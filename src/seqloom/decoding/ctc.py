"""From a token or a blank at every frame to the likeliest sequence of tokens: prefix beam search.

A sequence is as likely as all paths that spell it together. For each prefix the search keeps p of its paths that end
in a blank and of those that end in its last token, the best ``width`` prefixes of each frame (Hannun et al., 2014,
"First-pass large vocabulary continuous speech recognition using bi-directional recurrent DNNs", algorithm 1); and
beside them their likeliest single path, which says at which frame each token begins. Greedy decoding follows the best
single path (:class:`BestPath`; of many rows at once, :func:`seqloom.layers.ctc_path.best_paths`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, takewhile
from typing import Any, NamedTuple
from weakref import ref

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from seqloom.decoding.fusion import Fusion
from seqloom.errors import DivergedError, UsageError

__all__ = ["BestPath", "PrefixSearch", "Transcript", "prefix_search"]

Floats = NDArray[np.float64]
_Link = tuple[int, Any] | None
"""The frames at which the tokens of a path begin, the last one first."""


class Transcript(NamedTuple):
    """What was found: ``tokens``, the ``frames`` at which they begin on their likeliest path, ln p(tokens | frames),
    and the ``score``, to which a language model has added."""

    tokens: tuple[int, ...]
    frames: tuple[int, ...]
    log_probability: float
    score: float


class _Prefix:
    """A sequence of tokens, as the last one and what stands before it; there is one object for each at a time."""

    __slots__ = ("__weakref__", "_children", "gains", "language", "parent", "place", "token")

    def __init__(self, parent: _Prefix | None, token: int, language: float) -> None:
        self.parent, self.token, self.language = parent, token, language
        self.place: Any = None
        self.gains: Floats | None = None
        self._children: dict[int, ref[_Prefix]] = {}

    def child(self, token: int, gain: float) -> _Prefix:
        """This prefix and one more token, which adds ``gain`` to what the language model says."""
        known = self._children.get(token)
        found = None if known is None else known()
        if found is None:
            found = _Prefix(self, token, self.language + gain)
            self._children[token] = ref(found)
        return found

    def line(self) -> Iterator[_Prefix]:
        """This prefix and all before it but the first, the shortest last."""
        one = self
        while one.parent is not None:
            yield one
            one = one.parent


class _Beam(NamedTuple):
    """W prefixes: ln p of their paths that end in a blank, and in their last token; the same of the
    best single paths, with their links. Axis 0 of the arrays (2, W) is blank, token."""

    prefixes: list[_Prefix]
    total: Floats
    best: Floats
    links: tuple[list[_Link], list[_Link]]


class PrefixSearch:
    """The search, fed frame by frame: however the frames are cut into pieces, what is found is the same.

    ``width`` prefixes are kept. Left out before are tokens that are more than ``prune`` nats less likely than the best
    in their frame, and prefixes as far below the best one (infinite: none is). ``fusion`` adds what a language model
    says. Raises UsageError for a width below 1 and a ``prune`` that is not above 0.

    >>> search = PrefixSearch(width=4)
    >>> for piece in np.log([[[0.3, 0.2, 0.5]], [[0.3, 0.2, 0.5]]]):  # the best path is empty, the best sequence is not
    ...     search.feed(piece)
    >>> search.found()[0].tokens, round(float(np.exp(search.found()[0].log_probability)), 2)
    ((0,), 0.39)
    """

    def __init__(self, width: int = 16, fusion: Fusion | None = None, prune: float = 12.0) -> None:
        if width < 1 or not prune > 0:
            raise UsageError(
                f"Prefix search: expected a width of at least 1 and prune above 0, got {width} and {prune}."
            )
        self._width, self._fusion, self._prune = width, fusion, prune
        self._frame = 0
        first = _Prefix(None, -1, 0.0)
        first.place = None if fusion is None else fusion.begin()
        start = np.array([[0.0], [-np.inf]])
        self._beam = _Beam([first], start, start, ([None], [None]))

    def feed(self, log_probabilities: Floats) -> None:
        """Read more frames: ln p of K tokens and the blank (T, K + 1). DivergedError for what is no number."""
        _check_numbers(log_probabilities)
        for frame in log_probabilities.astype(np.float64):
            self._read(frame)
            self._frame += 1

    def found(self, count: int = 1, ended: bool = True) -> list[Transcript]:
        """The ``count`` best sequences so far, best first; with ``ended`` a language model also judges that nothing
        follows."""
        prefixes, total, best, links = self._beam
        sounds = np.logaddexp(*total)
        scores = sounds + [one.language for one in prefixes]
        if self._fusion is not None and ended:
            self._place(prefixes)
            scores += [self._fusion.end(one.place) for one in prefixes]
        transcripts = []
        for row in np.argsort(-scores, kind="stable")[:count].tolist():
            tokens = [one.token for one in prefixes[row].line()]
            frames = list(islice(_frames(links[int(best[:, row].argmax())][row]), len(tokens)))
            transcripts.append(
                Transcript(tuple(tokens[::-1]), tuple(frames[::-1]), float(sounds[row]), float(scores[row]))
            )
        return transcripts

    def settle(self) -> list[tuple[int, int]]:
        """The tokens, with their frames, in which all paths agree, and that were not settled before.

        Nothing to come can change them; they are left out of what is ``found`` from now on.
        """
        prefixes, _, best, links = self._beam
        if self._fusion is not None:
            self._place(prefixes)
        lines = [
            list(zip(one.line(), _frames(links[kind][row]), strict=False))[::-1]
            for row, one in enumerate(prefixes)
            for kind in np.flatnonzero(best[:, row] > -np.inf).tolist()
        ]
        alike = list(takewhile(lambda steps: len(set(steps)) == 1, zip(*lines, strict=False)))
        if not alike:
            return []
        settled = [steps[0] for steps in alike]
        settled[-1][0].parent = None
        return [(one.token, frame) for one, frame in settled]

    def _read(self, frame: Floats) -> None:
        prefixes, total, best, links = self._beam
        blank, last = frame[-1], np.array([one.token for one in prefixes])
        repeat = np.where(last < 0, -np.inf, frame[last])
        both, of_both = np.logaddexp(*total), best.argmax(0)
        stays = np.stack([both + blank, total[1] + repeat])
        staying = np.stack([best.max(0) + blank, best[1] + repeat])
        links_blank = [links[kind][row] for row, kind in enumerate(of_both.tolist())]
        links_token = list(links[1])
        tokens = np.flatnonzero(frame[:-1] >= frame.max() - self._prune)
        if not len(tokens):
            self._beam = _Beam(prefixes, stays, staying, (links_blank, links_token))
            return
        again = tokens == last[:, None]
        more = np.where(again, total[0][:, None], both[:, None]) + frame[tokens]
        going = np.where(again, best[0][:, None], best.max(0)[:, None]) + frame[tokens]

        def link(row: int, column: int) -> _Link:
            return self._frame, (links[0] if again[row, column] else links_blank)[row]

        rows, columns = (
            {one: row for row, one in enumerate(prefixes)},
            {one: at for at, one in enumerate(tokens.tolist())},
        )
        for row, one in enumerate(prefixes):
            parent, column = rows.get(one.parent) if one.parent else None, columns.get(one.token)
            if parent is None or column is None:
                continue
            stays[1, row] = np.logaddexp(stays[1, row], more[parent, column])
            if going[parent, column] > staying[1, row]:
                staying[1, row], links_token[row] = going[parent, column], link(parent, column)
            more[parent, column] = -np.inf
        language = np.array([one.language for one in prefixes])
        gains = self._gains(prefixes)[:, tokens] if self._fusion is not None else np.zeros(more.shape)
        scores = np.concatenate([np.logaddexp(*stays) + language, (more + gains + language[:, None]).ravel()])
        kept = np.argsort(-scores, kind="stable")[: self._width]
        kept = kept[scores[kept] >= max(scores[kept[0]] - self._prune, -np.finfo(np.float64).max)]
        after = _Beam([], np.full((2, len(kept)), -np.inf), np.full((2, len(kept)), -np.inf), ([], []))
        for place, at in enumerate(kept.tolist()):
            if at < len(prefixes):
                after.prefixes.append(prefixes[at])
                after.total[:, place], after.best[:, place] = stays[:, at], staying[:, at]
                after.links[0].append(links_blank[at])
                after.links[1].append(links_token[at])
                continue
            row, column = divmod(at - len(prefixes), len(tokens))
            after.prefixes.append(prefixes[row].child(int(tokens[column]), float(gains[row, column])))
            after.total[1, place], after.best[1, place] = more[row, column], going[row, column]
            after.links[0].append(None)
            after.links[1].append(link(row, column))
        self._beam = after

    def _gains(self, prefixes: Sequence[_Prefix]) -> Floats:
        """What each token would add to what the language model says of each prefix (W, K)."""
        assert self._fusion is not None
        self._place(prefixes)
        for one in prefixes:
            if one.gains is None:
                one.gains = self._fusion.gains(one.place)
        return np.stack([one.gains for one in prefixes if one.gains is not None])

    def _place(self, prefixes: Sequence[_Prefix]) -> None:
        """Let the language model read what it has not read."""
        assert self._fusion is not None
        new = [one for one in prefixes if one.place is None]
        places = [one.parent.place for one in new if one.parent is not None]
        for one, place in zip(new, self._fusion.follow(places, [one.token for one in new]), strict=True):
            one.place = place


class BestPath:
    """Greedy decoding, fed like :class:`PrefixSearch`: the best token or blank of each frame, by itself.

    >>> search = BestPath()
    >>> for piece in np.log([[[0.8, 0.2]], [[0.7, 0.3]], [[0.1, 0.9]], [[0.6, 0.4]]]):
    ...     search.feed(piece)
    >>> search.found()[0].tokens, search.found()[0].frames, search.settle()
    ((0, 0), (0, 3), [(0, 0), (0, 3)])
    """

    def __init__(self) -> None:
        self._frame, self._last = 0, -1
        self._begun: list[tuple[int, int]] = []
        self._log_probability = 0.0

    def feed(self, log_probabilities: Floats) -> None:
        """Read more frames: ln p of K tokens and the blank (T, K + 1). DivergedError for what is no number."""
        _check_numbers(log_probabilities)
        best = log_probabilities.argmax(-1)
        begins = (best != log_probabilities.shape[1] - 1) & (best != np.append(self._last, best[:-1])[: len(best)])
        frames = np.flatnonzero(begins)
        self._begun += zip(best[frames].tolist(), (frames + self._frame).tolist(), strict=True)
        self._log_probability += float(log_probabilities.max(-1).sum()) if len(best) else 0.0
        self._frame += len(best)
        self._last = int(best[-1]) if len(best) else self._last

    def found(self, count: int = 1, ended: bool = True) -> list[Transcript]:
        """What the path spells so far, and ln p of the path; there is one, whatever the ``count``."""
        tokens, frames = zip(*self._begun, strict=True) if self._begun else ((), ())
        return [Transcript(tokens, frames, self._log_probability, self._log_probability)]

    def settle(self) -> list[tuple[int, int]]:
        """All tokens so far, with their frames: nothing can change them."""
        settled, self._begun = self._begun, []
        return settled


def prefix_search(
    scores: Tensor,
    lengths: Tensor | None = None,
    count: int = 1,
    width: int = 16,
    fusion: Fusion | None = None,
    prune: float = 12.0,
) -> list[list[Transcript]]:
    """The ``count`` best sequences of each row of ``scores`` (B, T, K + 1), best first; see :class:`PrefixSearch`."""
    found = []
    rows = scores.detach().cpu().double().log_softmax(-1).numpy()
    for row, length in zip(rows, [None] * len(rows) if lengths is None else lengths.tolist(), strict=True):
        search = PrefixSearch(width, fusion, prune)
        search.feed(row[:length])
        found.append(search.found(count))
    return found


def _frames(link: _Link) -> Iterator[int]:
    while link is not None:
        frame, link = link
        yield frame


def _check_numbers(frames: Floats) -> None:
    if np.isnan(frames).any():
        raise DivergedError("The model's scores are not numbers. Train it again with a lower learning rate.")
