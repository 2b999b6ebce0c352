"""Attention: every step looks at others by content (Vaswani et al., 2017)."""

from seqloom.layers.attention.banded import Band
from seqloom.layers.attention.cache import KeyValueCache, ReservedCache, reserve
from seqloom.layers.attention.cross_attention import CrossAttention, ProjectedMemory
from seqloom.layers.attention.dot_product import attend, attention_weights
from seqloom.layers.attention.input_positions import InputPositions, PositionTable
from seqloom.layers.attention.places import PlaceState
from seqloom.layers.attention.positions import (
    AlibiPositions,
    AttentionPositions,
    NoPositions,
    Positions,
    RotaryPositions,
)
from seqloom.layers.attention.scores import (
    AdditiveScore,
    ConcatScore,
    DotScore,
    GeneralScore,
    Memory,
    MemoryAttention,
    Score,
)
from seqloom.layers.attention.self_attention import CausalSelfAttention, SelfAttention
from seqloom.layers.attention.window_cache import WindowCache

__all__ = [
    "AdditiveScore",
    "AlibiPositions",
    "AttentionPositions",
    "Band",
    "CausalSelfAttention",
    "ConcatScore",
    "CrossAttention",
    "DotScore",
    "GeneralScore",
    "InputPositions",
    "KeyValueCache",
    "Memory",
    "MemoryAttention",
    "NoPositions",
    "PlaceState",
    "PositionTable",
    "Positions",
    "ProjectedMemory",
    "ReservedCache",
    "RotaryPositions",
    "Score",
    "SelfAttention",
    "WindowCache",
    "attend",
    "attention_weights",
    "reserve",
]
