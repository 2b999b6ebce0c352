"""What runs here as an operator of torch's registry, for all who look at operations instead of running our code.

``torch.compile``, ``torch.export``, ``make_fx``, ``torch.jit.trace``, fake tensors and dispatch modes see one operator.
Its gradients are an operator too, which runs the former anew, and whose own gradients come from the reference.
What depends on numbers (the order of lengths, the choice of a kernel) happens inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.library import custom_op
from torch.utils.flop_counter import register_flop_formula

from seqloom.kernels.policy import use
from seqloom.kernels.transforms import differentiable_inside

__all__ = ["Halves", "custom_operator"]

Function = Callable[..., list[Tensor]]
STATES = 1
"""The place of the states among the inputs."""


class Halves(NamedTuple):
    """An operator whose way back reads what its way forward kept, after its results.

    ``recall(kept, *inputs)`` gives the results again, as functions of the inputs; ``whole(*inputs)`` makes them anew.
    """

    recall: Function
    whole: Function


def custom_operator(
    name: str, inputs: str, run: Function, shapes: Function, flops: Callable[..., int], halves: Halves | None = None
) -> Any:
    """The operator ``seqloom::name`` of ``run(*inputs)``, which gives outputs and a final state for each of the states.

    ``inputs`` is the schema of the arguments: tensors, lists of them (the second is that of the states), None and
    strings. A last one, ``wish``, names the backends. Every tensor of floating-point numbers has a gradient; without
    ``halves`` the way back runs anew. ``shapes`` gives results without numbers, and ``flops`` counts additions and
    multiplications from the shapes of the inputs; the way back has twice as many.
    """
    whole = halves.whole if halves else run

    @torch.no_grad()
    def forward(*arguments: Any) -> list[Tensor]:
        return _own(_wished(run, arguments), arguments)

    def gradients(arriving: Sequence[Tensor | None], kept: Sequence[Tensor], *arguments: Any) -> list[Tensor]:
        with differentiable_inside():
            _, _, found = _way_back(partial(halves.recall, kept) if halves else run, arguments, arriving)
        return _own(found, (*arguments, arriving))

    schema = f"{inputs}, str wish"
    forwards = custom_op(f"seqloom::{name}", forward, mutates_args=(), schema=f"({schema}) -> Tensor[]")
    schema_back = f"(Tensor?[] arriving, Tensor[] kept, {schema}) -> Tensor[]"
    backwards = custom_op(f"seqloom::{name}_gradients", gradients, mutates_args=(), schema=schema_back)

    def keep(ctx: Any, inputs: tuple[Any, ...], output: list[Tensor]) -> None:
        _keep(ctx, (output[1 + len(inputs[STATES]) :], *inputs))

    def keep_back(ctx: Any, inputs: tuple[Any, ...], output: list[Tensor]) -> None:
        _keep(ctx, inputs)

    def differentiate(ctx: Any, arriving: Sequence[Tensor | None]) -> tuple[Any, ...]:
        kept, *arguments = _kept(ctx)
        results = 1 + len(arguments[STATES])
        found = iter(backwards(list(arriving[:results]), kept, *arguments))
        return tuple(_gradients_for(arguments, found))

    def differentiate_again(ctx: Any, arriving: Sequence[Tensor | None]) -> tuple[Any, ...]:
        again = torch.is_grad_enabled()
        first, kept, *arguments = _kept(ctx)
        first = [None if gradient is None else gradient.detach().requires_grad_() for gradient in first]
        with torch.enable_grad():
            _, leaves, gradients = _way_back(whole, (*arguments[:-1], "reference"), first, again=True)
            inputs = [*(gradient for gradient in first if gradient is not None), *leaves]
            found = iter(_gradients(gradients, inputs, arriving, again))
        of_first = [None if gradient is None else next(found) for gradient in first]
        return of_first, [None] * len(kept), *_gradients_for(arguments, found)

    forwards.register_fake(lambda *arguments: shapes(*arguments[:-1]))
    backwards.register_fake(lambda _, __, *arguments: [leaf.new_empty(leaf.shape) for leaf in _floating(arguments)])
    forwards.register_autograd(differentiate, setup_context=keep)
    backwards.register_autograd(differentiate_again, setup_context=keep_back)
    operators = getattr(torch.ops.seqloom, name), getattr(torch.ops.seqloom, f"{name}_gradients")
    register_flop_formula(operators[0])(lambda *given, **_: flops(*given[:-1]))
    register_flop_formula(operators[1])(lambda _, __, *given, **___: 2 * flops(*given[:-1]))
    forwards.register_vmap(lambda info, places, *arguments: _one_by_one(forwards, info, places, arguments))
    backwards.register_vmap(lambda info, places, *arguments: _one_by_one(backwards, info, places, arguments))
    return forwards


def _wished(run: Function, arguments: Sequence[Any]) -> list[Tensor]:
    *given, wish = arguments
    with use(*wish.split(",")):
        return run(*given)


def _way_back(
    run: Function, arguments: Sequence[Any], arriving: Sequence[Tensor | None], again: bool = False
) -> tuple[list[Tensor], list[Tensor], Sequence[Tensor]]:
    """The results, the leaves that they are made of, and the leaves' gradients."""
    given = [*_in_place_of(arguments, lambda tensor: tensor.detach().requires_grad_(tensor.is_floating_point()))]
    results, leaves = _wished(run, given), list(_floating(given))
    return results, leaves, _gradients(results, leaves, arriving, again)


