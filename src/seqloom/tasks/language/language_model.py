"""A language model: learns from text what comes next, then scores text and writes it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from seqloom.data import Boundaries, Vocabulary
from seqloom.decoding import BeamSearch, Sampling
from seqloom.errors import UsageError
from seqloom.inspection.traced.observable import Reading
from seqloom.models.token_model import TokenModel
from seqloom.settings import Settings, take
from seqloom.tasks.arguments import refuse_answers, whole_number
from seqloom.tasks.estimator import Estimator
from seqloom.tasks.language.baselines import Baselines
from seqloom.tasks.language.evaluation import Evaluation
from seqloom.tasks.language.files import Fitted, read_fitted, save_files
from seqloom.tasks.language.generation import Beam, encode_prompt, generate, likeliest, opening
from seqloom.tasks.language.measuring import measure
from seqloom.tasks.language.model_files import TASK
from seqloom.tasks.language.scoring import read_prompts, read_texts, surprisals
from seqloom.tasks.language.settings import LanguageSettings
from seqloom.tasks.language.surprise import Unit, watch_of
from seqloom.tasks.language.text_score import TextScore
from seqloom.tasks.language.texts import Data, encode
from seqloom.tasks.language.writing import Writing
from seqloom.tasks.memory import enough_memory, loading
from seqloom.tasks.model_directory import read_newest
from seqloom.tasks.watching.watcher import Watcher
from seqloom.training.evaluation import Watch
from seqloom.training.log import History
from seqloom.training.progress import Progress
from seqloom.training.settings import TrainingSettings

if TYPE_CHECKING:
    from seqloom.inspection.embeddings import TokenVectors
    from seqloom.inspection.errors import Mistakes
    from seqloom.tasks.inspecting.subject import Subject

__all__ = ["LanguageModel"]

_PREVIEW = Sampling(temperature=0.8)


class LanguageModel(Estimator):
    """p(text) = Π_t p(x_t | x_1 … x_{t-1}), each factor from a recurrent network over characters, bytes or
    words.

    ``spec`` says which layers (``"2*lstm(256)"``), ``tokens`` what one token is, ``document`` where one text
    ends and the next begins; ``reset`` whether the state begins afresh there (None: if there are many),
    ``start`` what the first token is predicted from. ``embedding`` is a width, ``"one-hot"``, or None for a
    width by the vocabulary; ``tied`` makes its table the head's weight too (Press & Wolf, 2017). Attention without a
    window of its own sees the last ``window`` tokens, as far as gradients flow. ``fit`` learns ``model_`` (a
    TokenModel), ``vocabulary_``, ``history_``, ``baselines_`` and ``validation_`` (the evaluation of the part held
    out).

    >>> from seqloom.training.settings import TrainingSettings
    >>> model = LanguageModel("gru(8)", window=4, training=TrainingSettings(epochs=1, device="cpu"))
    >>> model.fit(["abcabcabcabc"], validation=0.0).vocabulary_.size
    5
    >>> [row for row, piece in model.generate(["a"], length=2)]
    [0, 0]
    """

    task: ClassVar[str] = TASK
    settings: ClassVar[type[Settings]] = LanguageSettings
    records: ClassVar[Mapping[str, type[Settings]]] = {"training": TrainingSettings}
    document: str
    model_: TokenModel
    vocabulary_: Vocabulary
    history_: History
    baselines_: Baselines
    validation_: Evaluation
    reset_: bool
    _boundaries: Boundaries
    _fingerprint: str
    _share: float | None
    _calibrations: Mapping[str, Any]

    def fit(
        self,
        X: Data,
        y: None = None,
        validation: float | Data = 0.1,
        *,
        start_from: str | Path | LanguageModel | None = None,
        run: str | Path | None = None,
        resume: bool = False,
        force: bool = False,
        preview: int = 0,
        progress: bool | Progress | None = None,
    ) -> Self:
        """Learn from a text: the path of a file or folder, a list of paths, or a list of texts, each a document.
        ``y`` is None: what comes next stands in the text.

        ``validation`` is the share held out to judge by, or a text of its own; 0 holds out nothing. Of one stream it
        is the end; documents that each begin afresh are drawn by the seed, and learned from in an order drawn anew
        for each epoch. At most 262,144 tokens are held out. What is held out also chooses the weights, the best of
        all evaluations. The vocabulary is that of all of ``X``, so for words a validation text of its own shows
        what ``<unk>`` costs. ``start_from`` is a trained model of the same settings, or its directory, to go on from
        with its vocabulary: it stays as it is, and its score stands among the baselines. With ``run``, a directory,
        training is checkpointed there: ``resume`` continues it, ``force`` begins it anew. ``preview`` tokens of text
        are shown at each evaluation. ``progress`` True or False shows or hides the progress bar (None: shown on a
        terminal).
        """
        from seqloom.tasks.language.fit import LanguageTask
        from seqloom.tasks.task import carry_out

        refuse_answers(y)
        preview = whole_number("preview", preview, 0)
        shown = (lambda fitted: self._preview(fitted, preview)) if preview else None
        task = LanguageTask.of(self._settings(), X, validation, shown, start_from)
        self._take(carry_out(task, None if run is None else Path(run), resume, force, progress))
        return self

    def score(self, X: Data, y: None = None) -> float:
        """−nats per token of a text: the higher the better."""
        refuse_answers(y)
        return -self._measure(X).nats_per_token

    def evaluate(self, X: Data, y: None = None, *, progress: Watch | None = None) -> Evaluation:
        """Every figure of a text, with the baselines beside it.

        The text is one stream with the state carried (or reset at documents, as in training), so the score is
        exact. A stream of more than a million tokens is read as 16 parts at once, each of which begins
        afresh.
        """
        refuse_answers(y)
        return self._measure(X, progress)

    def log_probability(self, text: str, *, context: str = "", end: bool | None = None) -> float:
        """ln p(text | context): see :meth:`score_texts`."""
        return self.log_probabilities([text], context=context, end=end)[0]

    def log_probabilities(self, texts: Iterable[str], *, context: str = "", end: bool | None = None) -> list[float]:
        """:meth:`log_probability` of many texts, in batches."""
        return [score.log_probability for score in self.score_texts(texts, context=context, end=end)]

    def rank(self, sentences: Iterable[str], *, context: str = "", end: bool | None = None) -> list[tuple[str, float]]:
        """Sentences with their log-probabilities, the likeliest first."""
        scores = self.score_texts(sentences, context=context, end=end)
        return sorted(((score.text, score.log_probability) for score in scores), key=lambda pair: -pair[1])

    def surprisal(
        self, text: str, *, context: str = "", end: bool | None = None, by_word: bool = False
    ) -> list[tuple[str, float]]:
        """Each token of a text with its −ln p, or each word (:meth:`TextScore.by_word`); the sum is −ln p(text)."""
        (score,) = self.score_texts([text], context=context, end=end)
        return score.by_word() if by_word else score.by_token()

    def score_texts(self, texts: Iterable[str], *, context: str = "", end: bool | None = None) -> list[TextScore]:
        """How probable each text is, with the figures of its tokens.

        ln p(text | context) = Σ_t ln p(x_t | start, context, x_1 … x_{t-1}). The context is read, not scored; text and
        context are cut into tokens each by itself. With ``end`` the ``<eos>`` after the text is its last token, and p
        sums to 1 over all texts; without it p is that of all texts that begin so. None scores the end where the model
        learned from more than one document: one long text does not teach where texts end. ``start`` is where
        :meth:`generate` begins too: in a model of one long text a newline follows it, if that text had any, so that
        every text begins a line. Raises UsageError for a string where texts are expected.
        """
        self._check_fitted("model_")
        if isinstance(texts, str):
            raise UsageError(f"texts: expected several texts, got one string. Give a list: [{texts[:20]!r}].")
        scored, vocabulary = list(texts), self.vocabulary_
        for place, text in enumerate(scored):
            if not isinstance(text, str):
                raise UsageError(f"texts: expected texts, got {text!r} as number {place}.")
        last = [vocabulary.eos] if self._ends(end) else []
        rows = [vocabulary.encode(text) + last for text in scored]
        nats = surprisals(self.model_, [*opening(self._fitted()), *vocabulary.encode_start(context)], rows)
        return [TextScore(vocabulary, *one) for one in zip(scored, rows, nats, strict=True)]

    def watch(self, rate: float | None = None, calibrate: Data | None = None, unit: str = "line") -> Watcher:
        """The surprise of each line, or each ``unit`` "token", as it comes, and alarms at a false-alarm ``rate``, by
        what was held out or by the usual text ``calibrate``; see :class:`TextSurprises` and :class:`Watcher`."""
        self._check_fitted("model_")
        return watch_of(self, Unit(unit), rate, calibrate)

    def next_probabilities(self, prefix: str = "", *, ignore_unknown: bool = False) -> list[tuple[str, float]]:
        """Every token with its probability of coming after ``prefix``, the likeliest first."""
        self._check_fitted("model_")
        row = [*opening(self._fitted()), *encode_prompt(self.vocabulary_, prefix, ignore_unknown)]
        logits, _ = read_prompts(self.model_.eval(), [row])
        probabilities, tokens = logits[0].cpu().double().softmax(-1).sort(descending=True, stable=True)
        pieces = [self.vocabulary_.piece(token) for token in tokens.tolist()]
        return list(zip(pieces, probabilities.tolist(), strict=True))

    def generate(
        self,
        prompts: str | Sequence[str] = "",
        length: int = 500,
        *,
        sampling: Sampling | None = None,
        stop: bool | None = None,
        stop_at: str | Sequence[str] = (),
        ignore_unknown: bool = False,
    ) -> Writing:
        """Continue the prompts, yielding ``(row, piece)`` as the text is drawn, as ``sampling`` says (default:
        as ``Sampling()`` does).

        A text ends after ``length`` tokens, right before the first of the strings ``stop_at`` in what was written, or
        with ``stop`` at ``<eos>``, which never comes without; ``endings`` of what is returned says which it was. None
        stops where the model learned from more than one document: one long text does not teach where texts end, nor
        how they begin, so there every text begins a line (after a newline that is not yielded, if the text had any).
        ``<unk>`` never comes. ``ignore_unknown`` leaves out of the prompts what the model has never seen. Row 0 draws
        from the seed of ``sampling``, row k from ``seqloom.decoding.seed_of_row(seed, k)``, whatever rows stand beside
        it: its prompt alone with that seed gives the same text, and another seed shares no row. Raises UsageError for
        what is out of range, and for a prompt that holds what the model has never seen.
        """
        self._check_fitted("model_")
        length = whole_number("length", length, 0)
        rows = [encode_prompt(self.vocabulary_, text, ignore_unknown) for text in _several(prompts)]
        drawn: Sampling = take("sampling", Sampling.as_kind(), sampling)
        return generate(self._fitted(), rows, drawn, length, self._ends(stop), _several(stop_at))

    def beam_search(
        self,
        prompt: str = "",
        length: int = 100,
        *,
        search: BeamSearch | None = None,
        stop: bool | None = None,
        ignore_unknown: bool = False,
    ) -> list[Beam]:
        """The likeliest continuations of a prompt, the best first, as ``search`` says (default: ``BeamSearch()``).

        ``stop``, ``ignore_unknown`` and the beginning are as for :meth:`generate`; without ``stop`` all have ``length``
        tokens.
        """
        self._check_fitted("model_")
        row, ends = encode_prompt(self.vocabulary_, prompt, ignore_unknown), self._ends(stop)
        searched: BeamSearch = take("search", BeamSearch.as_kind(), search)
        return likeliest(self._fitted(), row, searched, whole_number("length", length, 0), ends)

    def subject(self, X: Data, y: None = None) -> Subject:
        """The model over windows of a text, as an inspection looks at it."""
        from seqloom.tasks.language.subject import subject_of

        refuse_answers(y)
        self._check_fitted("model_")
        settings = self._settings()
        subject = subject_of(self._fitted(), encode(X, self.vocabulary_, settings.document, None))
        return subject if self.reset_ else dataclasses.replace(subject, window=settings.window)

    def mistakes(self, X: Data, y: None = None) -> Mistakes:
        """Where the loss of a text is, beside that of the n-gram models."""
        from seqloom.tasks.language.mistakes import mistakes_of_stream

        refuse_answers(y)
        self._check_fitted("model_")
        return mistakes_of_stream(self._fitted(), encode(X, self.vocabulary_, self._settings().document, None))

    def token_vectors(self) -> list[TokenVectors]:
        """The table of vectors that tokens are read by; none of one-hot vectors."""
        from seqloom.tasks.language.vectors import vectors_of

        self._check_fitted("model_")
        return vectors_of(self._fitted())

    def observable(self, X: str | Sequence[str], y: None = None) -> Reading:
        """The module and how it reads texts, each from the start: for ``seqloom.inspection.trace``."""
        refuse_answers(y)
        self._check_fitted("model_")
        start = opening(self._fitted())
        return read_texts(
            self.model_, self.vocabulary_, [[*start, *self.vocabulary_.encode(text)] for text in _several(X)]
        )

    def save(self, path: str | Path) -> None:
        """Write a model directory, all at once; one that is there is replaced. No pickles."""
        self._check_fitted("model_")
        save_files(Path(path), self._settings(), self._fitted())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a model directory, or the newest whole model of a run directory.

        A newer checkpoint that is damaged is passed over with a warning. Raises ModelFileError when no model is there
        that can be trusted.
        """
        with loading(path):
            return cls.from_files(read_newest(Path(path)))

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Self:
        """The same from the files of a directory that has proven whole."""
        parameters, fitted = read_fitted(files)
        model = cls(**parameters)
        model._take(fitted)
        return model

    def _settings(self) -> LanguageSettings:
        return LanguageSettings.from_mapping(self.get_params(deep=False))

    def _take(self, fitted: Fitted) -> None:
        self.model_, self.vocabulary_, self.reset_ = fitted.model, fitted.vocabulary, fitted.boundaries.reset
        self._boundaries, self._fingerprint, self._share = fitted.boundaries, fitted.fingerprint, fitted.share
        self.baselines_, self._calibrations = fitted.baselines, fitted.calibrations
        for name, value in (("history_", fitted.history), ("validation_", fitted.validation)):
            vars(self).pop(name, None)
            if value is not None:
                setattr(self, name, value)

    def _preview(self, fitted: Fitted, length: int) -> str:
        """Some text by what is learned so far."""
        model = type(self)(**self.get_params(deep=False))
        model._take(fitted)
        training = fitted.model.training
        try:
            return "".join(piece for _, piece in model.generate(length=length, sampling=_PREVIEW))
        finally:
            fitted.model.train(training)

    def _fitted(self) -> Fitted:
        history, validation = getattr(self, "history_", None), getattr(self, "validation_", None)
        learned = (self.model_, self.vocabulary_, self.baselines_, self._boundaries)
        fitted = Fitted(*learned, history, validation, self._fingerprint, self._share)
        return fitted._replace(calibrations=self._calibrations)

    def _ends(self, wish: bool | None) -> bool:
        """Whether ``<eos>`` is a token of texts: as wished, or if the model could learn it."""
        return self._boundaries.ends if wish is None else wish

    def _measure(self, X: Data, watch: Watch | None = None) -> Evaluation:
        self._check_fitted("model_")
        settings = self._settings()
        with enough_memory("Measure on a shorter text, or close other programs."):
            stream = encode(X, self.vocabulary_, settings.document, None)
            return measure(self._fitted(), stream, watch)


def _several(texts: str | Sequence[str]) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)
