"""A recurrence over a sequence, from a cell's equations."""

from __future__ import annotations

from collections import namedtuple
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.compiler import is_compiling

from seqloom import cells, kernels
from seqloom.cells.cell import Cell, Traced, trace
from seqloom.cells.graph import Graph
from seqloom.errors import UsageError
from seqloom.kernels import Call, Randomness
from seqloom.kernels.autocast import under_autocast, without_autocast
from seqloom.kernels.transforms import known_to_torch
from seqloom.layers.initial_state import InitialState, ZeroState
from seqloom.layers.protocol import CausalLayer, check_sequence
from seqloom.layers.stream import BoundStream, Stream
from seqloom.layers.weights import Finder, WeightMap, empty_weights, weights_by_name

__all__ = ["Recurrent"]

MAXIMUM_SEED = (1 << 62) - 1


class Recurrent(CausalLayer):
    """Run a cell over a batch of sequences: h_t = cell(x_t, h_{t-1}).

    x (B, T, D) → y (B, T, H). ``cell`` is a class or an instance, D is ``in_features``, H is ``hidden_size``;
    ``initial`` says what a sequence begins with (default: the cell's own values, 0). The state is a named tuple with
    one leaf (B, H) per state of the cell; a cell with masks adds ``row_seed`` and ``row_time`` (B,), the address of its
    random bits.

    Parameters carry the names of the equations: ``weights.update.weight_0`` is the first operand's matrix in the map
    "update". They may be shared, replaced, parametrised or pruned (``torch.nn.utils``). Raises UsageError for sizes
    below 1, equations outside the words, or inputs of another shape.

    >>> import torch
    >>> from seqloom.cells import LSTM
    >>> layer = Recurrent(LSTM, in_features=2, hidden_size=4)
    >>> y, state = layer(torch.zeros(1, 3, 2))
    >>> y.shape, state.h.shape, state.c.shape
    (torch.Size([1, 3, 4]), torch.Size([1, 4]), torch.Size([1, 4]))
    """

    state_type: Any

    def __init__(
        self, cell: type[Cell] | Cell, in_features: int, hidden_size: int, initial: InitialState | None = None
    ) -> None:
        _check_sizes(in_features, hidden_size)
        if isinstance(cell, type) and issubclass(cell, Cell):
            cell = cell()
        if not isinstance(cell, Cell):
            raise UsageError(f"Recurrent expected a Cell class or instance, not {cell!r}.")
        self._build(trace(cell, in_features, hidden_size), cell, hidden_size, initial or ZeroState())
        self.reset_parameters()

    def _build(self, traced: Traced, cell: Cell | None, hidden_size: int, initial: InitialState) -> None:
        super().__init__()
        graph = traced.graph
        self.cell = cell
        self.traced = traced
        self.hidden_size = hidden_size
        self.initial = initial
        self.in_features, self.out_features = graph.in_features, graph.out_features
        self.weights = empty_weights(graph)
        vectors = initial.vectors(graph)
        if isinstance(vectors, nn.ParameterList):
            self.initial_vectors = WeightMap({str(k): vector for k, vector in enumerate(vectors)})
        else:
            for k, vector in enumerate(vectors):
                self.register_buffer(f"initial_{k}", vector, persistent=True)
        self._find, self._steps = Finder(graph), kernels.Steps(graph)
        self._masked = graph.has_masks
        self._set_state_type()

    @classmethod
    def from_graph(cls, graph: Graph, hidden_size: int, initial: InitialState | None = None) -> Recurrent:
        """A layer from a saved graph, without the code of its cell; its weights are still to be loaded."""
        layer = cls.__new__(cls)
        layer._build(Traced(graph, {}), None, hidden_size, initial or ZeroState())
        for parameter in layer.weights.parameters():
            nn.init.zeros_(parameter)
        return layer

    @property
    def graph(self) -> Graph:
        """The cell's equations at this layer's sizes."""
        return self.traced.graph

    def _set_state_type(self) -> None:
        """The named tuple that holds this layer's state."""
        names = [state.name for state in self.graph.states] + ["row_seed", "row_time"] * self._masked
        self.state_type = _state_type(type(self.cell).__name__ if self.cell else "Recurrent", tuple(names))

    def __getstate__(self) -> dict[str, Any]:
        """All but the type of the state, a class that has no name in any module."""
        return {name: value for name, value in self.__dict__.items() if name != "state_type"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._set_state_type()

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Fill the weights anew, as the cell's initialisation says."""
        if self.cell is None:
            raise UsageError("This layer was loaded from a graph alone, which does not say how to initialise it.")
        if any(not one.is_plain for one in self.weights.children()):
            raise UsageError(
                "reset_parameters fills plain weights, but some of these are computed (parametrised, normalised or "
                "pruned). Take that off first, or load other weights."
            )
        self.cell.initialise(self.traced, self._present_weights(), generator)

    def initial_state(self, batch_size: int) -> Any:
        """The state before the first step: a named tuple of (B, H) tensors."""
        vectors = self._initial_vectors()
        rows = [vector.expand(batch_size, -1).clone() for vector in vectors]  # a state is nobody else's memory
        if not self.graph.has_masks:
            return self.state_type(*rows)
        device = vectors[0].device
        seed = torch.randint(MAXIMUM_SEED, (batch_size,)).to(device)
        return self.state_type(*rows, seed, torch.zeros_like(seed))

    def _initial_vectors(self) -> list[Tensor]:
        if "initial_vectors" in self._modules:
            return [*self.initial_vectors().values()]
        return [getattr(self, f"initial_{k}") for k in range(len(self.graph.states))]

    def forward(self, x: Tensor, state: Any = None, lengths: Tensor | None = None) -> tuple[Tensor, Any]:
        """x (B, T, D) → y (B, T, H), 0 beyond each row's length, and the state after the last real step."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        if under_autocast(x):
            # A recurrence adds its rounding errors up over time, so it keeps the precision of its weights.
            with without_autocast(x):
                return self._run(x.to(self._initial_vectors()[0].dtype), state, lengths)
        return self._run(x, state, lengths)

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, Any]:
        """One step: x_t (B, D) and the state give y_t (B, H) and the next state."""
        done = None
        if type(state) is self.state_type and not self._forward_pre_hooks and not is_compiling():
            if self._masked:
                done = self._masked_step(x_t, state)
            else:
                done = self._steps(x_t, state, self._find(self._modules["weights"]))  # type: ignore[arg-type]
        return super().step(x_t, state) if done is None else done

    def _masked_step(self, x_t: Tensor, state: Any) -> tuple[Tensor, Any] | None:
        """A step where masks have their mean; the address of random bits moves on."""
        done = None if self.training else self._steps(x_t, state[:-2], self._find(self.weights))
        return None if done is None else (done[0], self.state_type(*done[1], state.row_seed, state.row_time + 1))

    def _run(self, x: Tensor, state: Any, lengths: Tensor | None) -> tuple[Tensor, Any]:
        state = self.initial_state(x.shape[0]) if state is None else self.checked(state, x)
        y, states = kernels.RECURRENCE(self._call(x, state, lengths))
        if not self.graph.has_masks:
            return y, self.state_type(*states)
        passed = x.shape[1] if lengths is None else lengths.to(state.row_time)
        return y, self.state_type(*states, state.row_seed, state.row_time + passed)

    def _call(self, x: Tensor, state: Any, lengths: Tensor | None) -> Call:
        states = tuple(state[: len(self.graph.states)])
        masks_drawn = self.graph.has_masks and self.training
        randomness = Randomness(state.row_seed, state.row_time) if masks_drawn else None
        return Call(self.graph, self._present_weights(), x, states, lengths, randomness)

    def _present_weights(self) -> dict[str, Tensor]:
        return weights_by_name(self.weights, self.graph)

    def checked(self, state: Any, x: Tensor) -> Any:
        """``state`` in this layer's type; raises UsageError for one that does not fit x, or another layer."""
        fields = self.state_type._fields
        is_tensors = isinstance(state, tuple) and all(isinstance(leaf, Tensor) for leaf in state)
        if not is_tensors or len(state) != len(fields):
            raise UsageError(
                f"{type(self).__name__} expected the {len(fields)} states {fields}; got {type(state).__name__}."
            )
        for node, leaf in zip(self.graph.states, state, strict=False):
            if leaf.shape != (x.shape[0], node.width):
                raise UsageError(
                    f"The state {node.name!r} should have the shape (B, H) = {(x.shape[0], node.width)}; "
                    f"got {tuple(leaf.shape)}."
                )
            if leaf.dtype != x.dtype:
                raise UsageError(f"The state {node.name!r} should have x's format, {x.dtype}; got {leaf.dtype}.")
        return state if isinstance(state, self.state_type) else self.state_type(*state)

    def stream(self, batch_size: int = 1, state: Any = None) -> Stream:
        """Steps from ``state`` (default: the initial one) on, on a copy of the present weights: see ``Stream``."""
        return BoundStream(self, batch_size, state)

    def explain(self, x: Tensor, lengths: Tensor | None = None) -> kernels.Explanation:
        """Which kernel would run this layer on x (B, T, D), and why."""
        lengths = check_sequence(self, x, self.in_features, lengths)
        return kernels.RECURRENCE.explain(self._call(x, self.initial_state(x.shape[0]), lengths))

    def extra_repr(self) -> str:
        cell = type(self.cell).__name__ if self.cell else "cell from graph"
        return f"{cell}, in_features={self.in_features}, hidden_size={self.hidden_size}"


@cache
def _state_type(owner: str, names: tuple[str, ...]) -> Any:
    made: Any = namedtuple(f"{owner}State", names)  # type: ignore[misc]
    kind = type(made.__name__, (made,), {"__slots__": (), "__reduce__": _reduce, "_owner": owner})
    return known_to_torch(kind, f"seqloom.state.{owner}({', '.join(names)})")


def _reduce(state: Any) -> tuple[Any, ...]:
    return _make_state, (state._owner, state._fields, tuple(state))


def _make_state(owner: str, names: tuple[str, ...], leaves: tuple[Tensor, ...]) -> Any:
    """A state again, for ``copy`` and for processes that send states to one another."""
    return _state_type(owner, names)(*leaves)


def _check_sizes(in_features: int, hidden_size: int) -> None:
    for name, size in (("in_features", in_features), ("hidden_size", hidden_size)):
        if not isinstance(size, int) or size < 1:
            raise UsageError(f"{name} must be a whole number of at least 1; got {size!r}.")


for _name in cells.__all__:  # so that a saved program finds the states of every cell of the library
    _kind = getattr(cells, _name)
    if isinstance(_kind, type) and issubclass(_kind, Cell) and isinstance(_kind.state, tuple):
        _state_type(_name, _kind.state)
