"""A text, or a series, into a text: an encoder reads it, a decoder writes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from seqloom.data.batch import Batch
from seqloom.data.pairs import Pairs
from seqloom.data.splits import split_rows, text_groups
from seqloom.decoding import BeamSearch, Sampling
from seqloom.errors import DataError, UsageError
from seqloom.layers import LearnedEmbedding, parse_encoder_decoder
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.tasks.examples.estimator import Division, ExampleEstimator, Examples, Facts, Given, Rows, over
from seqloom.tasks.examples.judging import measured
from seqloom.tasks.examples.values import taken
from seqloom.tasks.figures import Figures
from seqloom.tasks.inputs import Inputs, TextInputs, inputs_from_json, learned_inputs
from seqloom.tasks.inputs.targets import TextTargets
from seqloom.tasks.inputs.texts import source_texts
from seqloom.tasks.inspecting.excerpts import excerpts
from seqloom.tasks.inspecting.subject import Asked
from seqloom.tasks.measures.baselines import Baseline
from seqloom.tasks.measures.translation import by_length, figures_of_translations
from seqloom.tasks.measures.word_table import translated
from seqloom.tasks.ranked import Candidate, ranked_columns
from seqloom.tasks.translation.given import fitting, given_pairs, references_of
from seqloom.tasks.translation.known import facts_of, grown_sides, named_rows
from seqloom.tasks.translation.picks import pick_settings, pick_tokens
from seqloom.tasks.translation.settings import Seq2SeqSettings
from seqloom.tasks.translation.writing import Writer
from seqloom.training.objectives import FreeTargets, Objective

if TYPE_CHECKING:
    from seqloom.inspection.errors import Mistakes

__all__ = ["Alignment", "Seq2Seq"]

_MOST_HELD_OUT = 2000
"""Pairs held out by a share: all of them are decoded."""
_SLOWLY = 1000
"""Updates after which a model is given its own tokens as often as is asked for."""


class Alignment(NamedTuple):
    """Where each token of the ``target`` looked in the ``source``: ``weights`` (T, S)."""

    source: list[str]
    target: list[str]
    weights: NDArray[np.float32]


class Seq2Seq(ExampleEstimator):
    """Writes a text for a text or a series (T, D): a translation, a spelling, a date in another form.

    ``fit`` takes sources and a target for each, or several of them as a list; or the path of a file of pairs: tsv, csv
    (``input`` and ``target`` are its columns), or JSON objects. ``spec`` is an encoder and a decoder (``gru(128)
    bidirectional -> luong(128)``), ``source_tokens`` and ``target_tokens`` are words, characters or byte pairs;
    ``tied`` shares the table of the targets with the head. Training gives the true tokens, of which a share of up to
    ``sampling`` becomes the model's own (Bengio et al., 2015; of the whole row at once, as Mihaylova & Martins, 2019),
    and ``smoothing`` of a target goes to all tokens alike. Answers are searched for with ``width`` beams; ``copy`` puts
    the word that attention points at in place of an unknown one. ``fit`` learns ``model_``, ``facts_``, ``history_``
    and ``validation_``.

    >>> words = ["cat", "dog", "cow", "hen", "pig"]
    >>> X, y = [f"a {a} a {b}" for a in words for b in words], [f"{b} {a}" for a in words for b in words]
    >>> model = Seq2Seq("gru(16) -> luong(16)", source_tokens="words", target_tokens="words", dropout=0.0,
    ...     training={"epochs": 60, "learning_rate": 0.01}).fit(X, y, progress=False)
    >>> len(model.predict(["a cat a dog"])[0].split())
    2
    """

    task, settings = "translation", Seq2SeqSettings
    width: int
    length_penalty: float
    minimum_count: int
    vocabulary_size: int | None

    def _read(self, X: Any, y: Any, facts: Facts) -> Given:
        return given_pairs(X, y, self.get_params(deep=False), facts)

    def _divide(self, given: Given, share: float, seed: int) -> Division:
        """Equal sources stay on one side; of many pairs 2,000 are held out."""
        total = len(given.X)
        share = min(share, _MOST_HELD_OUT / total)
        if not share or not isinstance(given.X[0], str):
            return super()._divide(given, share, seed)
        try:
            drawn = split_rows(total, share, seed, groups=text_groups(list(given.X)))
        except DataError:
            return super()._divide(given, share, seed)
        count = f"{len(drawn.held_out):,} of {total:,}"
        remark = f"Held out: {count} pairs, equal sources together, drawn by seed {seed}."
        return Division(drawn.train.tolist(), drawn.held_out.tolist(), remark)

    def _learn(self, X: Sequence[Any], y: Sequence[str]) -> Facts:
        asked = self._settled({})
        of_source, of_target = asked.source_tokens, asked.target_tokens or pick_tokens(y)
        if of_source is None and isinstance(X[0], str):
            of_source = pick_tokens(X)
        inputs = learned_inputs(X, of_source, self.minimum_count, self.vocabulary_size)
        targets = TextTargets.learned(y, of_target, self.minimum_count, self.vocabulary_size)
        return facts_of(inputs, targets, X, y)

    def _grow(self, before: Facts, X: Sequence[Any], y: Sequence[str]) -> Facts:
        inputs, targets = grown_sides(before, X, y, self._settled({}))
        return facts_of(inputs, targets, X, y, before["size"]["longest"])

    def _rows(self, facts: Facts) -> Sequence[Rows]:
        return named_rows(facts)

    def _pick(self, facts: Facts) -> Mapping[str, Any]:
        return pick_settings(facts["size"])

    def _examples(self, facts: Facts, X: Sequence[Any], y: Sequence[str] | None) -> Examples:
        settings = self._settled(facts)
        sources = fitting(_inputs(facts).encode(X), settings.longest, settings.too_long, "Sources")
        if y is None:
            return Examples({"x": sources}, [torch.zeros(1, dtype=torch.int64)] * len(X))
        targets = fitting(_targets(facts).encode(y), settings.longest, settings.too_long, "Targets")
        examples = Examples({"x": sources}, targets)
        return examples if settings.most_steps is None else examples._replace(most_steps=settings.most_steps)

    def _build(self, facts: Facts) -> nn.Module:
        settings, targets = self._settled(facts), _targets(facts)
        reading = _inputs(facts).reading(_Reading(settings.embedding))
        spec = parse_encoder_decoder(settings.spec)
        scale = settings.embedding**0.5 if settings.tied else 1.0
        table = LearnedEmbedding(targets.size, settings.embedding, scale)
        source = reading.features if reading.front is None else reading.front
        model = EncoderDecoder.of(spec, source, table, dropout=settings.dropout, end=targets.end, tied=settings.tied)
        if settings.sampling:
            model.register_buffer("updates", torch.zeros((), dtype=torch.int64))
        return model

    def _objective(self, facts: Facts) -> Objective[Batch]:
        settings = self._settled(facts)
        return FreeTargets(settings.smoothing, settings.sampling, _SLOWLY)

    def _explained(self, facts: Facts) -> Asked:
        return Asked.of(_targets(facts).names, what="first token that it writes")

    def _watched(self, facts: Facts) -> str:
        size = facts["size"]
        return "exact" if not size["words"] else "bleu" if size["running"] else "chrf"

    def _simple(
        self, facts: Facts, baselines: Sequence[Baseline], given: Given, examples: Examples
    ) -> Mapping[str, Mapping[str, float]]:
        places, references = references_of(given.X, given.y or [])
        simple, sources = facts["simple"], [given.X[place] for place in places]
        answers = {"the most frequent target": [simple["most_frequent"]] * len(sources)}
        if isinstance(sources[0], str):
            answers["a copy of the source"] = sources
            answers["a table of words"] = [translated(simple["table"], source) for source in sources]
        return {name: figures_of_translations(said, references) for name, said in answers.items()}

    def _judge(
        self, facts: Facts, module: nn.Module, baselines: Sequence[Baseline], given: Given, examples: Examples
    ) -> Figures:
        """The figures of the answers to all different sources, and the loss; how good long sources fare is a note."""
        places, references = references_of(given.X, given.y or [])
        different = examples.rows(places)
        sources = [given.X[place] for place in places]
        answers = [several[0].text for several in self._candidates(facts, module, different, sources, self._search())]
        lengths = [len(row) for row in different.inputs["x"]]
        parts, watched = by_length(lengths, answers, references), self._watched(facts)
        said = ", ".join(f"{part[watched]:.3g}" for part in parts)
        note = f"By the length of the source, {watched}: {said} (means of {parts[0]['length']:.0f} to "
        note += f"{parts[-1]['length']:.0f} tokens)."
        loss = measured(self, facts, module, examples).model
        figures = Figures(
            len(answers),
            "sources",
            {**figures_of_translations(answers, references), "loss": loss["loss"]},
            self._simple(facts, baselines, given, examples),
            watched,
            higher_is_better=True,
        )
        return dataclasses.replace(figures, notes=(*[note] * (len(answers) >= 50), figures.verdict()))

    def _search(self) -> BeamSearch:
        settings = self._settled({})
        return BeamSearch(settings.width, settings.length_penalty)

    def _candidates(
        self,
        facts: Facts,
        module: nn.Module,
        examples: Examples,
        X: Sequence[Any],
        how: BeamSearch | Sampling,
        top: int = 1,
        outputs: Sequence[str] | None = None,
    ) -> list[list[Candidate]]:
        """For each source its answers, best first."""
        targets, inputs, longest = _targets(facts), _inputs(facts), facts["size"]["longest"] * 3 // 2 + 5
        read = inputs if self._settled(facts).copy and isinstance(inputs, TextInputs) else None
        writer = Writer(targets, read, how, longest, top, outputs)
        found: list[list[Candidate]] = []

        def write(facts: Facts, module: Any, batch: Batch) -> None:
            found.extend(writer(module, batch, X[len(found) : len(found) + batch.size], len(found)))

        for _ in over(facts, module, examples, write):
            pass
        return found

    def _answers(self, facts: Facts, module: nn.Module, batch: Batch) -> list[Any]:
        raise NotImplementedError

    def predict(
        self, X: Any, how: BeamSearch | Sampling | None = None, outputs: Sequence[str] | None = None
    ) -> list[str]:
        """A text for each source, in their order.

        ``how`` is a ``BeamSearch`` (default: that of the settings; width 1 is greedy), or a ``Sampling`` to draw them.
        With ``outputs`` one of these texts comes out.
        """
        return [found[0].text for found in self.candidates(X, 1, how, outputs)]

    def candidates(
        self,
        X: Any,
        top: int = 5,
        how: BeamSearch | Sampling | None = None,
        outputs: Sequence[str] | None = None,
    ) -> list[list[Candidate]]:
        """The ``top`` texts for each source, best first, with their scores; see :meth:`predict`."""
        self._check_fitted("model_")
        given = taken(self, X, None, self.facts_, targets=False)
        how = self._search() if how is None else how
        if isinstance(how, BeamSearch):
            how = dataclasses.replace(how, width=max(how.width, top))
        examples = self._examples(self.facts_, given.X, None)
        return self._candidates(self.facts_, self.model_, examples, given.X, how, top, outputs)

    def scores(self, X: Any, y: Sequence[str]) -> NDArray[np.float64]:
        """ln p(target | source) of each pair (N,), the end counted."""
        self._check_fitted("model_")
        given = taken(self, X, list(y), self.facts_, targets=True)
        found = over(self.facts_, self.model_, self._examples(self.facts_, given.X, given.y), _log_probabilities)
        return np.concatenate([np.zeros(0), *found])

    def alignments(self, X: Any, y: Sequence[str] | None = None) -> list[Alignment]:
        """Where each token of each target looked in its source; without targets those that are predicted.

        Raises UsageError for a decoder without attention.
        """
        self._check_fitted("model_")
        given = taken(self, X, None if y is None else list(y), self.facts_, targets=y is not None)
        wanted = self.predict(given.X) if given.y is None else given.y
        examples = self._examples(self.facts_, given.X, wanted)
        targets, inputs = _targets(self.facts_), _inputs(self.facts_)
        found: list[Alignment] = []

        def look(facts: Facts, module: Any, batch: Batch) -> None:
            weights = module.alignments(batch.x, batch.length, batch.targets).cpu().numpy()
            for row, wanted in enumerate(batch.targets.tolist()):
                ids = [token for token in wanted if token >= 0]
                source = given.X[len(found)]
                texts = list(map(str, range(weights.shape[2])))
                texts = source_texts(inputs, source) if isinstance(inputs, TextInputs) else texts
                found.append(Alignment(texts, targets.pieces(ids), weights[row, : len(ids), : len(texts)]))

        for _ in over(self.facts_, self.model_, examples, look):
            pass
        return found

    def _mistakes(self, given: Given) -> Mistakes:
        from seqloom.tasks.inspecting.written import MOST_WRITTEN, mistakes_of_texts

        places, right = references_of(given.X, given.y or [])
        some, lines = given.rows(places[:MOST_WRITTEN]), excerpts(given)
        read, lengths = [lines[place] for place in places], _inputs(self.facts_).lengths(some.X)
        return mistakes_of_texts(read, right[: len(lengths)], self.predict(some.X), lengths)

    def written(self, file: str | Path, top: int = 1) -> Iterator[str]:
        """The file of sources with a new column, the prediction; with ``top`` above 1 as many, and their scores."""
        given, columns = self._said(file, top)
        return given.written(columns)

    def answered(self, file: str | Path, top: int = 1) -> Iterator[dict[str, Any]]:
        """The same as values, for JSON."""
        given, columns = self._said(file, top)
        for row, source in enumerate(given.sources):
            yield {"line": given.rows[row].line, "source": source, **{name: c[row] for name, c in columns.items()}}

    def _said(self, file: str | Path, top: int) -> tuple[Pairs, dict[str, list[Any]]]:
        self._check_fitted("model_")
        given = self._read(file, None, self.facts_)
        return given.source, ranked_columns(self.candidates(given.X, top), top)

    def draw(self, folder: Path, X: Any, y: Any = None) -> dict[Path, str]:
        """Draw how good answers are by the length of their source, and where one of them looked; the files, each with
        what to see in it."""
        from seqloom.tasks.translation.pictures import draw_answers

        self._check_fitted("model_")
        given = taken(self, X, y, self.facts_, targets=True)
        places, references = references_of(given.X, given.y or [])
        sources = [given.X[place] for place in places]
        answers = self.predict(sources)
        lengths = [len(row) for row in _inputs(self.facts_).encode(sources)]
        parts = by_length(lengths, answers, references, 10)
        try:
            looked = self.alignments([sources[len(sources) // 2]])[0]
        except UsageError:
            looked = None
        return draw_answers(folder, parts, self._watched(self.facts_), looked)


class _Reading(NamedTuple):
    """What inputs ask of settings."""

    embedding: int
    word_dropout: float = 0.0
    noise: float = 0.0


def _log_probabilities(facts: Facts, module: Any, batch: Batch) -> NDArray[np.float64]:
    real = batch.targets >= 0
    logits = module.logits(batch.x, batch.length, batch.targets)
    each = -nn.functional.cross_entropy(logits.double(), batch.targets[real], reduction="none")
    rows = torch.arange(batch.size, device=real.device)[:, None].expand_as(real)[real]
    found: NDArray[np.float64] = each.new_zeros(batch.size).index_add(0, rows, each).cpu().numpy()
    return found


def _inputs(facts: Facts) -> Inputs:
    return inputs_from_json(facts["inputs"])


def _targets(facts: Facts) -> TextTargets:
    return TextTargets.from_json(facts["targets"])
