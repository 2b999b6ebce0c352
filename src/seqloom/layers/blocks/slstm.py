"""The sLSTM's block: convolved gates, recurrent heads, group norm, gated network after it (Beck et al., 2024)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.compiler import is_compiling

from seqloom import kernels
from seqloom.cells.cell import trace
from seqloom.cells.slstm import SLSTM
from seqloom.cells.words import Symbol, affine, part
from seqloom.kernels import Call
from seqloom.kernels.autocast import without_autocast
from seqloom.kernels.transforms import known_to_torch
from seqloom.layers.blocks.block import CausalBlock
from seqloom.layers.blocks.block_diagonal import BlockDiagonal
from seqloom.layers.blocks.feed_forward import Activation, GatedFeedForward
from seqloom.layers.blocks.mixer import Advance, Mixer, Part
from seqloom.layers.blocks.short_convolution import ShortConvolution
from seqloom.layers.heads import check_heads, largest_fit, normed_heads
from seqloom.layers.norm import NormKind
from seqloom.layers.protocol import check_leaf, check_parts
from seqloom.layers.weights import WeightMap, plain_weights

__all__ = ["ConvolvedSLSTM", "HeadwiseSLSTM", "SLSTMBlock", "SLSTMState"]

CONVOLVED, DIRECT = ("input", "forget"), ("candidate", "output")
GATES = (*CONVOLVED, *DIRECT)


@known_to_torch
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
        self._steps = kernels.Steps(self.graph)

    def initial_state(self, batch_size: int) -> SLSTMState:
        """The cell's own first values."""
        like = self.biases()["input"]
        return SLSTMState(*(like.new_full((batch_size, state.width), state.initial) for state in self.graph.states))

    def forward(self, inputs: tuple[Tensor, Tensor], state: Any, lengths: Tensor | None) -> tuple[Tensor, SLSTMState]:
        """x and c (B, T, H) → y (B, T, H), and the state after the last real step."""
        return self._run(self._gates(inputs), self._checked(state), lengths)

    def step(self, inputs: tuple[Tensor, Tensor], state: Any) -> tuple[Tensor, SLSTMState]:
        """One step: x and c (B, H)."""
        gates, state = self._gates(inputs), self._checked(state)
        done = None if is_compiling() else self._steps(gates, state, self._plain_weights())
        if done is not None:
            return done[0], SLSTMState(*done[1])
        y, state = self._run(gates[:, None], state, None)
        return y[:, 0], state

    def explain(self, gates: Tensor) -> kernels.Explanation:
        """Which kernel would run the loop on what the maps give, (B, T, 4 H), and why."""
        return kernels.RECURRENCE.explain(self._call(gates, self.initial_state(gates.shape[0]), None))

    def _run(self, gates: Tensor, state: Any, lengths: Tensor | None) -> tuple[Tensor, SLSTMState]:
        with without_autocast(gates):  # rounding errors add up over time
            y, states = kernels.RECURRENCE(self._call(gates, state, lengths))
        return y, SLSTMState(*states)

    def _checked(self, state: Any) -> tuple[Tensor, ...]:
        leaves = check_parts(self, state, len(self.graph.states))
        for node, leaf in zip(self.graph.states, leaves, strict=True):
            check_leaf(self, leaf, node.width)
        return tuple(leaves)

    def _call(self, gates: Tensor, state: Any, lengths: Tensor | None) -> Call:
        return Call(self.graph, self._parameters_of_cell(), gates, tuple(state), lengths, None)

    def _some_weight(self) -> Tensor:
        """For its format and place; where torch's DataParallel made a copy, weights are no parameters."""
        found = next(self.parameters(), None)
        return self.biases()["input"] if found is None else found

    def _gates(self, inputs: tuple[Tensor, Tensor]) -> Tensor:
        """The maps of x and c (…, H), side by side: (…, 4 H)."""
        x, c = inputs
        dtype = self.biases()["input"].dtype
        with without_autocast(x):
            x, c = x.to(dtype), c.to(dtype)
            return torch.cat([self.maps[name](c if name in CONVOLVED else x) for name in GATES], -1)

    def _plain_weights(self) -> list[Tensor] | None:
        """The cell's parameters in the order of the graph's; None where one is computed."""
        if not plain_weights(self.recurrent) or not self.biases.is_plain:
            return None
        named = self._parameters_of_cell()
        return [named[parameter.name] for parameter in self.graph.parameters()]

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
