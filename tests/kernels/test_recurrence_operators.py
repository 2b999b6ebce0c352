"""Recurrences as operators: what torch's own checks say, and what must not depend on who looks."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.library import opcheck
from torch.utils.flop_counter import FlopCounterMode

from seqloom import kernels
from seqloom.cells import GRU, LSTM, SLSTM, Cell, LayerNormGRU, MinGRU, Zoneout, trace
from seqloom.errors import UsageError
from seqloom.kernels.matrix_state import delta_rule
from seqloom.kernels.transforms import is_seen
from seqloom.layers import Recurrent
from tests.kernels.cells import CELLS

OPERATORS = ["recurrence", "recurrence_in_training"]
SOME: dict[str, Cell] = {
    "LSTM": LSTM(),
    "norms": LayerNormGRU(),
    "a scan": MinGRU(),
    "heads": SLSTM(heads=2),
    "coins": Zoneout(LSTM(), rate=(0.2, 0.4)),
    "an output after the loop": CELLS["OutputIsProduct"]()
    if isinstance(CELLS["OutputIsProduct"], type)
    else CELLS["OutputIsProduct"],
}


def arguments(
    cell: Cell, lengths: list[int] | None = None, gradients: bool = True, dtype: torch.dtype = torch.float32
) -> tuple[Any, ...]:
    graph = trace(cell, 3, 4).graph
    torch.manual_seed(0)

    def draw(*shape: int) -> Tensor:
        return (0.5 * torch.randn(shape, dtype=dtype)).requires_grad_(gradients)

    states = [draw(3, state.width) for state in graph.states]
    shapes = {parameter.name: parameter.shape for parameter in graph.parameters()}
    parameters = [draw(*shapes[name]) for name in sorted(shapes)]
    randomness = [torch.tensor([1, 2, 3]), torch.zeros(3, dtype=torch.int64)] if graph.has_masks else []
    rows = None if lengths is None else torch.tensor(lengths)
    return draw(3, 5, 3), states, parameters, rows, randomness, graph.text, "auto"


@pytest.mark.parametrize("lengths", [None, [2, 5, 0]], ids=["whole", "ragged"])
@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("operator", OPERATORS)
def test_torch_s_own_checks(operator: str, name: str, lengths: list[int] | None) -> None:
    checks = ("test_schema", "test_autograd_registration", "test_faketensor")
    opcheck(getattr(torch.ops.seqloom, operator).default, arguments(SOME[name], lengths), test_utils=checks)


def test_torch_s_own_check_of_dynamic_shapes() -> None:
    """Not of what is kept in training, in which some lanes hold no number that matters."""
    opcheck(torch.ops.seqloom.recurrence.default, arguments(LSTM(), [2, 5, 0]))


@pytest.mark.parametrize("lengths", [None, [2, 5, 0], [0, 0, 0], [3, 3, 3]], ids=str)
@pytest.mark.parametrize("name", SOME)
def test_both_forms_have_the_gradients_of_the_reference(name: str, lengths: list[int] | None) -> None:
    given = arguments(SOME[name], lengths, dtype=torch.float64)
    leaves = [given[0], *given[1], *given[2]]
    found = []
    for operator, wish in (("recurrence_in_training", "auto"), ("recurrence", "auto"), ("recurrence", "reference")):
        y, *results = getattr(torch.ops.seqloom, operator)(*given[:-1], wish)
        loss = y.square().sum() + sum(state.sin().sum() for state in results[: len(given[1])])
        found.append([y, *torch.autograd.grad(loss, leaves, allow_unused=True, materialize_grads=True)])
    for ours in found[:2]:
        for one, wanted in zip(ours, found[2], strict=True):
            torch.testing.assert_close(one, wanted, rtol=1e-6, atol=1e-8)


def test_nothing_shares_memory() -> None:
    for operator in OPERATORS:
        given = arguments(LSTM(), [0, 0, 0], gradients=False)
        results = getattr(torch.ops.seqloom, operator)(*given)
        places = [one.untyped_storage().data_ptr() for one in (*results, given[0], *given[1]) if one.numel()]
        assert len(places) == len({*places})


def test_a_second_derivative() -> None:
    x, *rest = arguments(GRU(), gradients=False)

    def run(x: Tensor) -> Tensor:
        return torch.ops.seqloom.recurrence(x, *rest)[0]

    rest = [[one.double() for one in part] if isinstance(part, list) else part for part in rest]
    assert torch.autograd.gradgradcheck(run, x.double().requires_grad_())


def test_the_graph_is_an_argument() -> None:
    layer = Recurrent(LSTM, 3, 4)
    program = torch.export.export(layer, (torch.randn(2, 5, 3),), strict=False)
    (call,) = (node for node in program.graph.nodes if "seqloom" in str(node.target))
    texts = [argument for argument in call.args if isinstance(argument, str)]
    computed = {name: part for name, part in layer.graph.to_data().items() if name != "names"}
    assert json.loads(texts[0]) == json.loads(json.dumps(computed))


def test_lengths_are_checked_when_the_program_runs() -> None:
    layer = Recurrent(LSTM, 3, 4)
    with torch.no_grad():
        program = torch.export.export(layer, (torch.randn(2, 5, 3), None, torch.tensor([5, 2])), strict=False).module()
        with pytest.raises(UsageError, match="between 0 and T = 5; got 2 to 6"):
            program(torch.randn(2, 5, 3), None, torch.tensor([6, 2]))


def test_a_wish_is_kept_by_the_program() -> None:
    layer, x = Recurrent(GRU, 3, 4), torch.randn(2, 5, 3)
    with torch.no_grad():
        with kernels.use("reference"):
            program = torch.export.export(layer, (x,), strict=False).module()
        with kernels.watch() as choices:
            program(x)
    assert [choice.kernel for choice in choices] == ["reference"]


def test_nobody_looks_at_plain_tensors() -> None:
    layer, x = Recurrent(LSTM, 3, 4), torch.randn(2, 5, 3)
    assert not is_seen((x, *layer.parameters()))
    with FlopCounterMode(display=False):
        assert is_seen((x,))
    assert is_seen((x.to("meta"),))
    assert is_seen((x.as_subclass(type("Own", (Tensor,), {})),))


def test_operations_are_counted() -> None:
    layer, x = Recurrent(LSTM, 3, 4), torch.randn(2, 5, 3)
    with FlopCounterMode(display=False) as counter:
        layer(x)[0].sum().backward()
    matrices = 4 * 4 * (3 + 4)
    assert counter.get_total_flops() == 3 * 2 * 2 * 5 * matrices


def test_matrix_states_are_checked_too() -> None:
    shapes = [(2, 5, 2, 3)] * 3 + [(2, 5, 2)] * 2
    sequences = [torch.rand(shape) for shape in shapes]
    sequences[3] = -sequences[3]
    given = (
        [one.requires_grad_() for one in sequences],
        [torch.zeros(2, 2, 3, 3, requires_grad=True)],
        "delta_rule",
        "auto",
    )
    checks = ("test_schema", "test_autograd_registration", "test_faketensor")
    opcheck(torch.ops.seqloom.matrix_state.default, given, test_utils=checks)
    y, _ = delta_rule(*sequences, state=given[1][0])
    torch.testing.assert_close(torch.ops.seqloom.matrix_state(*given)[0], y)


def test_a_model_is_a_leaf_in_fx() -> None:
    model = nn.Sequential(nn.Linear(3, 3), Recurrent(LSTM, 3, 4))
    assert [node.op for node in torch.fx.symbolic_trace(model).graph.nodes][1:3] == ["call_module"] * 2
