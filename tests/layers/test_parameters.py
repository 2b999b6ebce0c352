"""What is done to parameters × what a layer does with them: nothing sees weights other than the present ones."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize, prune

from seqloom import kernels
from seqloom.cells import GRU, LSTM, Cell, Elman, MinGRU, PeepholeLSTM
from seqloom.errors import UsageError
from seqloom.kernels import Call
from seqloom.layers import OneHot, Recurrent, StepHead
from seqloom.layers.weights import WeightMap, plain_weights, weights_by_name
from seqloom.models.token_model import TokenModel
from seqloom.models.token_network import network_of
from seqloom.tasks.language.generation import _draw

SIZE = 8
CELLS: list[type[Cell]] = [Elman, LSTM, GRU, PeepholeLSTM, MinGRU]

pytestmark = pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated:FutureWarning")


class Dropped(nn.Module):
    """Weight drop (Merity et al., 2018) as a parametrisation; it counts how often it is asked."""

    asked = 0

    def forward(self, weight: Tensor) -> Tensor:
        self.asked += 1
        return nn.functional.dropout(weight, 0.5, self.training)


class Doubled(nn.Module):
    def forward(self, weight: Tensor) -> Tensor:
        return 2 * weight


def maps(layer: Recurrent) -> list[WeightMap]:
    return [one for one in layer.weights.modules() if isinstance(one, WeightMap)]


def matrices(layer: Recurrent) -> list[tuple[WeightMap, str]]:
    return [(one, name) for one in maps(layer) for name in one.names if getattr(one, name).ndim == 2]


def each(way: Callable[[Any, str], Any]) -> Callable[[Recurrent], None]:
    def apply(layer: Recurrent) -> None:
        for one, name in matrices(layer):
            way(one, name)

    return apply


def tied(layer: Recurrent) -> None:
    (first, of_first), *others = matrices(layer)
    for one, name in others:
        setattr(one, name, getattr(first, of_first))


def tied_with_a_linear(layer: Recurrent) -> None:
    """The weight of one nn.Linear in all maps."""
    linear = nn.Linear(SIZE, SIZE).double()
    for one, name in matrices(layer):
        setattr(one, name, linear.weight)


def one_map_twice(layer: Recurrent) -> None:
    """Every map that has the names of the first becomes the first."""
    first, *others = layer.weights.named_children()
    for name, one in others:
        if one.names.keys() == first[1].names.keys():
            setattr(layer.weights, name, first[1])


def dropped_by_hand(one: WeightMap, name: str) -> None:
    """Weight drop as older code has it: a raw parameter, and a plain attribute that a hook writes."""
    raw = nn.Parameter(getattr(one, name).detach())
    del one._parameters[name]
    one.register_parameter(f"{name}_raw", raw)
    one.register_forward_pre_hook(lambda module, _: setattr(module, name, 0.5 * getattr(module, f"{name}_raw")))


def another(layer: Recurrent) -> Recurrent:
    return Recurrent(layer.cell, SIZE, SIZE).to(next(layer.parameters()).dtype)


def maps_of_another(layer: Recurrent) -> None:
    for name, one in another(layer).weights.named_children():
        setattr(layer.weights, name, one)


def weights_of_another(layer: Recurrent) -> None:
    layer.weights = another(layer).weights


def other_parameters(one: WeightMap, name: str) -> None:
    setattr(one, name, nn.Parameter(torch.randn(SIZE, SIZE, dtype=torch.float64)))


WAYS: dict[str, Callable[[Recurrent], None]] = {
    "nothing": lambda layer: None,
    "tied tensors": tied,
    "a Linear's weight": tied_with_a_linear,
    "one map twice": one_map_twice,
    "maps of another layer": maps_of_another,
    "weights of another layer": weights_of_another,
    "other parameters": each(other_parameters),
    "weight_norm": each(parametrizations.weight_norm),
    "spectral_norm": each(parametrizations.spectral_norm),
    "orthogonal": each(parametrizations.orthogonal),
    "older weight_norm": each(nn.utils.weight_norm),
    "older spectral_norm": each(nn.utils.spectral_norm),
    "prune": each(lambda one, name: prune.l1_unstructured(one, name, 0.5)),
    "structured prune": each(lambda one, name: prune.ln_structured(one, name, 0.3, 2, 0)),
    "weight drop": each(lambda one, name: parametrize.register_parametrization(one, name, Dropped())),
    "weight drop by hand": each(dropped_by_hand),
    "two parametrisations": each(
        lambda one, name: [parametrize.register_parametrization(one, name, Doubled()) for _ in range(2)]
    ),
}
REMOVED: dict[str, Callable[[WeightMap, str], Any]] = {
    "weight_norm": parametrize.remove_parametrizations,
    "spectral_norm": parametrize.remove_parametrizations,
    "orthogonal": parametrize.remove_parametrizations,
    "two parametrisations": parametrize.remove_parametrizations,
    "older weight_norm": nn.utils.remove_weight_norm,
    "older spectral_norm": nn.utils.remove_spectral_norm,
    "prune": prune.remove,
    "structured prune": prune.remove,
}
PICKLED = [*list(WAYS)[:7], "older weight_norm", "older spectral_norm", "prune", "structured prune"]
COMPUTED = [way for way in WAYS if way not in list(WAYS)[:7]]


def by_torch(layer: Recurrent) -> dict[str, Tensor]:
    """The weights as torch's hooks and attributes have them."""
    for one in maps(layer):
        for hook in one._forward_pre_hooks.values():
            hook(one, ())
    owners = layer.weights._modules.items()
    return {f"{owner}.{name}": getattr(one, name) for owner, one in owners if one for name in one.names}  # type: ignore[union-attr]


