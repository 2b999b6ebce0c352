"""An encoder of whole segments: for vocabularies whose tokens span characters."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from seqloom.data.text.document import Piece
from seqloom.data.text.vocabularies.segments import LONGEST_SEGMENT, Segmenter
from seqloom.data.text.vocabularies.vocabulary import Encoded, Ids, IncrementalEncoder

__all__ = ["SegmentEncoder"]


class SegmentEncoder(IncrementalEncoder):
    """Gather segments, and encode as many at once as there are."""

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter

    @abstractmethod
    def encode_segments(self, segments: Sequence[str | None], eos: int) -> Encoded:
        """The ids of all segments; None is the end of a document, and becomes ``eos``."""

    def feed_array(self, text: str) -> Ids:
        return self.encode_segments(list(self._segmenter.feed(text)), eos=0).ids

    def finish_array(self) -> Ids:
        return self.encode_segments([*self._segmenter.finish(), None], eos=0).ids[:-1]

    def feed_pieces(self, pieces: Sequence[Piece], eos: int) -> Encoded:
        segments: list[str | None] = []
        for text, ends in pieces:
            if ends and self._segmenter.empty and len(text) <= LONGEST_SEGMENT:
                segments += (text, None)
                continue
            segments += self._segmenter.feed(text)
            if ends:
                segments += (*self._segmenter.finish(), None)
        return self.encode_segments(segments, eos)
