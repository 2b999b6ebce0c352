"""Spelling token by token: a decoder writes what an encoder has heard, to the end of the text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import torch
from torch import Tensor, nn

from seqloom.data.batch import IGNORED, Batch
from seqloom.data.padded import pad
from seqloom.data.problems import Problems
from seqloom.decoding.ctc import Transcript
from seqloom.decoding.rescoring import rescored
from seqloom.errors import UsageError
from seqloom.layers import LearnedEmbedding, parse_encoder_decoder
from seqloom.layers.decoders.bottleneck import BottleneckDecoder
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.tasks.examples.going_on import Rows
from seqloom.tasks.examples.values import Examples
from seqloom.tasks.inputs.sounds import SoundInputs
from seqloom.tasks.inputs.targets import TextTargets, written_rows
from seqloom.tasks.recognition.speller import Searched, Speller
from seqloom.tasks.recognition.stream import RecognizerStream
from seqloom.training.objectives import Objective
from seqloom.training.objectives.free_targets import FreeTargets

__all__ = ["AttentionNetwork", "AttentionSpeller"]

_EMBEDDING: Final = 64
_BEAM: Final = 4
_LONGER: Final = 2
"""How many times as long as all that was learned from an input may be: attention goes astray in longer ones."""
_TRIED: Final = 500
"""Examples that language models are tried on."""


class AttentionNetwork(EncoderDecoder):
    """An :class:`EncoderDecoder` whose source is augmented in training."""

    augmentation: nn.Module

    def start(self, source: Tensor, lengths: Tensor | None = None) -> object:
        """The source (B, S, D) → the decoder's state before the first step."""
        return super().start(self.augmentation(source, lengths), lengths)

    def lengths_after(self, lengths: Tensor | None) -> Tensor | None:
        """How many frames so many steps give."""
        return self.encoder.lengths_after(lengths)


class AttentionSpeller(Speller):
    """Listen, attend and spell (Chan et al., 2016): see :class:`seqloom.models.encoder_decoder.EncoderDecoder`.

    A token's frame is where the decoder looked most, and no earlier than those before it.
    """

    def targets(self, texts: Sequence[str]) -> list[Tensor]:
        end = torch.tensor([self.transcripts.vocabulary.eos])
        return [torch.cat([tokens, end]) for tokens in self.transcripts.encode(texts)]

    def check(self, steps: Sequence[int], targets: Sequence[Tensor] | None, place: Callable[[int], str]) -> None:
        """Raise DataError for inputs without targets, to be spelt, that are far longer than all that was learned."""
        most, problems = _LONGER * int(self.facts["size"]["longest"]), Problems("X")
        unit = "seconds" if isinstance(self.inputs, SoundInputs) else "steps"
        for row, count in enumerate(steps if targets is None else ()):
            if count > most:
                expected, got = (f"{number * self.step_seconds:,.10g}" for number in (most, count))
                problems.add(
                    place(row),
                    f"expected at most {expected} {unit}, got {got}. A decoder spells what is about as long as what it "
                    "learned from: cut it, or train layers without ->, which read any length.",
                )
        problems.refuse()

    def build(self) -> nn.Module:
        settings, vocabulary = self.settings, self.transcripts.vocabulary
        reading, spec = self.inputs.reading(settings), parse_encoder_decoder(settings.spec or "")
        embedding = LearnedEmbedding(vocabulary.size, _EMBEDDING)
        source = reading.features if reading.front is None else reading.front
        try:
            network = AttentionNetwork.of(spec, source, embedding, dropout=settings.dropout or 0.0, end=vocabulary.eos)
        except UsageError as error:
            raise UsageError(f"spec: {error}") from error
        network.augmentation = reading.augmentation
        return network

    def rows(self) -> Rows:
        return written_rows(TextTargets(self.transcripts.vocabulary), "transcripts")

    def objective(self) -> Objective[Batch]:
        return FreeTargets()

    def spelt(self, module: nn.Module, examples: Examples, count: int) -> Iterator[list[Transcript]]:
        fusion, network = self.fusion(), _network(module)
        for batch, several in self._written(network, examples, count):
            judged = several if fusion is None else [rescored(found, fusion) for found in several]
            yield from _placed(network, batch, [found[:count] for found in judged])

    def searched(self, module: nn.Module, examples: Examples) -> Searched:
        some = examples.rows(range(min(_TRIED, len(examples.targets))))
        kept = [found for _, several in self._written(_network(module), some, 1) for found in several]
        return lambda fusion: [rescored(found, fusion)[0] for found in kept]

    def stream(self, module: nn.Module, silence: float) -> RecognizerStream:
        raise UsageError(
            f"{self.settings.spec}: a decoder hears a sound to its end before its first word, so it "
            "cannot stream. Train layers that only look back, without ->."
        )

    @torch.no_grad()
    def _written(
        self, network: AttentionNetwork, examples: Examples, count: int
    ) -> Iterator[tuple[Batch, list[list[Transcript]]]]:
        """Of each batch what the beam has found for each row; those that do not end only where none does."""
        network.eval()
        settings, device = self.settings, next(network.parameters()).device
        width = max(settings.beam or _BEAM, settings.rescore or 1, count)
        kept = max(settings.rescore or width, count)
        limit = int(self.facts["size"]["longest_text"]) * 3 // 2 + 5
        for batch in (batch.to(device) for batch in examples.batches()):
            found = network.decode(batch.x, batch.length, width=width, limit=limit)
            best = [([one for one in several if one.finished] or several)[:kept] for several in found]
            yield batch, [[Transcript(one.tokens, (), one.log_probability, one.score) for one in row] for row in best]


def _network(module: nn.Module) -> AttentionNetwork:
    assert isinstance(module, AttentionNetwork)
    return module


@torch.no_grad()
def _placed(network: AttentionNetwork, batch: Batch, several: list[list[Transcript]]) -> list[list[Transcript]]:
    """The same with the frames that their tokens looked at, where the decoder looks at any."""
    if isinstance(network.decoder, BottleneckDecoder):
        return several
    rows = torch.tensor([row for row, found in enumerate(several) for _ in found], device=batch.x.device)
    ids = [torch.tensor([*one.tokens, network.end]) for found in several for one in found]
    targets = pad(ids, IGNORED)[0].to(batch.x.device)
    weights = network.alignments(batch.x[rows], None if batch.length is None else batch.length[rows.cpu()], targets)
    frames = iter(weights.argmax(-1).cummax(1).values.tolist())
    return [[one._replace(frames=tuple(next(frames)[: len(one.tokens)])) for one in found] for found in several]
