"""Figures of answers, and what stands beside them: functions of plain arrays.

``classes``      one label a row                  ``labels``          several labels a row
``numbers``      a number a row                   ``confusion``       which class is taken for which
``calibration``  by temperature                   ``thresholds``      given, or chosen on the validation part
``baselines``    fitted to the training part      ``features``        what they look at
``intervals``    of a difference between them     ``kept_baselines``  baselines in a model directory
``judged``       a model beside its baselines    ``edit_distance``   of transcripts, and which words are wrong
``captions``     CIDEr, BLEU-4, exact match

scikit-learn is imported when a function is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqloom.lazy import lazily

if TYPE_CHECKING:
    from seqloom.tasks.measures.baselines import (
        Baseline,
        baselines_of_classes,
        baselines_of_labels,
        baselines_of_numbers,
    )
    from seqloom.tasks.measures.calibration import temperature_of_classes, temperature_of_labels, tempered
    from seqloom.tasks.measures.classes import calibration_error, figures_of_classes, places_of
    from seqloom.tasks.measures.confusion import confusion_counts, confusion_text
    from seqloom.tasks.measures.intervals import Difference, differences, verdict
    from seqloom.tasks.measures.judged import Judgement, judged_classes, judged_labels, judged_numbers
    from seqloom.tasks.measures.kept_baselines import baseline_files, read_baselines
    from seqloom.tasks.measures.labels import figures_of_labels, indicators
    from seqloom.tasks.measures.numbers import figures_of_numbers
    from seqloom.tasks.measures.thresholds import ThresholdRule, choose_threshold, precision_and_recall

_HOMES = {
    "judged": ("Judgement", "judged_classes", "judged_labels", "judged_numbers"),
    "kept_baselines": ("baseline_files", "read_baselines"),
    "baselines": ("Baseline", "baselines_of_classes", "baselines_of_labels", "baselines_of_numbers"),
    "calibration": ("temperature_of_classes", "temperature_of_labels", "tempered"),
    "classes": ("calibration_error", "figures_of_classes", "places_of"),
    "confusion": ("confusion_counts", "confusion_text"),
    "intervals": ("Difference", "differences", "verdict"),
    "labels": ("figures_of_labels", "indicators"),
    "numbers": ("figures_of_numbers",),
    "thresholds": ("ThresholdRule", "choose_threshold", "precision_and_recall"),
}

__all__ = [
    "Baseline",
    "Difference",
    "Judgement",
    "ThresholdRule",
    "baseline_files",
    "baselines_of_classes",
    "baselines_of_labels",
    "baselines_of_numbers",
    "calibration_error",
    "choose_threshold",
    "confusion_counts",
    "confusion_text",
    "differences",
    "figures_of_classes",
    "figures_of_labels",
    "figures_of_numbers",
    "indicators",
    "judged_classes",
    "judged_labels",
    "judged_numbers",
    "places_of",
    "precision_and_recall",
    "read_baselines",
    "temperature_of_classes",
    "temperature_of_labels",
    "tempered",
    "verdict",
]

__getattr__, __dir__ = lazily(
    __name__, {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}
)
