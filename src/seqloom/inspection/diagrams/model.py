"""A layer or a model as columns of boxes, from the input up."""

from __future__ import annotations

from torch import nn

from seqloom.inspection.diagrams.drawing import Drawing, Place, Shape, width_of, wrapped
from seqloom.layers import Embedding, Front, SequenceLayer
from seqloom.layers.fronts.picture import PictureFront
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.parts import BESIDE, Part, listed, parts_of, weights_of

__all__ = ["draw_model"]

_LINE, _AROUND, _BETWEEN, _END = 18.0, 12.0, 34.0, 30.0
_NARROWEST, _WIDEST, _OF_TWO = 150.0, 330.0, 190.0


def draw_model(module: nn.Module) -> Drawing:
    """The parts of a layer or model one on the other, with the shape of what each gives: input below, answer above.

    B is the batch, T the steps of the input, S those that a front makes of it or that a source has, T′ those that a
    stride leaves. Equal neighbours are one box. Of an encoder-decoder the encoder stands left, the decoder right, and
    an arrow is the memory that it reads.

    >>> from seqloom.layers import parse_spec
    >>> drawing = draw_model(parse_spec("48*transformer(64) + pool(mean)").build_pooled(64))
    >>> drawing.size[1] < 400, "× 48" in drawing.svg
    (True, True)
    """
    parts = parts_of(module)
    count = f"{weights_of(module):,} weights"
    if parts[-1].name == BESIDE:
        count += f", {parts[-1].weights:,} of them beside these parts"
    drawing = Drawing("What it is made of", f"From the input up: {listed(module)}.")
    if isinstance(module, EncoderDecoder):
        _draw_two(drawing, module)
    else:
        _column(drawing, 0, _given(module), parts, _WIDEST)
    drawing.caption(count)
    return drawing


def _draw_two(drawing: Drawing, module: EncoderDecoder) -> None:
    before = [module.encoder] if module.front is None else [module.front, module.encoder]
    source = _column(drawing, 0, _given(*before, steps="S"), parts_of(*before, steps="S"), _OF_TWO, "memory")
    parts = parts_of(module.target_embedding, module.decoder, module.head)
    target = _column(drawing, _OF_TWO + 76, "target (B, T)", parts, _OF_TWO)
    memory, decoder = source[-1], target[2]
    middle = (memory.right[0] + decoder.left[0]) / 2
    drawing.arrow(memory.right, (middle, memory.right[1]), (middle, decoder.left[1]), decoder.left)


def _column(
    drawing: Drawing, middle: float, given: str, parts: list[Part], widest: float, answer: str = "output"
) -> list[Place]:
    """Draw what is given at 0 and the parts above it; gives all places from below, the answer's last."""
    parts = [part for part in parts if part.name != BESIDE]
    width = min(widest, max([_NARROWEST, *(width_of(part.name) * 1.12 + 24 for part in parts)]))
    left, shape = middle - width / 2, ""
    places = [drawing.box(left, 0, width, _END, given, shape=Shape.VALUE)]
    for part in parts:
        lines = wrapped(part.name, (width - 16) / 1.12)
        height = _AROUND + _LINE * (len(lines) + 1)
        weights = f"{part.weights:,} weights" if part.weights else "nothing to learn"
        box = drawing.box(left, places[-1].y - _BETWEEN - height, width, height, *lines, weights, bold=len(lines))
        if part.count > 1:
            drawing.words(left + width + 8, box.right[1], f"× {part.count}", anchor="start", bold=True)
        drawing.arrow(places[-1].top, box.bottom, label=shape)
        places.append(box)
        shape = part.shape
    out = drawing.box(left, places[-1].y - _BETWEEN - _END, width, _END, f"{answer} {shape}".strip(), shape=Shape.VALUE)
    drawing.arrow(places[-1].top, out.bottom)
    return [*places, out]


def _given(*modules: nn.Module, steps: str = "T") -> str:
    """What goes in at the bottom."""
    inside = [part for module in modules for part in module.modules()]
    front = next((part for part in inside if isinstance(part, Front)), None)
    match front:
        case Embedding():
            return f"tokens (B, {steps})"
        case PictureFront():
            return "pictures (B, H, W, C)"
        case None:
            layer = next((part for part in inside if isinstance(part, SequenceLayer)), None)
            return "input" if layer is None else f"input (B, {steps}, {layer.in_features})"
        case _:
            return f"input (B, {steps}, …)"
