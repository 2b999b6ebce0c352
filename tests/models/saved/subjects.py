"""A module of every kind that can be saved, with inputs for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from seqloom.cells import GRU, LSTM, Cell, affine, bernoulli, sigmoid, tanh
from seqloom.layers import (
    Augmentation,
    BahdanauDecoder,
    Bidirectional,
    BottleneckDecoder,
    CausalBlock,
    CausalSelfAttention,
    ConditionalRandomField,
    CrossAttention,
    FeedForward,
    GatedFeedForward,
    Grid,
    LearnedEmbedding,
    LearnedState,
    LuongDecoder,
    MeanPooling,
    Noise,
    Norm,
    NormKind,
    OneHot,
    Patches,
    Placement,
    Pooled,
    RandomState,
    Recurrent,
    Rows,
    SelfAttention,
    SpecAugment,
    StepHead,
    TokenDropout,
    TransformerDecoder,
    TransformerDecoderBlock,
    VoiceWarp,
    parse_encoder_decoder,
    parse_spec,
    stack,
    tied_head,
)
from seqloom.layers.attention import AdditiveScore, DotScore, GeneralScore
from seqloom.layers.blocks.block import Block
from seqloom.layers.decoders.decoder import Decoder
from seqloom.layers.fronts.grid import NormOver
from seqloom.layers.head import Link
from seqloom.layers.random_field import Legal
from seqloom.layers.words import WORDS
from seqloom.layers.words.decoders import DECODERS
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.piano_keys import AutoregressiveKeys, IndependentKeys
from seqloom.models.pooled_model import PooledModel
from seqloom.models.scored_model import ScoredModel
from seqloom.models.token_model import TokenModel

B, T, D, V = 3, 6, 4, 5
LENGTHS = torch.tensor([6, 2, 4])


@dataclass(frozen=True, kw_only=True)
class Leaky(Cell):
    """A user's own cell."""

    keep: float = 0.3

    def equations(self, x: Any, h: Any) -> Any:
        gate = sigmoid(affine("gate", x, h))
        return self.keep * h + gate * tanh(affine("new", x, h)) * bernoulli("zoneout", 0.9)


class Subject(NamedTuple):
    """``make`` builds a module, ``run`` calls it on inputs that are always the same."""

    make: Callable[[], nn.Module]
    run: Callable[[Any], Any]


def values(width: int = D) -> Tensor:
    return torch.randn(B, T, width, generator=torch.Generator().manual_seed(0))


def tokens(length: int = T) -> Tensor:
    return torch.randint(-1, V, (B, length), generator=torch.Generator().manual_seed(1))


def pictures() -> Tensor:
    return torch.randn(B, T, 6, 9, 2, generator=torch.Generator().manual_seed(2))


def layer(make: Callable[[], nn.Module]) -> Subject:
    return Subject(make, lambda module: module(values(), None, LENGTHS))


def words(text: str) -> Subject:
    return layer(lambda: parse_spec(text).build(D))


def decoder(make: Callable[[], nn.Module]) -> Subject:
    def run(module: Any) -> Any:
        return module(values(), module.initial_state(B, memory=values(6), memory_lengths=LENGTHS), LENGTHS)

    return Subject(make, run)


def encoder_decoder(
    decoder: Callable[[], Decoder], tie: bool = False, encoder: str = "gru(3) bidirectional"
) -> Subject:
    def make() -> nn.Module:
        embedding = LearnedEmbedding(V, D, scale=2.0)
        target = embedding if tie else LearnedEmbedding(V, D)
        writer = decoder()
        head = tied_head(embedding) if tie else StepHead(writer.out_features, V)
        return EncoderDecoder(embedding, parse_spec(encoder).build(D), target, writer, head)

    return Subject(make, lambda module: module(tokens(), LENGTHS, tokens(4)))


def in_words(text: str) -> Subject:
    def make() -> nn.Module:
        encoder, writer = parse_encoder_decoder(text).build(D, D)
        embeddings = LearnedEmbedding(V, D), LearnedEmbedding(V, D)
        return EncoderDecoder(embeddings[0], encoder, embeddings[1], writer, StepHead(writer.out_features, V))

    return Subject(make, lambda module: module(tokens(), LENGTHS, tokens(4)))


def random_field(legal: Legal | None) -> Subject:
    def run(field: Any) -> Any:
        tags = tokens().clamp(min=0) % 3
        return field(values(3), tags, LENGTHS), field.marginals(values(3), LENGTHS)

    return Subject(lambda: ConditionalRandomField(3, legal), run)


def keys(make: Callable[[], nn.Module]) -> Subject:
    def run(head: Any) -> Any:
        return head(values(), values(5)), head.likeliest(values())

    return Subject(make, run)


