"""The scalar LSTM of xLSTM, whose gates are exponential (Beck et al., 2024)."""

from __future__ import annotations

from dataclasses import dataclass

from seqloom.cells.cell import Cell
from seqloom.cells.words import Symbol, affine, exp, maximum, named, sigmoid, softplus, tanh
from seqloom.choice import Choice

__all__ = ["SLSTM", "ForgetGate"]


EMPTY = -1e4
"""The stabiliser of an empty memory, in place of log 0: finite in every format, and e to it is 0 in every format."""
LEAST = 1e-6
"""What stands for n while nothing is stored; it is 1 or more afterwards."""


class ForgetGate(Choice):
    """The function of the forget gate."""

    SIGMOID = "sigmoid"
    EXPONENTIAL = "exponential"


@dataclass(frozen=True, kw_only=True)
class SLSTM(Cell):
    """Scalar LSTM: exponential gates, a normaliser n, and a stabiliser m that keeps the exponentials in range.

    log i = input, log f = log σ(forget) (or forget itself: ``forget_gate`` "exponential"), g = tanh(candidate),
    o = σ(output), each a map of x and, in ``heads`` blocks, of h;
    m' = max(log f + m, log i);  i' = exp(log i - m');  f' = exp(log f + m - m');
    c' = f' c + i' g;  n' = f' n + i';  h' = o c' / n'  (Beck et al., 2024, eq. 8 to 17).

    h does not depend on m, which only scales c and n. Before the first step nothing is stored, and m is -1e4 for log 0:
    then i' = 1 and n ≥ 1 from the first step on whose log i is above that, and h is 0 until then. A first c or n would
    have no weight. ``forget_bias`` is the first bias of "forget" (default 3; the authors' code spreads it from 3 to 6).
    The group norm and the projections of the sLSTM block are layers around it.

    >>> SLSTM(heads=4).state
    ('h', 'c', 'n', 'm')
    """

    state = ("h", "c", "n", "m")
    heads: int = 1
    forget_gate: ForgetGate = ForgetGate.SIGMOID
    forget_bias: float = 3.0

    def equations(self, x: Symbol, h: Symbol, c: Symbol, n: Symbol, m: Symbol) -> tuple[Symbol, ...]:
        log_i, forget = self.preactivation("input", x, h), self.preactivation("forget", x, h)
        log_f = -softplus(-forget) if self.forget_gate is ForgetGate.SIGMOID else forget
        g = named("candidate", tanh(self.preactivation("candidate", x, h)))
        o = named("output_gate", sigmoid(self.preactivation("output", x, h)))
        new_m = named("stabiliser_state", maximum(log_f + m, log_i))
        i, f = named("input_gate", exp(log_i - new_m)), named("forget_gate", exp(log_f + m - new_m))
        c, n = named("cell_state", f * c + i * g), named("normaliser_state", f * n + i)
        return o * c / maximum(n, LEAST), c, n, new_m

    def preactivation(self, name: str, x: Symbol, h: Symbol) -> Symbol:
        """The argument of the gate ``name``: its map of x and its map of h."""
        return affine(name, x) + affine(f"{name}_state", h, bias=False, blocks=self.heads)

    def initial(self, name: str) -> float:
        return EMPTY if name == "m" else 0.0

    def initial_bias(self, name: str) -> float:
        return self.forget_bias if name == "forget" else 0.0
