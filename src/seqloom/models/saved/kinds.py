"""Every kind of module that can be saved, by the name that data have for it."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from seqloom.errors import UsageError
from seqloom.layers import (
    Augmentation,
    BahdanauDecoder,
    Bidirectional,
    Block,
    BottleneckDecoder,
    CausalBlock,
    CausalSelfAttention,
    CausalStack,
    CrossAttention,
    FeedForward,
    GatedFeedForward,
    Grid,
    LearnedEmbedding,
    LuongDecoder,
    Noise,
    OneHot,
    Patches,
    Rows,
    SelfAttention,
    SequenceLayer,
    SpecAugment,
    Stack,
    StepHead,
    TokenDropout,
    TransformerDecoder,
    TransformerDecoderBlock,
    Unchanged,
    VoiceWarp,
)
from seqloom.layers.attention import AdditiveScore, DotScore, GeneralScore
from seqloom.layers.spec import term_of
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.piano_keys import AutoregressiveKeys, IndependentKeys
from seqloom.models.pooled_model import PooledModel
from seqloom.models.saved.layers import ABodyAndItsPooling, InWords, OfACell
from seqloom.models.saved.random_field import ARandomField
from seqloom.models.saved.recipe import Constructed, Recipe
from seqloom.models.scored_model import ScoredModel
from seqloom.models.token_model import TokenModel

__all__ = ["KINDS", "kind_of"]

_ATTENTION = {"features": "in_features", "heads": "maps.heads", "key_heads": "maps.key_heads"}
_KEYS = {"in_features": "scores.in_features", "keys": "scores.out_features"}
_CONSTRUCTED = {
    "one-hot": Constructed(OneHot),
    "embedding": Constructed(LearnedEmbedding, features="out_features"),
    "grid": Constructed(Grid),
    "patches": Constructed(Patches),
    "rows": Constructed(Rows),
    "augmentation": Constructed(Augmentation),
    "noise": Constructed(Noise),
    "token-dropout": Constructed(TokenDropout),
    "spec-augment": Constructed(SpecAugment),
    "voice-warp": Constructed(VoiceWarp),
    "unchanged": Constructed(Unchanged),
    "stack": Constructed(Stack),
    "causal-stack": Constructed(CausalStack),
    "bidirectional": Constructed(Bidirectional),
    "block": Constructed(Block),
    "causal-block": Constructed(CausalBlock),
    "feed-forward": Constructed(FeedForward, features="up.in_features", hidden="up.out_features"),
    "gated-feed-forward": Constructed(GatedFeedForward, features="up.in_features", hidden="up.out_features"),
    "self-attention": Constructed(SelfAttention, **_ATTENTION),
    "causal-self-attention": Constructed(CausalSelfAttention, **_ATTENTION),
    "cross-attention": Constructed(CrossAttention, features="in_features"),
    "additive-score": Constructed(AdditiveScore),
    "dot-score": Constructed(DotScore, features="query_features"),
    "general-score": Constructed(GeneralScore),
    "bottleneck-decoder": Constructed(BottleneckDecoder),
    "bahdanau-decoder": Constructed(BahdanauDecoder, score="attention.score"),
    "luong-decoder": Constructed(LuongDecoder, score="attention.score"),
    "transformer-decoder-block": Constructed(TransformerDecoderBlock),
    "transformer-decoder": Constructed(TransformerDecoder, blocks="stack.layers"),
    "step-head": Constructed(StepHead, in_features="linear.in_features", classes="linear.out_features"),
    "token-model": Constructed(TokenModel),
    "scored-model": Constructed(ScoredModel, outputs="head.out_features"),
    "pooled-model": Constructed(PooledModel, outputs="head.out_features"),
    "encoder-decoder": Constructed(EncoderDecoder),
    "independent-keys": Constructed(IndependentKeys, **_KEYS),
    "autoregressive-keys": Constructed(AutoregressiveKeys, **_KEYS, units="inner.out_features"),
}
_LAYER = "layer"
KINDS: Mapping[str, Recipe] = {
    "recurrent": OfACell(),
    _LAYER: InWords(),
    "pooled": ABodyAndItsPooling(),
    "random-field": ARandomField(),
    **_CONSTRUCTED,
}
_BY_CLASS = {recipe.made: kind for kind, recipe in KINDS.items()}


def kind_of(module: nn.Module) -> str:
    """The kind of ``module``; UsageError for one that has none. A subclass may do otherwise, so it is another class."""
    if type(module) in _BY_CLASS:
        return _BY_CLASS[type(module)]
    if isinstance(module, SequenceLayer) and _has_a_word(module):
        return _LAYER
    raise UsageError(
        f"A {type(module).__name__} cannot be saved: only seqloom's own modules can, those that a specification builds "
        "and those that are made of such, and a cell of your own in a Recurrent."
    )


def _has_a_word(layer: SequenceLayer) -> bool:
    """Whether one word builds it; layers that read both ways by two others have a kind of their own."""
    try:
        return not term_of(layer).bidirectional
    except UsageError:
        return False
