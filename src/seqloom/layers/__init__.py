"""Layers over sequences, all under one protocol: ``y, state = layer(x, state=None, lengths=None)``."""

from seqloom.layers.bidirectional import Bidirectional, BidirectionalState
from seqloom.layers.block import Block, CausalBlock, Placement
from seqloom.layers.embedding import Embedding, LearnedEmbedding, OneHot
from seqloom.layers.feed_forward import Activation, FeedForward, GatedFeedForward
from seqloom.layers.head import LastHead, Link, StepHead
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
    "Bidirectional",
    "BidirectionalState",
    "Block",
    "CausalBlock",
    "CausalLayer",
    "CausalStack",
    "EchoState",
    "EchoStates",
    "Embedding",
    "FeedForward",
    "GatedFeedForward",
    "InitialState",
    "LastHead",
    "LearnedEmbedding",
    "LearnedState",
    "Link",
    "Norm",
    "NormKind",
    "OneHot",
    "Placement",
    "RandomState",
    "Recurrent",
    "SequenceLayer",
    "Spec",
    "Stack",
    "StepHead",
    "Window",
    "WindowState",
    "ZeroState",
    "parse_spec",
    "spec_of",
    "stack",
]
