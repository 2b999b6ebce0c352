"""Dropout inside a recurrence, over any cell.

What is kept is scaled by 1 / (1 - rate), so that in evaluation, where the coins have their mean, values stay as they
are.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from seqloom.cells.words import Symbol, bernoulli
from seqloom.cells.wrapper import Wrapper, check_rate

__all__ = ["RecurrentDropout", "VariationalDropout"]


def dropped(name: str, value: Symbol, rate: float, per: str) -> Symbol:
    """``value``, each unit 0 with probability ``rate``, else scaled up."""
    if not rate:
        return value
    return bernoulli(name, 1 - rate, per=per, out=value.width) * (1 / (1 - rate)) * value


@dataclass(frozen=True)
class RecurrentDropout(Wrapper):
    """Any ``cell``, with new coins at every step on its first state as the equations read it.

    h', … = cell(x, d h / (1 - rate), …), d 0 with probability ``rate`` (default 0.25).

    Semeniuta et al. (2016) drop the candidate, so that no memory is lost. Where a cell keeps its candidate cannot be
    seen from outside, so here it is h that is dropped: in an LSTM only the maps read h, and the memory c is never
    touched. A GRU's h is its memory too; there ``Zoneout`` is the gentler choice. In equations of your own the paper's
    form is one factor: ``bernoulli("drop", 0.75) / 0.75 * tanh(affine("candidate", x, h))``. Raises UsageError for a
    rate outside [0, 1).

    >>> from seqloom.cells import LSTM
    >>> RecurrentDropout(LSTM(), rate=0.5).state
    ('h', 'c')
    """

    _: KW_ONLY
    rate: float = 0.25

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rate("RecurrentDropout", "rate", self.rate)

    def equations(self, x: Symbol, *states: Symbol) -> tuple[Symbol, ...]:
        first = dropped(f"dropped_{self.state[0]}", states[0], self.rate, per="step")
        return self.new_states(x, first, *states[1:])


@dataclass(frozen=True)
class VariationalDropout(Wrapper):
    """Any ``cell``, with one set of coins for a whole sequence on x and on its first state as the equations read them.

    h', … = cell(e x / (1 - input_rate), d h / (1 - rate), …), e and d drawn once per sequence (Gal & Ghahramani, 2016).

    ``rate`` (default 0.25) is for h, ``input_rate`` (default 0.25) for x; an output that reads x itself, as in ``LRU``,
    reads it whole. With an ``input_rate`` the maps of x are computed inside the loop: 0 leaves them out of it. Raises
    UsageError for a rate outside [0, 1).

    >>> from seqloom.cells import LSTM
    >>> VariationalDropout(LSTM(), rate=0.5, input_rate=0.1).state
    ('h', 'c')
    """

    _: KW_ONLY
    rate: float = 0.25
    input_rate: float = 0.25

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rate("VariationalDropout", "rate", self.rate)
        check_rate("VariationalDropout", "input_rate", self.input_rate)

    def equations(self, x: Symbol, *states: Symbol) -> tuple[Symbol, ...]:
        read = dropped("variational_x", x, self.input_rate, per="sequence")
        first = dropped(f"variational_{self.state[0]}", states[0], self.rate, per="sequence")
        return self.new_states(read, first, *states[1:])
