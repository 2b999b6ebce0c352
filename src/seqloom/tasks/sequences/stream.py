"""The present answer of a model that looks back only, while a sequence comes in."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.layers import LearnedEmbedding
from seqloom.tasks.inputs import Inputs
from seqloom.tasks.sequences.network import SequenceModel, StepModel

__all__ = ["AnswerStream"]

A = TypeVar("A")


class AnswerStream(Generic[A]):
    """``answer = stream.push(piece)``: what a sequence is taken for, given all of it that has come.

    A piece is some more text, the numbers of one step, or some samples of a sound. A word is read once what follows
    shows where it ends, or by :meth:`finish`. ``reset`` begins another sequence. A stream keeps the weights it was
    opened with. UsageError for a model whose layers read both ways, that pools otherwise than at the last step, or
    that scales a sound by all of it.
    """

    def __init__(self, model: SequenceModel | StepModel, inputs: Inputs, answer: Callable[[Tensor], A]) -> None:
        if model.streamed is None:
            raise UsageError(
                "spec: this model reads a sequence to its end before it answers, so it cannot stream. Train with "
                "layers that only look back and pool(last), as gru(64) + pool(last)."
            )
        self._model = copy.deepcopy(model).eval()
        self._inputs, self._answer = inputs, answer
        self.reset()

    def reset(self) -> None:
        """Begin another sequence."""
        body = self._model.streamed
        assert body is not None
        self._state = body.initial_state(1)
        self._y: Tensor | None = None
        self._feed = self._inputs.feed()

    def push(self, piece: Any) -> A | None:
        """The answer with one more piece; None before there is a whole step."""
        return self._read(self._feed.push(piece))

    def line(self, text: str) -> A | None:
        """The answer with one more line: of text, or the numbers of a step; an empty one begins another sequence."""
        if not text.strip():
            self.reset()
            return None
        return self._read(self._feed.line(text))

    def finish(self) -> A | None:
        """The answer to the whole sequence: the last word of a text, or the rest of a sound, is read, too."""
        return self._read(self._feed.finish())

    def _read(self, steps: Tensor) -> A | None:
        model = self._model
        body = model.streamed
        assert body is not None
        device = model.head.weight.device
        with torch.no_grad():
            for step in steps.to(device):
                x = step[None] if not isinstance(model.embedding, LearnedEmbedding) else model.embedding(step[None])
                self._y, self._state = body.step(x, self._state)
            return None if self._y is None else self._answer(model.head(self._y))
