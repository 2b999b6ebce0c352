"""The sLSTM block: laws, sizes, and the recurrence of the paper written out."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
import torch.nn.functional as F
from torch.func import functional_call

from seqloom.cells import SLSTM
from seqloom.errors import UsageError
from seqloom.layers.blocks.slstm import ConvolvedSLSTM, HeadwiseSLSTM, SLSTMBlock
from seqloom.testing import check_layer
from tests.layers.test_laws import after_two_steps


def test_the_block_obeys_the_laws() -> None:
    check_layer(lambda: SLSTMBlock(3, 4, heads=2), dtype=torch.float32, initial=after_two_steps)


@pytest.mark.slow
@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("kernel", ["auto", "reference"])
def test_the_block_obeys_the_laws_in_float64(kernel: str, heads: int) -> None:
    check_layer(lambda: SLSTMBlock(3, 4, heads=heads), kernel=kernel, initial=after_two_steps)


def test_the_layer_written_out() -> None:
    """Beck et al., 2024, eq. 8 to 14, without the stabiliser: i = e^ĩ, f = σ(f̃), h = o c / n."""
    torch.manual_seed(0)
    layer = ConvolvedSLSTM(6, heads=2, forget_bias=0.5).double()
    x = torch.randn(3, 7, 6, dtype=torch.float64)
    y, _ = layer(x)
    inputs = {"input": F.silu(layer.convolution(x)[0]), "candidate": x}
    inputs |= {"forget": inputs["input"], "output": x}
    part = layer.recurrence
    h, c, n = torch.zeros(3, 3, 6, dtype=torch.float64)
    for t in range(7):
        of_h = {k: torch.einsum("bni,nji->bnj", h.view(3, 2, 3), part.recurrent[k].weight).flatten(1) for k in inputs}
        pre = {k: part.maps[k](v[:, t]) + of_h[k] + part.biases()[k] for k, v in inputs.items()}
        i, f = pre["input"].exp(), pre["forget"].sigmoid()
        c, n = f * c + i * pre["candidate"].tanh(), f * n + i
        h = pre["output"].sigmoid() * c / n
        wanted = F.layer_norm(h.view(3, 2, 3), (3,)).flatten(1)
        torch.testing.assert_close(y[:, t], wanted)


def test_an_input_gate_next_to_nothing() -> None:
    """Its logarithm is -120: e to it is 0 in float32, but the first c / n is g all the same."""
    block, x = SLSTMBlock(4, 8), torch.randn(2, 9, 4, requires_grad=True)
    torch.nn.init.constant_(block.mixer.recurrence.biases.input, -120)
    y, (_, state) = block(x, lengths=torch.tensor([9, 0]))
    gradients = torch.autograd.grad(y.sum(), [x, *block.parameters()])
    assert all(bool(torch.isfinite(tensor).all()) for tensor in (y, *state, *gradients))
    with torch.no_grad():
        step, at = block.step(x[:, 0], block.initial_state(2))
        torch.testing.assert_close(step[0], y[0, 0])
        assert all(bool(torch.isfinite(leaf).all()) for leaf in at[1])


def test_the_first_state_is_the_cells() -> None:
    recurrence = HeadwiseSLSTM(8, heads=2)
    assert [float(leaf[0, 0]) for leaf in recurrence.initial_state(1)] == [
        SLSTM().initial(name) for name in SLSTM.state
    ]


@pytest.mark.parametrize("heads", [1, 4])
@pytest.mark.parametrize("features", [12, 64])
def test_streamed_steps_are_the_whole(features: int, heads: int) -> None:
    made, x = ConvolvedSLSTM(features, heads=heads), torch.randn(3, 5, features)
    for layer in (made, copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        state, outputs = layer.initial_state(3), []
        with torch.no_grad():
            y, after = layer(x)
            for x_t in x.unbind(1):
                y_t, state = layer.step(x_t, state)
                outputs.append(y_t)
            layer.recurrence.recurrent["input"].weight.add_(0.1)  # a step sees weights that have changed
        torch.testing.assert_close(torch.stack(outputs, 1), y, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(tuple(state[1]), tuple(after[1]), rtol=1e-4, atol=1e-5)


def test_weights_may_come_from_outside() -> None:
    block, x = SLSTMBlock(4, 8, heads=2), torch.randn(2, 5, 4)
    weights = {name: parameter.detach() + 0.1 for name, parameter in block.named_parameters()}
    y, _ = functional_call(block, weights, (x,))
    block.load_state_dict(weights)
    torch.testing.assert_close(y, block(x)[0])


def test_parameters_are_counted() -> None:
    """H = 48, N = 4: convolution; 4 gates of x and 4 of h in heads; biases; group norm; network; two layer norms."""
    block = SLSTMBlock(48, 48)
    wanted = 5 * 48 + 8 * 48 * 12 + 4 * 48 + 48 + 4 * 48**2 + 4 * 48
    assert sum(p.numel() for p in block.parameters()) == wanted


def test_heads_divide_the_width() -> None:
    with pytest.raises(UsageError, match="6 features cannot be shared by 4 heads"):
        SLSTMBlock(8, 6, heads=4)
