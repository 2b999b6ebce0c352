"""What a trained network says of the steps after an origin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.last_known import last_known
from seqloom.data.times import spacing_from_json
from seqloom.data.times.spacing import Rows, Stamps
from seqloom.layers.state import join
from seqloom.models.distributions import Distribution
from seqloom.tasks.examples.values import Facts
from seqloom.tasks.forecasting.adaptive import Adaptive
from seqloom.tasks.forecasting.correction import Correction, at_levels, quantiles_of
from seqloom.tasks.forecasting.inputs import Inputs, Step
from seqloom.tasks.forecasting.judging import Comparison
from seqloom.tasks.forecasting.known import inputs_of, steps_of
from seqloom.tasks.forecasting.linear import linear, linear_again
from seqloom.tasks.forecasting.network import ForecastNetwork
from seqloom.tasks.forecasting.recursive import Origins, rolled
from seqloom.tasks.forecasting.trust import best_trust
from seqloom.tasks.forecasting.windows import Window

__all__ = ["Forecasts"]

Floats = NDArray[np.float64]


class Forecasts(NamedTuple):
    """Those of a ``network`` whose parameters are of a ``distribution``, by what is known of the data; with
    ``recursive`` it is asked for one step after another."""

    facts: Facts
    network: ForecastNetwork
    distribution: Distribution
    recursive: bool

    @property
    def trust(self) -> float:
        """What of the network's own part is taken."""
        found: float = self.facts.get("trust", 1.0)
        return found

    @property
    def correction(self) -> Correction:
        """That of the held-out part, or none."""
        known = self.facts.get("correction")
        return Correction.none(self.facts["sizes"]["horizon"]) if known is None else Correction.from_json(known)

    def inputs(self, window: Window) -> Inputs:
        """How the steps of a window are read."""
        return inputs_of(self.facts, window)

    def features(self, window: Window) -> Tensor:
        """The steps of a window as the network reads them, (T, F)."""
        return steps_of(self.inputs(window), window).to(self.network.head.weight.dtype)

    @torch.no_grad()
    def said(self, window: Window, trust: float | None = None) -> Tensor:
        """The parameters (N, h, D, P) at each origin, h the steps ahead that the network knows of."""
        self.network.eval()
        found: Tensor = self.network(self.features(window)[None], trust=self.trust if trust is None else trust)
        return found[0, torch.from_numpy(window.at - window.begin)]

    def quantiles(self, window: Window) -> Floats:
        """Quantiles (L, N, H, D) of how far the next values are from the present ones, in moves, as the network says
        them."""
        said = self.said(window)
        if not self.recursive:
            return quantiles_of(self.distribution, said)
        inputs = self.inputs(window)
        steps = Step(self.present(window), last_known(window.beside)[window.at])
        origins = Origins(self._states(window), said, steps, window.known_ahead, self._moments(window))
        return rolled(self.network, self.distribution, inputs, origins, self.trust)

    def present(self, window: Window) -> Floats:
        """The last known places (N, D) at each origin, the mean where nothing is known yet."""
        scale = self.inputs(window).scale
        known = last_known(window.places(scale))[window.at]
        return np.where(np.isnan(known), scale.mean / scale.move, known)

    def followed(self, windows: Sequence[Window]) -> Iterator[tuple[Window, Floats]]:
        """Windows, those of one series in the order of time, and quantiles (L, N, H, D) of the values at each of their
        origins, corrected by all that had come until then."""
        followers: dict[int, tuple[Adaptive, int]] = {}
        for window in windows:
            scale = self.inputs(window).scale
            places, first = window.places(scale), int(window.at[0])
            fresh = Adaptive(self.correction, places.shape[1]), first
            follower, step = followers.get(id(window.series), fresh)
            found = self.present(window)[:, None] + self.quantiles(window)
            for number, at in enumerate(window.at.tolist()):
                while step < at:
                    step += 1
                    follower.came(step, places[step])
                found[:, number] = follower.forecast(at, found[:, number])
            followers[id(window.series)] = follower, step
            yield window, scale.values(found, window.causes_ahead(scale))

    def chosen_trust(self, windows: Sequence[Window]) -> float:
        """What of the network's own part helps on these windows; see :func:`best_trust`."""
        if self.distribution.location is None:
            return 1.0
        ahead, location = self.network.shape.horizon, self.distribution.location

        def middle(window: Window, trust: float) -> Floats:
            scale, moves = self.inputs(window).scale, self.said(window, trust)[..., location].double().numpy()
            return scale.values(self.present(window)[:, None] + moves, window.causes_ahead(scale)[:, :ahead])

        plain, whole = ([middle(window, trust) for window in windows] for trust in (0.0, 1.0))
        units = [self.inputs(window).scale.season for window in windows]
        return best_trust(plain, whole, [window.future[:, :ahead] for window in windows], units, windows[0].block)

    def learned_correction(self, windows: Sequence[Window]) -> Correction:
        """What makes the quantiles of these windows hold."""
        moves = []
        for window in windows:
            scale = self.inputs(window).scale
            moves.append(scale.places(window.future, window.causes_ahead(scale)) - self.present(window)[:, None])
        series = len({id(window.series) for window in windows})
        return Correction.learned([self.quantiles(window) for window in windows], moves, series)

    def compared(self, windows: Sequence[Window], into: Comparison | None = None) -> Comparison:
        """The errors of these windows, added to those ``into`` which they go."""
        found = Comparison(windows) if into is None else into
        for window, quantiles in self.followed(windows):
            found.add(window, self.inputs(window).scale, quantiles, self.linear(window))
        return found

    def linear(self, window: Window) -> Floats | None:
        """What the linear model of the lags says of the next values (N, H, D); None where there is none."""
        weights = self.network.linear.double().numpy()
        lags, columns = weights.shape[-1], len(weights)
        if not lags:
            return None
        begin = max(0, window.first - lags + 1)
        moves = self.features(replace(window, begin=begin))[:, :columns].double().numpy()
        if self.recursive:
            said = linear_again(weights, moves, window.at - begin, window.sizes.horizon)
        else:
            said = linear(weights, moves)[window.at - begin]
        scale = self.inputs(window).scale
        return scale.values(self.present(window)[:, None] + said, window.causes_ahead(scale))

    def at(self, window: Window, levels: Sequence[float]) -> Floats:
        """Quantiles (N, H, D, Q) of the values at each origin of a window, corrected by what was held out alone."""
        scale = self.inputs(window).scale
        found = self.correction.corrected(self.present(window)[:, None] + self.quantiles(window))
        return np.moveaxis(scale.values(at_levels(found, levels), window.causes_ahead(scale)), 0, -1)

    def _states(self, window: Window) -> Any:
        """The states (N rows) after each origin."""
        wanted, states = set(window.at.tolist()), []
        state = self.network.begin(1)
        with torch.no_grad():
            for step, x_t in enumerate(self.features(window), window.begin):
                _, state = self.network.step(x_t[None], state)
                if step in wanted:
                    states.append(state)
        return join(states)

    def _moments(self, window: Window) -> Stamps:
        """The moments (N, H) of the steps after each origin."""
        horizon, stamps = window.sizes.horizon, window.series.stamps
        spacing = spacing_from_json(self.facts["spacing"]) if "spacing" in self.facts else Rows()
        later = np.concatenate([stamps, spacing.after(stamps, horizon)])
        found: Stamps = later[window.at[:, None] + np.arange(1, horizon + 1)]
        return found
