"""``RNNCell``, ``LSTMCell`` and ``GRUCell``: torch's modules, whose step without gradients is machine code.

A step with gradients is torch's own operation: for one step there is no sequence to gain from, and its weights lie
as torch wants them. Axes: B batch, D features, H hidden.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch._C import _is_tracing as is_tracing

from seqloom import kernels
from seqloom.cells.graph import Graph
from seqloom.kernels import Call, Stream
from seqloom.kernels.backend import TORCH, Kernel
from seqloom.kernels.call import States
from seqloom.kernels.torch_order import GRU_TWIN, LSTM_TWIN, RNN_TWINS, Twin
from seqloom.nn.equations import graph_of, named

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]

NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
KEYS = dict.fromkeys(NAMES).keys()


class _Step(nn.RNNCellBase):
    """What the three share: the stream of steps, made when it is first needed and never copied or saved."""

    _stream: Stream | None = None

    @property
    def _twin(self) -> Twin:
        raise NotImplementedError

    def repack(self) -> None:
        """Forget the packed weights: needed after writing weights through ``.data``, and only then."""
        if self._stream is not None:
            self._stream.forget()

    def _step(self, x: Tensor, states: States | None) -> States | None:
        """The new states by our kernels, or None where torch's own operation is the one to take."""
        if is_tracing():
            return None
        if states is None:
            rows = x.new_zeros(*x.shape[:-1], self.hidden_size)
            states = tuple(rows for _ in self._twin.cell.state)
        if x.dim() == 1:
            new = self._step(x[None], tuple(state[None] for state in states))
            return None if new is None else tuple(state[0] for state in new)
        stream = self._stream
        if stream is None:
            stream = self._stream = Stream(self._graph, self._weights, self._named)
        done = stream.step(x, states)
        if done is not None:
            return done[1]
        return None if OWN.choose(self) is not None else self._wished(x, states)

    def _wished(self, x: Tensor, states: States) -> States | None:
        """The new states by the kernel that was asked for by name; None for shapes that torch has a message for."""
        shapes = [state.shape for state in states]
        if x.dim() != 2 or x.shape[1] != self.input_size or {*shapes} != {(x.shape[0], self.hidden_size)}:
            return None
        return kernels.RECURRENCE(Call(self._graph, self._named(), x[:, None], states, None, None))[1]

    @property
    def _graph(self) -> Graph:
        return graph_of(self._twin.cell, self.input_size, self.hidden_size)

    def _weights(self) -> list[Tensor]:
        """The present weights; none where one is no Parameter, but computed anew (parametrised, weight norm)."""
        own = self._parameters
        return [weight for weight in own.values() if weight is not None] if own.keys() == KEYS else []

    def _named(self) -> dict[str, Tensor]:
        weights = {name: getattr(self, name) for name in NAMES}
        return named(self._twin, {name: weight for name, weight in weights.items() if weight is not None})

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_stream"}


class _Own(Kernel[_Step, None]):
    """torch's own operation, which ``forward`` goes on to."""

    backend = TORCH
    summary = "torch's own operation for one step"

    def run(self, work: _Step) -> None:
        return None


OWN = kernels.Operation[_Step, None](
    "a step of torch's cell", (_Own(),), in_parts="as a sequence of one step, whose kernel is chosen by itself"
)


class RNNCell(_Step, nn.RNNCell):
    """``torch.nn.RNNCell``: h' = f(W_ih x + b_ih + W_hh h + b_hh), f the ``nonlinearity`` "tanh" or "relu".

    Elman (1990). Input (B, D) or (D,), hidden (B, H) or (H,), by default 0 → h' of the shape of hidden.

    >>> import torch
    >>> RNNCell(3, 4)(torch.zeros(2, 3)).shape
    torch.Size([2, 4])
    """

    @property
    def _twin(self) -> Twin:
        if self.nonlinearity not in RNN_TWINS:
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return RNN_TWINS[self.nonlinearity]

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:  # noqa: A002 - the name is torch's
        """One step, as torch's; raises ValueError or RuntimeError where a shape does not fit."""
        new = self._step(input, None if hx is None else (hx,))
        return super().forward(input, hx) if new is None else new[0]


class LSTMCell(_Step, nn.LSTMCell):
    """``torch.nn.LSTMCell``: gates i, f, g, o of x and h; c' = f c + i g; h' = o tanh(c').

    Hochreiter & Schmidhuber (1997); Gers et al. (2000). Input (B, D) or (D,), hx = (h, c), each (B, H) or (H,), by
    default 0 → (h', c').

    >>> import torch
    >>> h, c = LSTMCell(3, 4)(torch.zeros(2, 3))
    >>> h.shape, c.shape
    (torch.Size([2, 4]), torch.Size([2, 4]))
    """

    @property
    def _twin(self) -> Twin:
        return LSTM_TWIN

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:  # noqa: A002 - the name is torch's
        """One step, as torch's; raises ValueError or RuntimeError where a shape does not fit."""
        new = self._step(input, None if hx is None else tuple(hx))
        return super().forward(input, hx) if new is None else new  # type: ignore[return-value]


class GRUCell(_Step, nn.GRUCell):
    """``torch.nn.GRUCell``: r, z gates of x and h; n = tanh(W_in x + b_in + r (W_hn h + b_hn)); h' = (1 - z) n + z h.

    The reset gate acts after the product, unlike in Cho et al. (2014). Input (B, D) or (D,), hidden (B, H) or (H,), by
    default 0 → h' of the shape of hidden.

    >>> import torch
    >>> GRUCell(3, 4)(torch.zeros(2, 3)).shape
    torch.Size([2, 4])
    """

    @property
    def _twin(self) -> Twin:
        return GRU_TWIN

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:  # noqa: A002 - the name is torch's
        """One step, as torch's; raises ValueError or RuntimeError where a shape does not fit."""
        new = self._step(input, None if hx is None else (hx,))
        return super().forward(input, hx) if new is None else new[0]
