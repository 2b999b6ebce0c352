"""What a head of attention does, with the sizes of a real layer."""

from __future__ import annotations

from torch import nn

from seqloom.errors import UsageError
from seqloom.inspection.diagrams.drawing import Drawing, Place, Shape
from seqloom.layers import CausalSelfAttention, SelfAttention

__all__ = ["draw_attention_head"]

_WIDTH, _HEIGHT, _ROW, _COLUMN = 150.0, 44.0, 74.0, 166.0


def draw_attention_head(layer: nn.Module) -> Drawing:
    """One head of the first self-attention in ``layer``: queries, keys and values, and how they meet.

    Shapes have the layer's own sizes. UsageError for a layer that has no self-attention.

    >>> from seqloom.layers import parse_spec
    >>> drawing = draw_attention_head(parse_spec("attention(16, heads=2, window=8)").build(16))
    >>> "the last 8 steps" in drawing.svg, "(B, T, 8)" in drawing.svg
    (True, True)
    """
    found = next((part for part in layer.modules() if isinstance(part, SelfAttention | CausalSelfAttention)), None)
    if found is None:
        raise UsageError(f"{type(layer).__name__} has no self-attention. Words with one are attention and transformer.")
    heads, size = found.maps.heads, found.maps.head_size
    seen = "all steps"
    if isinstance(found, CausalSelfAttention):
        seen = "all steps so far" if found.window is None else f"the last {found.window} steps"
    elif found.window is not None:
        seen = f"{found.window} steps each way"
    shared = "" if found.maps.key_heads == heads else f", which share {found.maps.key_heads} keys and values"
    drawing = Drawing(
        "A head of attention",
        f"Each step asks with its query; the keys of {seen} answer with scores, softmax makes shares of them, and the "
        f"head gives that mixture of the values. There are {heads} heads{shared}, side by side.",
    )
    x = _box(drawing, 1, 0, f"(B, T, {found.in_features})", "", shape=Shape.VALUE)
    query, key, value = (
        _box(drawing, column, 1, name, f"(B, T, {size})")
        for column, name in enumerate(("query = W_q x", "key = W_k x", "value = W_v x"))
    )
    scores = _box(drawing, 0.5, 2, "query · key", f"÷ √{size}: (B, T, T)")
    shares = _box(drawing, 0.5, 3, "softmax", f"over {seen}")
    mixture = _box(drawing, 1.25, 4, "shares · values", f"(B, T, {size})")
    joined = _box(drawing, 1.25, 5, f"{heads} heads joined", f"(B, T, {heads * size})")
    y = _box(drawing, 1.25, 6, f"(B, T, {found.out_features})", "", shape=Shape.VALUE)
    for map_of_x in (query, key, value):
        drawing.arrow(x.top, map_of_x.bottom)
    for below, above in ((query, scores), (key, scores), (scores, shares), (shares, mixture), (mixture, joined)):
        drawing.arrow(below.top, above.bottom)
    side = value.top[0]
    drawing.arrow(value.top, (side, mixture.bottom[1] + 26), mixture.bottom)
    drawing.arrow(joined.top, y.bottom, label="W_o")
    return drawing


def _box(drawing: Drawing, column: float, row: int, name: str, below: str, shape: Shape = Shape.LAYER) -> Place:
    lines = [name, below] if below else [name]
    return drawing.box(column * _COLUMN, -row * _ROW, _WIDTH, _HEIGHT, *lines, shape=shape)
