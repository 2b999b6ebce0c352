"""One sequence into another: an encoder reads the source, a decoder writes the target."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.layers import Embedding, SequenceLayer, StepHead
from seqloom.layers.decoders.decoder import Decoder
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import check_lengths

__all__ = ["EncoderDecoder"]


class EncoderDecoder(nn.Module):
    """logits_t = head(decoder(target_0 … target_t, given encoder(source))).

    Any encoder and any decoder that takes a memory: with one vector in between (``BottleneckDecoder``), recurrent
    with attention (``BahdanauDecoder``, ``LuongDecoder``) or a Transformer's. Tokens are int64; -1 is the start
    symbol, whose vector is zero. Training reads ``forward``; decoding begins at ``start`` and needs ``step`` and
    ``select`` alone, as ``beam_search`` and ``sample`` do. Raises UsageError when widths do not fit.

    >>> import torch
    >>> from seqloom.cells import GRU
    >>> from seqloom.layers import BottleneckDecoder, OneHot, Recurrent
    >>> decoder = BottleneckDecoder(Recurrent(GRU, 7, 4), memory_features=3)
    >>> model = EncoderDecoder(OneHot(5), Recurrent(GRU, 5, 3), OneHot(7), decoder, StepHead(4, 7))
    >>> model(torch.tensor([[0, 3, 1]]), None, torch.tensor([[-1, 6]])).shape
    torch.Size([1, 2, 7])
    >>> logits, state = model.step(torch.tensor([-1]), model.start(torch.tensor([[0, 3, 1]])))
    >>> logits.shape
    torch.Size([1, 7])
    """

    def __init__(
        self,
        source_embedding: Embedding,
        encoder: SequenceLayer,
        target_embedding: Embedding,
        decoder: Decoder,
        head: StepHead,
    ) -> None:
        super().__init__()
        _check_widths(source_embedding, encoder, target_embedding, decoder, head)
        self.source_embedding = source_embedding
        self.encoder = encoder
        self.target_embedding = target_embedding
        self.decoder = decoder
        self.head = head

    def forward(
        self, source: Tensor, source_lengths: Tensor | None, target: Tensor, target_lengths: Tensor | None = None
    ) -> Tensor:
        """Tokens source (B, S) and target (B, T), which begins with the start symbol → logits (B, T, V).

        The logits at t are scores of the token that follows ``target`` up to t, and 0 beyond each row's length.
        """
        y, _ = self.decoder(self.target_embedding(target), self.start(source, source_lengths), target_lengths)
        return real_steps_only(self.head(y), check_lengths(self, target_lengths, *y.shape[:2]))

    def start(self, source: Tensor, lengths: Tensor | None = None) -> Any:
        """Tokens source (B, S) → the decoder's state before the first step."""
        memory, _ = self.encoder(self.source_embedding(source), None, lengths)
        after = self.encoder.lengths_after(lengths)
        return self.decoder.initial_state(source.shape[0], memory=memory, memory_lengths=after)

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """The last tokens (B,) and the state → logits (B, V) of the next ones, and the next state."""
        y_t, state = self.decoder.step(self.target_embedding(tokens), state)
        return self.head(y_t), state


def _check_widths(
    source_embedding: Embedding, encoder: SequenceLayer, target_embedding: Embedding, decoder: Decoder, head: StepHead
) -> None:
    pairs = (
        ("source embedding", source_embedding.out_features, "encoder", encoder.in_features),
        ("target embedding", target_embedding.out_features, "decoder", decoder.in_features),
        ("decoder", decoder.out_features, "head", head.linear.in_features),
    )
    wrong = [f"the {a} gives {given} features, the {b} takes {taken}" for a, given, b, taken in pairs if given != taken]
    if wrong:
        raise UsageError("EncoderDecoder: " + "; ".join(wrong) + ".")
