"""A tag for every token of a sentence, or every step of a series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seqloom.data.batch import Batch
from seqloom.data.named import step_table
from seqloom.data.splits import split_rows, text_groups
from seqloom.data.tagged.lists import TokenLists
from seqloom.data.tagged.sentences import TaggedSentences, read_tagged
from seqloom.data.tagged.table import TokenTable
from seqloom.data.text.vectors import first_words, read_vectors, warn_of_few
from seqloom.errors import DataError, UsageError, listed, warn
from seqloom.layers import CausalLayer, ConditionalRandomField, parse_spec
from seqloom.tasks.examples.estimator import Division, ExampleEstimator, Examples, Facts, Given, HeldOut, Rows
from seqloom.tasks.examples.judging import figures_of
from seqloom.tasks.inputs import SeriesInputs
from seqloom.tasks.inspecting.subject import Asked
from seqloom.tasks.measures.baselines import Baseline
from seqloom.tasks.sequences.effect import refuse_unused, refuse_unused_of
from seqloom.tasks.sequences.reading import learned_channels, read_recorded
from seqloom.tasks.tagging.baseline import MostFrequent
from seqloom.tasks.tagging.fronts import NOTHING, UNKNOWN, NumberFront, WordFront
from seqloom.tasks.tagging.given import (
    Steps,
    checked,
    is_frame_of_steps,
    is_recording,
    read_again,
    read_file,
    table_of_tokens,
    warn_of_illegal,
)
from seqloom.tasks.tagging.known import about_tags, encoder_of, tags_of
from seqloom.tasks.tagging.lexicon import Lexicon
from seqloom.tasks.tagging.network import TagNetwork
from seqloom.tasks.tagging.objective import SpanTags
from seqloom.tasks.tagging.outside import chosen_offset
from seqloom.tasks.tagging.settings import TaggerSettings
from seqloom.tasks.tagging.stream import TagStream
from seqloom.tasks.tagging.tag_set import TagSet
from seqloom.training.objectives import Objective
from seqloom.training.objectives.tags import best_tags

if TYPE_CHECKING:
    from seqloom.inspection.errors import Mistakes

__all__ = ["Tagger"]

_WIDTH, _CHARACTER_WIDTH, _AFFIXES = 100, 32, 4
_OTHERS = ("<nothing>", "<unknown>")
_OF_WORDS = frozenset(("target", "encoding"))
"""Settings of columns that tagged words have a use for."""
_EPOCHS, _EXAMPLES = (15, 40), 50_000
"""How often all is read: so many examples in all, within bounds."""


class Tagger(ExampleEstimator):
    """Tags words, or the steps of series: a bidirectional recurrence over words and their characters, with a
    conditional random field (Huang, Xu & Yu, 2015; Lample et al., 2016).

    ``fit`` takes sentences as lists of tokens, with a list of tags for each; or the path of a file of tagged words,
    CoNLL or CoNLL-U, of which ``target`` is the column of tags; or series (T, D) with a list of labels, one a step, or
    a table of them with a step a row (id, time, channels, label).
    Where the tags are of spans (IOB1, IOB2, IOBES or BILOU, told by all of them), spans are what is judged, and what is
    predicted is in the same scheme and always in an order that it has.

    ``spec`` are the layers over a sentence: those that look back only can :meth:`stream`. ``characters`` read each
    word, and tell capitals and endings, of which those of up to ``affixes`` characters have a vector of their own;
    ``embedding`` is the width of the vectors of words, which begin as those in the file ``vectors``, if there is one;
    ``word_dropout`` is the share s of words seen once that are learned as unknown, of those seen n times
    s / (s + (1 − s) n).
    With ``crf`` the tags of a sentence are scored together. ``training`` and ``batch_size`` are as for every task.

    >>> tagger = Tagger("lstm(8) bidirectional", characters="lstm(4) + pool(last)", batch_size=8)
    >>> sentences, tags = [["a", "dog", "barks"], ["cats", "sleep"]], [["DET", "NOUN", "VERB"], ["NOUN", "VERB"]]
    >>> tagger.fit(20 * sentences, 20 * tags, progress=False).predict([["a", "dog", "barks"]])
    [['DET', 'NOUN', 'VERB']]
    """

    task, settings = "tagging", TaggerSettings
    target: str | None
    vectors: str | None
    more_words: int
    encoding: str | None

    def _read(self, X: Any, y: Any, facts: Facts) -> Given:
        channels, settings = learned_channels(facts), self.get_params(deep=False)
        of_steps = y is None and is_frame_of_steps(X, channels, settings)
        if not isinstance(X, str | Path) and not of_steps:
            steps, tags = checked(X, y)
            if tags is not None:
                warn_of_illegal(tags, lambda example, step: f"example {example}, step {step}")
            return Given(steps, tags)
        if y is not None:
            raise UsageError("y: expected None beside a file, which has the tags.")
        if channels or of_steps or (not facts and is_recording(X, settings)):
            if not facts:
                refuse_unused_of(X, settings)
            return read_recorded(X, settings, channels, lambda found: found.step_labels)
        if not facts:
            refuse_unused(settings, _OF_WORDS, "tagged words")
        table = table_of_tokens(X, facts.get("table"), self.target, self.encoding)
        if table is not None:
            return self._checked_given(table, {"table": table.columns._asdict()})
        learned = facts.get("layout")
        found = (
            read_again(X, learned, self._asked(facts), self.encoding)
            if facts
            else read_file(X, self.target, self.encoding)
        )
        layout = found.layout
        place = {"tag": layout.tags[0]} if layout.tags else {}
        return self._checked_given(found, {"layout": {"columns": layout.names, "word": layout.word, **place}})

    def _checked_given(self, found: TaggedSentences | TokenTable | TokenLists, about: Facts) -> Given:
        _warn_of(found.remarks)
        tags = next(iter(found.tags.values()), None)
        if tags is None:
            return Given(found.tokens)
        warn_of_illegal(tags, found.place)
        return Given(found.tokens, tags, about)

    def _divide(self, given: Given, share: float, seed: int) -> Division:
        """Equal sentences stay on one side, unless too few differ."""
        if not share or isinstance(given.X[0], Tensor):
            return super()._divide(given, share, seed)
        groups = text_groups([" ".join(tokens) for tokens in given.X])
        if len(np.unique(groups)) == len(groups):
            return super()._divide(given, share, seed)
        try:
            drawn = split_rows(len(given.X), share, seed, groups=groups)
        except DataError:
            alone = super()._divide(given, share, seed)
            return alone._replace(remark=f"{alone.remark} Equal ones are on both sides: too few differ.")
        count = f"{len(drawn.held_out):,} of {len(given.X):,}"
        remark = f"Held out: {count} examples, equal sentences together, drawn by seed {seed}."
        return Division(drawn.train.tolist(), drawn.held_out.tolist(), remark)

    def _learn(self, X: Sequence[Steps], y: Sequence[list[str]]) -> Facts:
        seen = Counter(tag for tags in y for tag in tags)
        if len(seen) < 2:
            raise DataError(f"Expected at least two different tags, got {listed(list(seen))} alone.")
        facts = about_tags(X, y, TagSet.learned(y))
        if isinstance(X[0], Tensor):
            return facts | SeriesInputs.learned(X).to_json()
        return facts | self._about_words(Lexicon.learned(X), _WIDTH, None)  # type: ignore[arg-type]

    def _grow(self, before: Facts, X: Sequence[Steps], y: Sequence[list[str]]) -> Facts:
        encoder_of(before)(X[:1])
        facts = about_tags(X, y, tags_of(before).grown(y))
        if "lexicon" not in before:
            return facts | {name: before[name] for name in ("mean", "deviation")}
        known = Lexicon.from_json(before["lexicon"])
        lexicon = Lexicon.learned(X, known)  # type: ignore[arg-type]
        rows = before.get("affix_rows", known.affix_rows)
        return facts | self._about_words(lexicon, before["width"], rows)

    def _about_words(self, lexicon: Lexicon, width: int, affix_rows: int | None) -> Facts:
        """What is known of words: those that were seen, and further ones that have a vector."""
        affix_rows, seen = affix_rows or lexicon.affix_rows, len(lexicon.words)
        if self.vectors is not None:
            first = first_words(self.vectors, self.more_words)
            lexicon, width = lexicon.knowing(first.words), first.width
        further = len(lexicon.words) - seen
        return {"lexicon": lexicon.to_json(), "width": width, "affix_rows": affix_rows, "further": further}

    def _rows(self, facts: Facts) -> Sequence[Rows]:
        field = {"field.start": (0,), "field.transitions": (0, 1), "field.end": (0,)}
        rows = [Rows("tags", tags_of(facts).names, {"head.linear.weight": (0,), "head.linear.bias": (0,), **field})]
        if "lexicon" in facts:
            lexicon, others = Lexicon.from_json(facts["lexicon"]), (NOTHING, UNKNOWN)
            rows += [
                Rows(what, (*others, *names), {f"front.{what}.weight": (0,)}, (*_OTHERS, *names))
                for what, names in (("words", lexicon.words), ("characters", lexicon.characters))
            ]
        return rows

    def _pick(self, facts: Facts) -> Mapping[str, Any]:
        epochs = min(max(round(_EXAMPLES / facts["examples"]), _EPOCHS[0]), _EPOCHS[1])
        of_words = {"embedding": facts["width"], "affixes": _AFFIXES} if "width" in facts else {}
        return {**of_words, "learning_rate": 0.004, "epochs": epochs}

    def _examples(self, facts: Facts, X: Sequence[Steps], y: Sequence[list[str]] | None) -> Examples:
        targets = [torch.zeros(len(one), dtype=torch.int64) for one in X] if y is None else tags_of(facts).encoded(y)
        return Examples({"x": encoder_of(facts)(X)}, targets)

    def _build(self, facts: Facts) -> nn.Module:
        settings, tags = self._settled(facts), tags_of(facts)
        if "lexicon" in facts:
            lexicon = Lexicon.from_json(facts["lexicon"])
            front: WordFront | NumberFront = WordFront(
                lexicon.dropped(settings.word_dropout),
                settings.embedding,
                (lexicon.character_ids, _CHARACTER_WIDTH),
                settings.characters,
                (settings.affixes or 0, facts.get("affix_rows", lexicon.affix_rows)),
            )
        else:
            front = NumberFront(facts["mean"], facts["deviation"])
        spec = parse_spec(settings.spec)
        between = settings.dropout if spec.layers > 1 and spec.dropout is None else None
        body = spec.build(front.out_features, between)
        field = ConditionalRandomField(len(tags.names), tags.legal) if settings.crf else None
        network = TagNetwork(front, body, len(tags.names), field, settings.dropout)
        network.offsets += tags.offsets(facts.get("outside", 0.0))
        return network

    def _prime(self, facts: Facts, module: nn.Module, learned: Given) -> None:
        if self.vectors is None or "lexicon" not in facts:
            return
        assert isinstance(module, TagNetwork)
        assert isinstance(module.front, WordFront)
        lexicon = Lexicon.from_json(facts["lexicon"])
        found = read_vectors(self.vectors, lexicon.words)
        if module.front.words.embedding_dim != found.width:
            raise UsageError(f"embedding: the vectors in {self.vectors} have {found.width} numbers; leave it out.")
        warn_of_few(self.vectors, len(lexicon.words), facts.get("further", 0), found)
        module.front.fill_in(lexicon.rows(found.vectors))

    def _finish(self, facts: Facts, module: nn.Module, held_out: HeldOut) -> Facts:
        """Of spans it is chosen how readily one is said."""
        tags, objective = tags_of(facts), self._objective(facts)
        if not isinstance(objective, SpanTags):
            return facts
        assert isinstance(module, TagNetwork)
        module.eval().offsets.zero_()
        offset = chosen_offset(objective, module, held_out.examples)
        module.offsets += tags.offsets(offset).to(module.offsets.device)
        return {**facts, "outside": offset}

    def _objective(self, facts: Facts) -> Objective[Batch]:
        return tags_of(facts).objective

    def _simple(
        self, facts: Facts, baselines: Sequence[Baseline], given: Given, examples: Examples
    ) -> Mapping[str, Mapping[str, float]]:
        tags = tags_of(facts)
        name = "the most frequent tag of the word" if "lexicon" in facts else "the most frequent tag"
        said = MostFrequent(facts["most_frequent"], len(tags.names))(given.X)
        return {name: figures_of(tags.objective, said, examples)}

    def _explained(self, facts: Facts) -> Asked:
        return Asked.of(tags_of(facts).names, what="likeliest tag of the step")

    def _mistakes(self, given: Given) -> Mistakes:
        from seqloom.tasks.tagging.mistakes import mistakes_of_tags

        return mistakes_of_tags(self.facts_, given, super().predict(given.X))

    def _answers(self, facts: Facts, module: nn.Module, batch: Batch) -> list[Any]:
        assert batch.length is not None
        tags = tags_of(facts)
        best = best_tags(module, module(batch.x, batch.length), batch.length).tolist()
        return [tags.decoded(row[:length]) for row, length in zip(best, batch.length.tolist(), strict=True)]

    @property
    def tags_(self) -> tuple[str, ...]:
        """The tags that are learned, the columns of :meth:`predict_proba`; those of spans are IOB2's."""
        self._check_fitted("model_")
        return tags_of(self.facts_).names

    def predict_proba(self, X: Any) -> list[NDArray[np.float32]]:
        """p(tag) at each step of each example, (T, K); with a random field given the whole sentence."""
        return [found for batch in self._over(X, _probabilities) for found in batch]

    def predict(self, X: Any) -> Any:
        """The tags of each example; of a file of words, whatever its columns, the words are read alone."""
        self._check_fitted("model_")
        of_words = isinstance(X, str | Path) and "mean" not in self.facts_
        if of_words:
            table = table_of_tokens(X, self.facts_.get("table"), self.target, self.encoding)
            X = (table or read_tagged(X, tags=(), encoding=self.encoding)).tokens
        return super().predict(X)

    def written(self, path: str | Path, target: str | None = None) -> Iterator[str]:
        """The text of a file of words, sentence by sentence, with the tags that are predicted; else as it is.

        They are written into the column ``target``, by name or number; by default into that of training. A file that
        lacks it, where it would be the next, gets it, as does one of words alone. Of recordings it is a table (csv):
        which recording, which step, from 1, and the label.

        A table with a token a row gets a new column. Raises DataError for a file with other columns than in training,
        where no target is named.
        """
        self._check_fitted("model_")
        of_series = "mean" in self.facts_
        table = None if of_series else table_of_tokens(path, self.facts_.get("table"), self.target, self.encoding)
        if target is not None and (of_series or table is not None):
            raise UsageError("target: no effect for a table or series, which get a column of their own. Leave it out.")
        if of_series:
            given = self._read(path, None, self.facts_)
            return step_table("recording", given.source.names, "label", self.predict(given.X))
        if table is not None:
            _warn_of(table.remarks)
            return table.written(self.predict(table.tokens))
        found = read_again(path, self.facts_.get("layout"), target or self._asked(self.facts_), self.encoding)
        _warn_of(found.remarks)
        names = list(found.tags) or ["tag"]
        return found.written({names[0]: self.predict(found.tokens)})

    def _asked(self, facts: Facts) -> str | None:
        """The column of tags where the file that was learned from does not say it."""
        return None if facts.keys() & {"layout", "table"} else self.target

    def answered(self, path: str | Path) -> Iterator[dict[str, Any]]:
        """The same for JSON: of each recording its name, of each sentence its place, and its tags."""
        self._check_fitted("model_")
        given = self._read(path, None, self.facts_)
        what, names = ("recording", given.source.names) if "mean" in self.facts_ else ("example", range(len(given.X)))
        return ({what: name, "prediction": tags} for name, tags in zip(names, self.predict(given.X), strict=True))

    def stream(self) -> TagStream:
        """Tags step by step, as they come: see :class:`TagStream`. UsageError where the layers read both ways."""
        self._check_fitted("model_")
        facts, module = self.facts_, self.model_
        assert isinstance(module, TagNetwork)
        if not isinstance(module.body, CausalLayer):
            raise UsageError(
                f"spec: {self._settled(facts).spec} reads a sentence to its end before it says a tag, so it cannot "
                "stream. Train with layers that only look back, as lstm(128)."
            )
        encode = encoder_of(facts)
        return TagStream(module, tags_of(facts), lambda step: encode(checked([[step]], None)[0])[0])


def _warn_of(remarks: Sequence[str]) -> None:
    for remark in remarks:
        warn(remark)


def _probabilities(facts: Facts, module: nn.Module, batch: Batch) -> list[NDArray[np.float32]]:
    assert isinstance(module, TagNetwork)
    assert batch.length is not None
    scores = module(batch.x, batch.length)
    found = scores.softmax(-1) if module.field is None else module.field.marginals(scores, batch.length)
    return [row[:length].cpu().numpy() for row, length in zip(found, batch.length.tolist(), strict=True)]
