"""Recordings: series of any number of channels and steps, with labels, in the files that people keep them in."""

from __future__ import annotations

from seqloom.data.series.columns import Columns
from seqloom.data.series.read import read_recordings
from seqloom.data.series.recordings import Recordings

__all__ = ["Columns", "Recordings", "read_recordings"]
