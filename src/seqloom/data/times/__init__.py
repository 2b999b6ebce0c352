"""Series whose steps have moments: what a table with a time column holds."""

from seqloom.data.times.reading import FILE, TimeColumns, read_timed, read_timed_files
from seqloom.data.times.spacing import Spacing, find_spacing, spacing_from_json
from seqloom.data.times.timed import Covariates, TimedSeries, TimedTable

__all__ = [
    "FILE",
    "Covariates",
    "Spacing",
    "TimeColumns",
    "TimedSeries",
    "TimedTable",
    "find_spacing",
    "read_timed",
    "read_timed_files",
    "spacing_from_json",
]
