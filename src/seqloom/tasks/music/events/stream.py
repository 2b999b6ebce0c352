"""A model of events that listens: after each event it says what may come next, and how surprising it was."""

from __future__ import annotations

import copy

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom.data.notes.tokens import EventTokens
from seqloom.errors import DataError, did_you_mean
from seqloom.models.token_model import TokenModel
from seqloom.tasks.watching.surprise import Observed, Surprise, SurpriseStream

__all__ = ["EventStream", "EventSurprises"]

_END = "end"


class EventStream:
    """``stream.push("on 60")`` reads the next event and says how surprising it was, in nats; ``probabilities()`` are
    those of the event after it, by name, ``end`` among them.

    It keeps the weights that it was opened with; ``first`` is the token that stands before each piece.
    """

    def __init__(self, model: TokenModel, events: EventTokens, first: int) -> None:
        self._model, self._first = copy.deepcopy(model).eval(), first
        self._tokens = {events.text(token): token for token in range(len(events))} | {_END: len(events)}
        self.reset()

    @torch.no_grad()
    def reset(self) -> None:
        """Begin another piece."""
        self._read(self._first, self._model.initial_state(1))

    @torch.no_grad()
    def push(self, event: str) -> float:
        """Read an event in words → −ln p of it. DataError for what is none."""
        token = self._tokens.get(" ".join(event.split()))
        if token is None:
            near = did_you_mean(event[:40], self._tokens)
            raise DataError(
                f"Expected an event, as on 60, shift 4, off 60, velocity 8 or end, got {event[:40]!r}.{near}"
            )
        nats = -float(self._logs[token])
        if event.strip() == _END:
            self.reset()
        else:
            self._read(token, self._state)
        return nats

    def probabilities(self) -> dict[str, float]:
        """p of each event that may come next."""
        p: NDArray[np.float64] = self._logs.exp().numpy()
        return {event: float(p[token]) for event, token in self._tokens.items()}

    def line(self, line: str) -> dict[str, float] | None:
        """An event in words → the probability of each at the next step. An empty line begins another piece: None."""
        if not line.strip():
            self.reset()
            return None
        self.push(line)
        return self.probabilities()

    def _read(self, token: int, state: object) -> None:
        device = next(self._model.parameters()).device
        logits, self._state = self._model.step(torch.tensor([token], device=device), state)
        self._logs = logits[0].double().log_softmax(-1).cpu()


class EventSurprises(SurpriseStream):
    """The surprise of each event, in words, as it comes; ``end`` or an empty line begins another piece."""

    def __init__(self, stream: EventStream) -> None:
        self._stream = stream

    def reset(self) -> None:
        self._stream.reset()

    def push(self, observation: str) -> Surprise:
        return Surprise(self._stream.push(observation))

    def line(self, text: str) -> list[Observed]:
        if not text.strip():
            self.reset()
            return []
        return [Observed(" ".join(text.split()), self.push(text))]
