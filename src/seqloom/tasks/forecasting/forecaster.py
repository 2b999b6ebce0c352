"""What comes next in series of numbers, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from seqloom.data.batch import Batch
from seqloom.data.lazy_rows import LazyRows
from seqloom.data.named import csv_lines
from seqloom.data.times import Covariates, TimedSeries, TimedTable, spacing_from_json
from seqloom.errors import DataError, UsageError, listed, warn
from seqloom.inspection.traced.observable import Reading
from seqloom.layers import CausalLayer, parse_spec
from seqloom.tasks.examples.estimator import Division, ExampleEstimator, Examples, Facts, Given, HeldOut
from seqloom.tasks.examples.observing import observed
from seqloom.tasks.figures import Figures
from seqloom.tasks.forecasting.backtest import Backtest, backtest
from seqloom.tasks.forecasting.columns import Chosen, is_file_or_frame, series_of, table_of_times
from seqloom.tasks.forecasting.forecasts import Forecasts
from seqloom.tasks.forecasting.inputs import Inputs, cycles_for
from seqloom.tasks.forecasting.judging import Comparison
from seqloom.tasks.forecasting.known import (
    ahead_of,
    beside_of,
    check_ahead,
    checked_levels,
    distribution_of,
    inputs_of,
    is_constant,
    key_of,
    seconds_apart,
    sizes_of,
    steps_of,
    width_of,
    written_moment,
)
from seqloom.tasks.forecasting.network import ForecastNetwork, Shape
from seqloom.tasks.forecasting.picks import sizes_for, training_for
from seqloom.tasks.forecasting.pictures import draw_forecasts
from seqloom.tasks.forecasting.primed import prime
from seqloom.tasks.forecasting.scale import Scale
from seqloom.tasks.forecasting.scaling import learned_scales
from seqloom.tasks.forecasting.settings import ForecasterSettings, HorizonBy
from seqloom.tasks.forecasting.static import static_facts, static_numbers
from seqloom.tasks.forecasting.stream import ForecastStream
from seqloom.tasks.forecasting.subject import asked_of, subject_of
from seqloom.tasks.forecasting.surprise import kept_calibration, watch_of
from seqloom.tasks.forecasting.windows import Window, first_origin, whole_series, windows_of
from seqloom.tasks.inspecting.subject import Asked, Subject
from seqloom.tasks.watching.watcher import Watcher
from seqloom.training.objectives import Likelihood, Objective

__all__ = ["Forecaster"]

_WRITTEN = (0.025, 0.1, 0.5, 0.9, 0.975)


class Forecaster(ExampleEstimator):
    """Forecasts the next ``horizon`` steps of series of numbers, as a distribution of each value.

    x_{t+h} = x_t + move · θ: a model in words reads moves, levels and the calendar, and at each step gives the
    parameters θ of how far the next values are from the present one, in units of a usual move. A linear model of the
    last ``lags`` moves, solved by ridge regression, is part of it. Scales are of the training part of each series, of
    its own past where it was not learned from. What
    is held out (the latest steps) says how much of what the network adds is taken, so that it is no worse
    there than the linear model, and corrects the intervals.

    ``fit`` takes series, arrays (T,) or (T, D) of any lengths, NaN where a value is missing, or the path of a table or
    a frame with a column that says when (and one that says which series). ``horizon``, ``past``, ``lags`` and
    ``season`` are picked by how far apart steps are. ``fit`` learns ``model_``, ``facts_``, ``history_`` and
    ``validation_``.

    >>> import numpy as np
    >>> wave = np.sin(np.arange(200) * np.pi / 6)
    >>> model = Forecaster("gru(8)", horizon=6, season=12, training={"epochs": 5}).fit([wave], progress=False)
    >>> model.predict([wave])[0].shape, float(np.abs(model.predict([wave])[0][:, 0] - wave[8:14]).max()) < 0.1
    ((6, 1), True)
    """

    task, settings = "forecasting", ForecasterSettings
    targets_required = False
    spec: str
    logarithms: bool | None

    def predict(self, X: Any, quantiles: Sequence[float] = (0.5,)) -> Any:
        """The next steps of each series: (H, D), the median; of several ``quantiles`` (H, D, Q)."""
        self._check_fitted("model_")
        levels, forecasts = checked_levels(quantiles), self._forecasts()
        found = [forecasts.at(window, levels)[0] for window in self._last(X)]
        return [one[..., 0] for one in found] if len(levels) == 1 else found

    def evaluate(self, X: Any, y: Any = None, share: float = 1.0) -> Figures:
        """Every figure over the origins in the last ``share`` of each series, beside those of naive forecasts."""
        self._check_fitted("model_")
        series, sizes = self._series(X, self.facts_)[0], sizes_of(self.facts_)
        windows = [window for one in series for window in windows_of(one, sizes, first_origin(len(one), share))]
        if not windows:
            raise DataError(f"X: expected series longer than 2 steps, got {max(map(len, series))}.")
        return self._forecasts().compared(windows).figures(self.facts_.get("rival"))

    def backtest(self, X: Any, begin: float | str = 0.8, stride: int | None = None, refit: bool = False) -> Backtest:
        """Forecasts from origins that roll through each series, from ``begin`` on, ``stride`` steps apart (default: the
        horizon).

        ``begin`` is the share of each series before the first origin, or a moment. With ``refit``, a model with the
        settings of this one learns at each origin from what was known then, with the same share held out.
        UsageError for values that cannot be, DataError where no origin is left.
        """
        self._check_fitted("model_")
        return backtest(self, X, begin, stride, refit)

    def draw(self, folder: str | Path, X: Any, y: Any = None) -> dict[Path, str]:
        """Draw forecasts over the past, the error by steps ahead and the coverage into a folder; the files, each with
        what to see in it. MissingExtraError without matplotlib."""
        self._check_fitted("model_")
        return draw_forecasts(self, Path(folder), X)

    def score(self, X: Any, y: Any = None) -> float:
        """Less the mean absolute scaled error: higher is better, above -1 better than the last season."""
        return -self.evaluate(X, y).model["mase"]

    def written(self, file: str | Path) -> Iterator[str]:
        """The next steps of each series of a table, as a table: when, which series, which column, and quantiles."""
        self._check_fitted("model_")
        times, spacing = self.facts_["times"], spacing_from_json(self.facts_["spacing"])
        group = [times["group"]] if times["group"] else []
        yield csv_lines([[times["time"], *group, "column", *(f"{one:g}" for one in _WRITTEN)]])
        forecasts = self._forecasts()
        for window in self._last(file):
            (found,), series = forecasts.at(window, _WRITTEN), [window.series.name] if group else []
            for moment, row in zip(spacing.after(window.series.stamps, len(found)), found, strict=True):
                yield csv_lines(
                    [written_moment(moment), *series, name, *(f"{cell:.6g}" for cell in cells)]
                    for name, cells in zip(times["targets"], row, strict=True)
                )

    def stream(self, name: str | None = None) -> ForecastStream:
        """Forecasts that go on as observations come in, of the series ``name`` of training, by default of the only one;
        see :class:`ForecastStream`. UsageError for a name that is not known."""
        self._check_fitted("model_")
        facts, scales = self.facts_, self.facts_["scales"]
        if name is not None and name not in scales:
            raise UsageError(f"name: expected one of {listed([*scales])}, got {name!r}.")
        one = name or (next(iter(scales)) if len(scales) == 1 else None)
        scale = Scale.from_json(facts["common"] if one is None else scales[one])
        static = static_numbers(facts.get("static", []), facts.get("statics", {}).get(one, ()))
        return ForecastStream(self._forecasts(), Inputs(scale, beside_of(facts), facts["cycles"], static))

    def watch(self, rate: float | None = None, calibrate: Any = None, name: str | None = None) -> Watcher:
        """The surprise of each step as it comes, and alarms at a false-alarm ``rate``, by what was held out or by the
        usual series ``calibrate``; see :class:`ForecastSurprises` and :class:`Watcher`. ``name`` as for ``stream``."""
        return watch_of(self, name, rate, calibrate)

    def subject(self, X: Any, y: Any = None) -> Subject:
        """The model at the latest steps, each after as many as a window of training has; see ``seqloom inspect``."""
        self._check_fitted("model_")
        return subject_of(self, self._series(X, self.facts_)[0])

    def observable(self, X: Any, y: Any = None) -> Reading:
        """The same, each series whole."""
        self._check_fitted("model_")
        return observed(self, Given(self._last(X)))

    def _read(self, X: Any, y: Any, facts: Facts) -> Given:
        series, about = self._series(X, facts)
        sizes = sizes_of(facts or about)
        short = [one for one in series if len(one) <= sizes.horizon + 1]
        if len(short) == len(series):
            longest = max(map(len, series))
            shorter = f", or a horizon of at most {longest - 2}" if longest > 2 else ""
            raise DataError(
                f"The longest series has {longest:,} steps; {sizes.horizon} ahead cannot be learned from that. Give at "
                f"least {sizes.horizon + 2:,}{shorter}."
            )
        if short:
            warn(f"{len(short):,} series of at most {sizes.horizon + 1} steps teach nothing.")
        windows = [window for one in series for window in windows_of(one, sizes)]
        return Given(windows, windows, about)

    def _series(self, X: Any, facts: Facts) -> tuple[list[TimedSeries], Facts]:
        """The series, and what is to be known of them all to learn from."""
        given = self.get_params(deep=False)
        if not is_file_or_frame(X):
            given_beside = [role for role in Covariates._fields if given[role]]
            if given_beside:
                raise UsageError(f"{', '.join(given_beside)}: columns have names in a file or a frame. Give one.")
            series, about, spacing = series_of(X), Facts(), None
        else:
            chosen = Chosen(**facts["times"]) if "times" in facts else None
            table = X if isinstance(X, TimedTable) else table_of_times(X, given, chosen)
            for remark in table.remarks:
                warn(remark)
            series, spacing = table.series, table.spacing
            about = {
                "times": {
                    "time": table.time,
                    "group": table.group,
                    "targets": table.columns,
                    **table.covariates._asdict(),
                },
                "spacing": spacing.to_json(),
            }
            longest = max(series, key=len).stamps
            about["cycles"] = cycles_for(longest, seconds_apart(longest))
        if facts and len(series[0].values[0]) != facts["width"]:
            raise DataError(
                f"Expected series of {facts['width']} columns, as in training, got {len(series[0].values[0])}."
            )
        sizes = sizes_for(spacing, max(map(len, series)), given)
        return series, {"cycles": [], **about, "sizes": sizes._asdict(), "width": series[0].values.shape[1]}

    def _divide(self, given: Given, share: float, seed: int) -> Division:
        """The latest origins of each series are held out; those are left out whose next steps are among them."""
        windows: Sequence[Window] = given.X
        if not share:
            return Division(range(len(windows)), (), "")
        cut = [first_origin(len(window.series), share) for window in windows]
        learned = [k for k, one in enumerate(windows) if one.end - 1 + one.sizes.horizon < cut[k]]
        held_out = [k for k, one in enumerate(windows) if one.first >= cut[k]]
        if not learned or not held_out:
            raise DataError(
                "The series are too short to hold a part out: nothing would be left to learn from, or to judge by. "
                "Give longer ones, or a shorter horizon."
            )
        count = sum(windows[k].origins for k in held_out)
        return Division(learned, held_out, f"Held out: the latest {share:.0%} of each series, {count:,} origins.")

    def _learn(self, X: Sequence[Window], y: Sequence[Any]) -> Facts:
        sizes, whole = X[0].sizes, whole_series(X)
        ahead = 1 if self._recursive else sizes.horizon
        parts = [one.series.values[: one.end] for one in whole]
        constant = [one.series.name or f"row {k}" for k, one in enumerate(whole) if is_constant(parts[k])]
        if len(constant) == len(parts):
            raise DataError(f"Nothing ever changes in {', '.join(constant[:3])}: there is nothing to forecast.")
        scales = learned_scales(whole, ahead, self.logarithms)
        return {
            "scales": {key_of(one.series): scale.to_json() for one, scale in zip(whole, scales.each, strict=True)},
            "common": scales.common.to_json(),
            "beside": Scale.learned([one.beside for one in whole], 1, 1).to_json(),
            "static": static_facts([one.series for one in whole]),
            "statics": {key_of(one.series): one.series.static for one in whole},
            "ahead": ahead,
            "solved": True,
            "origins": sum(one.origins for one in X),
        }

    def _pick(self, facts: Facts) -> Mapping[str, Any]:
        sizes = sizes_of(facts)
        picked = {name: getattr(sizes, name) for name in ("horizon", "past", "season", "lags")}
        if any(Scale.from_json(facts["common"]).floor):
            picked["logarithms"] = True
        return {**picked, **training_for(max(1, facts["origins"] // sizes.origins), self._given())}

    def _examples(self, facts: Facts, X: Sequence[Window], y: Sequence[Any] | None) -> Examples:
        inputs = [inputs_of(facts, window) for window in X]
        lengths = [window.end - window.begin for window in X]
        return Examples(
            {"x": LazyRows(lambda k: steps_of(inputs[k], X[k]).float(), lengths)},
            LazyRows(lambda k: X[k].targets(inputs[k].scale, ahead_of(facts)), lengths),
        )

    def _build(self, facts: Facts) -> nn.Module:
        settings, sizes = self._settled(facts), sizes_of(facts)
        body = parse_spec(settings.spec).build(width_of(facts))
        if not isinstance(body, CausalLayer):
            raise UsageError(
                f"spec: {settings.spec} reads what is still to come, so it cannot forecast. Take layers that only look "
                "back, as gru(32)."
            )
        shape = Shape(ahead_of(facts), facts["width"], sizes.lags)
        solved = facts.get("solved", False)
        return ForecastNetwork(body, shape, distribution_of(settings), settings.dropout, solved)

    def _prime(self, facts: Facts, module: nn.Module, learned: Given) -> None:
        assert isinstance(module, ForecastNetwork)
        prime(module, [(inputs_of(facts, window), window) for window in whole_series(learned.X)])

    def _objective(self, facts: Facts) -> Objective[Batch]:
        return Likelihood(distribution_of(self._settled(facts)))

    def _finish(self, facts: Facts, module: nn.Module, held_out: HeldOut) -> Facts:
        windows = self._judged(facts, held_out.given.X)
        facts = {**facts, "trust": self._forecasts(facts, module).chosen_trust(windows)}
        facts["correction"] = self._forecasts(facts, module).learned_correction(windows).to_json()
        facts |= kept_calibration(self._forecasts(facts, module), held_out.given.X)
        naive = Comparison(held_out.given.X)
        for window in held_out.given.X:
            naive.add_naive(window, inputs_of(facts, window).scale)
        return {**facts, "rival": naive.rival()}

    def _judge(self, facts: Facts, module: nn.Module, baselines: Any, given: Given, examples: Examples) -> Figures:
        windows = self._judged(facts, given.X)
        return self._forecasts(facts, module).compared(windows).figures(facts.get("rival"))

    def _judged(self, facts: Facts, windows: Sequence[Window]) -> Sequence[Window]:
        """The held-out windows, where steps are forecast one after another with fewer origins: they take time."""
        apart = max(1, sizes_of(facts).horizon // 4) if self._recursive else 1
        return [replace(window, stride=apart) for window in windows]

    def _explained(self, facts: Facts) -> Asked:
        columns = facts.get("times", {}).get("targets") or [f"column {k}" for k in range(facts["width"])]
        return asked_of(distribution_of(self._settled(facts)), columns)

    def _answers(self, facts: Facts, module: nn.Module, batch: Batch) -> list[Any]:
        raise NotImplementedError

    def _last(self, X: Any) -> list[Window]:
        """Each series whole, its last step the one origin. DataError where what is known ahead is missing."""
        series, sizes = self._series(X, self.facts_)[0], sizes_of(self.facts_)
        times = self.facts_.get("times", {})
        check_ahead(series, times.get("known", ()), sizes.horizon)
        return [Window(one, 0, len(one) - 1, len(one), sizes) for one in series]

    def _forecasts(self, facts: Facts | None = None, module: nn.Module | None = None) -> Forecasts:
        """What a module says, by default the one that was learned."""
        known, network = (self.facts_, self.model_) if facts is None else (facts, module)
        assert isinstance(network, ForecastNetwork)
        return Forecasts(known, network, distribution_of(self._settled(known)), self._recursive)

    @property
    def _recursive(self) -> bool:
        return self._settled({}).horizon_by is HorizonBy.RECURSIVE
