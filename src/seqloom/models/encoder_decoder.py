"""One sequence into another: an encoder reads the source, a decoder writes the target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import torch
from torch import Tensor, nn

from seqloom.data.batch import IGNORED
from seqloom.decoding.beam import Hypothesis, beam_searches
from seqloom.decoding.outputs import Outputs
from seqloom.errors import UsageError
from seqloom.layers import Embedding, Front, LearnedEmbedding, SequenceLayer, StepHead, tied_head
from seqloom.layers.decoder_spec import EncoderDecoderSpec
from seqloom.layers.decoders.decoder import Decoder
from seqloom.layers.dropout import check_dropout
from seqloom.layers.embedding import NOTHING
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import check_lengths
from seqloom.layers.state import select

__all__ = ["EncoderDecoder", "shifted"]


class EncoderDecoder(nn.Module):
    """logits_t = head(decoder(target_0 … target_t, given encoder(front(source)))).

    Any front, encoder and decoder that takes a memory: with one vector in between (``BottleneckDecoder``), recurrent
    with attention (``BahdanauDecoder``, ``LuongDecoder``) or a Transformer's. ``front`` makes vectors of the source:
    an ``Embedding`` of tokens, say; None where the source is values (B, S, D). Target tokens are int64; -1 is the start
    symbol, whose vector is zero, and ``end`` follows the last one. ``dropout`` is the share of values dropped in
    training: of learned embeddings, and before the head. Training reads ``logits``; decoding begins at ``start`` and
    needs ``step`` and ``select`` alone, as ``beam_searches`` and ``sample`` do. Raises UsageError when parts or widths
    do not fit.

    >>> from seqloom.layers import OneHot, parse_encoder_decoder
    >>> spec = parse_encoder_decoder("gru(6) bidirectional -> luong(4)")
    >>> model = EncoderDecoder.of(spec, OneHot(5), OneHot(7))
    >>> source, targets = torch.tensor([[0, 3, 1]]), torch.tensor([[6, 2, 0]])
    >>> model.logits(source, None, targets).shape
    torch.Size([3, 7])
    >>> [len(found) for found in model.decode(source, width=2)]
    [2]
    """

    def __init__(
        self,
        front: Front | None,
        encoder: SequenceLayer,
        target_embedding: Embedding,
        decoder: Decoder,
        head: StepHead,
        dropout: float = 0.0,
        end: int = 0,
    ) -> None:
        super().__init__()
        _check_parts(front, encoder, target_embedding, decoder, head)
        self.front = front
        self.encoder = encoder
        self.target_embedding = target_embedding
        self.decoder = decoder
        self.head = head
        self.dropout = nn.Dropout(check_dropout(dropout))
        self.end = end

    @classmethod
    def of(
        cls,
        spec: EncoderDecoderSpec,
        source: Front | int,
        target_embedding: Embedding,
        *,
        dropout: float = 0.0,
        end: int = 0,
        tied: bool = False,
    ) -> Self:
        """What ``spec`` says over a front, or values of so many features, with all widths worked out.

        ``tied``: the head's weight is the table of the target embedding, for a decoder of as many features.
        """
        front, features = (None, source) if isinstance(source, int) else (source, source.out_features)
        encoder, decoder = spec.build(features, target_embedding.out_features)
        if not tied:
            head = StepHead(decoder.out_features, target_embedding.vocabulary_size)
        elif isinstance(target_embedding, LearnedEmbedding):
            head = tied_head(target_embedding)
        else:
            raise UsageError(f"A head can be tied to a LearnedEmbedding only; got {type(target_embedding).__name__}.")
        return cls(front, encoder, target_embedding, decoder, head, dropout, end)

    def forward(
        self, source: Tensor, source_lengths: Tensor | None, target: Tensor, target_lengths: Tensor | None = None
    ) -> Tensor:
        """The source (B, S, …) and target tokens (B, T), which begin with the start symbol → logits (B, T, V).

        The logits at t are scores of the token that follows ``target`` up to t, and 0 beyond each row's length.
        """
        y = self._decoded(source, source_lengths, target, target_lengths)
        return real_steps_only(self.head(y), check_lengths(self, target_lengths, *y.shape[:2]))

    def logits(self, source: Tensor, lengths: Tensor | None, targets: Tensor, given: Tensor | None = None) -> Tensor:
        """The scores (N, V) of the N targets (B, T) that are not IGNORED, row after row: no other step is computed.

        Each is given the targets before it, or what stands in ``given`` (B, T) instead (default: ``shifted(targets)``).
        """
        real = targets != IGNORED
        y = self._decoded(source, lengths, shifted(targets) if given is None else given, real.sum(1))
        found: Tensor = self.head(y[real])
        return found

    def start(self, source: Tensor, lengths: Tensor | None = None) -> Any:
        """The source (B, S, …) → the decoder's state before the first step."""
        return self._read(*self.vectors(source, lengths))

    @property
    def body(self) -> SequenceLayer:
        """The layers of the encoder."""
        return self.encoder

    def vectors(self, source: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """The source (B, S, …) → the vectors (B, S', D) that the encoder reads, and their lengths."""
        if self.front is None:
            return source, lengths
        return self._dropped(self.front, self.front(source, lengths)), self.front.lengths_after(lengths)

    def answers(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Vectors (B, S, D) → logits (B, V) of the first token of the target."""
        first = torch.full((len(vectors),), NOTHING, device=vectors.device)
        return self.step(first, self._read(vectors, lengths))[0]

    def _read(self, vectors: Tensor, lengths: Tensor | None) -> Any:
        memory, _ = self.encoder(vectors, None, lengths)
        after = self.encoder.lengths_after(lengths)
        return self.decoder.initial_state(len(vectors), memory=memory, memory_lengths=after)

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """The last tokens (B,) and the state → logits (B, V) of the next ones, and the next state."""
        y_t, state = self.decoder.step(self._target(tokens), state)
        return self.head(self.dropout(y_t)), state

    @torch.no_grad()
    def decode(
        self,
        source: Tensor,
        lengths: Tensor | None = None,
        *,
        width: int = 4,
        limit: int | Sequence[int] | None = None,
        length_penalty: float = 0.0,
        outputs: Outputs | None = None,
    ) -> list[list[Hypothesis]]:
        """For each row of the source its ``width`` best targets, best first, by beam search without dropout.

        ``limit`` is the most tokens of a target, for all or for each row (default: twice the steps of its source, and
        20). For ``length_penalty`` and ``outputs`` see ``beam_searches``.
        """
        rows, time = source.shape[:2]
        if limit is None:
            read = [time] * rows if lengths is None else lengths.tolist()
            limit = [2 * steps + 20 for steps in read]
        was = self.training
        self.eval()
        try:
            first = torch.full((rows,), NOTHING, device=source.device)
            logits, state = self.step(first, self.start(source, lengths))
            return beam_searches(
                self.step,
                select,
                logits,
                state,
                width=width,
                limit=limit,
                end=self.end,
                alpha=length_penalty,
                outputs=outputs,
            )
        finally:
            self.train(was)

    def alignments(self, source: Tensor, lengths: Tensor | None, targets: Tensor) -> Tensor:
        """The weights (B, T, S) with which each target (B, T) reads the steps of the encoder's outputs.

        0 where a target is IGNORED. Raises UsageError for a decoder that reads no single steps.
        """
        real = (targets != IGNORED).sum(1)
        return self.decoder.alignments(self._target(shifted(targets)), self.start(source, lengths), real)

    def _decoded(self, source: Tensor, lengths: Tensor | None, given: Tensor, given_lengths: Tensor | None) -> Tensor:
        """What the head reads (B, T, H)."""
        y, _ = self.decoder(self._target(given), self.start(source, lengths), given_lengths)
        dropped: Tensor = self.dropout(y)
        return dropped

    def _target(self, tokens: Tensor) -> Tensor:
        return self._dropped(self.target_embedding, self.target_embedding(tokens))

    def _dropped(self, front: Front, vectors: Tensor) -> Tensor:
        dropped: Tensor = self.dropout(vectors) if isinstance(front, LearnedEmbedding) else vectors
        return dropped


def shifted(targets: Tensor) -> Tensor:
    """What is given at each step: the start symbol, then the targets (B, T) but the last; nothing for IGNORED.

    >>> shifted(torch.tensor([[3, 5, 0], [4, 0, IGNORED]]))
    tensor([[-1,  3,  5],
            [-1,  4,  0]])
    """
    before = torch.cat([targets.new_full((len(targets), 1), NOTHING), targets[:, :-1]], 1)
    return before.masked_fill(before == IGNORED, NOTHING)


def _check_parts(
    front: Front | None, encoder: SequenceLayer, target_embedding: Embedding, decoder: Decoder, head: StepHead
) -> None:
    wanted = (
        ("front", front, Front | None, "a Front, such as an Embedding, or None where the source is values (B, S, D)"),
        ("encoder", encoder, SequenceLayer, "a SequenceLayer"),
        ("target embedding", target_embedding, Embedding, "an Embedding"),
        ("decoder", decoder, Decoder, "a Decoder: luong, bahdanau, bottleneck or transformer"),
        ("head", head, StepHead, "a StepHead"),
    )
    wrong = [f"the {name} is {what}; got {part!r}" for name, part, kind, what in wanted if not isinstance(part, kind)]
    if not wrong:
        pairs = [
            ("target embedding", target_embedding.out_features, "decoder", decoder.in_features),
            ("encoder", encoder.out_features, "decoder's memory", decoder.memory_features),
            ("decoder", decoder.out_features, "head", head.linear.in_features),
        ]
        pairs[:0] = [] if front is None else [("front", front.out_features, "encoder", encoder.in_features)]
        wrong = [
            f"the {a} gives {given} features, the {b} takes {takes}" for a, given, b, takes in pairs if given != takes
        ]
    if wrong:
        raise UsageError("EncoderDecoder: " + "; ".join(wrong) + ".")
