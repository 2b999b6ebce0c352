"""Linear recurrent units: a diagonal linear recurrence, stable by its parametrisation (Orvieto et al., 2023)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from seqloom.cells.cell import Cell, Traced
from seqloom.cells.initialisation import Initialiser, LeCun, RingPhase, RingRadius
from seqloom.cells.words import Symbol, affine, cos, exp, minimum, named, sin, weight

__all__ = ["LRU", "RealLRU"]


BOUND = 40.0
"""λ is 0 in every format long before ν is this, and an angle of e^40 has no digit left that counts."""


def _bounded_exp(v: Symbol) -> Symbol:
    """e^v, never infinite: the gradient at λ = 0 is 0, and not 0 · ∞."""
    return exp(minimum(v, BOUND))


@dataclass(frozen=True, kw_only=True)
class RealLRU(Cell):
    """Linear recurrent unit with real eigenvalues λ = exp(-exp(ν)), always between 0 and 1.

    h' = λ h + γ (B x), unit by unit;  y = C h' + D x  (Orvieto et al., 2023, sec. 3, λ on the real axis).

    ν is ``decay``, log γ is ``gain``, B is ``input.weight_0``, C and D are ``output.weight_0`` and ``output.weight_1``.
    λ begins between ``r_min`` and ``r_max``, and γ at sqrt(1 - λ²), which keeps the size of h that of B x (eq. 7).

    >>> RealLRU(r_min=0.9, r_max=0.999).state
    ('h',)
    """

    state: ClassVar[tuple[str, ...]] = ("h",)
    r_min: float = 0.0
    r_max: float = 1.0
    input_init: Initialiser = LeCun()
    recurrent_init: Initialiser = LeCun()

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        eigenvalue = named("eigenvalue", exp(-_bounded_exp(weight("decay", RingRadius(self.r_min, self.r_max)))))
        return eigenvalue * h + named("normalisation", exp(weight("gain"))) * affine("input", x, bias=False)

    def output(self, x: Symbol, *new: Symbol) -> Symbol:
        return affine("output", *new, x, bias=False)

    def initialise(self, traced: Traced, parameters: Mapping[str, Tensor], generator: torch.Generator | None) -> None:
        super().initialise(traced, parameters, generator)
        with torch.no_grad():
            squared = torch.exp(-2 * torch.exp(parameters["decay.vector"]))
            parameters["gain.vector"].copy_(torch.log1p(-squared) / 2)


@dataclass(frozen=True, kw_only=True)
class LRU(RealLRU):
    """Linear recurrent unit with complex eigenvalues λ = exp(-exp(ν) + i exp(θ)), always inside the unit circle.

    h' = λ h + γ (B x), unit by unit;  y = Re(C h') + D x  (Orvieto et al., 2023, sec. 3).

    The complex state is two real ones, "real" and "imaginary". ν is ``decay``, θ is ``phase``, log γ is ``gain``, B is
    ``input_real`` and ``input_imaginary``; the map "output" holds Re C, -Im C and D. λ begins uniformly on the ring
    between the radii ``r_min`` and ``r_max``, with angles from 0 to ``max_phase``; γ begins as in ``RealLRU``.

    >>> LRU(r_min=0.9, r_max=0.999).state
    ('real', 'imaginary')
    """

    state: ClassVar[tuple[str, ...]] = ("real", "imaginary")
    max_phase: float = 2 * math.pi
    input_init: Initialiser = LeCun(math.sqrt(0.5))

    def equations(self, x: Symbol, real: Symbol, imaginary: Symbol) -> tuple[Symbol, Symbol]:  # type: ignore[override]
        radius = named("radius", exp(-_bounded_exp(weight("decay", RingRadius(self.r_min, self.r_max)))))
        phase = _bounded_exp(weight("phase", RingPhase(self.max_phase)))
        gain = named("normalisation", exp(weight("gain")))
        a = named("eigenvalue_real", radius * cos(phase))
        b = named("eigenvalue_imaginary", radius * sin(phase))
        new_real = a * real - b * imaginary + gain * affine("input_real", x, bias=False)
        new_imaginary = b * real + a * imaginary + gain * affine("input_imaginary", x, bias=False)
        return new_real, new_imaginary
