"""The laws that every estimator obeys: one public check, and each law by itself."""

from __future__ import annotations

from seqloom.testing.estimators.check import ESTIMATOR_LAWS, check_estimator
from seqloom.testing.estimators.trial import Trial

__all__ = ["ESTIMATOR_LAWS", "Trial", "check_estimator"]
