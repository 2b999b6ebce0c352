"""How torch stacks the weights of its recurrent functions, and the cells that those functions compute.

torch's LSTM stacks the gates i, f, g, o; its GRU r, z, n. It has two biases where one is enough: b_ih and b_hh are
summed, except in the candidate of the GRU, which resets after the product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from seqloom.cells.cell import Cell
from seqloom.cells.elman import Activation, Elman
from seqloom.cells.gru import GRUResetAfter
from seqloom.cells.lstm import LSTM
from seqloom.kernels.arrangement import Arrangement, Piece

__all__ = ["GRU_TWIN", "LSTM_TWIN", "RNN_TWINS", "TWINS", "Twin"]


@dataclass(frozen=True)
class Twin:
    """A function of torch and the cell it computes, with its maps in torch's order; ``candidate``: of x and of h."""

    function: str
    cell: Cell
    maps: tuple[str, ...]
    candidate: tuple[str, str] | None = None

    def join(self, parameters: Mapping[str, Tensor]) -> list[Tensor]:
        """W_ih, W_hh, b_ih and b_hh as torch stacks them, cut from one piece of memory as cuDNN wants them."""
        of_x = [parameters[f"{name}.weight_0"] for name in self.maps]
        of_h = [parameters[f"{name}.weight_1"] for name in self.maps]
        bias = [parameters[f"{name}.bias"] for name in self.maps]
        second_bias = [torch.zeros_like(vector) for vector in bias]
        if self.candidate is not None:
            x_map, h_map = self.candidate
            of_x.append(parameters[f"{x_map}.weight_0"])
            of_h.append(parameters[f"{h_map}.weight_0"])
            bias.append(parameters[f"{x_map}.bias"])
            second_bias.append(parameters[f"{h_map}.bias"])
        pieces = torch.cat([part.reshape(-1) for part in (*of_x, *of_h, *bias, *second_bias)])
        rows = sum(vector.numel() for vector in bias)
        columns, hidden = of_x[0].shape[1], of_h[0].shape[1]
        w_ih, w_hh, b_ih, b_hh = pieces.split([rows * columns, rows * hidden, rows, rows])
        return [w_ih.view(rows, columns), w_hh.view(rows, hidden), b_ih, b_hh]

    def split(self, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor) -> dict[str, Tensor]:
        """The cell's parameters by name, as row slices of torch's."""
        count = len(self.maps) + (self.candidate is not None)
        of_x, of_h = w_ih.chunk(count), w_hh.chunk(count)
        bias = (b_ih + b_hh).chunk(count)
        parameters: dict[str, Tensor] = {}
        for k, name in enumerate(self.maps):
            parameters |= {f"{name}.weight_0": of_x[k], f"{name}.weight_1": of_h[k], f"{name}.bias": bias[k]}
        if self.candidate is not None:
            x_map, h_map = self.candidate
            parameters |= {f"{x_map}.weight_0": of_x[-1], f"{x_map}.bias": b_ih.chunk(count)[-1]}
            parameters |= {f"{h_map}.weight_0": of_h[-1], f"{h_map}.bias": b_hh.chunk(count)[-1]}
        return parameters

    def arrangement(self, in_features: int, hidden_size: int, biased: bool) -> Arrangement:
        """Where the cell's parameters lie in W_ih and W_hh and, where it is ``biased``, b_ih and b_hh."""
        count = len(self.maps) + (self.candidate is not None)
        rows, matrix, square = hidden_size, hidden_size * in_features, hidden_size * hidden_size
        w_ih, w_hh, b_ih, b_hh = range(4)
        places: dict[str, tuple[Piece, ...]] = {}
        for k, name in enumerate(self.maps):
            places[f"{name}.weight_0"] = (Piece(w_ih, k * matrix),)
            places[f"{name}.weight_1"] = (Piece(w_hh, k * square),)
            places[f"{name}.bias"] = (Piece(b_ih, k * rows), Piece(b_hh, k * rows)) if biased else ()
        if self.candidate is not None:
            last = count - 1
            ends = ((w_ih, matrix, b_ih), (w_hh, square, b_hh))
            for name, (weight, size, bias) in zip(self.candidate, ends, strict=True):
                places[f"{name}.weight_0"] = (Piece(weight, last * size),)
                places[f"{name}.bias"] = (Piece(bias, last * rows),) if biased else ()
        matrices = ((count * rows, in_features), (count * rows, rows))
        return Arrangement((*matrices, *((count * rows,),) * (2 if biased else 0)), places)


LSTM_TWIN = Twin("lstm", LSTM(), ("input", "forget", "candidate", "output"))
GRU_TWIN = Twin("gru", GRUResetAfter(), ("reset", "update"), candidate=("candidate", "candidate_state"))
RNN_TWINS = {
    "tanh": Twin("rnn_tanh", Elman(activation=Activation.TANH), ("hidden",)),
    "relu": Twin("rnn_relu", Elman(activation=Activation.RELU), ("hidden",)),
}
TWINS = (LSTM_TWIN, GRU_TWIN, *RNN_TWINS.values())
