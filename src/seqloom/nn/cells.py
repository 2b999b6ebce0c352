"""``RNNCell``, ``LSTMCell`` and ``GRUCell``: torch's modules, whose step without gradients is machine code.

A step with gradients is torch's own operation: for one step there is no sequence to gain from, and its weights lie
as torch wants them. Axes: B batch, D features, H hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter

from torch import Tensor, nn
from torch.compiler import is_compiling

from seqloom import kernels
from seqloom.cells.graph import Graph
from seqloom.kernels import Call, Steps
from seqloom.kernels.autocast import under_autocast
from seqloom.kernels.backend import TORCH, Kernel
from seqloom.kernels.call import States
from seqloom.kernels.symbolic import as_leaf, is_symbol
from seqloom.kernels.torch_order import GRU_TWIN, LSTM_TWIN, RNN_TWINS, TWINS, Twin
from seqloom.kernels.transforms import constant, is_foreign, is_traced_for_others, may_transform
from seqloom.nn.equations import graph_of, named
from seqloom.nn.torchs_own import TorchsOwn

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]

NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
OF_PARAMETERS = itemgetter(*NAMES)
BY_FUNCTION = {twin.function: twin for twin in TWINS}


class _Step(TorchsOwn, nn.RNNCellBase):
    """What the three share."""

    _twin: Twin
    """The cell that torch's function computes."""

    def _step(self, x: Tensor, states: States | None) -> States | None:
        """The new states by our kernels, or None where torch's own operation is the one to take."""
        has_units = self.input_size and self.hidden_size
        if has_units and states is not None and not is_compiling():
            steps = _steps(self._twin.function, self.input_size, self.hidden_size, self.bias)
            done = steps(x, states, self._plain_weights())
            if done is not None:
                return done[1]
        if not has_units or is_traced_for_others() or under_autocast(x):
            return None
        if states is None:
            return self._step(x, tuple(x.new_zeros(*x.shape[:-1], self.hidden_size) for _ in self._twin.cell.state))
        if x.dim() == 1:
            new = self._step(x[None], tuple(state[None] for state in states))
            return None if new is None else tuple(state[0] for state in new)
        ours = is_foreign((x,)) or may_transform()  # torch's operation knows neither other classes nor vmap
        return None if not ours and OWN.choose(self) is not None else self._wished(x, states)

    def _wished(self, x: Tensor, states: States) -> States | None:
        """The new states by the kernel that was asked for by name; None for shapes that torch has a message for."""
        shapes = [state.shape for state in states]
        if x.dim() != 2 or x.shape[1] != self.input_size or {*shapes} != {(x.shape[0], self.hidden_size)}:
            return None
        weights = {name: getattr(self, name) for name in NAMES}
        parameters = named(self._twin, {name: weight for name, weight in weights.items() if weight is not None})
        return kernels.RECURRENCE(Call(_graph(self), parameters, x[:, None], states, None, None))[1]

    def _plain_weights(self) -> Sequence[Tensor] | None:
        """W_ih, W_hh and, if there are biases, b_ih and b_hh; None where one is computed (parametrised)."""
        try:
            weights: tuple[Tensor, ...] = OF_PARAMETERS(self._parameters)
        except KeyError:
            return None
        return weights if self.bias else weights[:2]


@constant
def _graph(module: _Step) -> Graph:
    """The equations; a function that a tracer takes for a constant."""
    return graph_of(module._twin.cell, module.input_size, module.hidden_size)


@lru_cache(maxsize=256)
def _steps(function: str, in_features: int, hidden_size: int, biased: bool) -> Steps:
    twin = BY_FUNCTION[function]
    graph = graph_of(twin.cell, in_features, hidden_size)
    return Steps(graph, twin.arrangement(in_features, hidden_size, biased), apart=False)


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
    def _twin(self) -> Twin:  # type: ignore[override]
        if self.nonlinearity not in RNN_TWINS:
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return RNN_TWINS[self.nonlinearity]

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:  # noqa: A002 - the name is torch's
        """One step, as torch's; raises ValueError or RuntimeError where a shape does not fit."""
        if is_symbol(input):
            return as_leaf(self, input, hx)  # type: ignore[no-any-return]
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

    _twin = LSTM_TWIN

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:  # noqa: A002 - the name is torch's
        """One step, as torch's; raises ValueError or RuntimeError where a shape does not fit."""
        if is_symbol(input):
            return as_leaf(self, input, hx)  # type: ignore[no-any-return]
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

    _twin = GRU_TWIN

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:  # noqa: A002 - the name is torch's
        """One step, as torch's; raises ValueError or RuntimeError where a shape does not fit."""
        if is_symbol(input):
            return as_leaf(self, input, hx)  # type: ignore[no-any-return]
        new = self._step(input, None if hx is None else (hx,))
        return super().forward(input, hx) if new is None else new[0]
