"""The rows of the table: every kind of module, and torch's own beside those that replace them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

import seqloom.nn as ours
from seqloom import kernels
from seqloom.cells import GRU, LSTM, LayerNormGRU, MinGRU, RecurrentDropout
from seqloom.layers import BahdanauDecoder, Bidirectional, LuongDecoder, Recurrent, SequenceLayer, parse_spec, stack
from seqloom.layers.attention import AdditiveScore, CausalSelfAttention, GeneralScore, SelfAttention
from seqloom.layers.decoders.transformer import TransformerDecoder, TransformerDecoderBlock

__all__ = ["CELLS", "DROP_INS", "LARGE", "LAYERS", "RECURRENT", "SUBJECTS", "TORCHS", "Subject", "tensors_of"]

FEATURES, HIDDEN = 4, 8
BLOCKS = [
    "mingru",
    "lru",
    "rg-lru",
    "slstm",
    "mlstm",
    "retnet",
    "gla",
    "mamba2",
    "deltanet",
    "gated-deltanet",
    "attention",
    "transformer",
    "esn",
]


def tensors_of(value: Any) -> list[Tensor]:
    """Every tensor of numbers of an output, in order; the seeds of rows are drawn anew."""
    if isinstance(value, Tensor):
        return [value] if value.is_floating_point() else []
    if isinstance(value, PackedSequence):
        return [value.data]
    return [tensor for part in value for tensor in tensors_of(part)] if value is not None else []


@dataclass(frozen=True)
class Subject:
    """One kind of module. ``steps``: x is (B, D), one step; ``packs``: lengths travel in a PackedSequence."""

    name: str
    make: Callable[[], nn.Module]
    steps: bool = False
    packs: bool = False
    is_torchs: bool = False

    def module(self) -> nn.Module:
        """The same weights each time."""
        torch.manual_seed(0)
        return self.make()

    def x(self, batch: int = 3, time: int = 5, seed: int = 1) -> Tensor:
        """An input (B, T, D), or (B, D)."""
        shape = (batch, FEATURES) if self.steps else (batch, time, FEATURES)
        return torch.randn(shape, generator=torch.Generator().manual_seed(seed))

    def arguments(self, x: Tensor, lengths: Sequence[int] | None) -> tuple[Any, ...]:
        """What the module is called with."""
        if lengths is None or self.steps:
            return (x,)
        rows = torch.tensor(lengths)
        if self.packs:
            return (pack_padded_sequence(x, rows, batch_first=True, enforce_sorted=False),)
        return (x, None, rows)

    def run(self, module: Callable[..., Any], x: Tensor, lengths: Sequence[int] | None = None) -> list[Tensor]:
        """All tensors that come out."""
        return tensors_of(module(*self.arguments(x, lengths)))

    def wanted(self, module: nn.Module, x: Tensor, lengths: Sequence[int] | None = None) -> list[Tensor]:
        """The same by the reference, or by torch's eager operations for torch's own modules."""
        with kernels.use("reference"):
            return self.run(module, x, lengths)


class _Remembering(SequenceLayer):
    """A decoder and the memory (S, M) that every row of a batch looks back at."""

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder
        self.register_buffer("memory", torch.randn(6, HIDDEN))

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> Any:
        memory = self.memory.expand(x.shape[0], -1, -1)
        y, state = self.decoder(x, self.decoder.initial_state(x.shape[0], memory=memory), lengths)
        return y, getattr(state, "recurrence", ())

    def initial_state(self, batch_size: int) -> Any:
        return ()


def _stack() -> nn.Module:
    return stack([Recurrent(LSTM, FEATURES, HIDDEN), Recurrent(GRU, HIDDEN, HIDDEN)], residual=True)


def _decoder_block() -> TransformerDecoderBlock:
    return TransformerDecoderBlock(FEATURES, HIDDEN, memory_features=HIDDEN, heads=2)


DROP_INS = [
    Subject("RNN", lambda: ours.RNN(FEATURES, HIDDEN, batch_first=True), packs=True),
    Subject("LSTM", lambda: ours.LSTM(FEATURES, HIDDEN, num_layers=2, batch_first=True), packs=True),
    Subject("GRU", lambda: ours.GRU(FEATURES, HIDDEN, bidirectional=True, batch_first=True), packs=True),
]
CELLS = [
    Subject("RNNCell", lambda: ours.RNNCell(FEATURES, HIDDEN), steps=True),
    Subject("LSTMCell", lambda: ours.LSTMCell(FEATURES, HIDDEN), steps=True),
    Subject("GRUCell", lambda: ours.GRUCell(FEATURES, HIDDEN), steps=True),
]
RECURRENT = [
    Subject(f"Recurrent({name})", lambda cell=cell: Recurrent(cell, FEATURES, HIDDEN).eval())
    for name, cell in {
        "LSTM": LSTM,
        "GRU": GRU,
        "LayerNormGRU": LayerNormGRU,
        "MinGRU": MinGRU,
        "RecurrentDropout": RecurrentDropout(LSTM(), rate=0.3),
    }.items()
]
LAYERS = [
    *RECURRENT,
    Subject("stack", _stack),
    Subject("Bidirectional", lambda: Bidirectional(Recurrent(GRU, FEATURES, HIDDEN), Recurrent(GRU, FEATURES, HIDDEN))),
    *(Subject(word, lambda word=word: parse_spec(f"{word}({HIDDEN})").build(FEATURES)) for word in BLOCKS),
    Subject("front end", lambda: parse_spec("project(8) + conv(8, activation=gelu)").build(FEATURES)),
    Subject("front end with a stride", lambda: parse_spec("project(8) + conv(8, width=3, stride=2)").build(FEATURES)),
    Subject("CausalSelfAttention", lambda: CausalSelfAttention(FEATURES, heads=2)),
    Subject("attention to a window", lambda: CausalSelfAttention(FEATURES, heads=2, window=3)),
    Subject("SelfAttention", lambda: SelfAttention(FEATURES, heads=2)),
    Subject(
        "BahdanauDecoder",
        lambda: _Remembering(
            BahdanauDecoder(Recurrent(GRU, FEATURES + HIDDEN, 8), AdditiveScore(8, HIDDEN, hidden_size=5))
        ),
    ),
    Subject(
        "LuongDecoder", lambda: _Remembering(LuongDecoder(Recurrent(LSTM, FEATURES + 8, 8), GeneralScore(8, HIDDEN)))
    ),
    Subject("TransformerDecoder", lambda: _Remembering(TransformerDecoder([_decoder_block()]))),
]
TORCHS = [
    Subject("torch RNN", lambda: nn.RNN(FEATURES, HIDDEN, batch_first=True), packs=True, is_torchs=True),
    Subject(
        "torch LSTM", lambda: nn.LSTM(FEATURES, HIDDEN, num_layers=2, batch_first=True), packs=True, is_torchs=True
    ),
    Subject(
        "torch GRU", lambda: nn.GRU(FEATURES, HIDDEN, bidirectional=True, batch_first=True), packs=True, is_torchs=True
    ),
    Subject("torch RNNCell", lambda: nn.RNNCell(FEATURES, HIDDEN), steps=True, is_torchs=True),
    Subject("torch LSTMCell", lambda: nn.LSTMCell(FEATURES, HIDDEN), steps=True, is_torchs=True),
    Subject("torch GRUCell", lambda: nn.GRUCell(FEATURES, HIDDEN), steps=True, is_torchs=True),
]
SUBJECTS = [*DROP_INS, *CELLS, *LAYERS]
LARGE = LAYERS[len(RECURRENT) + 2 :]
"""Those with many operations, which a tracer of Python takes seconds for."""
