"""A language model as it learns and as it writes, with its own tokens and probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

import torch

from seqloom.data.text.vocabularies.vocabulary import Vocabulary
from seqloom.errors import UsageError
from seqloom.inspection.diagrams.drawing import SMALL, Drawing, Place, Shape, shown_piece, width_of
from seqloom.layers.embedding import NOTHING
from seqloom.models.encoder_decoder import shifted
from seqloom.models.token_model import TokenModel

__all__ = ["draw_sampling", "draw_shifted", "draw_tokens"]

_Found = TypeVar("_Found")
_PITCH, _WIDTH, _HEIGHT, _RISE = 72.0, 60.0, 32.0, 66.0
_MOST_STEPS, _PAGE = 6, 496.0


def draw_shifted(model: TokenModel, vocabulary: Vocabulary, text: str) -> Drawing:
    """Training on the first tokens of ``text``, 6 at most: each step is given a token and is to say the next one.

    p is the probability that the model gives to it. UsageError for a text without tokens.
    """
    ids = torch.tensor([vocabulary.encode(text)[:_MOST_STEPS]])
    if not ids.numel():
        raise UsageError("text: expected some text, got none.")
    given = shifted(ids)
    logits, _ = _evaluated(model, lambda: model(given))
    chances = torch.softmax(logits[0], -1).gather(1, ids[0, :, None])[:, 0].tolist()
    drawing = Drawing(
        "A language model in training",
        "The targets are the inputs moved by one step: at every step the model is to say the token that comes next. "
        "The loss is the mean of −ln p.",
    )
    tokens = ids[0].tolist()
    steps = _steps(drawing, len(tokens))
    for number, (step, before, token) in enumerate(zip(steps, given[0].tolist(), tokens, strict=True)):
        x = step.top[0]
        drawing.arrow(_token(drawing, x, _RISE, vocabulary, before).top, step.bottom)
        drawing.arrow(step.top, _token(drawing, x, -_RISE, vocabulary, token).bottom)
        drawing.words(x, -_RISE - 14, f"p = {chances[number]:.2f}", size=SMALL)
    for label, y in (("targets", -_RISE), ("inputs", _RISE)):
        drawing.words(-_WIDTH / 2 - 12, y + _HEIGHT / 2, label, anchor="end", size=SMALL)
    return drawing


def draw_sampling(model: TokenModel, vocabulary: Vocabulary, steps: int = 5, seed: int = 0) -> Drawing:
    """Writing from nothing: at each of 1 to 6 steps a token is drawn, which is what the next step reads.

    Tokens are drawn from the model's own probabilities by ``seed``; p is that of the token that came.
    """
    if not 1 <= steps <= _MOST_STEPS:
        raise UsageError(f"steps: expected 1 … {_MOST_STEPS}, more cannot be read; got {steps!r}.")
    drawing = Drawing(
        "A language model that writes",
        "At each step a token is drawn from the probabilities, and goes back in as the input of the next step.",
    )
    generator = torch.Generator().manual_seed(seed)
    boxes = _steps(drawing, steps)
    drawn, chances = _evaluated(model, lambda: _sampled(model, steps, generator))
    before, above = NOTHING, None
    for box, token, chance in zip(boxes, drawn, chances, strict=True):
        x = box.top[0]
        given = _token(drawing, x, _RISE, vocabulary, before)
        drawing.arrow(given.top, box.bottom)
        out = _token(drawing, x, -_RISE, vocabulary, token)
        drawing.arrow(box.top, out.bottom)
        drawing.words(x, -_RISE - 14, f"p = {chance:.2f}", size=SMALL)
        if above is not None:
            side = x - _PITCH / 2
            down = _RISE + _HEIGHT + 14
            drawing.arrow(above.right, (side, above.right[1]), (side, down), (x, down), given.bottom, dashed=True)
        before, above = token, out
    return drawing


def draw_tokens(text: str, vocabularies: Sequence[Vocabulary]) -> Drawing:
    """A text in the tokens of each vocabulary, one below the other: words are few and many kinds, characters many and
    few kinds. UsageError for a text of more than four lines of a page.
    """
    drawing = Drawing(
        "One text in several kinds of tokens",
        "The smaller the tokens, the more steps a text has and the fewer kinds there are to choose from.",
    )
    y = 0.0
    for vocabulary in vocabularies:
        pieces = [shown_piece(vocabulary.piece(token)) for token in vocabulary.encode(text)]
        drawing.words(0, y, f"{vocabulary.kind}: {len(pieces)} steps of {len(vocabulary):,} tokens", anchor="start")
        x, y, lines = 0.0, y + 16, 1
        for piece in pieces:
            width = max(22.0, width_of(piece) + 12)
            if x + width > _PAGE:
                x, y, lines = 0.0, y + 36, lines + 1
            if lines > 4:
                raise UsageError(f"text: expected one of up to four lines of a page; this has {len(pieces)} tokens.")
            drawing.box(x, y, width, 28, piece, shape=Shape.VALUE)
            x += width + 4
        y += 62
    return drawing


def _steps(drawing: Drawing, count: int) -> list[Place]:
    """The model, once for each step, with its state between them."""
    boxes = [drawing.box(k * _PITCH - _WIDTH / 2, 0, _WIDTH, _HEIGHT, "model") for k in range(count)]
    for before, after in pairwise(boxes):
        drawing.arrow(before.right, after.left)
    return boxes


def _token(drawing: Drawing, x: float, y: float, vocabulary: Vocabulary, token: int) -> Place:
    piece = "start" if token == NOTHING else shown_piece(vocabulary.piece(token), 7)
    return drawing.box(x - _WIDTH / 2, y, _WIDTH, _HEIGHT, piece, shape=Shape.VALUE)


def _sampled(model: TokenModel, steps: int, generator: torch.Generator) -> tuple[list[int], list[float]]:
    state = model.initial_state(1)
    token, tokens, chances = torch.tensor([NOTHING]), [], []
    for _ in range(steps):
        logits, state = model.step(token, state)
        shares = torch.softmax(logits[0], -1)
        token = torch.multinomial(shares, 1, generator=generator)
        tokens.append(int(token))
        chances.append(float(shares[token]))
    return tokens, chances


def _evaluated(model: TokenModel, run: Callable[[], _Found]) -> _Found:
    """What ``run`` gives in evaluation, without gradients."""
    was = model.training
    model.eval()
    try:
        with torch.no_grad():
            return run()
    finally:
        model.train(was)
