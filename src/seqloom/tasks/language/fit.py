"""Learning a language model: vocabulary, windows, network, baselines, and the score of the part held out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any, Self, cast

from seqloom.data import Boundaries, TokenStream
from seqloom.errors import UsageError, warn
from seqloom.tasks.examples.going_on import refuse_other_settings, trained
from seqloom.tasks.language.baselines import Baselines
from seqloom.tasks.language.evaluation import Evaluation
from seqloom.tasks.language.files import Fitted, differences, model_files, parameters_of, read_fitted
from seqloom.tasks.language.given import source_of
from seqloom.tasks.language.held_out import divide
from seqloom.tasks.language.measuring import measure, score_in_time
from seqloom.tasks.language.settings import LanguageSettings
from seqloom.tasks.language.surprise import kept_calibrations
from seqloom.tasks.language.texts import Data, encode, lanes_for, learn
from seqloom.tasks.language.without_effect import without_effect
from seqloom.tasks.task import Prepared, Task, refuse_another_model, with_seed
from seqloom.training.evaluation import Watch
from seqloom.training.log import History
from seqloom.training.objectives import NextToken
from seqloom.training.problem import Problem
from seqloom.training.settings import TrainingSettings

__all__ = ["LanguageTask"]

_LONGEST_LANE = 1 << 18
_JUDGED = 1 << 17
_QUICK = 4
"""Where time is short, alarms are calibrated by one in so many of the tokens that were scored."""


@dataclass(frozen=True)
class LanguageTask(Task[Fitted]):
    """A language model on a text; see :meth:`seqloom.tasks.LanguageModel.fit`.

    ``preview_of`` writes text with what is learned so far. ``before`` is what the run had learned that is resumed,
    ``start_from`` a trained model to go on from with other text, or its directory.
    """

    settings: LanguageSettings
    data: Data
    validation: float | Data
    preview_of: Callable[[Fitted], str] | None = None
    start_from: Any = None
    before: Fitted | None = None
    run: Path | None = None

    advice = "Choose a smaller batch_size, window, vocabulary_size or spec."

    @classmethod
    def of(
        cls,
        settings: LanguageSettings,
        data: Data,
        validation: float | Data,
        preview_of: Callable[[Fitted], str] | None,
        start_from: Any = None,
    ) -> Self:
        """The task, once what was given proves to be text; warns of arguments that have no effect."""
        source = source_of(data)
        for sentence in without_effect(settings, source, _share(validation) == 0, preview_of is not None):
            warn(sentence)
        return cls(settings, source, validation, preview_of, start_from)

    @property
    def training(self) -> TrainingSettings:
        return self.settings.training

    def resuming(self, path: Path, files: Mapping[str, bytes]) -> Self:
        parameters, before = read_fitted(files)
        refuse_another_model(path, differences(self.settings, parameters, before))
        training = with_seed(self.training, parameters["training"].seed)
        settings = dataclasses.replace(self.settings, training=training)
        return dataclasses.replace(self, settings=settings, before=before, run=path)

    def prepare(self, folder: Path | None, watch: Watch) -> Prepared[Fitted]:
        settings, before = self.settings, self.before
        start = None if before or self.start_from is None else self._start(folder)
        known = before if start is None else start[1]
        vocabulary = learn(self.data, settings, watch) if known is None else known.vocabulary

        def encoded(data: Data) -> TokenStream:
            return encode(data, vocabulary, settings.document, folder, watch)

        whole, share = encoded(self.data), _share(self.validation)
        many = whole.documents > 1
        boundaries = Boundaries(many if settings.reset is None else settings.reset, settings.start, ends=many)
        if start is not None:
            boundaries = start[1].boundaries
        held_out = encoded(cast(Data, self.validation)) if share is None else share
        parts = divide(settings, whole, held_out, boundaries, folder)
        if before is not None:
            self._check_same_text(before.fingerprint, parts.fingerprint)
        baselines = Baselines.fit(parts.learned.ids, vocabulary.size)
        model = settings.build(vocabulary)
        fitted = Fitted(model, vocabulary, baselines, boundaries, fingerprint=parts.fingerprint, share=share)
        remark = parts.remark
        if before is not None:
            fitted = fitted._replace(before=before.before)
        if start is not None:
            model.load_state_dict(start[1].model.state_dict())
            remark = f"{remark} Goes on from {start[0]}, with its {vocabulary.size:,} tokens.".lstrip()
            if parts.held_out is not None:
                found = measure(start[1], parts.held_out, watch, _LONGEST_LANE)
                fitted = fitted._replace(before={start[0]: found.nats_per_token})
        self.files(fitted)
        judged = None if parts.held_out is None else parts.held_out.first(_JUDGED)
        problem = Problem(
            model,
            NextToken(vocabulary.size),
            lanes_for(settings, parts.learned, boundaries, settings.training.seed),
            None if judged is None else lanes_for(settings, judged, boundaries, None),
        )
        return Prepared(fitted._replace(held_out=parts.held_out), problem, remark)

    def files(self, fitted: Fitted) -> dict[str, bytes]:
        return model_files(self.settings, fitted)

    def preview(self, fitted: Fitted) -> str | None:
        return None if self.preview_of is None else self.preview_of(fitted)

    def judge(self, prepared: Prepared[Fitted], history: History, seconds: float | None, watch: Watch) -> Fitted:
        fitted = prepared.fitted._replace(history=history)
        held_out = fitted.held_out
        if held_out is None:
            return fitted

        def score(stream: TokenStream) -> Evaluation:
            return measure(fitted, stream, watch, _LONGEST_LANE)

        found, read = (score(held_out), len(held_out)) if seconds is None else score_in_time(held_out, seconds, score)
        remark = prepared.remark
        if read < len(held_out):
            said = f"Scored: the first {read:,} of the {len(held_out):,} tokens held out, for want of time."
            remark = f"{remark} {said}".lstrip()
        chosen_among = max(1, len(history.column("validation_loss")))
        beside = {**found.baselines, **fitted.before}
        found = dataclasses.replace(found, chosen_among=chosen_among, remark=remark, baselines=beside)
        part = held_out.first(read if seconds is None else read // _QUICK)
        calibrations = kept_calibrations(fitted, self.settings.document, part)
        return fitted._replace(validation=found, held_out=None, calibrations=calibrations)

    def _start(self, folder: Path | None) -> tuple[str, Fitted]:
        """The name of the model to go on from, and what it has learned. UsageError where other settings are given."""
        from seqloom.tasks.language.language_model import LanguageModel

        name, model = trained(LanguageModel, self.start_from, folder)
        fitted = model._fitted()
        refuse_other_settings(name, differences(self.settings, parameters_of(model._settings(), fitted.model), fitted))
        return name, fitted

    def _check_same_text(self, before: str, now: str) -> None:
        if before == now:
            return
        if before.partition(":")[0] == now.partition(":")[0]:
            what = "held out another part of this text, or is of an older seqloom that read documents in another order"
        else:
            what = "was trained on another text"
        raise UsageError(
            f"{self.run} {what}. Resume with the same text and --validation, or replace the run with --force "
            "(in Python force=True)."
        )


def _share(validation: object) -> float | None:
    """The share to hold out, or None for a text of its own."""
    return float(validation) if isinstance(validation, Real) else None
