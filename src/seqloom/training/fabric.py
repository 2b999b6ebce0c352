"""Lightning Fabric: the device and the precision, without its chatter."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from seqloom.errors import UsageError
from seqloom.training.ranks import ALONE, Ranks
from seqloom.training.settings import Precision, TrainingSettings

if TYPE_CHECKING:
    from lightning_fabric import Fabric

__all__ = ["open_fabric", "pick_device", "quiet"]


def open_fabric(settings: TrainingSettings, ranks: Ranks = ALONE) -> Fabric:
    """Return a launched Fabric for one process on the device that the settings name ("auto": a GPU if there is one).

    Of several processes each has one of its own, which knows of no other (``ranks`` joins them).

    >>> open_fabric(TrainingSettings(device="cpu")).device
    device(type='cpu')
    """
    from lightning_fabric import Fabric
    from lightning_fabric.plugins.environments.lightning import LightningEnvironment

    device = pick_device(settings, ranks)
    with quiet():
        fabric = Fabric(
            accelerator=device.type,
            devices=[device.index or 0] if device.type == "cuda" else 1,
            precision=settings.precision.value,
            plugins=[LightningEnvironment()],
        )
        fabric.launch()
    return fabric


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Lightning's hints and notices from the user's screen."""
    logger = logging.getLogger("lightning_fabric")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def pick_device(settings: TrainingSettings, ranks: Ranks = ALONE) -> torch.device:
    """Return the device that the settings name; ``UsageError`` where torch has no such one, or too few of them.

    Of several processes on a machine each takes a GPU of its own.
    """
    automatic = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(automatic if settings.device == "auto" else settings.device)
    count = torch.cuda.device_count()
    if device.type == "cuda" and (device.index or 0) >= count:
        raise UsageError(f"device: {settings.device} was asked for; torch sees {count} GPUs.")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise UsageError("device: mps was asked for; torch sees no Apple GPU.")
    if device.type == "mps" and settings.precision is Precision.BFLOAT16:
        raise UsageError("precision: bf16-mixed needs a CPU or a CUDA device, not mps.")
    return device if ranks.size == 1 or device.type == "cpu" else _own_gpu(settings.device, count, ranks)


def _own_gpu(device: str, count: int, ranks: Ranks) -> torch.device:
    number, processes = ranks.local
    if device == "mps":
        raise UsageError("device: mps takes one process. Start one, without torchrun, or choose the device cpu.")
    if ":" in device:
        raise UsageError(f"device: {device} is one GPU for {processes} processes. Say cuda: each takes one of its own.")
    if processes > count:
        raise UsageError(
            f"device: {processes} processes need a GPU each, torch sees {count}. Start so many, or choose the device"
            " cpu."
        )
    return torch.device("cuda", number)
