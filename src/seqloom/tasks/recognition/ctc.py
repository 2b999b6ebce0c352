"""Spelling frame by frame: a token or the blank in each, and a text is as likely as all paths that spell it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import torch
from torch import Tensor, nn

from seqloom.data.batch import Batch
from seqloom.decoding.ctc import BestPath, PrefixSearch, Transcript
from seqloom.decoding.fusion import Fusion
from seqloom.decoding.rescoring import RescoredSearch
from seqloom.tasks.examples.going_on import Rows
from seqloom.tasks.examples.values import Examples
from seqloom.tasks.recognition.listening import Frames, frames_of
from seqloom.tasks.recognition.network import RecognitionModel, build_model, frames_after
from seqloom.tasks.recognition.speller import Searched, Speller
from seqloom.tasks.recognition.stream import Begin, RecognizerStream
from seqloom.training.objectives import Objective
from seqloom.training.objectives.ctc import CTC, check_frames

__all__ = ["CTCSpeller"]

_FEW: Final = 20_000
"""Where fewer tokens are learned from, too few are held out to count right ones by."""
_BEAM: Final = {False: 8, True: 16}
"""Prefixes, without a language model and with one. Greedy decoding loses what is likely over many frames."""
_TRIED: Final = 8_000
"""Frames that language models are tried on."""


class CTCSpeller(Speller):
    """Connectionist temporal classification (Graves et al., 2006): see :class:`seqloom.training.objectives.ctc.CTC`."""

    def targets(self, texts: Sequence[str]) -> list[Tensor]:
        return self.transcripts.encode(texts)

    def check(self, steps: Sequence[int], targets: Sequence[Tensor] | None, place: Callable[[int], str]) -> None:
        """Raise DataError for targets that need more frames than there are."""
        if targets is not None:
            frames = frames_after(self.settings, self.inputs, torch.tensor(steps))
            check_frames(targets, frames.tolist(), "the transcripts", place)

    def build(self) -> nn.Module:
        return build_model(self.settings, self.inputs, self.transcripts.vocabulary.size)

    def rows(self) -> Rows:
        vocabulary = self.transcripts.vocabulary
        names = [*range(vocabulary.size), "blank"]
        return Rows(vocabulary.kind, names, {"head.linear.weight": (0,), "head.linear.bias": (0,)})

    def objective(self) -> Objective[Batch]:
        return CTC("loss" if self.facts["size"]["tokens"] < _FEW else "token_error_rate")

    def spelt(self, module: nn.Module, examples: Examples, count: int) -> Iterator[list[Transcript]]:
        begin = self.begin(self.fusion(), count)
        for pieces in frames_of(_network(module), examples):
            yield _found(pieces, begin, count)

    def searched(self, module: nn.Module, examples: Examples) -> Searched:
        kept: list[list[Frames]] = []
        for frames in frames_of(_network(module), examples):
            kept.append(list(frames))
            if sum(len(piece) for one in kept for piece in one) > _TRIED:
                break

        def search(fusion: Fusion) -> list[Transcript]:
            begin = self.begin(fusion)
            return [_found(pieces, begin, 1)[0] for pieces in kept]

        return search

    def stream(self, module: nn.Module, silence: float) -> RecognizerStream:
        begin = self.begin(self.fusion())
        return RecognizerStream(_network(module), self.inputs, self.transcripts, begin, self.step_seconds, silence)

    def begin(self, fusion: Fusion | None, count: int = 1) -> Begin:
        """The search that settings ask for, with a beam of at least ``count``; greedy decoding has one."""
        settings = self.settings
        if settings.beam == 1:
            return BestPath
        beam = max(settings.beam or _BEAM[fusion is not None], settings.rescore or 0, count)
        if fusion is None or settings.rescore is None:
            return lambda: PrefixSearch(beam, fusion)
        texts = settings.rescore
        return lambda: RescoredSearch(beam, texts, fusion)


def _network(module: nn.Module) -> RecognitionModel:
    assert isinstance(module, RecognitionModel)
    return module


def _found(pieces: Iterable[Frames], begin: Begin, count: int) -> list[Transcript]:
    """The ``count`` best sequences of tokens that an input may spell, of which frames come in pieces."""
    search = begin()
    for frames in pieces:
        search.feed(frames)
    return search.found(count)
