"""Lightning Fabric: the device and the precision, without its chatter."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments.lightning import LightningEnvironment

from seqloom.errors import UsageError
from seqloom.training.settings import Precision, TrainingSettings

__all__ = ["open_fabric", "pick_device", "quiet"]


def open_fabric(settings: TrainingSettings) -> Fabric:
    """Return a launched Fabric for one process on the device that the settings name ("auto": a GPU if there is one).

    >>> open_fabric(TrainingSettings(device="cpu")).device
    device(type='cpu')
    """
    device = pick_device(settings)
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


def pick_device(settings: TrainingSettings) -> torch.device:
    """Return the device that the settings name; ``UsageError`` where torch has no such one."""
    if settings.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(settings.device)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UsageError(f"device: {settings.device} was asked for; torch sees {torch.cuda.device_count()} GPUs.")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise UsageError("device: mps was asked for; torch sees no Apple GPU.")
    if device.type == "mps" and settings.precision is Precision.BFLOAT16:
        raise UsageError("precision: bf16-mixed needs a CPU or a CUDA device, not mps.")
    return device
