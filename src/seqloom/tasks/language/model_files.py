"""The files of a saved language model, as bytes, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from seqloom.data import Vocabulary, vocabulary_from_json
from seqloom.errors import ModelFileError, UsageError
from seqloom.layers import LearnedEmbedding, OneHot, StepHead, tied_head
from seqloom.models.token_model import TokenModel
from seqloom.tasks.language.bodies import body_from_data, body_to_data
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

__all__ = ["TASK", "VOCABULARY", "WIDEST_ONE_HOT", "describe", "read_model"]

TASK = "language-model"
VOCABULARY = "vocabulary.json"
_WIDEST_EMBEDDING = 1 << 16
WIDEST_ONE_HOT = 1 << 13


def describe(
    model: TokenModel, vocabulary: Vocabulary, parameters: Mapping[str, Any], learned: Mapping[str, Any]
) -> dict[str, bytes]:
    """config.json, vocabulary.json and README.md of a model; UsageError for one that could not be loaded again."""
    embedding = model.embedding
    data = {
        "vocabulary_size": embedding.vocabulary_size,
        "embedding": embedding.out_features if isinstance(embedding, LearnedEmbedding) else None,
        "scale": embedding.scale if isinstance(embedding, LearnedEmbedding) else 1.0,
        "tied": model.tied,
        "dropout": model.dropout.p,
        "body": body_to_data(model.body),
    }
    check_savable(model, lambda: _build(data, embedding.vocabulary_size))
    return config_file(Config(TASK, dict(parameters), dict(learned), data)) | {
        VOCABULARY: as_json(vocabulary.to_json()),
        README: _card(model, vocabulary, parameters, learned).encode(),
    }


def read_model(files: Mapping[str, bytes], config: Config) -> tuple[TokenModel, Vocabulary]:
    """Build the network that config.json describes and fill it with the weights."""
    check_task(config, TASK)
    vocabulary = vocabulary_from_json(json_object(files, VOCABULARY))
    size = config.model.get("vocabulary_size")
    if size != vocabulary.size:
        raise ModelFileError(
            f"{VOCABULARY} has {vocabulary.size} tokens, {CONFIG} says {str(size)[:20]}: they are of different models."
        )
    return loaded(lambda: _build(config.model, vocabulary.size), files), vocabulary


def _build(data: Mapping[str, Any], size: int) -> TokenModel:
    width, dropout = data.get("embedding"), data.get("dropout")
    if width is not None and (type(width) is not int or not 1 <= width <= _WIDEST_EMBEDDING):
        raise ModelFileError(f"{CONFIG}: expected an embedding of 1 to {_WIDEST_EMBEDDING}, found {str(width)[:20]}.")
    if width is None and size > WIDEST_ONE_HOT:
        raise ModelFileError(f"{CONFIG}: {size:,} tokens are too many for one-hot inputs.")
    if not isinstance(dropout, int | float):
        raise ModelFileError(f"{CONFIG}: expected dropout to be a number.")
    scale, tied = data.get("scale", 1.0), data.get("tied", False)
    if not isinstance(scale, int | float) or not 0 < scale < math.inf or type(tied) is not bool:
        raise ModelFileError(f"{CONFIG}: the scale of the embedding, or whether it is tied, is damaged.")
    try:
        embedding = OneHot(size) if width is None else LearnedEmbedding(size, width, scale)
        body = body_from_data(data.get("body"), embedding.out_features)
        if tied and isinstance(embedding, LearnedEmbedding):
            return TokenModel(embedding, body, tied_head(embedding), dropout)
        return TokenModel(embedding, body, StepHead(body.out_features, size), dropout)
    except UsageError as error:
        raise ModelFileError(f"{CONFIG} describes a model that cannot be built: {error}") from error


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
