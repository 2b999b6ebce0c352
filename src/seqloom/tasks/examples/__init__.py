"""The frame of tasks over examples: an estimator, its fit, files and figures; a new task is one short file on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqloom.lazy import lazily

if TYPE_CHECKING:
    from seqloom.tasks.examples.estimator import ExampleEstimator
    from seqloom.tasks.examples.going_on import Rows
    from seqloom.tasks.examples.settings import ExampleSettings
    from seqloom.tasks.examples.values import Examples, Given

__all__ = ["ExampleEstimator", "ExampleSettings", "Examples", "Given", "Rows"]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "ExampleEstimator": "seqloom.tasks.examples.estimator",
        "ExampleSettings": "seqloom.tasks.examples.settings",
        "Examples": "seqloom.tasks.examples.values",
        "Given": "seqloom.tasks.examples.values",
        "Rows": "seqloom.tasks.examples.going_on",
    },
)