def _gradients(
    results: Sequence[Tensor], inputs: Sequence[Tensor], arriving: Sequence[Tensor | None], again: bool
) -> Sequence[Tensor]:
    pairs = [pair for pair in zip(results, arriving, strict=True) if pair[1] is not None and pair[0].requires_grad]
    if not pairs:
        return [torch.zeros_like(tensor) for tensor in inputs]
    outputs, gradients = zip(*pairs, strict=True)
    return torch.autograd.grad(
        outputs, inputs, gradients, create_graph=again, allow_unused=True, materialize_grads=True
    )


def _keep(ctx: Any, arguments: Sequence[Any]) -> None:
    ctx.arguments = [*_in_place_of(arguments, lambda _: ...)]
    ctx.save_for_backward(*map(_alone, _tensors(arguments)))


def _alone(tensor: Tensor) -> Tensor:
    """``tensor``, or a copy of a part of another: ``allow_mutation_on_saved_tensors`` goes by where they begin."""
    return tensor.clone() if type(tensor) is Tensor and tensor._is_view() else tensor


def _kept(ctx: Any) -> list[Any]:
    tensors = iter(ctx.saved_tensors)
    return [
        [next(tensors) if one is ... else one for one in argument]
        if isinstance(argument, list)
        else (next(tensors) if argument is ... else argument)
        for argument in ctx.arguments
    ]


def _tensors(arguments: Sequence[Any]) -> Iterator[Tensor]:
    for argument in arguments:
        if isinstance(argument, Tensor):
            yield argument
        elif isinstance(argument, list | tuple):
            yield from (one for one in argument if one is not None)


def _floating(arguments: Sequence[Any]) -> Iterator[Tensor]:
    return (tensor for tensor in _tensors(arguments) if tensor.is_floating_point())


def _in_place_of(arguments: Sequence[Any], instead: Callable[[Tensor], Any]) -> Iterator[Any]:
    """The arguments with something else in the place of every tensor."""
    for argument in arguments:
        if isinstance(argument, list | tuple):
            yield [None if one is None else instead(one) for one in argument]
        else:
            yield instead(argument) if isinstance(argument, Tensor) else argument


def _gradients_for(arguments: Sequence[Any], found: Iterator[Tensor]) -> Iterator[Any]:
    """What was ``found`` in the places of the tensors that have a gradient, and None in the others."""
    for argument in arguments:
        if isinstance(argument, str) or argument is None:
            yield None
        else:
            yield from _in_place_of([argument], lambda tensor: next(found) if tensor.is_floating_point() else None)


def _one_by_one(
    called: Callable[..., list[Tensor]], info: Any, places: Sequence[Any], arguments: Sequence[Any]
) -> tuple[list[Tensor], list[int]]:
    """Under vmap: each of the batch by itself, as rows of a batch share their weights and these may not."""

    def at(k: int) -> Iterator[Any]:
        for argument, place in zip(arguments, places, strict=True):
            if isinstance(argument, list | tuple):
                yield [
                    one if where is None else one.select(where, k)
                    for one, where in zip(argument, place or [None] * len(argument), strict=True)
                ]
            else:
                yield argument if place is None else argument.select(place, k)

    results = [called(*at(k)) for k in range(info.batch_size)]
    stacked = [torch.stack(parts) for parts in zip(*results, strict=True)]
    return stacked, [0] * len(stacked)


def _own(results: Sequence[Tensor], arguments: Sequence[Any]) -> list[Tensor]:
    """``results`` as rows one after the other, each in memory that is no argument's and no other result's."""
    taken = {tensor.untyped_storage().data_ptr() for tensor in _tensors(arguments)}
    owned = []
    for result in results:
        result = result.detach().contiguous()
        if result.untyped_storage().data_ptr() in taken:
            result = result.clone()
        taken.add(result.untyped_storage().data_ptr())
        owned.append(result)
    return owned
