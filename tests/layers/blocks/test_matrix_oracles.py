"""Blocks with a matrix state against other people's implementations: values, gradients, states, published sizes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from seqloom.kernels.matrix_state import scalar_decay
from seqloom.layers.blocks.mamba2 import Mamba2, Mamba2Block
from seqloom.testing.tolerance import assert_close

pytest.importorskip("transformers")
from transformers.models.mamba2 import modeling_mamba2 as mamba2
from transformers.models.minimax import modeling_minimax as minimax


def parameters(*modules: nn.Module) -> int:
    return sum(p.numel() for module in modules for p in module.parameters())


def assert_same_layer(ours: nn.Module, theirs: nn.Module, x: torch.Tensor, call, pairs) -> None:
    """Outputs, and the gradients of x and of each pair of parameters."""
    for mine, other in pairs:
        mine.data.copy_(other.data.reshape(mine.shape))
    (y, _), wanted = ours(x), call(theirs, x)
    assert_close(y, wanted, "y", terms=1024)
    direction = torch.randn(y.shape)
    found = torch.autograd.grad((y * direction).sum(), [x, *(mine for mine, _ in pairs)])
    correct = torch.autograd.grad((wanted * direction).sum(), [x, *(other for _, other in pairs)])
    for a, b in zip(found, correct, strict=True):
        assert_close(a, b.reshape(a.shape), "gradient", terms=1024)


@pytest.mark.parametrize("groups", [1, 2])
def test_mamba2_is_that_of_transformers(groups: int) -> None:
    config = mamba2.Mamba2Config(
        hidden_size=16, num_heads=4, head_dim=8, state_size=6, n_groups=groups, num_hidden_layers=1, chunk_size=8
    )
    theirs = mamba2.Mamba2Mixer(config, layer_idx=0)
    ours = Mamba2(16, head_size=8, state_size=6, groups=groups)
    pairs = [
        (ours.input.weight, theirs.in_proj.weight),
        (ours.convolution.weight, theirs.conv1d.weight),
        (ours.convolution.bias, theirs.conv1d.bias),
        (ours.log_rate, theirs.A_log),
        (ours.step_bias, theirs.dt_bias),
        (ours.skip, theirs.D),
        (ours.scale, theirs.norm.weight),
        (ours.output.weight, theirs.out_proj.weight),
    ]
    nn.init.normal_(theirs.D)
    x = torch.randn(2, 21, 16, requires_grad=True)
    assert_same_layer(ours, theirs, x, lambda layer, x: layer(x), pairs)


def test_mamba2_has_the_size_of_mamba2_130m() -> None:
    """24 blocks of width 768, an embedding of 50,288 tokens and a norm: the 130 million of the name."""
    with torch.device("meta"):
        block = Mamba2Block(768, 768)
    config = mamba2.Mamba2Config(hidden_size=768, num_heads=24, head_dim=64, state_size=128, n_groups=1)
    with torch.device("meta"):
        theirs = mamba2.Mamba2Block(config, layer_idx=0)
    assert parameters(block) == parameters(theirs) == 3_765_320
    assert 24 * parameters(block) + 50_288 * 768 + 768 == 128_989_632


def test_constant_decays_are_lightning_attention() -> None:
    """MiniMax's recurrence has one fixed decay a head, as RetNet's has."""
    config = minimax.MiniMaxConfig(hidden_size=16, num_attention_heads=4, head_dim=4, block_size=8, num_hidden_layers=2)
    theirs = minimax.MiniMaxLightningAttention(config, layer_idx=0)
    x = torch.randn(2, 21, 16)
    mixed = theirs.act_fn(theirs.qkv_proj(x)).unflatten(-1, (4, 12))
    queries, keys, values = mixed.split(4, -1)
    log_decay = -theirs.slope_rate.flatten().expand(2, 21, 4)
    y, state = scalar_decay(queries, keys, values, log_decay, state=torch.zeros(2, 4, 4, 4))
    y = theirs.out_proj(torch.sigmoid(theirs.output_gate(x)) * theirs.norm(y.flatten(-2)))
    wanted, wanted_state = theirs(x, position_embeddings=None, attention_mask=None)
    assert_close(y, wanted, "y")
    assert_close(state, wanted_state, "state")
