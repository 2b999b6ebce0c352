"""The files of a saved language model, as bytes, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from seqloom.data import Vocabulary, vocabulary_from_json
from seqloom.errors import ModelFileError
from seqloom.models.saved import module_from_data, module_to_data
from seqloom.models.token_model import TokenModel
from seqloom.tasks.language.version_1 import upgraded
from seqloom.tasks.model_directory import (
    CONFIG,
    README,
    Config,
    as_json,
    check_savable,
    check_task,
    config_file,
    json_object,
    loaded,
)

__all__ = ["TASK", "VOCABULARY", "describe", "read_model"]

TASK = "language-model"
VOCABULARY = "vocabulary.json"


def describe(
    model: TokenModel, vocabulary: Vocabulary, parameters: Mapping[str, Any], learned: Mapping[str, Any]
) -> dict[str, bytes]:
    """config.json, vocabulary.json and README.md of a model; UsageError for one that could not be loaded again."""
    data = module_to_data(model)
    check_savable(model, lambda: module_from_data(data, TokenModel))
    return config_file(Config(TASK, dict(parameters), dict(learned), data)) | {
        VOCABULARY: as_json(vocabulary.to_json()),
        README: _card(model, vocabulary, parameters, learned).encode(),
    }


def read_model(files: Mapping[str, bytes], config: Config) -> tuple[TokenModel, Vocabulary]:
    """Build the network that config.json describes and fill it with the weights."""
    check_task(config, TASK)
    vocabulary = vocabulary_from_json(json_object(files, VOCABULARY))
    data = config.model if "kind" in config.model else upgraded(config.model)
    model = loaded(lambda: module_from_data(data, TokenModel), files)
    size = model.embedding.vocabulary_size
    if size != vocabulary.size:
        raise ModelFileError(
            f"{VOCABULARY} has {vocabulary.size} tokens, {CONFIG} says {size}: they are of different models."
        )
    return model, vocabulary


def _card(model: TokenModel, vocabulary: Vocabulary, parameters: Mapping[str, Any], learned: Mapping[str, Any]) -> str:
    weights = sum(parameter.numel() for parameter in model.parameters())
    lines = [
        "# A language model by seqloom",
        "",
        f"- model: `{parameters.get('spec')}`, {weights:,} weights",
        f"- tokens: {vocabulary.kind}, {vocabulary.size:,} of them",
        f"- state: {'reset at each document' if learned.get('reset') else 'carried through the text'}",
    ]
    lines += _figures(learned)
    lines += ["", "```python", "from seqloom import LanguageModel", "", 'model = LanguageModel.load("…")']
    lines += ["for row, piece in model.generate():", '    print(piece, end="")', "```", ""]
    return "\n".join(lines)


def _figures(learned: Mapping[str, Any]) -> list[str]:
    """The scores of the held-out text beside those of the baselines, as a table."""
    scores = {**learned.get("baselines", {}), "this model": learned.get("nats_per_token")}
    tokens_per_character = learned.get("tokens", 0) / (learned.get("characters") or math.nan)
    rows = [
        f"| {name} | {nats * tokens_per_character / math.log(2):.3f} | {nats:.3f} |"
        for name, nats in scores.items()
        if isinstance(nats, float)
    ]
    if not rows:
        return []
    chosen = learned.get("chosen_among", 1)
    remark = ["", f"The weights are the best of {chosen} evaluations on this very text."] if chosen > 1 else []
    return ["", "| held-out text | bits per character | nats per token |", "|---|---|---|", *rows, *remark]
