"""What leaves the loop, what stays in it, and what is kept."""

from __future__ import annotations

import pytest

from seqloom.cells import GRU, LSTM, Cell, GRUResetAfter, affine, tanh, trace
from seqloom.kernels.plan import Multiply, Place, Plan, Program, Segment, plan
from tests.kernels.cells import CELLS, FromWeights, NumberAsOperand, Unused, XTwice


def planned(cell: Cell, masks: bool = False) -> Plan:
    return plan(trace(cell, 8, 8).graph, masks)


def products(program: Program) -> list[tuple[str, ...]]:
    """The matrices of every product, in order."""
    found = [operation for operation in program.operations if isinstance(operation, Multiply)]
    return [tuple(factor.matrix for factor in operation.factors) for operation in found]


@pytest.mark.parametrize("name", ["LSTM", "GRU", "GRUResetAfter", "Elman"])
def test_maps_of_x_leave_the_loop(name: str) -> None:
    made = planned(CELLS[name])
    outside = {matrix for stream in made.streams for matrix in stream.matrices}
    inside = {matrix for group in products(made.inference) for matrix in group}
    parts = {shape.name: shape.part for shape in made.graph.parameters()}
    assert outside == {matrix for matrix, part in parts.items() if part == "input"}
    assert inside == {matrix for matrix, part in parts.items() if part == "recurrent"}
    assert not made.of_x


def test_layers_of_products() -> None:
    """An LSTM needs one round of products a step, a GRU that resets before the product two."""

    def rounds(cell: Cell) -> str:
        kinds = ["p" if isinstance(each, Multiply) else "s" for each in planned(cell).inference.operations]
        return "".join(kind for k, kind in enumerate(kinds) if k == 0 or kinds[k - 1] != kind)

    assert rounds(LSTM()) == "ps"
    assert rounds(GRUResetAfter()) == "ps"
    assert rounds(GRU()) == "psps"


def test_what_reads_x_alone_is_no_product_in_the_loop() -> None:
    class XOnly(Cell):
        def equations(self, x, h):
            return 0.5 * h + tanh(affine("a", x))

    made = planned(XOnly())
    assert not products(made.training)
    assert not products(made.backward)


def test_x_twice_is_one_stream() -> None:
    (stream, *_) = planned(XTwice()).streams
    assert stream.matrices == ("a.weight_0", "a.weight_1")


def test_what_reads_weights_alone_is_computed_once() -> None:
    made = planned(FromWeights())
    assert len(made.shared) == 3  # decay, 1 - decay, sin(q)
    for name, _ in made.shared:
        assert made.inference.slots[name].place == Place.SHARED


def test_what_leads_nowhere_is_not_planned() -> None:
    made = planned(Unused())
    names = {stream.name for stream in made.streams} | {outer.gradient.name for outer in made.outers}
    assert names == {"a", "gradient.a"}
    assert all("unused" not in matrix for group in products(made.training) for matrix in group)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("masks", [False, True])
def test_a_program_reads_nothing_before_it_is_written(name: str, masks: bool) -> None:
    made = planned(CELLS[name], masks)
    for program in (made.inference, made.training):
        given = {slot.name for slot in made.of_x} | {f"stream.{stream.name}" for stream in made.streams}
        written: set[str] = set()
        for operation in program.operations:
            reads = operation.sources.values() if isinstance(operation, Segment) else ()
            reads = [factor.slot for factor in operation.factors] if isinstance(operation, Multiply) else reads
            for slot in reads:
                assert slot.place in (Place.PREVIOUS, Place.SHARED) or slot.name in written | given
            written |= {slot.name for slot in _writes(operation)}


def _writes(operation):
    if isinstance(operation, Segment):
        return [target.slot for target in operation.stores]
    return getattr(operation, "targets", None) or [operation.target]


def test_a_mask_in_evaluation_has_the_width_of_its_units() -> None:
    made = planned(NumberAsOperand())
    assert {outer.matrix for outer in made.outers} >= {"b.weight_0", "c.weight_0"}