def token_model() -> TokenModel:
    embedding = LearnedEmbedding(V, D)
    return TokenModel(embedding, parse_spec("2*lstm(4)").build(D), StepHead(4, V), dropout=0.25)  # type: ignore[arg-type]


def tied_model() -> TokenModel:
    embedding = LearnedEmbedding(V, D, scale=2.0)
    return TokenModel(embedding, Recurrent(Leaky, D, D), tied_head(embedding))


def scores(score: nn.Module) -> Any:
    return lambda module: module(values()[:, 0], module.project(values()))


def one_weight_in_two_layers() -> nn.Module:
    made = stack([Recurrent(GRU, D, D), Recurrent(GRU, D, D)])
    above, below = made.layers
    above.weights.update.weight_1 = below.weights.update.weight_1  # type: ignore[union-attr]
    return made


def one_layer_twice() -> nn.Module:
    shared = Recurrent(LSTM, D, D)
    return stack([shared, shared])


def luong() -> LuongDecoder:
    return LuongDecoder(stack([Recurrent(LSTM, D + D, D), Recurrent(Leaky, D, D)]), GeneralScore(D, 6))  # type: ignore[arg-type]


SUBJECTS: dict[str, Subject] = {
    **{f"the word {word}": words(f"{word}(4)") for word in WORDS},
    **{f"{word} both ways": words(f"{word}(4) bidirectional") for word in ("gru", "lnlstm", "slstm", "mingru")},
    "words with options": words("gru(4, reset=before, initial=learned) + window(3, size=2) + transformer(4, heads=2)"),
    "both ways, of words": words("2*lstm(4) bidirectional + transformer(causal=false) with dropout=0.3 residual=true"),
    "a layer with a stride": words("conv(4, width=3, stride=2) + gru(3)"),
    "attention both ways": words("attention(4, causal=false, key_heads=1)"),
    "a stack by hand": layer(
        lambda: stack([stack([Recurrent(GRU, D, 3)]), Norm(3, 3)], dropout=0.1, residual=True, last_norm=NormKind.RMS)
    ),
    "a stack of one layer with a dropout": layer(lambda: stack([stack([Recurrent(GRU, D, 3), Norm(3, 3)], 0.5)])),
    "a cell of one's own": layer(lambda: Recurrent(Leaky(keep=0.1), D, 3)),
    "its learned initial state": layer(lambda: Recurrent(Leaky, D, 3, LearnedState())),
    "its random initial state": layer(lambda: Recurrent(Leaky, D, 3, RandomState(3))),
    "a random initial state": layer(lambda: Recurrent(LSTM, D, 3, RandomState(3))),
    "it in both directions": layer(lambda: Bidirectional(Recurrent(Leaky, D, 3), Recurrent(Leaky(keep=0.7), D, 3))),
    "other layers in each direction": layer(
        lambda: Bidirectional(Recurrent(GRU, D, 3), stack([Recurrent(Leaky, D, 2), Recurrent(LSTM, 2, 5)]))  # type: ignore[arg-type]
    ),
    "a block by hand": layer(
        lambda: CausalBlock(
            Recurrent(GRU, 6, 6), GatedFeedForward(6, 5), in_features=D, placement=Placement.AFTER, dropout=0.1
        )
    ),
    "a block that looks both ways": layer(lambda: Block(SelfAttention(D, 2), FeedForward(D, 3, bias=False))),
    "attention": layer(lambda: CausalSelfAttention(D, 2, key_heads=1, window=3, dropout=0.2)),
    "one weight in two layers": layer(one_weight_in_two_layers),
    "one layer twice": layer(one_layer_twice),
    "bottleneck decoder": decoder(lambda: BottleneckDecoder(Recurrent(GRU, D, 3), memory_features=6)),
    "bottleneck decoder with a context": decoder(lambda: BottleneckDecoder(Recurrent(GRU, D + 2, 3), 6, 2)),
    "bahdanau decoder": decoder(lambda: BahdanauDecoder(Recurrent(GRU, D + 6, 3), AdditiveScore(3, 6, hidden_size=2))),
    "luong decoder": decoder(luong),
    "transformer decoder": decoder(
        lambda: TransformerDecoder(
            TransformerDecoderBlock(width, 8, memory_features=6, heads=2, window=3, norm=NormKind.RMS, dropout=0.1)
            for width in (D, 8)
        )
    ),
    "transformer decoder block": decoder(lambda: TransformerDecoderBlock(D, 8, memory_features=6, expansion=2)),
    "attention to a memory": decoder(lambda: CrossAttention(D, memory_features=6, heads=2, key_heads=1, dropout=0.1)),
    "additive score": Subject(lambda: AdditiveScore(D, D, hidden_size=2), scores(AdditiveScore(D, D, 2))),
    "dot score": Subject(lambda: DotScore(D), scores(DotScore(D))),
    "keys by themselves": keys(lambda: IndependentKeys(D, 5)),
    "keys that know those below": keys(lambda: AutoregressiveKeys(D, 5, units=3)),
    "random field": random_field(None),
    "random field where not all is legal": random_field(
        Legal(torch.tensor([True, False, True]), torch.ones(3, 3).tril(1) > 0, torch.tensor([True, True, True]))
    ),
    "step head": Subject(lambda: StepHead(D, 3, Link.SIGMOID), lambda module: module.probabilities(values())),
    "embedding": Subject(lambda: LearnedEmbedding(V, 3, scale=0.5), lambda module: module(tokens())),
    "grid of frames": Subject(
        lambda: Grid(6, 9, 2, 12, cell=2, norm=NormOver.CELL, frames=3), lambda module: module(pictures(), LENGTHS)
    ),
    "grid": Subject(lambda: Grid(6, 9, 2, 12, cell=4, depth=2), lambda module: module(pictures(), LENGTHS)),
    "patches": Subject(lambda: Patches(6, 9, 2, size=4, features=3), lambda module: module(pictures(), LENGTHS)),
    "rows of pixels": Subject(lambda: Rows(6, 9, 2, 4), lambda module: module(pictures(), LENGTHS)),
    "pooled model over pictures": Subject(
        lambda: PooledModel(Patches(6, 9, 2, features=D), parse_spec("gru(3) + pool(last)").build_pooled(D), outputs=2),
        lambda module: module(pictures(), LENGTHS),
    ),
    "pooled model without layers": Subject(
        lambda: PooledModel(Grid(6, 9, 2, D), parse_spec("grid(4) + pool(mean)").rest.build_pooled(D), outputs=2),
        lambda module: module(pictures(), LENGTHS),
    ),
    "no augmentation": Subject(Augmentation, lambda module: module.train()(values())),
    "noise": Subject(lambda: Noise(0.3), lambda module: module.train()(values())),
    "token dropout": Subject(lambda: TokenDropout(0.3, 1), lambda module: module.train()(tokens())),
    "spec augment": Subject(lambda: SpecAugment(2, 2, 0.5), lambda module: module.train()(values(), LENGTHS)),
    "voice warp": Subject(lambda: VoiceWarp(0.2, 0.05), lambda module: module.train()(values(), LENGTHS)),
    "one-hot": Subject(lambda: OneHot(V), lambda module: module(tokens())),
    "token model": Subject(token_model, lambda module: module(tokens(), None, LENGTHS)),
    "token model with a tied head": Subject(tied_model, lambda module: module(tokens(), None, LENGTHS)),
    "scored model over values": Subject(
        lambda: ScoredModel(None, parse_spec("gru(3) bidirectional").build(D), outputs=2),
        lambda module: module(values(), torch.ones(B, T, dtype=torch.bool), LENGTHS),
    ),
    "scored model over tokens": Subject(
        lambda: ScoredModel(OneHot(V), Recurrent(Leaky, V, 3), outputs=2),
        lambda module: module(tokens(), torch.ones(B, T, dtype=torch.bool), LENGTHS),
    ),
    **{
        f"pooled model, {pooling}": Subject(
            lambda pooling=pooling: PooledModel(  # type: ignore[misc]
                None, parse_spec(f"2*gru(3) bidirectional + {pooling}").build_pooled(D), outputs=2
            ),
            lambda module: module(values(), LENGTHS),
        )
        for pooling in ("pool(last)", "pool(mean)", "pool(max)", "pool(attention, hidden=2)")
    },
    "pooled model over tokens": Subject(
        lambda: PooledModel(LearnedEmbedding(V, D), Pooled(own := Recurrent(Leaky, D, 3), MeanPooling(own)), 2, 0.5),
        lambda module: module(tokens(), LENGTHS),
    ),
    "encoder-decoder with attention": encoder_decoder(luong),
    **{f"encoder-decoder, {word}": in_words(f"gru(3) bidirectional -> 2*{word}(6)") for word in DECODERS},
    "encoder-decoder of values": Subject(
        lambda: EncoderDecoder.of(
            parse_encoder_decoder("gru(3) -> bahdanau(4, readout=3, summary=mean)"), D, OneHot(V), dropout=0.25, end=2
        ),
        lambda module: module(values(), LENGTHS, tokens(4)),
    ),
    "encoder-decoder without feeding": in_words("gru(3) -> luong(6, feed=false, summary=last)"),
    "encoder-decoder with one embedding for all": encoder_decoder(luong, tie=True),
    "encoder-decoder of transformers": encoder_decoder(
        lambda: TransformerDecoder([TransformerDecoderBlock(D, 8, memory_features=8)]),
        encoder="positions + 2*transformer(8, causal=false)",
    ),
}
