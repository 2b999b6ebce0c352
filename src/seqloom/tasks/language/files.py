"""A fitted language model as files, and back."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from seqloom.data import Boundaries, TokenStream, Vocabulary
from seqloom.errors import ModelFileError, UsageError
from seqloom.layers import parse_spec, spec_of
from seqloom.models.token_model import TokenModel
from seqloom.storage.directory import write_directory
from seqloom.storage.run import METRICS, refuse_run
from seqloom.tasks.language.baselines import Baselines
from seqloom.tasks.language.evaluation import Evaluation
from seqloom.tasks.language.model_files import describe, read_model
from seqloom.tasks.language.settings import LanguageSettings
from seqloom.tasks.model_directory import WEIGHTS, read_config
from seqloom.training.log import History
from seqloom.training.settings import TrainingSettings
from seqloom.training.snapshot import tensor_bytes

__all__ = ["Fitted", "differences", "model_files", "parameters_of", "read_fitted", "save_files"]

BASELINES = "baselines.safetensors"
_ENDS_OF_ONE_TEXT = 2
"""One ``<eos>`` comes before a text and one after it. Models of before 2026-12 do not say whether they learned more."""


class Fitted(NamedTuple):
    """What ``fit`` learned.

    ``fingerprint`` tells the text and its parts from others; ``share`` of it was held out, None where a text of its own
    was. ``held_out`` is that text, until it is scored. ``before`` are the nats per token, by its name, of a model that
    was gone on from. ``calibrations`` of alarms are by the unit of a step.
    """

    model: TokenModel
    vocabulary: Vocabulary
    baselines: Baselines
    boundaries: Boundaries
    history: History | None = None
    validation: Evaluation | None = None
    fingerprint: str = ""
    share: float | None = None
    held_out: TokenStream | None = None
    before: Mapping[str, float] = {}
    calibrations: Mapping[str, Any] = {}


def model_files(settings: LanguageSettings, fitted: Fitted) -> dict[str, bytes]:
    """The files of a model directory, the weights left out."""
    learned: dict[str, Any] = {
        "reset": fitted.boundaries.reset,
        "ends": fitted.boundaries.ends,
        "text_sha256": fitted.fingerprint,
        "held_out": fitted.share,
    }
    if fitted.calibrations:
        learned["calibrations"] = dict(fitted.calibrations)
    if fitted.before:
        learned["before"] = dict(fitted.before)
    if fitted.validation is not None:
        learned |= fitted.validation.to_mapping()
    files = describe(fitted.model, fitted.vocabulary, parameters_of(settings, fitted.model), learned)
    return files | {BASELINES: fitted.baselines.to_bytes()}


def save_files(path: Path, settings: LanguageSettings, fitted: Fitted) -> None:
    """Write a model directory in one step; what seqloom did not write is never replaced."""
    refuse_run(path)
    files = model_files(settings, fitted) | {WEIGHTS: tensor_bytes(fitted.model.state_dict())}
    if fitted.history is not None:
        lines = [json.dumps(record) + "\n" for record in fitted.history.records]
        files[METRICS] = "".join(lines).encode()
    write_directory(path, files)


def read_fitted(files: Mapping[str, bytes]) -> tuple[dict[str, Any], Fitted]:
    """The constructor's arguments and what was learned, from the files of a directory that has proven whole."""
    config = read_config(files)
    parameters = dict(config.parameters)
    try:
        if parameters.get("training") is not None:
            parameters["training"] = TrainingSettings.from_mapping(parameters["training"])
        settings = LanguageSettings.from_mapping(parameters)
    except (UsageError, TypeError, KeyError, AttributeError) as error:
        raise ModelFileError(f"config.json is damaged: {error}") from error
    model, vocabulary = read_model(files, config)
    if BASELINES not in files:
        raise ModelFileError(f"{BASELINES} is missing.")
    baselines = Baselines.from_bytes(files[BASELINES], vocabulary.size)
    reset, fingerprint = config.learned.get("reset"), config.learned.get("text_sha256")
    ends = config.learned.get("ends", baselines.count(vocabulary.eos) > _ENDS_OF_ONE_TEXT)
    if type(reset) is not bool or type(ends) is not bool or not isinstance(fingerprint, str):
        raise ModelFileError("config.json is damaged: reset, ends or text_sha256 is not what it should be.")
    boundaries, share = Boundaries(reset, settings.start, ends), config.learned.get("held_out")
    validation = _validation(config.learned)
    learned = model, vocabulary, baselines, boundaries, None, validation, fingerprint, share, None
    return parameters, Fitted(*learned, _before(config.learned), _calibrations(config.learned))


def differences(settings: LanguageSettings, parameters: Mapping[str, Any], before: Fitted) -> list[str]:
    """What ``settings`` ask for in place of the text, vocabulary and layers of a run that began with ``parameters``."""
    asked = parameters_of(settings, before.model)
    names = ["document", "start", "tokens", "embedding", "tied"]
    if isinstance(settings.tokens, Vocabulary):
        if settings.tokens.fingerprint != before.vocabulary.fingerprint:
            return [f"tokens: the run has another vocabulary of {before.vocabulary.size:,} tokens."]
    else:
        names += ["minimum_count", "vocabulary_size"]
    if isinstance(settings.spec, str) and isinstance(parameters["spec"], str):
        names.append("spec")
        parameters = {**parameters, "spec": str(parse_spec(parameters["spec"]))}
        asked["spec"] = str(parse_spec(settings.spec))
    return [
        f"{name}: the run has {parameters[name]!r}, now {asked[name]!r} is asked for."
        for name in names
        if name in parameters and parameters[name] != asked[name]
    ]


def parameters_of(settings: LanguageSettings, model: TokenModel) -> dict[str, Any]:
    """The arguments of the constructor as plain data."""
    values = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    values["training"] = settings.training.to_mapping()
    values["tokens"] = settings.tokens.kind if isinstance(settings.tokens, Vocabulary) else settings.tokens.value
    values["document"], values["start"] = settings.document.value, settings.start.value
    if not isinstance(settings.spec, str):
        values["spec"] = _words(model)
    return values


def _words(model: TokenModel) -> str | None:
    """The specification that builds the body, where there is one."""
    try:
        return str(spec_of(model.body))
    except UsageError:
        return None


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _before(learned: Mapping[str, Any]) -> dict[str, float]:
    before = learned.get("before", {})
    if not isinstance(before, dict) or not all(isinstance(nats, float) for nats in before.values()):
        raise ModelFileError("config.json is damaged: the score of the model before is no number.")
    return before


def _calibrations(learned: Mapping[str, Any]) -> dict[str, Any]:
    found = learned.get("calibrations", {})
    if not isinstance(found, dict):
        raise ModelFileError("config.json is damaged: its calibrations cannot be read.")
    return found


def _validation(learned: Mapping[str, Any]) -> Evaluation | None:
    if "nats" not in learned:
        return None
    try:
        given = {field.name: learned[field.name] for field in dataclasses.fields(Evaluation) if field.name in learned}
        counts = [given[name] for name in ("tokens", "characters", "lanes")]
        if any(type(count) is not int for count in counts) or counts[0] < 1:
            raise ValueError("expected counts")
        if not isinstance(given.get("remark", ""), str):
            raise TypeError("expected a remark in words")
        baselines = {str(name): _number(nats) for name, nats in given["baselines"].items()}
        given |= {name: _number(given[name]) for name in ("nats", "unknown_share")}
        return Evaluation(**given | {"baselines": baselines})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(f"config.json is damaged: its scores cannot be read ({error}).") from error
