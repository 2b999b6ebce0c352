"""Layers over sequences, all under one protocol: ``y, state = layer(x, state=None, lengths=None)``."""

from seqloom.layers.attention import (
    AdditiveScore,
    CausalSelfAttention,
    ConcatScore,
    CrossAttention,
    DotScore,
    GeneralScore,
    InputPositions,
    SelfAttention,
    reserve,
)
from seqloom.layers.augmentation import Augmentation, Noise, TokenDropout
from seqloom.layers.bidirectional import Bidirectional
from seqloom.layers.blocks.attention import AttentionBlock, CausalAttentionBlock
from seqloom.layers.blocks.block import Block, CausalBlock, Placement
from seqloom.layers.blocks.delta_net import DeltaNetBlock
from seqloom.layers.blocks.feed_forward import Activation, FeedForward, GatedFeedForward
from seqloom.layers.blocks.gated_delta_net import GatedDeltaNetBlock
from seqloom.layers.blocks.gla import GLABlock
from seqloom.layers.blocks.lru import LRUBlock
from seqloom.layers.blocks.mamba2 import Mamba2Block
from seqloom.layers.blocks.minimal import MinGRUBlock, MinLSTMBlock
from seqloom.layers.blocks.mlstm import MLSTMBlock
from seqloom.layers.blocks.retnet import RetNetBlock
from seqloom.layers.blocks.rg_lru import RGLRUBlock
from seqloom.layers.blocks.slstm import SLSTMBlock
from seqloom.layers.blocks.transformer import CausalTransformerBlock, TransformerBlock
from seqloom.layers.convolution import CausalConvolution, Convolution, Rectifier
from seqloom.layers.decoders.bahdanau import BahdanauDecoder
from seqloom.layers.decoders.bottleneck import BottleneckDecoder
from seqloom.layers.decoders.bridge import Summary
from seqloom.layers.decoders.luong import LuongDecoder
from seqloom.layers.decoders.transformer import TransformerDecoder, TransformerDecoderBlock
from seqloom.layers.embedding import Embedding, LearnedEmbedding, OneHot
from seqloom.layers.front import Front
from seqloom.layers.fronts.grid import Grid
from seqloom.layers.fronts.log_mel import LogMel
from seqloom.layers.fronts.mel import MelScale
from seqloom.layers.fronts.normalised import normalised
from seqloom.layers.fronts.patches import Patches
from seqloom.layers.fronts.picture import PictureFront
from seqloom.layers.fronts.rows import Rows
from seqloom.layers.fronts.spec_augment import SpecAugment, VoiceWarp
from seqloom.layers.grammar import parse_encoder_decoder, parse_spec
from seqloom.layers.head import LastHead, Link, StepHead, tied_head
from seqloom.layers.initial_state import InitialState, LearnedState, RandomState, ZeroState
from seqloom.layers.norm import Norm, NormKind
from seqloom.layers.pooling import AttentionPooling, LastPooling, MaxPooling, MeanPooling, Pooled, Pooling
from seqloom.layers.projection import Projection
from seqloom.layers.protocol import CausalLayer, SequenceLayer
from seqloom.layers.random_field import ConditionalRandomField, Legal
from seqloom.layers.recurrent import Recurrent
from seqloom.layers.reservoir import EchoState
from seqloom.layers.spec import Spec, spec_of
from seqloom.layers.stack import CausalStack, Stack, stack
from seqloom.layers.stream import Stream
from seqloom.layers.unchanged import Unchanged
from seqloom.layers.window import Window

__all__ = [
    "Activation",
    "AdditiveScore",
    "AttentionBlock",
    "AttentionPooling",
    "Augmentation",
    "BahdanauDecoder",
    "Bidirectional",
    "Block",
    "BottleneckDecoder",
    "CausalAttentionBlock",
    "CausalBlock",
    "CausalConvolution",
    "CausalLayer",
    "CausalSelfAttention",
    "CausalStack",
    "CausalTransformerBlock",
    "ConcatScore",
    "ConditionalRandomField",
    "Convolution",
    "CrossAttention",
    "DeltaNetBlock",
    "DotScore",
    "EchoState",
    "Embedding",
    "FeedForward",
    "Front",
    "GLABlock",
    "GatedDeltaNetBlock",
    "GatedFeedForward",
    "GeneralScore",
    "Grid",
    "InitialState",
    "InputPositions",
    "LRUBlock",
    "LastHead",
    "LastPooling",
    "LearnedEmbedding",
    "LearnedState",
    "Legal",
    "Link",
    "LogMel",
    "LuongDecoder",
    "MLSTMBlock",
    "Mamba2Block",
    "MaxPooling",
    "MeanPooling",
    "MelScale",
    "MinGRUBlock",
    "MinLSTMBlock",
    "Noise",
    "Norm",
    "NormKind",
    "OneHot",
    "Patches",
    "PictureFront",
    "Placement",
    "Pooled",
    "Pooling",
    "Projection",
    "RGLRUBlock",
    "RandomState",
    "Rectifier",
    "Recurrent",
    "RetNetBlock",
    "Rows",
    "SLSTMBlock",
    "SelfAttention",
    "SequenceLayer",
    "Spec",
    "SpecAugment",
    "Stack",
    "StepHead",
    "Stream",
    "Summary",
    "TokenDropout",
    "TransformerBlock",
    "TransformerDecoder",
    "TransformerDecoderBlock",
    "Unchanged",
    "VoiceWarp",
    "Window",
    "ZeroState",
    "normalised",
    "parse_encoder_decoder",
    "parse_spec",
    "reserve",
    "spec_of",
    "stack",
    "tied_head",
]
