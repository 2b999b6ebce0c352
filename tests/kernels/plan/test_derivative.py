"""The derived backward pass equals autograd, for every word, before any machine code is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch

from seqloom.cells import Cell, affine, relu, sigmoid, tanh, weight
from seqloom.cells import words as words
from seqloom.cells.nodes import BINARY, UNARY
from seqloom.kernels.plan.derivative import RULES
from tests.kernels.cells import CELLS
from tests.kernels.comparing import DERIVED, REFERENCE, Draw, assert_same, draw, outcome

WORDS: dict[str, Callable[..., Any]] = {
    "negative": lambda a: -a,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
} | {name: getattr(words, name) for name in (*UNARY, *BINARY) if hasattr(words, name)}
POSITIVE = ("log", "sqrt", "divide")
LENGTHS = torch.tensor([2, 6, 0])


@dataclass(frozen=True, kw_only=True)
class OneWord(Cell):
    """One operation on values of the loop; ``widths`` says which operands are spread from width 1 ("1" or "h")."""

    operation: str
    widths: str

    def equations(self, x, h):
        operands = [
            affine(f"operand_{k}", x, h, out=1 if width == "1" else None) for k, width in enumerate(self.widths)
        ]
        if self.operation in POSITIVE:
            operands[-1] = 0.5 + operands[-1] * operands[-1]
        return tanh(WORDS[self.operation](*operands) * affine("scale", x) + affine("shift", x))


CASES = [(name, width) for name in UNARY for width in "h1"]
CASES += [(name, widths) for name in BINARY for widths in ("hh", "1h", "h1", "11")]


def test_every_word_has_a_derivative() -> None:
    assert set(WORDS) == set(RULES) == {*UNARY, *BINARY}


@pytest.mark.parametrize(("operation", "widths"), CASES)
def test_a_word(operation: str, widths: str) -> None:
    drawn = draw(OneWord(operation=operation, widths=widths))
    assert_same(outcome(DERIVED, drawn), outcome(REFERENCE, drawn), 1e-12)


@dataclass(frozen=True, kw_only=True)
class Constants(Cell):
    """An operation between a value and a number, on either side."""

    operation: str
    number: float

    def equations(self, x, h):
        a, b = affine("a", x, h), affine("b", x, h)
        word = WORDS[self.operation]
        return tanh(word(a, self.number) if self.number else a) + sigmoid(word(self.number, 2 + b * b))


@pytest.mark.parametrize("number", [0.0, 1.0, -0.5])
@pytest.mark.parametrize("operation", BINARY)
def test_numbers_as_operands(operation: str, number: float) -> None:
    drawn = draw(Constants(operation=operation, number=number))
    assert_same(outcome(DERIVED, drawn), outcome(REFERENCE, drawn), 1e-12)


@dataclass(frozen=True, kw_only=True)
class Ties(Cell):
    """x against the state, both whole numbers: between equals the gradient is halved."""

    word: str

    def equations(self, x, h):
        return WORDS[self.word](x, h) + relu(x - h)


@pytest.mark.parametrize("word", ["maximum", "minimum"])
def test_ties(word: str) -> None:
    drawn = draw(Ties(word=word), features=5, hidden=5)
    drawn = drawn.with_x(drawn.call.x.round().clamp(-1, 1))
    drawn = Draw(drawn.call._replace(states=(drawn.call.states[0].sign(),)), drawn.directions)
    wanted = outcome(REFERENCE, drawn)
    assert_same(outcome(DERIVED, drawn), wanted, 1e-12)


@dataclass(frozen=True, kw_only=True)
class Vectors(Cell):
    """An operation between a value and a learned vector."""

    operation: str

    def equations(self, x, h):
        word = WORDS[self.operation]
        return tanh(word(affine("a", x, h), weight("w", 1.5))) + sigmoid(word(weight("v", 0.5), 2 + h * h))


@pytest.mark.parametrize("operation", BINARY)
def test_learned_vectors_as_operands(operation: str) -> None:
    drawn = draw(Vectors(operation=operation))
    assert_same(outcome(DERIVED, drawn), outcome(REFERENCE, drawn), 1e-12)


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "ragged"])
@pytest.mark.parametrize("masks", [False, True], ids=["means", "coins"])
@pytest.mark.parametrize("name", CELLS)
def test_a_cell(name: str, masks: bool, lengths: torch.Tensor | None) -> None:
    drawn = draw(CELLS[name], lengths=lengths, masks=masks)
    assert_same(outcome(DERIVED, drawn), outcome(REFERENCE, drawn), 1e-11)


def test_a_gradient_that_arrives_is_not_changed() -> None:
    drawn = draw(CELLS["OutputIsOperand"], hidden=16)
    call = drawn.call
    x = call.x.clone().requires_grad_()
    y, _ = DERIVED.run(call._replace(x=x))
    arriving = torch.ones(y.shape, dtype=y.dtype).transpose(0, 1).contiguous().transpose(0, 1)
    torch.autograd.grad(y, x, arriving)
    assert bool((arriving == 1).all())
