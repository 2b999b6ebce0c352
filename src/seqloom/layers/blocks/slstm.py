"""The sLSTM's block: convolved gates, recurrent heads, group norm, gated network after it (Beck et al., 2024)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqloom import kernels
from seqloom.cells.cell import trace
from seqloom.cells.slstm import SLSTM
from seqloom.cells.words import Symbol, affine, part
from seqloom.kernels import Call
from seqloom.layers.blocks.block import CausalBlock
from seqloom.layers.blocks.block_diagonal import BlockDiagonal
from seqloom.layers.blocks.feed_forward import Activation, GatedFeedForward
from seqloom.layers.blocks.mixer import Advance, Mixer, Part
from seqloom.layers.blocks.short_convolution import ShortConvolution
from seqloom.layers.heads import check_heads, largest_fit, normed_heads
from seqloom.layers.norm import NormKind
from seqloom.layers.weights import WeightMap, plain_weights

__all__ = ["ConvolvedSLSTM", "HeadwiseSLSTM", "SLSTMBlock", "SLSTMState"]

CONVOLVED, DIRECT = ("input", "forget"), ("candidate", "output")
GATES = (*CONVOLVED, *DIRECT)


class SLSTMState(NamedTuple):
    """Output, cell, normaliser and stabiliser, (B, H) each."""

    h: Tensor
    c: Tensor
    n: Tensor
    m: Tensor


@dataclass(frozen=True, kw_only=True)
class MappedSLSTM(SLSTM):
    """An sLSTM whose x is what the four gates have of the input, side by side in the order of ``GATES``: (B, 4 H)."""

    def preactivation(self, name: str, x: Symbol, h: Symbol) -> Symbol:
        return part(x, GATES.index(name), of=len(GATES)) + affine(name, h, blocks=self.heads)


class HeadwiseSLSTM(nn.Module):
    """The recurrence of the sLSTM whose two inputs are x, for candidate and output gate, and c, for the other gates.

    Every map of ``maps`` (of an input) and of ``recurrent`` (of h) stays inside its head. Those of an input are done
    for all steps at once; the loop runs the equations of ``cells.SLSTM`` on what they give.

    >>> recurrence = HeadwiseSLSTM(4, heads=2)
    >>> y, state = recurrence((torch.zeros(1, 5, 4), torch.zeros(1, 5, 4)), recurrence.initial_state(1), None)
    >>> y.shape
    torch.Size([1, 5, 4])
    """

    def __init__(self, features: int, heads: int, forget_bias: float = 3.0) -> None:
        super().__init__()
        check_heads(features, heads)
        self.cell, self.hidden_size = MappedSLSTM(heads=heads, forget_bias=forget_bias), features
        self.graph = trace(self.cell, len(GATES) * features, features).graph
        self.maps = nn.ModuleDict({name: BlockDiagonal(features, heads) for name in GATES})
        self.recurrent = nn.ModuleDict({name: WeightMap(_block_diagonal(features, heads)) for name in GATES})
        biases = {name: torch.full((features,), self.cell.initial_bias(name)) for name in GATES}
        self.biases = WeightMap({name: nn.Parameter(bias) for name, bias in biases.items()})
        self._stream = kernels.Stream(self.graph, self._sources, self._parameters_of_cell)

    def initial_state(self, batch_size: int) -> SLSTMState:
        """The cell's own first values."""
        like = next(self.parameters())
        return SLSTMState(*(like.new_full((batch_size, state.width), state.initial) for state in self.graph.states))

    def forward(self, inputs: tuple[Tensor, Tensor], state: Any, lengths: Tensor | None) -> tuple[Tensor, SLSTMState]:
        """x and c (B, T, H) → y (B, T, H), and the state after the last real step."""
        return self._run(self._gates(inputs), state, lengths)

    def step(self, inputs: tuple[Tensor, Tensor], state: Any) -> tuple[Tensor, SLSTMState]:
        """One step: x and c (B, H)."""
        gates = self._gates(inputs)
        done = self._stream.step(gates, tuple(state))
        if done is not None:
            return done[0], SLSTMState(*done[1])
        y, state = self._run(gates[:, None], state, None)
        return y[:, 0], state

    def explain(self, gates: Tensor) -> kernels.Explanation:
        """Which kernel would run the loop on what the maps give, (B, T, 4 H), and why."""
        return kernels.RECURRENCE.explain(self._call(gates, self.initial_state(gates.shape[0]), None))

    def repack(self) -> None:
        """Forget the packed weights of ``step``: needed after writing weights through ``.data``, and only then."""
        self._stream.forget()

    def _run(self, gates: Tensor, state: Any, lengths: Tensor | None) -> tuple[Tensor, SLSTMState]:
        with torch.autocast(gates.device.type, enabled=False):  # rounding errors add up over time
            y, states = kernels.RECURRENCE(self._call(gates, state, lengths))
        return y, SLSTMState(*states)

    def _call(self, gates: Tensor, state: Any, lengths: Tensor | None) -> Call:
        return Call(self.graph, self._parameters_of_cell(), gates, tuple(state), lengths, None)

    def _gates(self, inputs: tuple[Tensor, Tensor]) -> Tensor:
        """The maps of x and c (…, H), side by side: (…, 4 H)."""
        x, c = inputs
        dtype = next(self.parameters()).dtype
        with torch.autocast(x.device.type, enabled=False):
            x, c = x.to(dtype), c.to(dtype)
            return torch.cat([self.maps[name](c if name in CONVOLVED else x) for name in GATES], -1)

    def _sources(self) -> list[Tensor]:
        weights = plain_weights(self.recurrent)
        return [*weights, *self.biases.parameters()] if weights and self.biases.is_plain else []

    def _parameters_of_cell(self) -> Mapping[str, Tensor]:
        """The cell's parameters, by its names."""
        found = {f"{name}.bias": bias for name, bias in self.biases().items()}
        for name in GATES:
            weight = self.recurrent[name]()["weight"]
            found[f"{name}.weight_0"] = weight if len(weight) > 1 else weight[0]
        return found


