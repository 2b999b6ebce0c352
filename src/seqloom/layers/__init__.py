"""Layers over sequences, all under one protocol: ``y, state = layer(x, state=None, lengths=None)``."""

from seqloom.layers.attention import CausalSelfAttention, CrossAttention, InputPositions, SelfAttention, reserve
from seqloom.layers.bidirectional import Bidirectional, BidirectionalState
from seqloom.layers.blocks.attention import AttentionBlock, CausalAttentionBlock
from seqloom.layers.blocks.block import Block, CausalBlock, Placement
from seqloom.layers.blocks.feed_forward import Activation, FeedForward, GatedFeedForward
from seqloom.layers.blocks.transformer import CausalTransformerBlock, TransformerBlock
from seqloom.layers.decoders.attention import BahdanauDecoder, LuongDecoder
from seqloom.layers.decoders.bottleneck import BottleneckDecoder
from seqloom.layers.decoders.transformer import TransformerDecoder, TransformerDecoderBlock
from seqloom.layers.embedding import Embedding, LearnedEmbedding, OneHot
from seqloom.layers.head import LastHead, Link, StepHead, tied_head
from seqloom.layers.initial_state import InitialState, LearnedState, RandomState, ZeroState
from seqloom.layers.norm import Norm, NormKind
from seqloom.layers.protocol import CausalLayer, SequenceLayer
from seqloom.layers.recurrent import Recurrent
from seqloom.layers.reservoir import EchoState, EchoStates
from seqloom.layers.spec import Spec, parse_spec, spec_of
from seqloom.layers.stack import CausalStack, Stack, stack
from seqloom.layers.window import Window, WindowState

__all__ = [
    "Activation",
    "AttentionBlock",
    "BahdanauDecoder",
    "Bidirectional",
    "BidirectionalState",
    "Block",
    "BottleneckDecoder",
    "CausalAttentionBlock",
    "CausalBlock",
    "CausalLayer",
    "CausalSelfAttention",
    "CausalStack",
    "CausalTransformerBlock",
    "CrossAttention",
    "EchoState",
    "EchoStates",
    "Embedding",
    "FeedForward",
    "GatedFeedForward",
    "InitialState",
    "InputPositions",
    "LastHead",
    "LearnedEmbedding",
    "LearnedState",
    "Link",
    "LuongDecoder",
    "Norm",
    "NormKind",
    "OneHot",
    "Placement",
    "RandomState",
    "Recurrent",
    "SelfAttention",
    "SequenceLayer",
    "Spec",
    "Stack",
    "StepHead",
    "TransformerBlock",
    "TransformerDecoder",
    "TransformerDecoderBlock",
    "Window",
    "WindowState",
    "ZeroState",
    "parse_spec",
    "reserve",
    "spec_of",
    "stack",
    "tied_head",
]
