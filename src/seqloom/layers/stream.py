"""A stream: steps of a layer, one after the other, on the weights of the moment in which it was opened."""

from __future__ import annotations

import copy
from types import TracebackType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.kernels.bound import bound_steps
from seqloom.kernels.steps import Step
from seqloom.layers.state import map_state
from seqloom.layers.weights import weights_by_name

if TYPE_CHECKING:
    from seqloom.layers.protocol import CausalLayer
    from seqloom.layers.recurrent import Recurrent

__all__ = ["BoundStream", "Stream"]


class Stream:
    """``y = stream.step(x)``, x (B, D) → y (B, H), from ``layer.stream(batch)``; the state goes on by itself.

    **The weights are copied when the stream opens.** A stream does not see what becomes of the layer's own weights
    afterwards: it goes on with those it has, as if the layer had never been touched; open another to take the new ones.
    ``layer.step`` finds and reads the present weights at every step instead, and takes longer for it.

    A stream evaluates: no gradients, no dropout, masks have their mean. Any number of streams of a layer may be open at
    once; one of them is for one thread at a time. ``state`` may be read, kept, and set at any time; what is read is a
    copy. Leaving the ``with`` block gives the copies back; after that a step raises UsageError.

    >>> from seqloom.cells import LSTM
    >>> from seqloom.layers import Recurrent
    >>> layer = Recurrent(LSTM, 2, 4)
    >>> with layer.stream(batch_size=3) as stream:
    ...     y = stream.step(torch.zeros(3, 2))
    >>> y.shape
    torch.Size([3, 4])
    """

    def __init__(self, layer: CausalLayer, batch_size: int, state: Any = None) -> None:
        self._layer: CausalLayer | None = copy.deepcopy(layer).eval()
        with torch.no_grad():
            self._state = self._own(layer.initial_state(batch_size) if state is None else state)

    @property
    def state(self) -> Any:
        """The state after the last step."""
        self._check_open()
        return self._own(self._read())

    @state.setter
    def state(self, state: Any) -> None:
        self._check_open()
        self._write(self._own(state))

    def step(self, x: Tensor) -> Tensor:
        """x (B, D) → y (B, H); raises UsageError for another shape, and once the stream is closed."""
        layer = self._check_open()
        with torch.no_grad():
            y, state = layer.step(x, self._read())
        self._write(state)
        return y

    def _read(self) -> Any:
        return self._state

    def _write(self, state: Any) -> None:
        self._state = state

    def close(self) -> None:
        """Give the copies back."""
        self._layer = self._state = None

    def _check_open(self) -> CausalLayer:
        if self._layer is None:
            raise UsageError("This stream is closed: its with block has ended. Open another with layer.stream(…).")
        return self._layer

    @staticmethod
    def _own(state: Any) -> Any:
        return map_state(lambda leaf: leaf.detach().clone(memory_format=torch.contiguous_format), state)

    def __enter__(self) -> Stream:
        self._check_open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class BoundStream(Stream):
    """The same for a recurrence: where the kernel allows it, a step is one call of machine code."""

    def __init__(self, layer: Recurrent, batch_size: int, state: Any = None) -> None:
        super().__init__(layer, batch_size, state)
        own: Any = self._layer
        graph = layer.graph
        with torch.no_grad():
            weights = weights_by_name(own.weights, graph)
        x = self._state[0].new_empty(batch_size, graph.in_features)
        self._state = own.checked(self._state, x)
        self._count, self._made = len(graph.states), 0
        tensors = [weights[parameter.name].detach().contiguous() for parameter in graph.parameters()]
        self._bound = bound_steps(Step(own._steps, x, tuple(self._state[: self._count]), tensors))

    def step(self, x: Tensor) -> Tensor:
        """x (B, D) → y (B, H); raises UsageError for another shape, and once the stream is closed."""
        bound = self._bound
        y = None if bound is None else bound(x)
        if y is None:
            return super().step(x)
        self._made += 1
        return y

    def _read(self) -> Any:
        """The state as the layer has it; where it has masks, it counts steps."""
        if self._bound is None:
            return self._state
        rest = self._state[self._count :]
        return type(self._state)(*self._bound.states, *(rest and (rest[0], rest[1] + self._made)))

    def _write(self, state: Any) -> None:
        if self._bound is not None:
            state = self._layer.checked(state, self._bound.x)  # type: ignore[union-attr, operator]
            self._bound.take(state[: self._count])
        self._state, self._made = state, 0

    def close(self) -> None:
        """Give the copies back."""
        super().close()
        self._bound = None