def reference(layer: Recurrent, x: Tensor) -> Tensor:
    call = Call(layer.graph, by_torch(layer), x, layer.initial_state(len(x)), None, None)
    with kernels.use("reference"):
        return kernels.RECURRENCE(call)[0]


def stepped(layer: Recurrent, x: Tensor) -> Tensor:
    outputs, state = [], layer.initial_state(len(x))
    for x_t in x.unbind(1):
        y, state = layer.step(x_t, state)
        outputs.append(y)
    return torch.stack(outputs, 1)


def made(cell: type[Cell], way: str) -> tuple[Recurrent, Tensor]:
    """A layer that has made steps before its parameters changed."""
    layer, x = Recurrent(cell, SIZE, SIZE).double().eval(), torch.randn(2, 5, SIZE).double()
    with torch.no_grad():
        stepped(layer, x)
    WAYS[way](layer)
    return layer, x


def gradients(y: Tensor, layer: Recurrent) -> tuple[Tensor, ...]:
    weighing = torch.linspace(-1, 1, y.numel(), dtype=y.dtype).view_as(y)
    return torch.autograd.grad((y * weighing).sum(), list(layer.parameters()), retain_graph=True)


def check(layer: Recurrent, x: Tensor) -> Tensor:
    """Every way of running sees the same weights, and its gradient reaches the parameters; returns y."""
    wanted, y = reference(layer, x), layer(x)[0]
    torch.testing.assert_close(y, wanted)
    torch.testing.assert_close(gradients(y, layer), gradients(wanted, layer))
    by_steps = stepped(layer, x)
    torch.testing.assert_close(by_steps, wanted)
    torch.testing.assert_close(gradients(by_steps, layer), gradients(wanted, layer))
    with torch.no_grad():
        torch.testing.assert_close(layer(x)[0], wanted)
        torch.testing.assert_close(stepped(layer, x), wanted)
        torch.testing.assert_close(stepped(layer, x[:1]), wanted[:1])
    return wanted.detach()


def train(layer: nn.Module, x: Tensor) -> None:
    """One step; every leaf moves against its own gradient, and nothing else does."""
    optimiser, before = torch.optim.SGD(layer.parameters(), lr=0.5), copy.deepcopy([*layer.parameters()])
    layer(x)[0].square().sum().backward()
    optimiser.step()
    for old, new in zip(before, layer.parameters(), strict=True):
        assert new.is_leaf
        assert new.grad is not None
        assert bool(new.grad.any())
        torch.testing.assert_close(new, old - 0.5 * new.grad)
    optimiser.zero_grad()


every_cell = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.__name__)
every_way = pytest.mark.parametrize("way", WAYS)


