"""What curves of memory come to, in words: whether gradients live, how far back is used, and what would help."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from seqloom.inspection.memory.context import ContextCurve
from seqloom.inspection.memory.curve import LagCurve
from seqloom.inspection.report.section import Section

__all__ = ["Verdict", "verdict_on_memory"]

Kind = Literal["vanishing", "exploding", "healthy"]

_GROWN = 10.0
"""An influence that many times that of the present explodes."""
_LOST = 0.25
"""Where 1 % is left after less than this share of the steps, influence vanishes."""


@dataclass(frozen=True)
class Verdict:
    """``kind`` in one word, ``says`` with its figure, and ``cures`` in order of promise, each with what does it."""

    kind: Kind
    says: str
    cures: Sequence[str] = ()

    def _repr_html_(self) -> str:
        return Section(self.kind.capitalize(), [self.says, *self.cures])._repr_html_()


def verdict_on_memory(
    inputs: Mapping[str, LagCurve], states: Mapping[str, LagCurve], context: ContextCurve | None = None
) -> Verdict:
    """Whether influence vanishes, explodes, or lives over the steps that were looked at.

    Layers that keep a state, those of ``states``, are judged: others see as far as they were made to. It explodes where
    the influence of a state or an input grows to ten times what it is at lag 0. It vanishes where 1 % is left after
    less than a quarter of the steps, unless the loss shows that less than half of that is used: then the model has
    forgotten nothing that it wanted.
    """
    said = "" if context is None else f" {_said_of_use(context)}"
    used = 0 if context is None else context.used()
    steps = max(int(curve.lags[-1]) for curve in inputs.values())
    kept = {name: curve for name, curve in inputs.items() if name in states}
    for name, curve in (*states.items(), *kept.items()):
        grown = float(curve.values[curve.lags >= 0].max()) / max(curve.at_present, 1e-30)
        if grown > _GROWN:
            return Verdict(
                "exploding",
                f"Influence explodes in {name}: a small change grows {grown:,.0f}-fold within {steps} steps.{said}",
                (
                    "Clip gradients: --clip-norm 1 (the default), or lower.",
                    "A cell whose state is a mean of the old and the new cannot explode: gru, mingru, lru.",
                    "Begin with a recurrent matrix of a radius of 1 or less; normalise: lnlstm, lngru.",
                ),
            )
    lost = {name: curve.lag_below(0.01) for name, curve in kept.items()}
    short = {name: lag for name, lag in lost.items() if lag is not None and lag < _LOST * steps}
    name, lag = min(short.items(), key=lambda pair: pair[1], default=("", math.inf))
    if short and 0 < used < lag / 2:
        return Verdict(
            "healthy", f"Influence lives long enough: 1 % is left after {math.ceil(lag)} of {steps} steps.{said}"
        )
    if short:
        return Verdict(
            "vanishing",
            f"Influence vanishes in {name}: after {math.ceil(lag)} of {steps} steps less than 1 % is left.{said}",
            (
                "A gated cell keeps longer: lstm, gru, or mingru and lru, which train in parallel.",
                "Let the forget gate begin open, or spread over the lengths: lstm(forget_bias=…), chrono.",
                "Attention reaches any step at once: + attention(…), or a pooling that looks at all steps.",
                "Where the loss does not need more, a shorter --window trains faster.",
            ),
        )
    if not states:
        return Verdict("healthy", f"No layer keeps a state that could forget or run away.{said}")
    return Verdict("healthy", f"Influence lives over the {steps} steps that were looked at.{said}")


def _said_of_use(context: ContextCurve) -> str:
    used, longest = context.used(), int(context.context[-1])
    if not used:
        return "By the loss, the past makes no difference that can be told from chance."
    if used == longest:
        return f"By the loss, all {longest} steps that were given are used: longer rows may help."
    return f"By the loss, 95 % of what the past is worth lies in the last {used} steps."
