"""The sLSTM's block: convolved gates, recurrent heads, group norm, gated network after it (Beck et al., 2024)."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqloom import kernels
from seqloom.cells.cell import trace
from seqloom.cells.slstm import SLSTM
from seqloom.kernels import Call
from seqloom.layers.blocks.block import CausalBlock
from seqloom.layers.blocks.block_diagonal import BlockDiagonal
from seqloom.layers.blocks.feed_forward import Activation, GatedFeedForward
from seqloom.layers.blocks.mixer import Advance, Mixer, Part
from seqloom.layers.blocks.short_convolution import ShortConvolution
from seqloom.layers.heads import check_heads
from seqloom.layers.norm import NormKind

__all__ = ["ConvolvedSLSTM", "HeadwiseSLSTM", "SLSTMBlock", "SLSTMState"]

CONVOLVED, DIRECT = ("input", "forget"), ("candidate", "output")


class SLSTMState(NamedTuple):
    """Output, cell, normaliser and stabiliser, (B, H) each."""

    h: Tensor
    c: Tensor
    n: Tensor
    m: Tensor


class HeadwiseSLSTM(nn.Module):
    """The recurrence of the sLSTM whose two inputs are x, for candidate and output gate, and c, for the other gates.

    Every map of ``maps`` (of an input) and of ``recurrent`` (of h) stays inside its head. The cell is ``cells.SLSTM``,
    run on x and c side by side with matrices that are 0 where a gate does not look.

    >>> recurrence = HeadwiseSLSTM(4, heads=2)
    >>> y, state = recurrence((torch.zeros(1, 5, 4), torch.zeros(1, 5, 4)), recurrence.initial_state(1), None)
    >>> y.shape
    torch.Size([1, 5, 4])
    """

    def __init__(self, features: int, heads: int, forget_bias: float = 3.0) -> None:
        super().__init__()
        check_heads(features, heads)
        cell = SLSTM(heads=heads, forget_bias=forget_bias)
        self.features = features
        self.graph = trace(cell, 2 * features, features).graph
        self.maps = nn.ModuleDict({name: BlockDiagonal(features, heads) for name in (*CONVOLVED, *DIRECT)})
        self.recurrent = nn.ModuleDict({name: BlockDiagonal(features, heads) for name in (*CONVOLVED, *DIRECT)})
        self.biases = nn.ParameterDict(
            {name: torch.full((features,), cell.initial_bias(name)) for name in (*CONVOLVED, *DIRECT)}
        )

    def initial_state(self, batch_size: int) -> SLSTMState:
        """Zeros."""
        return SLSTMState(*self.biases["input"].new_zeros(4, batch_size, self.features).unbind(0))

    def forward(self, inputs: tuple[Tensor, Tensor], state: Any, lengths: Tensor | None) -> tuple[Tensor, SLSTMState]:
        """x and c (B, T, H) → y (B, T, H), and the state after the last real step."""
        both = torch.cat(inputs, -1)
        with torch.autocast(both.device.type, enabled=False):  # rounding errors add up over time
            both = both.to(self.biases["input"].dtype)
            y, states = kernels.run(Call(self.graph, self._matrices(), both, tuple(state), lengths, None))
        return y, SLSTMState(*states)

    def step(self, inputs: tuple[Tensor, Tensor], state: Any) -> tuple[Tensor, SLSTMState]:
        """One step: x and c (B, H)."""
        y, state = self((inputs[0][:, None], inputs[1][:, None]), state, None)
        return y[:, 0], state

    def _matrices(self) -> dict[str, Tensor]:
        """The cell's parameters, by its names; the columns of an input matrix are x's, then c's."""
        found: dict[str, Tensor] = {}
        for name in (*CONVOLVED, *DIRECT):
            sides = (self.features, 0) if name in CONVOLVED else (0, self.features)
            of_input, of_h = _weight(self.maps[name]), _weight(self.recurrent[name])
            found[f"{name}.weight_0"] = F.pad(torch.block_diag(*of_input), sides)
            found[f"{name}.bias"] = self.biases[name]
            found[f"{name}_state.weight_0"] = of_h if len(of_h) > 1 else of_h[0]
        return found


def _weight(blocks: nn.Module) -> Tensor:
    weight: Tensor = blocks.weight  # type: ignore[assignment]
    return weight


class ConvolvedSLSTM(Mixer):
    """y = norm(sLSTM(x, c)), c = SiLU(convolution(x)), each head normalised by itself: x (B, T, D) → y (B, T, D).

    >>> y, state = ConvolvedSLSTM(4, heads=2)(torch.zeros(1, 5, 4))
    >>> y.shape, state[1].h.shape
    (torch.Size([1, 5, 4]), torch.Size([1, 4]))
    """

    def __init__(self, features: int, *, heads: int = 4, convolution: int = 4, forget_bias: float = 3.0) -> None:
        super().__init__()
        self.in_features = self.out_features = features
        self.heads = heads
        self.convolution = ShortConvolution(features, convolution)
        self.recurrence = HeadwiseSLSTM(features, heads, forget_bias)
        self.norm_scale = nn.Parameter(torch.ones(features))

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.convolution, self.recurrence

    def mix(self, x: Tensor, advance: Advance) -> Tensor:
        c = F.silu(advance(self.convolution, x))
        h = advance(self.recurrence, (x, c)).unflatten(-1, (self.heads, -1))
        return self.norm_scale * F.layer_norm(h, h.shape[-1:]).flatten(-2)


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
        heads: int = 4,
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
