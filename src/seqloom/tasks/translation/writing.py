"""From sources to texts: searched or drawn, with words of the source in place of unknown ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from seqloom.data.batch import Batch
from seqloom.decoding import BeamSearch, Outputs, Sampling, sample, seed_of_row
from seqloom.errors import UsageError
from seqloom.layers.embedding import NOTHING
from seqloom.layers.state import select
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.tasks.inputs.targets import TextTargets
from seqloom.tasks.inputs.texts import TextInputs, source_texts
from seqloom.tasks.ranked import Candidate

__all__ = ["Writer"]


class Writer:
    """Writes the ``top`` answers to each source of a batch, as ``how`` says.

    Answers have up to ``longest`` tokens, and are of ``outputs``, where they are given. Unknown tokens become words of
    the source, where ``copied`` says how sources are read.
    """

    def __init__(
        self,
        targets: TextTargets,
        copied: TextInputs | None,
        how: BeamSearch | Sampling,
        longest: int,
        top: int = 1,
        outputs: Sequence[str] | None = None,
    ) -> None:
        self.targets, self.copied, self.how, self.longest, self.top = targets, copied, how, longest, top
        self.outputs: Outputs | None = None
        if outputs is not None:
            if isinstance(how, Sampling):
                raise UsageError("outputs: one of a set is searched for, not drawn. Give a BeamSearch, or nothing.")
            rows = [row[:-1].tolist() for row in targets.encode(outputs)]
            self.outputs = Outputs(rows, targets.end)
            self.longest = max([longest, *(len(row) + 1 for row in rows)])

    def __call__(
        self, model: EncoderDecoder, batch: Batch, sources: Sequence[Any], first: int
    ) -> list[list[Candidate]]:
        """The answers, best first, each text once; ``first`` is the place of the first source among all."""
        found: list[list[tuple[Sequence[int], float]]]
        if isinstance(self.how, Sampling):
            found = [[(tokens, 0.0)] for tokens in self._drawn(model, batch, self.how, first)]
        else:
            found = self._searched(model, batch, self.how)
        answers: list[list[Candidate]] = []
        for row, several in enumerate(found):
            best: dict[str, Candidate] = {}
            for tokens, score in several:
                text = self.targets.text(tokens, self._pointed_at(model, batch, row, tokens, sources[row]))
                best.setdefault(text, Candidate(text, score))
            answers.append(list(best.values())[: self.top])
        return answers

    def _searched(
        self, model: EncoderDecoder, batch: Batch, how: BeamSearch
    ) -> list[list[tuple[Sequence[int], float]]]:
        """The best targets of each source, those that end before all that do not."""
        found = model.decode(
            batch.x,
            batch.length,
            width=how.width,
            limit=self.longest,
            length_penalty=how.length_penalty,
            outputs=self.outputs,
        )
        return [
            [(one.tokens, one.score) for one in sorted(several, key=lambda one: not one.finished)] for several in found
        ]

    def _drawn(self, model: EncoderDecoder, batch: Batch, how: Sampling, first: int) -> list[list[int]]:
        """A target of each source, drawn token by token."""
        start = torch.full((batch.size,), NOTHING, device=batch.x.device)
        logits, state = model.step(start, model.start(batch.x, batch.length))
        seeds = [seed_of_row(how.seed, first + row) for row in range(batch.size)]
        found: list[list[int]] = [[] for _ in range(batch.size)]
        given: Any = {"seeds": seeds, "limit": self.longest, "end": model.end, "filters": how.filters(())}
        for row, token in sample(model.step, select, logits, state, **given):
            found[row].append(token)
        return found

    def _pointed_at(
        self, model: EncoderDecoder, batch: Batch, row: int, tokens: Sequence[int], source: Any
    ) -> list[str]:
        """For each unknown token the word of the source that attention points at most (Luong et al., 2015b)."""
        places = [place for place, token in enumerate(tokens) if token == self.targets.vocabulary.unk]
        if self.copied is None or not places:
            return []
        words = source_texts(self.copied, source)
        length = None if batch.length is None else batch.length[row : row + 1]
        x, given = batch.x[row : row + 1, : len(words)], torch.tensor([[*tokens, model.end]], device=batch.x.device)
        weights = model.alignments(x, length, given)[0]
        return [words[min(int(weights[place].argmax()), len(words) - 1)] for place in places]
