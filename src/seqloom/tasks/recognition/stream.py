"""Words while they are spoken: of a recogniser whose layers only look back."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from seqloom.decoding.ctc import BestPath, PrefixSearch
from seqloom.decoding.rescoring import RescoredSearch
from seqloom.errors import UsageError
from seqloom.layers.pieces import Pieces
from seqloom.tasks.inputs.inputs import Inputs
from seqloom.tasks.recognition.network import RecognitionModel, frame_steps
from seqloom.tasks.recognition.transcripts import TimedWord, Transcripts

__all__ = ["Begin", "Heard", "RecognizerStream"]

Begin = Callable[[], BestPath | PrefixSearch | RescoredSearch]
"""Begins a search of another input."""

_SURE = 0.8
"""From which share on a blank counts: words that are unsure in each of their frames are none."""
_LONGEST = 100
"""Silences that an utterance takes: then the next blank ends it."""


class Heard(NamedTuple):
    """The ``text`` of the present utterance so far, and its ``words`` with their times since the stream began.

    Words may change until the text is ``final``: then speech has ended, and what comes next is another utterance.
    """

    text: str
    words: tuple[TimedWord, ...] = ()
    final: bool = False

    def __str__(self) -> str:
        return self.text


class RecognizerStream:
    """``*ended, present = stream.push(piece)``: what is said in all that has come, for pieces of a sound or a series.

    A piece is some samples (n,) at the rate of the model, or the numbers of a step. Speech ends where, after a word,
    the blank has had 0.8 or more for ``silence`` (default: 0.6 seconds; of series, steps), and after a minute where it
    has it once. An utterance that ended in this piece stands before the present one, and is final; ``finish`` makes the
    present one final, too. The scores are those of the whole. A stream keeps the weights it was opened with. UsageError
    for a model whose layers see what comes, or that scales a sound by all of it.
    """

    def __init__(
        self,
        model: RecognitionModel,
        inputs: Inputs,
        transcripts: Transcripts,
        begin: Begin,
        step_seconds: float,
        silence: float = 0.6,
    ) -> None:
        if model.front is not None:
            raise UsageError("A model with a front reads its input as a whole, so it cannot stream.")
        self._model = copy.deepcopy(model).cpu().eval()
        self._inputs, self._transcripts, self._begin = inputs, transcripts, begin
        self._seconds = frame_steps(model) * step_seconds
        self._silence = max(1, round(silence / self._seconds))
        self.reset()

    def reset(self) -> None:
        """Begin another sound."""
        self._feed, self._pieces = self._inputs.feed(), Pieces(self._model.body)
        self._frame = 0
        self._utter()

    def push(self, piece: Any) -> list[Heard]:
        """What is said with one more piece."""
        return self._hear(self._read(self._feed.push(piece)))

    def line(self, text: str) -> list[Heard]:
        """The same for a line of text, numbers; an empty one begins another sound."""
        if not text.strip():
            self.reset()
            return []
        return self._hear(self._read(self._feed.line(text)))

    def finish(self) -> list[Heard]:
        """The same, now that no more comes."""
        ended = [
            *self._hear(self._read(self._feed.finish()))[:-1],
            *self._hear(self._scores(self._pieces.finish()))[:-1],
        ]
        return [*ended, self._said(final=True)]

    def _utter(self) -> None:
        self._search, self._from, self._blanks = self._begin(), self._frame, 0

    @torch.no_grad()
    def _read(self, steps: Tensor) -> np.ndarray[Any, Any]:
        if not len(steps):
            return np.zeros((0, 0))
        return self._scores(self._pieces.push(steps[None]))

    @torch.no_grad()
    def _scores(self, y: Tensor) -> np.ndarray[Any, Any]:
        """ln p (t, K + 1) of each token and the blank."""
        if not y.shape[1]:
            return np.zeros((0, 0))
        found: np.ndarray[Any, Any] = self._model.head(y)[0].double().log_softmax(-1).numpy()
        return found

    def _hear(self, frames: np.ndarray[Any, Any]) -> list[Heard]:
        """The utterances that end within some frames, and the present one."""
        ended = []
        for frame in frames:
            self._search.feed(frame[None])
            self._frame += 1
            self._blanks = self._blanks + 1 if frame[-1] >= np.log(_SURE) else 0
            late = self._frame - self._from >= _LONGEST * self._silence and self._blanks == 1
            if (late or (self._blanks and self._blanks % self._silence == 0)) and self._search.found(1)[0].tokens:
                ended.append(self._said(final=True))
                self._utter()
        return [*ended, self._said()]

    def _said(self, final: bool = False) -> Heard:
        best = self._search.found(1, ended=final)[0]
        frames: Sequence[int] = [frame + self._from for frame in best.frames]
        words = self._transcripts.timed(best.tokens, frames, self._seconds)
        return Heard(self._transcripts.decode(best.tokens), words, final)
