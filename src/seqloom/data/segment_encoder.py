"""An encoder of whole segments: for vocabularies whose tokens span characters."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from seqloom.data.document import Piece
from seqloom.data.segments import LONGEST_SEGMENT, Segmenter
from seqloom.data.vocabulary import Encoder, Ids

__all__ = ["SegmentEncoder"]

_END: Final = None


class SegmentEncoder(Encoder):
    """Gather segments, and encode as many at once as there are."""

    def __init__(self) -> None:
        self._segmenter = Segmenter()

    @abstractmethod
    def encode_segments(self, segments: Sequence[str]) -> Iterable[Sequence[int]]:
        """The ids of each segment."""

    def feed_array(self, text: str) -> Ids:
        return self._joined(list(self._segmenter.feed(text)), eos=0)

    def finish_array(self) -> Ids:
        return self._joined(list(self._segmenter.finish()), eos=0)

    def feed_pieces(self, pieces: Sequence[Piece], eos: int) -> Ids:
        segments: list[str | None] = []
        for text, ends in pieces:
            if ends and self._segmenter.empty and len(text) <= LONGEST_SEGMENT:
                segments += (text, _END)
                continue
            segments += self._segmenter.feed(text)
            if ends:
                segments += self._segmenter.finish()
                segments.append(_END)
        return self._joined(segments, eos)

    def _joined(self, segments: Sequence[str | None], eos: int) -> Ids:
        encoded = iter(self.encode_segments([segment for segment in segments if segment is not _END]))
        ids: list[int] = []
        for segment in segments:
            if segment is _END:
                ids.append(eos)
            else:
                ids += next(encoded)
        return np.array(ids, np.uint32)
