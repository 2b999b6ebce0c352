"""Pictures of layers, models and cells, made from these themselves: SVG that needs no font, script or colour."""

from seqloom.inspection.diagrams.attention_head import draw_attention_head
from seqloom.inspection.diagrams.block import draw_block
from seqloom.inspection.diagrams.cell import draw_cell
from seqloom.inspection.diagrams.drawing import Drawing, Place, Shape, Sub
from seqloom.inspection.diagrams.encoder_decoder import draw_translation
from seqloom.inspection.diagrams.feed_forward import draw_beside
from seqloom.inspection.diagrams.language import draw_sampling, draw_shifted, draw_tokens
from seqloom.inspection.diagrams.matrices import draw_stacked
from seqloom.inspection.diagrams.model import draw_model
from seqloom.inspection.diagrams.shapes import draw_shapes
from seqloom.inspection.diagrams.unrolled import draw_backward, draw_unrolled
from seqloom.inspection.diagrams.walking import values_of, walk

__all__ = [
    "Drawing",
    "Place",
    "Shape",
    "Sub",
    "draw_attention_head",
    "draw_backward",
    "draw_beside",
    "draw_block",
    "draw_cell",
    "draw_model",
    "draw_sampling",
    "draw_shapes",
    "draw_shifted",
    "draw_stacked",
    "draw_tokens",
    "draw_translation",
    "draw_unrolled",
    "values_of",
    "walk",
]
