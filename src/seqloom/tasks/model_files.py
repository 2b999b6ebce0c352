"""The files of a saved language model, as bytes, and back; whatever is read is checked before it is used."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

import seqloom
from seqloom.data import Vocabulary, vocabulary_from_json
from seqloom.errors import ModelFileError, UsageError
from seqloom.layers import LearnedEmbedding, OneHot, StepHead, tied_head
from seqloom.models.token_model import TokenModel
from seqloom.tasks.bodies import body_from_data, body_to_data

__all__ = [
    "CONFIG",
    "VOCABULARY",
    "WEIGHTS",
    "WIDEST_ONE_HOT",
    "Config",
    "describe",
    "read_config",
    "read_model",
]

CONFIG = "config.json"
VOCABULARY = "vocabulary.json"
WEIGHTS = "model.safetensors"
README = "README.md"
_TASK = "language-model"
_VERSION = 1
_WIDEST_EMBEDDING = 1 << 16
WIDEST_ONE_HOT = 1 << 13
_MOST_CONFIG_BYTES = 1 << 24


class Config(NamedTuple):
    """What config.json says: the constructor's arguments, what ``fit`` found out, and the shape of the network."""

    parameters: dict[str, Any]
    learned: dict[str, Any]
    model: dict[str, Any]


def describe(
    model: TokenModel, vocabulary: Vocabulary, parameters: Mapping[str, Any], learned: Mapping[str, Any]
) -> dict[str, bytes]:
    """config.json, vocabulary.json and README.md of a model; UsageError for one that could not be loaded again."""
    embedding = model.embedding
    config: dict[str, Any] = {
        "task": _TASK,
        "version": _VERSION,
        "seqloom": seqloom.__version__,
        "parameters": dict(parameters),
        "learned": dict(learned),
        "model": {
            "vocabulary_size": embedding.vocabulary_size,
            "embedding": embedding.out_features if isinstance(embedding, LearnedEmbedding) else None,
            "scale": embedding.scale if isinstance(embedding, LearnedEmbedding) else 1.0,
            "tied": model.tied,
            "dropout": model.dropout.p,
            "body": body_to_data(model.body),
        },
    }
    _refuse_other_weights(model, config["model"])
    return {
        CONFIG: _json(config),
        VOCABULARY: _json(vocabulary.to_json()),
        README: _card(model, vocabulary, parameters, learned).encode(),
    }


def _refuse_other_weights(model: TokenModel, data: Mapping[str, Any]) -> None:
    with torch.device("meta"):
        asked = _build(data, data["vocabulary_size"]).state_dict()
    others = sorted(asked.keys() ^ model.state_dict().keys())
    if others:
        raise UsageError(
            f"This model cannot be saved: {others[0]!r} is not what its layers have by themselves. Where weights are "
            "computed (parametrised, normalised, pruned), make them permanent first, as by prune.remove or "
            "parametrize.remove_parametrizations."
        )


def read_config(files: Mapping[str, bytes]) -> Config:
    """config.json, checked as far as this module uses it."""
    config = _object(files, CONFIG)
    if config.get("task") != _TASK:
        raise ModelFileError(f"{CONFIG}: expected the task {_TASK!r}, found {str(config.get('task'))[:40]!r}.")
    version = config.get("version")
    if type(version) is not int or version < 1:
        raise ModelFileError(f"{CONFIG} is damaged: its version is {str(version)[:40]!r}.")
    if version > _VERSION:
        raise ModelFileError(
            f"{CONFIG} has version {version}, this seqloom reads up to {_VERSION}. Install a newer seqloom."
        )
    parts = [config.get(name) for name in Config._fields]
    if not all(isinstance(part, dict) for part in parts):
        raise ModelFileError(f"{CONFIG} is damaged: expected {', '.join(Config._fields)}.")
    return Config(*parts)  # type: ignore[arg-type]


def read_model(files: Mapping[str, bytes], config: Config) -> tuple[TokenModel, Vocabulary]:
    """Build the network that config.json describes and fill it with the weights.

    It is built without memory first: what config.json asks for must be what model.safetensors holds.
    """
    vocabulary = vocabulary_from_json(_object(files, VOCABULARY))
    size = config.model.get("vocabulary_size")
    if size != vocabulary.size:
        raise ModelFileError(
            f"{VOCABULARY} has {vocabulary.size} tokens, {CONFIG} says {str(size)[:20]}: they are of different models."
        )
    tensors = _read_weights(files)
    with torch.device("meta"):
        _check_shapes(_build(config.model, vocabulary.size), tensors)
    with torch.random.fork_rng(devices=[]):
        model = _build(config.model, vocabulary.size)
    model.load_state_dict(tensors)
    return model.eval(), vocabulary


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


def _read_weights(files: Mapping[str, bytes]) -> dict[str, Tensor]:
    if WEIGHTS not in files:
        raise ModelFileError(f"{WEIGHTS} is missing.")
    try:
        tensors: dict[str, Tensor] = load(files[WEIGHTS])
    except (SafetensorError, ValueError) as error:
        raise ModelFileError(f"{WEIGHTS} is damaged: {error}") from error
    return tensors


def _check_shapes(model: TokenModel, tensors: Mapping[str, Tensor]) -> None:
    wanted = model.state_dict()
    for name in sorted(set(wanted) ^ set(tensors)):
        verb = "lacks" if name in wanted else "has an unexpected"
        raise ModelFileError(f"{WEIGHTS} {verb} {name[:100]!r}: it does not belong to {CONFIG}.")
    for name, asked in wanted.items():
        tensor = tensors[name]
        if tensor.shape != asked.shape or tensor.dtype != asked.dtype:
            raise ModelFileError(
                f"{WEIGHTS}: {name!r} has {tuple(tensor.shape)} of {tensor.dtype}, {CONFIG} asks for "
                f"{tuple(asked.shape)} of {asked.dtype}."
            )


def _object(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    if name not in files:
        raise ModelFileError(f"{name} is missing.")
    if name == CONFIG and len(files[name]) > _MOST_CONFIG_BYTES:
        raise ModelFileError(f"{name} has {len(files[name]):,} bytes, more than any configuration.")
    try:
        data = json.loads(files[name])
    except (ValueError, RecursionError):
        raise ModelFileError(f"{name} is damaged: it is not JSON.") from None
    if not isinstance(data, dict):
        raise ModelFileError(f"{name} is damaged: expected a JSON object, found {type(data).__name__}.")
    return data


def _json(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass") + b"\n"


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
