"""An encoder-decoder over the steps of a source and a target."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from seqloom.errors import UsageError
from seqloom.inspection.diagrams.drawing import SMALL, Drawing, Place, Shape, Sub, shown_piece
from seqloom.layers import Bidirectional, BottleneckDecoder, CausalLayer, SequenceLayer, Stack
from seqloom.layers.called import called
from seqloom.layers.decoders.decoder import Decoder

__all__ = ["draw_translation"]

_PITCH, _WIDTH, _HEIGHT, _RISE = 60.0, 40.0, 32.0, 58.0
_TOKEN = 54.0
_MOST = 4


def draw_translation(encoder: SequenceLayer, decoder: Decoder, source: Sequence[str], target: Sequence[str]) -> Drawing:
    """Both over their steps: the encoder reads the source, the decoder writes the target and reads what it wrote.

    A decoder with attention looks at all steps of the memory at each of its own; one without is told of the source by
    its first state. ``source`` and ``target`` have 1 to 4 tokens each; UsageError for other numbers.

    >>> from seqloom.layers import parse_encoder_decoder
    >>> pair = parse_encoder_decoder("gru(8) bidirectional -> luong(8)").build(4, 4)
    >>> "memory" in draw_translation(*pair, ["I", "am"], ["je", "suis"]).svg
    True
    """
    for name, tokens in (("source", source), ("target", target)):
        if not 1 <= len(tokens) <= _MOST:
            raise UsageError(f"{name}: expected 1 … {_MOST} tokens, more cannot be read; got {len(tokens)}.")
    looks = not isinstance(decoder, BottleneckDecoder)
    how = (
        "at each of its steps the decoder looks at all of them, the memory"
        if looks
        else "the decoder begins from what was read last, one vector for all of it"
    )
    drawing = Drawing("An encoder and a decoder", f"The encoder, left, reads the source; {how}, and writes the target.")
    reading = _steps(drawing, 0, len(source))
    writing = _steps(drawing, len(source) * _PITCH + 34, len(target))
    for box, token in zip(reading, source, strict=True):
        drawing.arrow(_token(drawing, box.top[0], _RISE, token).top, box.bottom)
    for box, token, given in zip(writing, target, ["start", *target[:-1]], strict=True):
        drawing.arrow(_token(drawing, box.top[0], _RISE, given).top, box.bottom)
        drawing.arrow(box.top, _token(drawing, box.top[0], -_RISE - 50 * looks, token).bottom)
    if _passes_on(encoder):
        _pass(drawing, reading, back=_reads_back(encoder))
    _pass(drawing, writing, back=False)
    if looks:
        _draw_memory(drawing, reading, writing)
    else:
        drawing.arrow(reading[-1].right, writing[0].left)
    for boxes, layer in ((reading, encoder), (writing, decoder)):
        middle = (boxes[0].x + boxes[-1].x + _WIDTH) / 2
        drawing.words(middle, _RISE + _HEIGHT + 18, _short(layer), size=SMALL)
    return drawing


def _draw_memory(drawing: Drawing, reading: list[Place], writing: list[Place]) -> None:
    """What was read, kept step by step, and the line from which each step of the decoder looks at it."""
    y = -_RISE + 4
    width = reading[-1].x + _WIDTH - reading[0].x
    memory = drawing.box(reading[0].x, y, width, _HEIGHT, "memory", shape=Shape.STATE)
    for box in reading:
        drawing.arrow(box.top, (box.top[0], memory.bottom[1]))
    level = memory.right[1]
    for box in writing:
        drawing.arrow(memory.right, (box.top[0] - 12, level), (box.top[0] - 12, box.top[1]))


def _steps(drawing: Drawing, first: float, count: int) -> list[Place]:
    return [
        drawing.box(first + k * _PITCH, 0, _WIDTH, _HEIGHT, Sub("h" if first == 0 else "s", str(k + 1)))
        for k in range(count)
    ]


def _pass(drawing: Drawing, boxes: list[Place], back: bool) -> None:
    """The state from step to step, in one direction or both."""
    for before, after in pairwise(boxes):
        (x, y), (end, _) = before.right, after.left
        drawing.arrow((x, y - 5 * back), (end, y - 5 * back))
        if back:
            drawing.arrow((end, y + 5), (x, y + 5))


def _token(drawing: Drawing, x: float, y: float, token: str) -> Place:
    return drawing.box(x - _TOKEN / 2, y, _TOKEN, _HEIGHT, shown_piece(token, 6), shape=Shape.VALUE)


def _reads_back(layer: SequenceLayer) -> bool:
    return any(isinstance(part, Bidirectional) for part in layer.modules())


def _passes_on(layer: SequenceLayer) -> bool:
    return isinstance(layer, CausalLayer) or _reads_back(layer)


def _short(layer: SequenceLayer) -> str:
    parts = list(layer.layers) if isinstance(layer, Stack) else [layer]
    names = list(dict.fromkeys(called(part) for part in parts))
    return shown_piece(" + ".join(names), 34).replace("␣", " ")
