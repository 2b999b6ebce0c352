"""The inside of a block: a mixer and a network, each beside a residual path."""

from __future__ import annotations

from torch import nn

from seqloom.errors import UsageError
from seqloom.inspection.diagrams.drawing import Drawing, Place, Shape
from seqloom.layers import Block, Placement
from seqloom.layers.called import called
from seqloom.models.parts import weights_of

__all__ = ["draw_block"]

_WIDTH, _HEIGHT, _BETWEEN = 220.0, 44.0, 26.0
_SUM, _BYPASS = 26.0, 40.0


def draw_block(layer: nn.Module) -> Drawing:
    """The first block in ``layer``: its norms, mixer and network, and the paths that pass them by.

    UsageError for a layer that has no block.

    >>> from seqloom.layers import parse_spec
    >>> drawing = draw_block(parse_spec("transformer(16)").build(8))
    >>> "CausalSelfAttention(16)" in drawing.svg, "linear(16)" in drawing.svg
    (True, True)
    """
    block = next((part for part in layer.modules() if isinstance(part, Block)), None)
    if block is None:
        raise UsageError(f"{type(layer).__name__} has no block: a layer with a residual path, as transformer(…).")
    before = block.placement is Placement.BEFORE
    where = "normalised before" if before else "and the sum is normalised after"
    drawing = Drawing(
        "The inside of a block",
        f"What a part computes is added to what it read, which passes it by; {where} each part.",
    )
    below = drawing.box(-45, 0, 90, 30, f"(B, T, {block.in_features})", shape=Shape.VALUE)
    if not isinstance(block.entry, nn.Identity):
        below = _above(drawing, below, called(block.entry), weights_of(block.entry))
    for part, norm in ((block.mixer, block.mixer_norm), (block.feed_forward, block.feed_forward_norm)):
        if part is not None and norm is not None:
            below = _beside_a_path(drawing, below, part, norm, before, f"{block.norm} norm")
    out = drawing.box(-45, below.y - _BETWEEN - 30, 90, 30, f"(B, T, {block.out_features})", shape=Shape.VALUE)
    drawing.arrow(below.top, out.bottom)
    return drawing


def _beside_a_path(drawing: Drawing, below: Place, part: nn.Module, norm: nn.Module, before: bool, name: str) -> Place:
    """A part, its norm, and the sum with what passes both by."""
    begin = below.top[1] - _BETWEEN / 2
    top = _above(drawing, below, name, weights_of(norm)) if before else below
    top = _above(drawing, top, called(part), weights_of(part))
    plus = drawing.box(-_SUM / 2, top.y - _BETWEEN - _SUM, _SUM, _SUM, "+", shape=Shape.OPERATION)
    drawing.arrow(top.top, plus.bottom)
    side = -_WIDTH / 2 - _BYPASS
    drawing.arrow((0, begin), (side, begin), (side, plus.left[1]), plus.left)
    return plus if before else _above(drawing, plus, name, weights_of(norm))


def _above(drawing: Drawing, below: Place, name: str, weights: int) -> Place:
    said = f"{weights:,} weights" if weights else "nothing to learn"
    box = drawing.box(-_WIDTH / 2, below.y - _BETWEEN - _HEIGHT, _WIDTH, _HEIGHT, name, said)
    drawing.arrow(below.top, box.bottom)
    return box
