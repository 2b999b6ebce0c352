"""Tokens that white space, never a token itself, separates: their encoder, which counts it to the next token."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from seqloom.data.text.vocabularies.segment_encoder import SegmentEncoder
from seqloom.data.text.vocabularies.segments import Segmenter
from seqloom.data.text.vocabularies.vocabulary import MOST_CHARACTERS, Encoded

__all__ = ["SpanEncoder"]


class SpanEncoder(SegmentEncoder):
    """The matches of ``pattern`` are the tokens; what has no id is ``unk``."""

    def __init__(self, pattern: re.Pattern[str], ids: Mapping[str, int], unk: int, segmenter: Segmenter) -> None:
        super().__init__(segmenter)
        self._pattern = pattern
        self._ids = ids
        self._unk = unk
        self._left = 0

    def encode_segments(self, segments: Sequence[str | None], eos: int) -> Encoded:
        ids: list[int] = []
        characters: list[int] = []
        for segment in segments:
            if segment is None:
                ids.append(eos)
                characters.append(min(self._left, MOST_CHARACTERS))
                self._left -= characters[-1]
                continue
            counted = -self._left
            for match in self._pattern.finditer(segment):
                ids.append(self._ids.get(match[0], self._unk))
                characters.append(min(match.end() - counted, MOST_CHARACTERS))
                counted += characters[-1]
            self._left = len(segment) - counted
        return Encoded(np.array(ids, np.uint32), np.array(characters, np.uint16))
