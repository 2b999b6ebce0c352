"""Zoneout: units that sometimes keep their state (Krueger et al., 2017)."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from seqloom.cells.words import Symbol, bernoulli
from seqloom.cells.wrapper import Wrapper, check_rate
from seqloom.errors import UsageError

__all__ = ["Zoneout"]


@dataclass(frozen=True)
class Zoneout(Wrapper):
    """Any ``cell``, each unit of whose states keeps its old value with probability ``rate``, at every step.

    s' = d s + (1 - d) cell(x, s), d the coins (Krueger et al., 2017); in evaluation d is its mean, ``rate``.

    ``rate`` (default 0.1) is one number for all states or one for each, in the order of ``cell.state``. States that
    only mean something together (c, n and m of ``SLSTM``) want 0: ``Zoneout(SLSTM(), rate=(0.1, 0, 0, 0))``. Raises
    UsageError for a rate outside [0, 1) or another number of rates.

    >>> from seqloom.cells import LSTM
    >>> Zoneout(LSTM(), rate=(0.05, 0.5)).rates
    {'h': 0.05, 'c': 0.5}
    """

    _: KW_ONLY
    rate: float | tuple[float, ...] = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.rate, tuple) and len(self.rate) != len(self.state):
            raise UsageError(f"Zoneout: {self.state} needs {len(self.state)} rates, one a state; got {self.rate}.")
        for name, rate in self.rates.items():
            check_rate("Zoneout", f"the rate of {name}", rate)

    @property
    def rates(self) -> dict[str, float]:
        """The rate of each state."""
        rates = self.rate if isinstance(self.rate, tuple) else (self.rate,) * len(self.state)
        return dict(zip(self.state, rates, strict=True))

    def equations(self, x: Symbol, *states: Symbol) -> tuple[Symbol, ...]:
        new = self.new_states(x, *states)
        kept = []
        for (name, rate), old, value in zip(self.rates.items(), states, new, strict=True):
            if rate:
                keep = bernoulli(f"zoneout_{name}", rate, out=old.width)
                value = keep * old + (1 - keep) * value
            kept.append(value)
        return tuple(kept)