@every_cell
@every_way
def test_forward_backward_and_steps_see_the_present_weights(way: str, cell: type[Cell]) -> None:
    layer, x = made(cell, way)
    before = check(layer, x)
    train(layer, x)
    assert not torch.allclose(check(layer, x), before, atol=1e-4)


@every_cell
@every_way
def test_generation_sees_the_present_weights(way: str, cell: type[Cell]) -> None:
    layer, _ = made(cell, way)
    model = TokenModel(OneHot(SIZE), layer, StepHead(SIZE, SIZE)).double().eval()
    with torch.no_grad():
        model.head.linear.weight.mul_(8)

    def written() -> list[tuple[int, int]]:
        return [*_draw(model, [[1, 2], [3, 4]], [5, 6], 20, None, (), torch.zeros(2, SIZE, dtype=torch.bool), ())]

    def wanted() -> list[tuple[int, int]]:
        """By a layer of plain parameters with these values."""
        plain = another(layer)
        present = {f"weights.{name}": tensor.detach() for name, tensor in by_torch(layer).items()}
        plain.load_state_dict(present, strict=False)
        model.body = plain
        found = written()
        model.body = layer
        return found

    before = written()
    assert before == wanted()
    train(layer, torch.randn(2, 5, SIZE).double())
    assert written() == wanted() != before
    assert (network_of(model) is None) == (way in COMPUTED)


@every_cell
@every_way
def test_saved_and_loaded(way: str, cell: type[Cell]) -> None:
    layer, x = made(cell, way)
    train(layer, x)
    again, _ = made(cell, way)
    again.load_state_dict(layer.state_dict())
    torch.testing.assert_close(check(again, x), reference(layer, x).detach())


@every_cell
@every_way
def test_a_copy_goes_its_own_way(way: str, cell: type[Cell]) -> None:
    layer, x = made(cell, way)
    before = check(layer, x)
    twin = copy.deepcopy(layer)
    train(twin, x)
    assert not torch.allclose(check(twin, x), before, atol=1e-4)
    torch.testing.assert_close(check(layer, x), before)


@pytest.mark.parametrize("way", PICKLED)
def test_pickled(way: str) -> None:
    """Whole, too, what hooks computed; ties stay ties."""
    layer, x = made(LSTM, way)
    wanted, again = check(layer, x), pickle.loads(pickle.dumps(layer))
    assert len([*again.parameters()]) == len([*layer.parameters()])
    torch.testing.assert_close(check(again, x), wanted)
    train(again, x)
    assert not torch.allclose(check(again, x), wanted, atol=1e-4)


def test_parametrised_weights_are_pickled_by_their_state_dict_as_torch_says() -> None:
    layer, _ = made(LSTM, "orthogonal")
    with pytest.raises(RuntimeError, match=r"only supported through state_dict"):
        pickle.dumps(layer)


@every_cell
@pytest.mark.parametrize("way", REMOVED)
def test_what_is_taken_off_again_leaves_plain_weights(way: str, cell: type[Cell]) -> None:
    """Of the values computed last: steps see them, and later changes."""
    layer, x = made(cell, way)
    wanted = check(layer, x)
    each(REMOVED[way])(layer)
    assert {*map(id, plain_weights(layer.weights))} == {*map(id, layer.parameters())} != set()
    assert layer.state_dict().keys() == made(cell, "nothing")[0].state_dict().keys()
    torch.testing.assert_close(check(layer, x), wanted)
    train(layer, x)
    assert not torch.allclose(check(layer, x), wanted, atol=1e-4)


def replica(layer: Recurrent) -> Recurrent:
    """As ``nn.DataParallel`` makes them: maps whose parameters are plain attributes."""
    twin = layer._replicate_for_data_parallel()
    twin._modules["weights"] = layer.weights._replicate_for_data_parallel()
    for name, one in layer.weights._modules.items():
        assert isinstance(one, WeightMap)
        twin.weights._modules[name] = own = one._replicate_for_data_parallel()
        for key, parameter in one.named_parameters():
            setattr(own, key, 2 * parameter)
    return twin


