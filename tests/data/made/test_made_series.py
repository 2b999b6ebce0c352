"""Made series have the season, the trend and the signal that they are said to have, and else none."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seqloom.data.made.files import KINDS, Example
from seqloom.data.made.series import made_prices, made_series
from seqloom.tasks.forecasting.door import claims_times


def test_a_season_that_grows_with_the_level() -> None:
    values = np.log(made_series(1200, 3))
    yearly = values[12:] - values[:-12]
    assert 0.04 < yearly.mean() < 0.13
    assert yearly.std() < 0.04 < (values[1:] - values[:-1]).std()


def test_prices_tell_of_the_next_step_only_with_a_signal() -> None:
    for signal, expected in ((False, 0.0), (True, 0.05)):
        moves = np.diff(np.log(made_prices(40_000, 0, signal)))
        explained = np.corrcoef(moves[1:], moves[:-1])[0, 1] ** 2
        assert abs(explained - expected) < 0.006, signal
        assert abs(moves.std() - 0.01) < 0.0002


def test_the_forecaster_claims_them(tmp_path: Path) -> None:
    for what, said in ((Example.SERIES, "'sales'"), (Example.PRICES, "'walk', 'signal'")):
        make = KINDS[what].as_file
        assert make is not None
        (tmp_path / "a.csv").write_text(make(120, 0))
        claim = claims_times(tmp_path / "a.csv", {})
        assert claim is not None
        assert said in claim.reason