def _block_diagonal(features: int, blocks: int) -> dict[str, nn.Parameter]:
    return {"weight": BlockDiagonal(features, blocks).weight}


class ConvolvedSLSTM(Mixer):
    """y = norm(sLSTM(x, c)), c = SiLU(convolution(x)), each head normalised by itself: x (B, T, D) → y (B, T, D).

    ``heads`` default to 4, or the largest number below that divides D.

    >>> y, state = ConvolvedSLSTM(4, heads=2)(torch.zeros(1, 5, 4))
    >>> y.shape, state[1].h.shape
    (torch.Size([1, 5, 4]), torch.Size([1, 4]))
    """

    def __init__(
        self, features: int, *, heads: int | None = None, convolution: int = 4, forget_bias: float = 3.0
    ) -> None:
        super().__init__()
        self.in_features = self.out_features = features
        self.heads = largest_fit(lambda n: features % n == 0) if heads is None else heads
        self.convolution = ShortConvolution(features, convolution)
        self.recurrence = HeadwiseSLSTM(features, self.heads, forget_bias)
        self.norm_scale = nn.Parameter(torch.ones(features))

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.convolution, self.recurrence

    def mix(self, x: Tensor, advance: Advance) -> Tensor:
        c = F.silu(advance(self.convolution, x))
        h = advance(self.recurrence, (x, c)).unflatten(-1, (self.heads, -1))
        return self.norm_scale * normed_heads(h)


class SLSTMBlock(CausalBlock):
    """sLSTM in its xLSTM block: exponential gates, a network after it (Beck et al., 2024, fig. 9).

    x + sLSTM(norm(x)), then x + GeGLU(norm(x)).

    x (B, T, D) → y (B, T, H). The network has 4/3 H units, so that its up-projections and its down-projection have
    4 H² weights. ``forget_bias`` is the forget gate's first bias; the others are the options of ``ConvolvedSLSTM``.

    >>> y, state = SLSTMBlock(3, 8)(torch.zeros(1, 5, 3))
    >>> y.shape
    torch.Size([1, 5, 8])
    """

    def __init__(
        self,
        in_features: int,
        hidden_size: int,
        *,
        heads: int | None = None,
        convolution: int = 4,
        forget_bias: float = 3.0,
        norm: NormKind = NormKind.LAYER,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(
            ConvolvedSLSTM(hidden_size, heads=heads, convolution=convolution, forget_bias=forget_bias),
            GatedFeedForward(hidden_size, round(4 * hidden_size / 3), Activation.GELU),
            in_features=in_features,
            norm=norm,
            dropout=dropout,
        )
        self.heads, self.convolution, self.forget_bias = heads, convolution, forget_bias
