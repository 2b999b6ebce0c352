"""A language model: learns from text what comes next, then scores text and writes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self

from seqloom.data import Document, Start, Tokens, Vocabulary
from seqloom.data.lanes import ZERO
from seqloom.errors import UsageError
from seqloom.models.token_model import TokenModel
from seqloom.tasks.baselines import Baselines
from seqloom.tasks.estimator import Estimator
from seqloom.tasks.evaluation import Evaluation
from seqloom.tasks.generation import Beam, encode_prompt, generate, is_one_stream, make_filters, new_text, search
from seqloom.tasks.language_files import Fitted, load_files, save_files
from seqloom.tasks.language_settings import Body, LanguageSettings
from seqloom.tasks.measuring import measure
from seqloom.tasks.memory import enough_memory
from seqloom.tasks.scoring import read_prompts, surprisals
from seqloom.tasks.texts import Data, Progress, encode, workplace
from seqloom.training.log import History
from seqloom.training.progress import Progress as TrainingProgress
from seqloom.training.settings import TrainingSettings

__all__ = ["LanguageModel"]

_ROWS = 32


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

    model_: TokenModel
    vocabulary_: Vocabulary
    history_: History
    baselines_: Baselines
    validation_: Evaluation
    reset_: bool

    def __init__(
        self,
        spec: Body | None = "lstm(256)",
        tokens: str | Tokens | Vocabulary = "characters",
        document: str | Document = "file",
        reset: bool | None = None,
        start: str | Start = "eos",
        minimum_count: int = 1,
        vocabulary_size: int | None = None,
        embedding: int | str | None = None,
        tied: bool = False,
        dropout: float = 0.1,
        batch_size: int = 32,
        window: int = 128,
        training: TrainingSettings | None = None,
    ) -> None:
        self.spec = spec
        self.tokens = tokens
        self.document = document
        self.reset = reset
        self.start = start
        self.minimum_count = minimum_count
        self.vocabulary_size = vocabulary_size
        self.embedding = embedding
        self.tied = tied
        self.dropout = dropout
        self.batch_size = batch_size
        self.window = window
        self.training = training

    def fit(
        self,
        data: Data,
        validation: float | Data = 0.1,
        *,
        run: str | Path | None = None,
        resume: bool = False,
        force: bool = False,
        progress: bool | TrainingProgress | None = None,
    ) -> Self:
        """Learn from a text: the path of a file or folder, a list of paths, or a list of texts, each a document.

        ``validation`` is the share held out at the end, or a text of its own; 0 holds out nothing. The
        vocabulary is that of all of ``data``, so for words a validation text of its own shows what ``<unk>``
        costs. With ``run``, a directory, training is checkpointed there: ``resume`` continues it, ``force``
        begins it anew. ``progress`` True or False shows or hides the progress bar (None: shown on a
        terminal).
        """
        from seqloom.tasks.language_fit import fit

        place = None if run is None else Path(run)
        fitted = fit(self._settings(), data, validation, place, resume, force, progress)
        self._take(fitted)
        return self

    def score(self, data: Data) -> float:
        """−nats per token of a text: the higher the better."""
        return -self._measure(data, None).nats_per_token

    def evaluate(self, data: Data, progress: Progress | None = None) -> Evaluation:
        """Every figure of a text, with the baselines beside it.

        The text is one stream with the state carried (or reset at documents, as in training), so the score is
        exact. A stream of more than a million tokens is read as 16 parts at once, each of which begins
        afresh.
        """
        self._check_fitted("model_")
        return self._measure(data, self.baselines_, progress)

    def log_probability(self, text: str) -> float:
        """ln p(text), the end of the document included; over all texts the probabilities sum to 1."""
        return self.log_probabilities([text])[0]

    def log_probabilities(self, texts: Iterable[str]) -> list[float]:
        """:meth:`log_probability` of many texts, in batches."""
        rows = [self._encoded(text) for text in texts]
        found = [0.0] * len(rows)
        order = sorted(range(len(rows)), key=lambda k: len(rows[k]))
        for begin in range(0, len(order), _ROWS):
            batch = order[begin : begin + _ROWS]
            nats = surprisals(self.model_, self._start_token(), [rows[k] for k in batch])
            for k, row in zip(batch, nats, strict=True):
                found[k] = -float(row.sum())
        return found

    def surprisal(self, text: str) -> list[tuple[str, float]]:
        """Each token of a text with its −ln p; the last is the end of the document."""
        row = self._encoded(text)
        (nats,) = surprisals(self.model_, self._start_token(), [row])
        return list(zip(map(self.vocabulary_.piece, row), nats.tolist(), strict=True))

    def next_probabilities(self, prefix: str = "") -> list[tuple[str, float]]:
        """Every token with its probability of coming after ``prefix``, the likeliest first."""
        self._check_fitted("model_")
        prompt = encode_prompt(self.vocabulary_, prefix)
        logits, _ = read_prompts(self.model_.eval(), [[self._start_token(), *prompt]])
        probabilities, tokens = logits[0].cpu().double().softmax(-1).sort(descending=True, stable=True)
        pieces = [self.vocabulary_.piece(token) for token in tokens.tolist()]
        return list(zip(pieces, probabilities.tolist(), strict=True))

    def rank(self, sentences: Iterable[str]) -> list[tuple[str, float]]:
        """Sentences with their log-probabilities, the likeliest first."""
        texts = list(sentences)
        return sorted(zip(texts, self.log_probabilities(texts), strict=True), key=lambda pair: -pair[1])

    def generate(
        self,
        prompts: str | Sequence[str] = "",
        length: int = 500,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        repetition_penalty: float = 1.0,
        seed: int = 0,
        stop: bool | None = None,
    ) -> Iterator[tuple[int, str]]:
        """Continue the prompts, yielding ``(row, piece)`` as the text is drawn.

        A text ends after ``length`` tokens, or with ``stop`` at ``<eos>``, which never comes without. None stops
        where the model learned from more than one document: one long text does not teach where texts end, nor how
        they begin, so there an empty prompt begins a line (after a newline that is not yielded, if the text had any).
        Temperature 0 takes the likeliest token at every step; ``<unk>`` never comes. Row k draws from seed + k,
        whatever rows stand beside it, so it equals the same prompt alone with that seed. Raises UsageError for what
        is out of range, and for a prompt that holds what the model has never seen.
        """
        self._check_fitted("model_")
        texts = [prompts] if isinstance(prompts, str) else list(prompts)
        if length < 0:
            raise UsageError(f"length: expected a whole number of at least 0, got {length}.")
        ends = self._stops(stop)
        filters = make_filters(self.vocabulary_, temperature, top_k, top_p, repetition_penalty, ends)
        rows = [self._prompt(text) for text in texts]
        seeds = [seed + row for row in range(len(rows))]
        return generate(self.model_, self.vocabulary_, self._start_token(), rows, filters, seeds, length, ends)

    def beam_search(
        self,
        prompt: str = "",
        length: int = 100,
        *,
        width: int = 5,
        length_penalty: float = 0.0,
        stop: bool | None = None,
    ) -> list[Beam]:
        """The likeliest continuations of a prompt, the best first; ``length_penalty`` above 0 favours long ones.

        ``stop`` and an empty prompt are as for :meth:`generate`; without ``stop`` all have ``length`` tokens.
        """
        self._check_fitted("model_")
        start, row, ends = self._start_token(), self._prompt(prompt), self._stops(stop)
        return search(self.model_, self.vocabulary_, start, row, width, length, length_penalty, ends)

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
        parameters, fitted = load_files(Path(path))
        model = cls(**parameters)
        model._take(fitted)
        return model

    def _settings(self) -> LanguageSettings:
        return LanguageSettings.read(self.get_params(deep=False))

    def _take(self, fitted: Fitted) -> None:
        self.model_, self.vocabulary_, self.reset_ = fitted.model, fitted.vocabulary, fitted.reset
        self._text = fitted.text
        self.baselines_ = fitted.baselines
        if fitted.history is not None:
            self.history_ = fitted.history
        if fitted.validation is not None:
            self.validation_ = fitted.validation

    def _fitted(self) -> Fitted:
        history, validation = getattr(self, "history_", None), getattr(self, "validation_", None)
        return Fitted(self.model_, self.vocabulary_, self.baselines_, self.reset_, history, validation, self._text)

    def _start_token(self) -> int:
        return self.vocabulary_.eos if self._settings().start is Start.EOS else ZERO

    def _stops(self, stop: bool | None) -> bool:
        return not is_one_stream(self.vocabulary_, self.baselines_) if stop is None else stop

    def _prompt(self, text: str) -> list[int]:
        return encode_prompt(self.vocabulary_, text) or new_text(self.vocabulary_, self.baselines_)

    def _encoded(self, text: str) -> list[int]:
        """The ids of a document, its end included."""
        self._check_fitted("model_")
        return [*self.vocabulary_.encode(text), self.vocabulary_.eos]

    def _measure(self, data: Data, baselines: Baselines | None, progress: Progress | None = None) -> Evaluation:
        self._check_fitted("model_")
        settings = self._settings()
        with enough_memory("Measure on a shorter text, or close other programs."), workplace(None) as place:
            stream = encode(data, self.vocabulary_, settings.document, place / "text.ids")
            return measure(self.model_, self.vocabulary_, stream, self.reset_, settings.start, baselines, progress)
