"""The files of any model directory, as bytes, and back; whatever is read is checked before it is used."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

import seqloom
from seqloom.errors import ModelFileError, UsageError, warn
from seqloom.storage.run import newest_files

__all__ = [
    "CONFIG",
    "README",
    "WEIGHTS",
    "Config",
    "as_json",
    "check_savable",
    "check_task",
    "config_file",
    "json_object",
    "loaded",
    "read_config",
    "read_newest",
]

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
README = "README.md"
_VERSION = 2
_MOST_CONFIG_BYTES = 1 << 24
_MOST_UNSAVED_NUMBERS = 1 << 27
"""In buffers that are made with a module and not kept with its weights, as the units of one-hot inputs are."""

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")

M = TypeVar("M", bound=nn.Module)


class Config(NamedTuple):
    """What config.json says: the task, the constructor's arguments, what ``fit`` found out, the shape of the module."""

    task: str
    parameters: dict[str, Any]
    learned: dict[str, Any]
    model: dict[str, Any]


def config_file(config: Config) -> dict[str, bytes]:
    """config.json."""
    whole = {"task": config.task, "version": _VERSION, "seqloom": seqloom.__version__} | config._asdict()
    return {CONFIG: as_json(whole)}


def read_newest(path: Path) -> dict[str, bytes]:
    """The files of a model directory, or of a run's newest whole checkpoint; warns of newer ones that are damaged."""
    files, skipped = newest_files(path)
    for reason in skipped:
        warn(f"Passed over a checkpoint: {reason}")
    return dict(files)


def read_config(files: Mapping[str, bytes]) -> Config:
    """config.json, checked as far as this module uses it."""
    config = json_object(files, CONFIG)
    version = config.get("version")
    if type(version) is not int or version < 1:
        raise ModelFileError(f"{CONFIG} is damaged: its version is {str(version)[:40]!r}.")
    if version > _VERSION:
        raise ModelFileError(
            f"{CONFIG} has version {version}, this seqloom reads up to {_VERSION}. Install a newer seqloom."
        )
    task, *parts = [config.get(name) for name in Config._fields]
    if not isinstance(task, str) or not all(isinstance(part, dict) for part in parts):
        raise ModelFileError(f"{CONFIG} is damaged: expected {', '.join(Config._fields)}.")
    return Config(task, *parts)  # type: ignore[arg-type]


def check_task(config: Config, task: str) -> None:
    """Raise ModelFileError for the model of another task."""
    if config.task != task:
        raise ModelFileError(f"{CONFIG}: expected the task {task!r}, found {config.task[:40]!r}.")


def check_savable(module: nn.Module, build: Callable[[], nn.Module]) -> None:
    """Raise UsageError where ``module`` is not what ``build`` makes, so that what is saved would be something else."""
    with torch.device("meta"):
        asked = build().state_dict()
    weights = module.state_dict()
    others = sorted(asked.keys() ^ weights.keys())
    if others:
        raise UsageError(
            f"This model cannot be saved: {others[0]!r} is not what its layers have by themselves. Where weights are "
            "computed (parametrised, normalised, pruned), make them permanent first, as by prune.remove or "
            "parametrize.remove_parametrizations."
        )
    for name, weight in weights.items():
        if (weight.shape, weight.dtype) != (asked[name].shape, asked[name].dtype):
            raise UsageError(
                f"This model cannot be saved: {name!r} has {tuple(weight.shape)} of {weight.dtype}, its layers have "
                f"{tuple(asked[name].shape)} of {asked[name].dtype}. Models are saved in the number format in which "
                "they are made; module.float() brings them back."
            )
    for name, part in module.named_modules():
        if any(vars(part)[hooks] for hooks in _HOOKS):
            raise UsageError(
                f"This model cannot be saved: a hook looks on in {name or 'the whole'!r}, and hooks are code. Take it "
                "off first, by handle.remove(), and register it anew after loading."
            )


def loaded(build: Callable[[], M], files: Mapping[str, bytes]) -> M:
    """The module that ``build`` makes, filled with the weights.

    It is built without memory first: what it asks for must be what model.safetensors holds. ``build`` may fail in any
    way on what config.json says: that a whole one can be built is proven when it is saved.
    """
    tensors = _read_weights(files)
    with torch.device("meta"):
        try:
            described = build()
        except (ModelFileError, MemoryError):
            raise
        except Exception as error:
            raise ModelFileError(
                f"{CONFIG} does not describe a model that can be built: {type(error).__name__}: {error}"
            ) from error
        _check_shapes(described, tensors)
    with torch.random.fork_rng(devices=[]):
        module = build()
    module.load_state_dict(tensors)
    return module.eval()


def json_object(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    """A file that holds a JSON object; ModelFileError for anything else."""
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


def as_json(data: Mapping[str, Any]) -> bytes:
    """Plain data as the content of a file."""
    return json.dumps(data, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass") + b"\n"


def _read_weights(files: Mapping[str, bytes]) -> dict[str, Tensor]:
    if WEIGHTS not in files:
        raise ModelFileError(f"{WEIGHTS} is missing.")
    try:
        tensors: dict[str, Tensor] = load(files[WEIGHTS])
    except (SafetensorError, ValueError) as error:
        raise ModelFileError(f"{WEIGHTS} is damaged: {error}") from error
    return tensors


def _check_shapes(model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
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
    unsaved = sum(buffer.numel() for name, buffer in model.named_buffers() if name not in wanted)
    if unsaved > _MOST_UNSAVED_NUMBERS:
        raise ModelFileError(f"{CONFIG} asks for {unsaved:,} numbers that are no weights, more than any model has.")