def test_a_replica_reads_its_own_weights() -> None:
    layer, x = made(LSTM, "nothing")
    before, twin = reference(layer, x), replica(layer)
    torch.testing.assert_close(twin(x)[0], reference(twin, x))
    assert not torch.allclose(twin(x)[0], before, atol=1e-4)
    torch.testing.assert_close(layer(x)[0], before)


@pytest.mark.parametrize("training", [False, True])
@every_cell
def test_a_weight_is_computed_once_for_each_call(cell: type[Cell], training: bool) -> None:
    """In training a second evaluation would be another mask, or one more power iteration."""
    layer, x = made(cell, "weight drop")
    layer.train(training)
    asked = [one for one in layer.modules() if isinstance(one, Dropped)]
    for gradient in (False, True):
        with torch.set_grad_enabled(gradient):
            for run, calls in ((lambda: layer(x)[0], 1), (lambda: stepped(layer, x), x.shape[1])):
                for one in asked:
                    one.asked = 0
                run()
                assert [one.asked for one in asked] == [calls] * len(asked)


@every_cell
def test_weight_drop_draws_a_mask_for_each_call_in_training(cell: type[Cell]) -> None:
    layer, x = made(cell, "weight drop")
    layer.train()
    torch.manual_seed(1)
    y = layer(x)[0]
    torch.manual_seed(1)
    wanted = reference(layer, x)
    torch.testing.assert_close(y, wanted)
    torch.testing.assert_close(gradients(y, layer), gradients(wanted, layer))
    assert not torch.allclose(layer(x)[0], y)


@pytest.mark.parametrize("way", COMPUTED)
def test_computed_weights_are_not_filled_in_silence(way: str) -> None:
    layer, x = made(LSTM, way)
    before = reference(layer, x)
    with pytest.raises(UsageError, match="some of these are computed"):
        layer.reset_parameters()
    torch.testing.assert_close(reference(layer, x), before)


@pytest.mark.parametrize(
    ("weight", "message"),
    [(torch.zeros(SIZE, 3), r"'forget.weight_1' of shape \(8, 8\), but it is \(8, 3\)"), (None, "but there is none")],
)
def test_a_weight_that_does_not_fit_is_refused(weight: Tensor | None, message: str) -> None:
    layer, x = made(LSTM, "nothing")
    del layer.weights.forget.weight_1
    if weight is not None:
        layer.weights.forget.weight_1 = nn.Parameter(weight.double())
    for run in (lambda: layer(x), lambda: stepped(layer, x)):
        for gradient in (True, False):
            with torch.set_grad_enabled(gradient), pytest.raises(UsageError, match=message):
                run()


def test_a_weight_that_is_none_is_named() -> None:
    layer, x = made(LSTM, "nothing")
    layer.weights.forget.weight_1 = None
    for run in (lambda: layer(x), lambda: stepped(layer, x)):
        with (
            torch.no_grad(),
            pytest.raises(UsageError, match=r"'forget.weight_1' of shape .*, but there is none"),
        ):
            run()


def test_a_module_in_place_of_a_map_is_refused() -> None:
    layer, x = made(LSTM, "nothing")
    layer.weights.forget = nn.Linear(SIZE, SIZE)
    for run in (lambda: layer(x), lambda: stepped(layer, x)):
        with torch.no_grad(), pytest.raises(UsageError, match="map 'forget' is a Linear, not a WeightMap"):
            run()


def test_plain_weights_are_found_without_computing() -> None:
    layer, _ = made(LSTM, "nothing")
    assert (
        {*map(id, plain_weights(layer.weights))}
        == {*map(id, weights_by_name(layer.weights, layer.graph).values())}
        == {*map(id, layer.parameters())}
    )


@pytest.mark.parametrize(
    "hook", ["register_forward_hook", "register_forward_pre_hook"], ids=["forward hook", "forward pre-hook"]
)
@pytest.mark.parametrize("where", ["body", "head", "head.linear", "embedding"])
def test_generation_does_not_pass_hooks_by(where: str, hook: str) -> None:
    model = TokenModel(OneHot(SIZE), Recurrent(GRU, SIZE, SIZE), StepHead(SIZE, SIZE)).eval()
    assert network_of(model) is not None
    getattr(model.get_submodule(where), hook)(lambda *_: None)
    assert network_of(model) is None
