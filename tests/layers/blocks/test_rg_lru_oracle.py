"""Griffin's recurrent block agrees with transformers' RecurrentGemma, weights mapped over."""

from __future__ import annotations

import pytest
import torch

from seqloom.cells import RGLRU
from seqloom.layers.blocks.rg_lru import GatedRGLRU

gemma = pytest.importorskip("transformers.models.recurrent_gemma.modeling_recurrent_gemma")
config = pytest.importorskip("transformers.models.recurrent_gemma.configuration_recurrent_gemma")


def copied(layer: GatedRGLRU) -> torch.nn.Module:
    """Their block with the weights of ``layer``: Λ has the other sign, and the blocks are transposed."""
    sizes = config.RecurrentGemmaConfig(
        hidden_size=6, lru_width=8, num_attention_heads=2, conv1d_width=4, num_hidden_layers=1
    )
    block = gemma.RecurrentGemmaRecurrentBlock(sizes, layer_idx=0).double()
    cell = layer.recurrence.weights
    theirs = {
        "linear_y.weight": layer.gate.weight,
        "linear_y.bias": layer.gate.bias,
        "linear_x.weight": layer.branch.weight,
        "linear_x.bias": layer.branch.bias,
        "linear_out.weight": layer.output.weight,
        "linear_out.bias": layer.output.bias,
        "conv_1d.weight": layer.convolution.weight[:, None],
        "conv_1d.bias": layer.convolution.bias,
        "rg_lru.recurrent_param": -cell.decay.vector,
        "rg_lru.input_gate_weight": cell.input_gate.weight_0.transpose(1, 2),
        "rg_lru.input_gate_bias": cell.input_gate.bias.view(2, 4),
        "rg_lru.recurrent_gate_weight": cell.recurrence_gate.weight_0.transpose(1, 2),
        "rg_lru.recurrent_gate_bias": cell.recurrence_gate.bias.view(2, 4),
    }
    block.load_state_dict({name: tensor.detach() for name, tensor in theirs.items()})
    return block


def test_the_recurrent_block_is_that_of_transformers() -> None:
    torch.manual_seed(0)
    layer = GatedRGLRU(RGLRU(heads=2), 6, 8).double()
    torch.nn.init.normal_(layer.recurrence.weights.recurrence_gate.bias)
    x = torch.randn(3, 11, 6, dtype=torch.float64)
    positions = torch.arange(1, 12).expand(3, -1)  # their code resets at position 0, where the paper does not
    wanted, _ = copied(layer)(x, positions, None, use_cache=False)
    # They accumulate the state in float32, whatever the weights are.
    torch.testing.assert_close(layer(x)[0], wanted, rtol=1e-5, atol=1e-6)


def test_its_gradients_are_too() -> None:
    torch.manual_seed(1)
    layer = GatedRGLRU(RGLRU(heads=2), 6, 8).double()
    other = copied(layer)
    ours, theirs = (torch.ones(2, 7, 6, dtype=torch.float64, requires_grad=True) for _ in range(2))
    layer(ours)[0].square().sum().backward()
    other(theirs, torch.arange(1, 8).expand(2, -1), None, use_cache=False)[0].square().sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-5, atol=1e-6)
    mine, yours = layer.recurrence.weights.decay.vector.grad, other.rg_lru.recurrent_param.grad
    torch.testing.assert_close(mine, -yours, rtol=1e-4, atol=1e-6)
