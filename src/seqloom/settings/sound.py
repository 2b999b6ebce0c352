"""The words with which any task that hears sounds is told how; here, so that they can be listed without the readers."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Normalisation"]


class Normalisation(StrEnum):
    """Over what each band of log-mel frames has mean 0 and deviation 1.

    TRAINING, all recordings of the training part: nothing is lost, and a sound can be answered while it comes.
    RECORDING, each recording by itself: voices, rooms and microphones sound alike, but so do tones that never change.
    """

    RECORDING = "recording"
    TRAINING = "training"
