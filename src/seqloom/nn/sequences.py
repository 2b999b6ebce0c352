"""``RNN``, ``LSTM`` and ``GRU``: torch's modules in all but the way they run.

They are torch's classes with another ``forward``: constructor, parameters, initialisation, ``state_dict``, checks and
their messages are torch's own. Axes: L layers, K directions, B batch, T time, D features, H hidden, P projection.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch._C import _is_tracing as is_tracing
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from seqloom import kernels
from seqloom.cells.projected_lstm import ProjectedLSTM
from seqloom.errors import UsageError
from seqloom.kernels import Call
from seqloom.kernels.call import States
from seqloom.kernels.reversing import reverse_rows
from seqloom.kernels.torch_order import GRU_TWIN, LSTM_TWIN, RNN_TWINS, Twin
from seqloom.nn.equations import graph_of, named

__all__ = ["GRU", "LSTM", "RNN"]


class _Sequence(nn.RNNBase):
    """The way all three run: layer after layer, direction after direction, each a call of a kernel."""

    @property
    def _twin(self) -> Twin:
        raise NotImplementedError

    def forward(self, input: Any, hx: Any = None) -> Any:  # noqa: A002 - the name is torch's
        """torch's ``forward``: input (T, B, D), (B, T, D) with ``batch_first``, (T, D), or a PackedSequence.

        Raises ValueError or RuntimeError, as torch does, where a shape or format does not fit.
        """
        if is_tracing() or torch.compiler.is_compiling():
            return super().forward(input, hx)  # so that exported models hold an operation that others know
        self._update_flat_weights()
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        name, rank = type(self).__name__, input.dim()
        if rank not in (2, 3):
            raise UsageError(f"{name}: Expected input to be 2D or 3D, got {rank}D instead")
        batch_axis = 0 if self.batch_first else 1
        x = input if rank == 3 else input.unsqueeze(batch_axis)
        if hx is None:
            states = self._zeros(x, x.shape[batch_axis])
        else:
            states = self._states(hx)
            self._check_ranks(states, rank)
            states = states if rank == 3 else tuple(state.unsqueeze(1) for state in states)
        self.check_forward_args(x, self._hidden(states), None)
        y, states = self._run(x.transpose(0, 1) if self.batch_first else x, states, None)
        y = y.transpose(0, 1) if self.batch_first else y
        if rank == 2:
            y, states = y.squeeze(batch_axis), tuple(state.squeeze(1) for state in states)
        return y, self._hidden(states)

    def _packed(self, packed: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        data, sizes, order, inverse = packed
        states = self._zeros(data, int(sizes[0])) if hx is None else self._states(hx)
        self.check_forward_args(data, self._hidden(states), sizes)
        if order is not None:
            states = tuple(state.index_select(1, order) for state in states)
        x, lengths = pad_packed_sequence(PackedSequence(data, sizes))
        y, states = self._run(x, states, None if sizes[0] == sizes[-1] else lengths)
        if inverse is not None:
            states = tuple(state.index_select(1, inverse) for state in states)
        y_data = pack_padded_sequence(y, lengths).data
        return PackedSequence(y_data, sizes, order, inverse), self._hidden(states)

    def _run(self, x: Tensor, states: States, lengths: Tensor | None) -> tuple[Tensor, States]:
        """x (T, B, D) and states (L K, B, H) → y (T, B, K H) and the final states."""
        if torch.is_autocast_enabled(x.device.type):
            # A recurrence adds its rounding errors up over time, so it keeps the precision of its weights.
            with torch.autocast(x.device.type, enabled=False):
                dtype = self._present_weights()[self._all_weights[0][0]].dtype
                return self._layers(x.to(dtype), tuple(state.to(dtype) for state in states), lengths)
        return self._layers(x, states, lengths)

    def _layers(self, x: Tensor, states: States, lengths: Tensor | None) -> tuple[Tensor, States]:
        final: list[States] = []
        directions = 2 if self.bidirectional else 1
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = F.dropout(x, self.dropout, self.training)
            outputs = []
            for direction in range(directions):
                k = layer * directions + direction
                y, new = self._direction(k, x.transpose(0, 1), tuple(state[k] for state in states), lengths)
                outputs.append(y.transpose(0, 1))
                final.append(new)
            x = outputs[0] if directions == 1 else torch.cat(outputs, dim=-1)
        return x.contiguous(), tuple(torch.stack(leaves) for leaves in zip(*final, strict=True))

    def _direction(self, k: int, x: Tensor, states: States, lengths: Tensor | None) -> tuple[Tensor, States]:
        """x (B, T, D) and states (B, H) through one layer in one direction, from the end if it is the second."""
        names = self._all_weights[k]
        twin = self._twin
        present = self._present_weights()
        parameters = named(twin, {name.rpartition("_l")[0]: present[name] for name in names})
        graph = graph_of(twin.cell, x.shape[-1], self.hidden_size)
        backwards = names[0].endswith("_reverse")
        x = reverse_rows(x, lengths) if backwards else x
        y, new = kernels.RECURRENCE(Call(graph, parameters, x, states, lengths, None))
        return reverse_rows(y, lengths) if backwards else y, new

    def _present_weights(self) -> dict[str, Tensor]:
        """Those that torch would take: a computed one (parametrised) is another tensor at each access."""
        return dict(zip(self._flat_weights_names, self._flat_weights, strict=True))  # type: ignore[arg-type]

    def _zeros(self, like: Tensor, batch: int) -> States:
        rows = self.num_layers * (2 if self.bidirectional else 1)
        cell = self._twin.cell
        return tuple(like.new_zeros(rows, batch, cell.width(name, self.hidden_size)) for name in cell.state)

    def _states(self, hx: Any) -> States:
        return (hx,)

    def _hidden(self, states: States) -> Any:
        return states[0]

    def _check_ranks(self, states: States, rank: int) -> None:
        if any(state.dim() != rank for state in states):
            kind, names = "batched" if rank == 3 else "unbatched", "hx and cx" if len(states) == 2 else "hx"
            ranks = ", ".join(f"{state.dim()}-D" for state in states)
            raise RuntimeError(
                f"For {kind} {rank}-D input, {names} should also be {rank}-D but got "
                + (f"({ranks}) tensors" if len(states) == 2 else f"{ranks} tensor")
            )


class RNN(_Sequence, nn.RNN):
    """``torch.nn.RNN``: h_t = f(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), f the ``nonlinearity`` "tanh" or "relu".

    Elman (1990). Arguments, outputs and parameters are those of ``torch.nn.RNN``: input (T, B, D) → output (T, B, K H)
    and h_n (L K, B, H).

    >>> import torch
    >>> y, h = RNN(3, 4, nonlinearity="relu")(torch.zeros(5, 2, 3))
    >>> y.shape, h.shape
    (torch.Size([5, 2, 4]), torch.Size([1, 2, 4]))
    """

    @property
    def _twin(self) -> Twin:
        return RNN_TWINS[self.nonlinearity]


class LSTM(_Sequence, nn.LSTM):
    """``torch.nn.LSTM``: gates i, f, g, o of x_t and h_{t-1}; c_t = f c_{t-1} + i g; h_t = o tanh(c_t).

    Hochreiter & Schmidhuber (1997); Gers et al. (2000); with ``proj_size`` P > 0, h_t = W_hr (o tanh(c_t)) (Sak et al.,
    2014). Arguments, outputs and parameters are those of ``torch.nn.LSTM``: input (T, B, D) → output (T, B, K H) and
    (h_n (L K, B, H), c_n (L K, B, H)), P in place of H in output and h_n.

    >>> import torch
    >>> y, (h, c) = LSTM(2, 4, batch_first=True)(torch.zeros(1, 3, 2))
    >>> y.shape, h.shape, c.shape
    (torch.Size([1, 3, 4]), torch.Size([1, 1, 4]), torch.Size([1, 1, 4]))
    """

    @property
    def _twin(self) -> Twin:
        return replace(LSTM_TWIN, cell=ProjectedLSTM(projection=self.proj_size)) if self.proj_size else LSTM_TWIN

    def _states(self, hx: Any) -> States:
        h, c = hx
        return h, c

    def _hidden(self, states: States) -> Any:
        return states


class GRU(_Sequence, nn.GRU):
    """``torch.nn.GRU``: r, z gates of x_t and h_{t-1}; n = tanh(W_in x_t + b_in + r (W_hn h_{t-1} + b_hn)).

    h_t = (1 - z) n + z h_{t-1}: the reset gate acts after the product, unlike in Cho et al. (2014). Arguments, outputs
    and parameters are those of ``torch.nn.GRU``: input (T, B, D) → output (T, B, K H) and h_n (L K, B, H).

    >>> import torch
    >>> y, h = GRU(3, 4, num_layers=2, bidirectional=True)(torch.zeros(5, 2, 3))
    >>> y.shape, h.shape
    (torch.Size([5, 2, 8]), torch.Size([4, 2, 4]))
    """

    @property
    def _twin(self) -> Twin:
        return GRU_TWIN
