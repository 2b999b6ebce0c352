"""How surprising a text is while it comes in, line by line or token by token."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor

from seqloom.choice import Choice
from seqloom.data import Document, Vocabulary
from seqloom.errors import DataError
from seqloom.tasks.language.files import Fitted
from seqloom.tasks.language.generation import opening
from seqloom.tasks.language.scoring import read_prompts, surprisals
from seqloom.tasks.language.texts import encode
from seqloom.tasks.watching.calibration import Calibration
from seqloom.tasks.watching.surprise import Observed, Surprise, SurpriseStream
from seqloom.tasks.watching.watcher import Watcher

if TYPE_CHECKING:
    from seqloom.data import TokenStream
    from seqloom.tasks.language.language_model import LanguageModel

__all__ = ["TextSurprises", "Unit", "kept_calibrations", "surprises_of", "watch_of"]

_MOST: Final = 1 << 16
"""Tokens that are held out to calibrate by."""


class Unit(Choice):
    """What a step of a text is."""

    LINE = "line"
    TOKEN = "token"


class TextSurprises(SurpriseStream):
    """The surprise of each piece of a text, −ln p of its tokens given all before it, as it comes.

    The state goes on as in training: through the whole text, or afresh at each line or after each empty one, where that
    is a document. A piece is cut into tokens by itself; :meth:`line` adds the end of the line to it. ``unit`` says
    whether a line is one step, or has a step for each token.
    """

    def __init__(self, fitted: Fitted, document: Document, unit: Unit) -> None:
        self._model, self._vocabulary = copy.deepcopy(fitted.model).eval(), fitted.vocabulary
        self._opening, self._boundaries = opening(fitted), fitted.boundaries
        self._document, self._unit = document, unit
        self.reset()

    def reset(self) -> None:
        self._inside = False
        *before, self._last = self._opening
        self._state: Any = read_prompts(self._model, [before])[1] if before else self._model.initial_state(1)

    def push(self, observation: Any) -> Surprise | None:
        """Read one more piece of text as a step; None for one without tokens."""
        if not isinstance(observation, str):
            raise DataError(f"expected a text, got {type(observation).__name__}.")
        nats = self._nats(self._vocabulary.encode(observation))
        return Surprise(float(nats.sum()), len(nats)) if len(nats) else None

    def line(self, text: str) -> list[Observed]:
        text = text.rstrip("\r\n")
        if self._document is not Document.FILE and not text.strip(" \t"):
            if self._inside:
                self._end()
            return []
        self._inside = self._document is Document.BLANK_LINE
        (ids,) = _lines(self._vocabulary, self._document, text)
        nats = self._nats(ids)
        if self._document is Document.LINE:
            last = self._end()
            ids, nats = [*ids, *last], torch.cat([nats, *last.values()])
        if self._unit is Unit.LINE:
            return [Observed(text, Surprise(float(nats.sum()), len(nats)))] if len(nats) else []
        names = map(self._vocabulary.piece, ids)
        return [Observed(name, Surprise(one)) for name, one in zip(names, nats.tolist(), strict=True)]

    def _end(self) -> dict[int, Tensor]:
        """End a document: the end as a token with its nats, where ends are learned."""
        found, self._inside = {}, False
        if self._boundaries.ends:
            found = {self._vocabulary.eos: self._nats([self._vocabulary.eos])}
        if self._boundaries.reset:
            self.reset()
        return found

    @torch.no_grad()
    def _nats(self, ids: Sequence[int]) -> Tensor:
        """−ln p (T,) of the next tokens."""
        if not len(ids):
            return torch.zeros(0, dtype=torch.float64)
        device = next(self._model.parameters()).device
        logits, self._state = self._model(torch.tensor([[self._last, *ids[:-1]]], device=device), self._state)
        self._last = ids[-1]
        chosen = torch.tensor(ids, device=device)[:, None]
        found: Tensor = -logits[0].cpu().double().log_softmax(-1).gather(-1, chosen.cpu())[:, 0]
        return found


def surprises_of(
    fitted: Fitted, document: Document, documents: Iterable[str], unit: Unit = Unit.LINE
) -> list[Surprise | None]:
    """Those of all lines or tokens of some documents at once, as a stream that begins with them has them."""
    vocabulary, boundaries = fitted.vocabulary, fitted.boundaries
    end = [vocabulary.eos] if boundaries.ends else []
    parts: list[list[list[int]]] = []
    for text in documents:
        lines = _lines(vocabulary, document, text)
        if document is Document.LINE:
            lines[-1] += end
        else:
            lines.append(end)
        parts.append(lines)
    if not boundaries.reset:
        parts = [[line for lines in parts for line in lines]]
    rows = [[token for line in lines for token in line] for lines in parts]
    found: list[Surprise | None] = []
    for lines, nats in zip(parts, surprisals(fitted.model, opening(fitted), rows), strict=True):
        for line, one in zip(lines, nats.split([len(line) for line in lines]), strict=True):
            if not line or (line is end and document is not Document.LINE):
                continue
            if unit is Unit.TOKEN:
                found += [Surprise(nats) for nats in one.tolist()]
            else:
                found.append(Surprise(float(one.sum()), len(one)))
    return found


def kept_calibrations(fitted: Fitted, document: Document, held_out: TokenStream) -> dict[str, Any]:
    """What is to be known of a text that was held out, by the unit of its steps; nothing where it has no step."""
    try:
        return {unit.value: _calibration(fitted, document, held_out, unit).to_json() for unit in Unit}
    except DataError:
        return {}


def _calibration(fitted: Fitted, document: Document, stream: TokenStream, unit: Unit) -> Calibration:
    part = stream.first(_MOST)
    ids = np.asarray(part.targets, np.int64)
    texts = np.split(ids, np.flatnonzero(ids == part.eos) + 1)
    documents = [text for text in (fitted.vocabulary.decode(one.tolist()) for one in texts) if text]
    return Calibration.learned([surprises_of(fitted, document, documents, unit)])


def _lines(vocabulary: Vocabulary, document: Document, text: str) -> list[list[int]]:
    """The ids of each line of a document, its end included where the vocabulary has one."""
    end = "" if document is Document.LINE or vocabulary.unknown("\n") else "\n"
    return [vocabulary.encode(f"{line}{end}") for line in text.removesuffix("\n").split("\n")]


def watch_of(model: LanguageModel, unit: Unit, rate: float | None, calibrate: Any) -> Watcher:
    """See :meth:`LanguageModel.watch`."""
    fitted, document = model._fitted(), Document(model.document)
    if calibrate is not None:
        calibration = _calibration(fitted, document, encode(calibrate, fitted.vocabulary, document, None), unit)
    else:
        calibration = Calibration.from_json(fitted.calibrations.get(unit.value))
    return Watcher(TextSurprises(fitted, document, unit), calibration, rate)
