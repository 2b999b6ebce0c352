"""What is said in a sound, or stands for another series, as text."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from seqloom.data.batch import Batch
from seqloom.data.lazy_rows import lengths_of
from seqloom.data.sounds.sounds import Sounds
from seqloom.data.sounds.transcribed import Transcribed
from seqloom.errors import DataError
from seqloom.layers.ctc_path import frames_needed
from seqloom.layers.decoder_spec import ARROW
from seqloom.tasks.examples.estimator import ExampleEstimator, Examples, Facts, Given, HeldOut, Rows
from seqloom.tasks.examples.judging import measured
from seqloom.tasks.examples.values import MOST_STEPS, ROWS, taken
from seqloom.tasks.figures import Figures
from seqloom.tasks.inputs import Inputs, TextInputs, inputs_from_json, learned_inputs
from seqloom.tasks.inputs.sounds import heard_rate
from seqloom.tasks.inputs.targets import TextTargets
from seqloom.tasks.inspecting.excerpts import excerpts
from seqloom.tasks.inspecting.subject import Asked
from seqloom.tasks.measures.baselines import Baseline
from seqloom.tasks.measures.edit_distance import confused, figures_of_transcripts, marked
from seqloom.tasks.ranked import ranked_columns
from seqloom.tasks.recognition.attention import AttentionSpeller
from seqloom.tasks.recognition.ctc import CTCSpeller
from seqloom.tasks.recognition.given import heard, read_given
from seqloom.tasks.recognition.language import learned_ngram
from seqloom.tasks.recognition.network import frame_steps
from seqloom.tasks.recognition.picks import pick_settings
from seqloom.tasks.recognition.settings import NGRAM, WORD_NGRAM, RecognizerSettings
from seqloom.tasks.recognition.speller import Speller
from seqloom.tasks.recognition.stream import RecognizerStream
from seqloom.tasks.recognition.transcripts import Recognized, Transcripts
from seqloom.training.objectives import Objective

if TYPE_CHECKING:
    from seqloom.inspection.errors import Mistakes

__all__ = ["Recognizer"]

_SHOWN = 5


class Recognizer(ExampleEstimator):
    """Says what text a series spells: layers give p(token or blank) at each step, and all paths that spell a text
    together are its probability (CTC; Graves et al., 2006).

    ``fit`` takes sounds, or series (T, D) of any lengths, and a text for each, shorter than its series; or the path of
    a folder of sounds with transcripts, or of their table; with a ``rate``, arrays (samples,) are sounds. Words are
    what stands between spaces. In the ``style`` "spoken" texts are learned and compared in small letters and without
    marks. ``spec`` are the layers, whose strides leave fewer frames than steps; ``tokens`` are characters, bpe or
    words. What is None is picked by the data and stands in ``facts_["picked"]``. With a decoder in ``spec`` (``->
    luong(256)``) texts are written token by token instead ("listen, attend and spell"; Chan et al., 2016), of inputs
    about as long as those that were learned.

    Decoding keeps a ``beam`` of prefixes (1: greedily), and may hear a ``language_model``: "ngram" of the tokens of the
    transcripts, "word-ngram", or the directory of a trained ``LanguageModel`` of the same tokens or, beside characters,
    of words; ``language_weight`` is what it counts and ``word_bonus`` what each of its tokens adds. With ``rescore`` it
    judges so many texts that were found without it; it never hears more than those of a decoder. These five may be set
    anew on a fitted model.

    >>> sounds, texts = [torch.eye(3)[[0, 0, 1, 1, 2, 2]], torch.eye(3)[[1, 1, 2, 2]]] * 20, ["abc", "bc"] * 20
    >>> model = Recognizer("gru(16)", batch_size=8, training={"epochs": 8, "learning_rate": 0.03})
    >>> model.fit(sounds, texts, progress=False).predict(sounds[:2])
    ['abc', 'bc']
    """

    task, settings = "recognition", RecognizerSettings
    style: str
    minimum_count: int
    vocabulary_size: int | None
    language_model: str | None
    order: int | None

    @property
    def rate_(self) -> int | None:
        """Samples a second of the sounds that it hears; None where it learned from series."""
        self._check_fitted("model_")
        return heard_rate(self.facts_)

    def _read(self, X: Any, y: Any, facts: Facts) -> Given:
        return read_given(X, y, self.get_params(deep=False), facts)

    def _learn(self, X: Sequence[Any], y: Sequence[str]) -> Facts:
        settings = self._settled({})
        of_sounds = {name: getattr(settings, name) for name in ("rate", "bands", "normalisation")}
        inputs = learned_inputs(X, of_sounds=of_sounds)
        if isinstance(inputs, TextInputs):
            raise DataError("X: expected sounds or series (T, D), got texts.")
        transcripts = Transcripts.learned(
            y, settings.style, settings.tokens, settings.minimum_count, settings.vocabulary_size
        )
        return self._about(inputs, transcripts, X, y)

    def _grow(self, before: Facts, X: Sequence[Any], y: Sequence[str]) -> Facts:
        settings = self._settled({})
        asked = settings.tokens, settings.minimum_count, settings.vocabulary_size
        grown = self._about(_inputs(before), _transcripts(before).grown(y, *asked), X, y)
        for name in ("longest", "longest_text"):
            grown["size"][name] = max(grown["size"][name], before["size"].get(name, 0))
        return grown

    def _rows(self, facts: Facts) -> Sequence[Rows]:
        return [self._speller(facts).rows()]

    def _about(self, inputs: Inputs, transcripts: Transcripts, X: Sequence[Any], y: Sequence[str]) -> Facts:
        settings = self._settled({})
        steps, tokens = inputs.lengths(X), transcripts.encode(y)
        room = min(count / max(frames_needed(row), 1) for count, row in zip(steps, tokens, strict=True))
        facts: Facts = {
            "inputs": inputs.to_json(),
            "transcripts": transcripts.to_json(),
            "size": {
                "examples": len(X),
                "steps": sum(steps),
                "longest": max(steps),
                "tokens": sum(map(len, tokens)),
                "longest_text": max(map(len, tokens)),
                "room": room,
            },
            "most_frequent": Counter(y).most_common(1)[0][0],
        }
        if settings.language_model in (NGRAM, WORD_NGRAM):
            facts["ngram"] = learned_ngram(y, transcripts, settings.language_model, settings.order)
        return facts

    def _pick(self, facts: Facts) -> Mapping[str, Any]:
        return pick_settings(facts, self._given())

    def _examples(self, facts: Facts, X: Sequence[Any], y: Sequence[str] | None) -> Examples:
        speller, x = self._speller(facts), _inputs(facts).encode(X)
        targets = None if y is None else speller.targets(y)
        speller.check(lengths_of(x), targets, lambda row: _named(X[row], row, y))
        return Examples({"x": x}, torch.zeros(len(X)) if targets is None else targets)

    def _build(self, facts: Facts) -> nn.Module:
        return self._speller(facts).build()

    def _objective(self, facts: Facts) -> Objective[Batch]:
        return self._speller(facts).objective()

    def _simple(
        self, facts: Facts, baselines: Sequence[Baseline], given: Given, examples: Examples
    ) -> Mapping[str, Mapping[str, float]]:
        true = given.y or []
        said = {"nothing": "", "the most frequent transcript": facts["most_frequent"]}
        return {name: figures_of_transcripts(true, [text] * len(true)) for name, text in said.items()}

    def _explained(self, facts: Facts) -> Asked:
        names = [*TextTargets(_transcripts(facts).vocabulary).names, "the blank"]
        return Asked.of(names, what="likeliest token of the frame")._replace(step=_surest)

    def _watched(self, facts: Facts) -> str:
        return "word_error_rate"

    def _finish(self, facts: Facts, module: nn.Module, held_out: HeldOut) -> Facts:
        settings = self._settled(facts)
        if settings.language_model is None or None not in (settings.language_weight, settings.word_bonus):
            return facts
        chosen = self._speller(facts).chosen_fusion(module, held_out.examples, held_out.given.y or [])
        return {**facts, "fusion": chosen}

    def _judge(
        self, facts: Facts, module: nn.Module, baselines: Sequence[Baseline], given: Given, examples: Examples
    ) -> Figures:
        true = given.y or []
        found = [best[0].text for best in self._recognized(facts, module, examples)]
        of_texts = figures_of_transcripts(true, found)
        of_network = measured(self, facts, module, examples).model
        model = of_texts | {name: value for name, value in of_network.items() if name not in of_texts}
        simple = self._simple(facts, baselines, given, examples)
        words = sum(len(text.split()) for text in true)
        figures = Figures(words, "words", model, simple, self._watched(facts))
        return dataclasses.replace(figures, notes=(*_errors(true, found), figures.verdict()))

    def transcribe(self, X: Any, count: int = 1) -> list[list[Recognized]]:
        """For each example what it may say, best first, at most ``count`` texts, each with the times of its words.

        Greedy decoding has one. Of series times are steps, of sounds seconds.
        """
        self._check_fitted("model_")
        given = taken(self, heard(X), None, self.facts_, targets=False)
        return list(self._listen(given, count))

    def predict(self, X: Any) -> list[str]:
        """The text of each example, in their order; how many are given at once changes nothing."""
        return [best[0].text for best in self.transcribe(X)]

    def stream(self, silence: float = 0.6) -> RecognizerStream:
        """What is said while it is said; see :class:`RecognizerStream`."""
        self._check_fitted("model_")
        return self._speller(self.facts_).stream(self.model_, silence)

    def written(self, path: str | Path, top: int = 1) -> Iterator[str]:
        """The texts of the sounds in a folder, or of one sound, as a table (csv): the name of each, and its text; with
        ``top`` above 1 as many, and their scores."""
        self._check_fitted("model_")
        given = taken(self, heard(path), None, self.facts_, targets=False)
        assert isinstance(given.source, Transcribed | Sounds)
        return given.source.written(ranked_columns(list(self._listen(given, top)), top))

    def answered(self, path: str | Path, top: int = 1) -> Iterator[dict[str, Any]]:
        """The same for JSON: of each sound its name, its texts, and the words of the best with their times in
        seconds."""
        self._check_fitted("model_")
        given = taken(self, heard(path), None, self.facts_, targets=False)
        for name, best in zip(given.source.names, self._listen(given, top), strict=True):
            texts = {column: values[0] for column, values in ranked_columns([best], top).items()}
            yield {given.source.one: name, **texts, "words": [word._asdict() for word in best[0].words]}

    def _mistakes(self, given: Given) -> Mistakes:
        from seqloom.tasks.inspecting.written import MOST_WRITTEN, mistakes_of_texts

        some = given.rows(range(min(MOST_WRITTEN, len(given.X))))
        right, said = [[text] for text in some.y or []], [best[0].text for best in self._listen(some, 1)]
        return mistakes_of_texts(excerpts(given), right, said, _inputs(self.facts_).lengths(some.X))

    def _answers(self, facts: Facts, module: nn.Module, batch: Batch) -> list[Any]:
        raise NotImplementedError

    def _listen(self, given: Given, count: int) -> Iterator[list[Recognized]]:
        """The same for examples that were read; a few are in memory at once."""
        steps, first = _inputs(self.facts_).lengths(given.X), 0
        while first < len(steps):
            size = max(1, sum(total <= MOST_STEPS for total in accumulate(steps[first : first + ROWS])))
            examples = self._examples(self.facts_, given.X[first : first + size], None)
            yield from self._recognized(self.facts_, self.model_, examples, count)
            first += size

    def _recognized(
        self, facts: Facts, module: nn.Module, examples: Examples, count: int = 1
    ) -> Iterator[list[Recognized]]:
        speller = self._speller(facts)
        transcripts, seconds = speller.transcripts, frame_steps(module) * speller.step_seconds
        for several in speller.spelt(module, examples, count):
            yield [
                Recognized(
                    transcripts.decode(one.tokens),
                    one.log_probability,
                    one.score,
                    transcripts.timed(one.tokens, one.frames, seconds),
                )
                for one in several
            ]

    def _speller(self, facts: Facts) -> Speller:
        settings = self._settled(facts)
        kind = AttentionSpeller if ARROW in (settings.spec or "") else CTCSpeller
        return kind(settings, _inputs(facts), _transcripts(facts), facts)


def _inputs(facts: Facts) -> Inputs:
    return inputs_from_json(facts["inputs"])


def _transcripts(facts: Facts) -> Transcripts:
    return Transcripts.from_json(facts["transcripts"])


def _surest(scores: Tensor) -> int:
    """The frame of scores (T, K + 1) where a token is likeliest: most frames are blank."""
    return int(scores.softmax(1)[:, :-1].amax(1).argmax())


def _named(item: Any, row: int, y: Sequence[str] | None) -> str:
    """What messages call an example: a sound by its file, a series by its text, or its place."""
    found = getattr(item, "path", None) or getattr(item, "name", None)
    return str(found or (f"row {row:,}" if y is None else repr(y[row][:40])))


def _errors(true: Sequence[str], found: Sequence[str]) -> Iterator[str]:
    """The commonest errors, and some texts with theirs, a line each."""
    pairs = confused(true, found, _SHOWN)
    if pairs:
        yield "Commonest errors: " + ", ".join(f"{a or '+'}→{b or '−'} {count}×" for a, b, count in pairs)
    wrong = [(a, b) for a, b in zip(true, found, strict=True) if a.split() != b.split()]
    yield from (f"  {marked(a, b)}" for a, b in wrong[:_SHOWN])
