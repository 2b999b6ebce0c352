"""The table: what is done with a module (columns) for every kind of module (rows), and what may come of it.

A column is a function of a subject that compares what came with what was wanted and raises AssertionError where they
differ. A cell is "right" when it returns, "refused" when one of our errors says in a sentence why not, else "wrong".
Of torch's own modules, any error but a difference counts as a refusal.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqloom import kernels
from seqloom.errors import SeqloomError, UsageError
from tests.citizens.subjects import SUBJECTS, Subject

__all__ = ["Column", "Family", "Outcome", "assert_same", "both_ways", "check", "outcome", "refused"]


@dataclass(frozen=True)
class Outcome:
    """``kind`` "right", "refused" or "wrong"; what was said; the kernels that ran."""

    kind: str
    said: str = ""
    kernels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """``does(subject)``, for ``rows``; some ``refuses``, some are ``slow``, and ``fails`` are known faults."""

    name: str
    does: Callable[[Subject], None]
    rows: tuple[Subject, ...]
    refuses: frozenset[str] = frozenset()
    slow: frozenset[str] = frozenset()
    fails: Mapping[str, str] = field(default_factory=dict)


class Family:
    """Columns that belong together, in one file."""

    def __init__(self) -> None:
        self.columns: list[Column] = []

    def __call__(
        self,
        rows: Sequence[Subject] = SUBJECTS,
        *,
        refuses: Sequence[Subject] = (),
        slow: Sequence[Subject] = (),
        fails: Mapping[str, str] | None = None,
    ) -> Callable[[Callable[[Subject], None]], Callable[[Subject], None]]:
        """Add the function below as a column."""

        def add(does: Callable[[Subject], None]) -> Callable[[Subject], None]:
            name = does.__name__.strip("_").replace("_", " ")
            refusing, slowly = (frozenset(subject.name for subject in some) for some in (refuses, slow))
            self.columns.append(Column(name, does, tuple(rows), refusing, slowly, fails or {}))
            return does

        return add

    def cells(self) -> list[Any]:
        """Every cell, as a parameter of a test."""
        return list(self._cells())

    def _cells(self) -> Iterator[Any]:
        for column in self.columns:
            for subject in column.rows:
                marks = [pytest.mark.slow] if subject.name in column.slow else []
                reason = column.fails.get(subject.name) or column.fails.get("*")
                if reason:
                    marks.append(pytest.mark.xfail(strict=True, reason=reason))
                yield pytest.param(column, subject, marks=marks, id=f"{column.name}-{subject.name}")


def outcome(column: Column, subject: Subject) -> Outcome:
    """What comes of a cell."""
    with kernels.watch() as choices, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch, about what it is asked to do
        try:
            column.does(subject)
        except SeqloomError as error:
            said = str(error)
            return Outcome("refused" if said.endswith(".") and len(said.split()) > 5 else "wrong", said)
        except (Exception, pytest.fail.Exception) as error:
            kind = "refused" if subject.is_torchs and not isinstance(error, AssertionError) else "wrong"
            return Outcome(kind, f"{type(error).__name__}: {error}")
    return Outcome(
        "right", kernels=tuple(sorted({choice.kernel for choice in choices if choice.work == "a recurrence"}))
    )


def check(column: Column, subject: Subject) -> None:
    """Fail unless the cell is right, or refused where that is what is promised."""
    found = outcome(column, subject)
    assert found.kind == ("refused" if subject.name in column.refuses else "right"), found.said


def refused(error: Exception, pattern: str) -> Exception:
    """torch's own sentence, if it begins like ``pattern``, as a refusal; any other error as it is."""
    text = " ".join(str(error).split())
    return UsageError(f"{text.rstrip('.!')}.") if re.match(pattern, text) else error


def assert_same(found: Sequence[Tensor | None], wanted: Sequence[Tensor | None], tolerance: float = 3e-4) -> None:
    """Equal up to rounding, as a share of the largest entry; None is 0."""
    assert len(found) == len(wanted), f"{len(found)} tensors, not {len(wanted)}"
    for k, (ours, theirs) in enumerate(zip(found, wanted, strict=True)):
        if theirs is None or ours is None:
            assert ours is None or not ours.any(), f"tensor {k} is not 0"
            assert theirs is None or not theirs.any(), f"tensor {k} is missing"
        else:
            room = theirs.shape[1] if ours.ndim == 4 else None  # a traced cache has room for every step, real or not
            if room is not None:
                assert not ours[:, room:].any()
                ours = ours[:, :room]
            atol = tolerance * max(1.0, float(theirs.abs().max()) if theirs.numel() else 0.0)
            torch.testing.assert_close(
                ours, theirs, rtol=tolerance, atol=atol, check_stride=False, msg=lambda text, k=k: f"tensor {k}: {text}"
            )


def both_ways(run: Callable[..., list[Tensor]], module: nn.Module, x: Tensor, *rest: Any) -> list[Tensor | None]:
    """What comes out, and the gradients of the sum of squares of all of it by x and by every parameter."""
    x = x.detach().requires_grad_()
    found = run(module, x, *rest)
    loss = sum(tensor.square().sum() for tensor in found if tensor.requires_grad)
    assert isinstance(loss, Tensor)
    weights = [weight for weight in module.parameters() if weight.requires_grad]
    gradients = torch.autograd.grad(loss, [x, *weights], allow_unused=True)
    return [*(tensor.detach() for tensor in found), *gradients]
