"""The laws of layers and of estimators, and kernels held against their equations, for our tests and for yours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqloom.lazy import lazily

if TYPE_CHECKING:
    from seqloom.testing.closeness import assert_close, assert_same_state, tolerance
    from seqloom.testing.estimators import ESTIMATOR_LAWS, Trial, check_estimator
    from seqloom.testing.kernels import Comparison, compare_kernels, known_cells
    from seqloom.testing.laws import check_layer

__all__ = [
    "ESTIMATOR_LAWS",
    "Comparison",
    "Trial",
    "assert_close",
    "assert_same_state",
    "check_estimator",
    "check_layer",
    "compare_kernels",
    "known_cells",
    "tolerance",
]

_HOMES = {
    "seqloom.testing.estimators": ("ESTIMATOR_LAWS", "Trial", "check_estimator"),
    "seqloom.testing.kernels": ("Comparison", "compare_kernels", "known_cells"),
    "seqloom.testing.laws": ("check_layer",),
    "seqloom.testing.closeness": ("assert_close", "assert_same_state", "tolerance"),
}

__getattr__, __dir__ = lazily(__name__, {name: home for home, names in _HOMES.items() for name in names})
