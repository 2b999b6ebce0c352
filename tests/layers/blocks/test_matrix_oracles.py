"""Blocks with a matrix state against other people's implementations: values, gradients, states, published sizes."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqloom.kernels.matrix_state import delta_rule, scalar_decay, vector_decay
from seqloom.layers.blocks.gated_delta_net import GatedDeltaNet
from seqloom.layers.blocks.mamba2 import Mamba2, Mamba2Block
from seqloom.testing.closeness import assert_close

pytest.importorskip("transformers")
from transformers.models.kimi_linear import modeling_kimi_linear as kimi
from transformers.models.mamba2 import modeling_mamba2 as mamba2
from transformers.models.minimax import modeling_minimax as minimax
from transformers.models.qwen3_next import modeling_qwen3_next as qwen3_next


def parameters(*modules: nn.Module) -> int:
    return sum(p.numel() for module in modules for p in module.parameters())


def alone(weight: Tensor) -> list[Tensor]:
    return [weight]


def assert_same_layer(ours: nn.Module, theirs: nn.Module, mapped: list) -> None:
    """Outputs and gradients, where ``mapped`` has our parameters, theirs, and how theirs is taken apart into ours."""
    for mine, other, parts in mapped:
        for parameter, part in zip(mine, parts(other.data), strict=True):
            parameter.data.copy_(part.reshape(parameter.shape))
    x = torch.randn(2, 70, ours.in_features, requires_grad=True)
    (y, _), wanted = ours(x), theirs(x)
    assert_close(y, wanted, "y", terms=1024)
    direction = torch.randn(y.shape)
    mapped = [([x], x, alone), *mapped]
    found = torch.autograd.grad((y * direction).sum(), [one for mine, _, _ in mapped for one in mine])
    gradients = torch.autograd.grad((wanted * direction).sum(), [other for _, other, _ in mapped])
    correct = [part for (_, _, parts), g in zip(mapped, gradients, strict=True) for part in parts(g)]
    for a, b in zip(found, correct, strict=True):
        assert_close(a, b.reshape(a.shape), "gradient", terms=1024)


@pytest.mark.parametrize("groups", [1, 2])
def test_mamba2_is_that_of_transformers(groups: int) -> None:
    config = mamba2.Mamba2Config(
        hidden_size=16, num_heads=4, head_dim=8, state_size=6, n_groups=groups, num_hidden_layers=1, chunk_size=8
    )
    theirs = mamba2.Mamba2Mixer(config, layer_idx=0)
    ours = Mamba2(16, head_size=8, state_size=6, groups=groups)
    mapped = [
        ([ours.input.weight], theirs.in_proj.weight, alone),
        ([ours.convolution.weight], theirs.conv1d.weight, alone),
        ([ours.convolution.bias], theirs.conv1d.bias, alone),
        ([ours.decay.log_rate], theirs.A_log, alone),
        ([ours.decay.step_bias], theirs.dt_bias, alone),
        ([ours.skip], theirs.D, alone),
        ([ours.scale], theirs.norm.weight, alone),
        ([ours.output.weight], theirs.out_proj.weight, alone),
    ]
    nn.init.normal_(theirs.D)
    assert_same_layer(ours, theirs, mapped)


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


def assert_same_recurrence(ours, theirs, inputs: list[Tensor], law: str) -> None:
    """Outputs, last states, and the gradients of a fixed projection of both."""
    found = [ours(), theirs()]
    for pair in list(found):
        torch.manual_seed(0)
        loss = sum((one * torch.randn(one.shape)).sum() for one in pair)
        found.append(torch.autograd.grad(loss, inputs))
    for a, b in zip((*found[0], *found[2]), (*found[1], *found[3]), strict=True):
        assert_close(a, b, law, terms=1024)


@pytest.mark.parametrize("form", ["recurrent_kimi_delta_attention", "chunk_kimi_delta_attention"])
def test_decays_by_feature_are_kimi_delta_attention_without_its_correction(form: str) -> None:
    """Its state changes by β k (v - Sᵀ k)ᵀ. With v / β for v and β near 0 that is k vᵀ: gated linear attention."""
    queries, keys = torch.randn(2, 2, 70, 3, 6).unbind(0)
    values, log_decay = torch.randn(2, 70, 3, 5), -torch.randn(2, 70, 3, 6).exp()
    inputs = [one.requires_grad_() for one in (queries, keys, values, log_decay, torch.randn(2, 3, 6, 5))]
    *_, state = inputs
    beta = torch.full((2, 70, 3), 1e-7)
    assert_same_recurrence(
        lambda: vector_decay(queries / 6**0.5, keys, values, log_decay, state=state),
        lambda: getattr(kimi, form)(
            queries, keys, values / 1e-7, log_decay, beta, initial_state=state, output_final_state=True
        ),
        inputs,
        form,
    )


@pytest.mark.parametrize("form", ["torch_chunk_gated_delta_rule", "torch_recurrent_gated_delta_rule"])
def test_the_gated_delta_rule_is_that_of_transformers(form: str) -> None:
    queries, keys = torch.randn(2, 2, 70, 3, 6).unbind(0)
    values, log_decay = torch.randn(2, 70, 3, 5), -torch.randn(2, 70, 3).exp()
    keys, beta, state = F.normalize(keys, dim=-1), torch.rand(2, 70, 3), torch.randn(2, 3, 6, 5)
    inputs = [one.requires_grad_() for one in (queries, keys, values, log_decay, beta, state)]
    assert_same_recurrence(
        lambda: delta_rule(queries / 6**0.5, keys, values, log_decay, beta, state=state),
        lambda: getattr(qwen3_next, form)(*inputs[:5], initial_state=state, output_final_state=True),
        inputs,
        form,
    )


def qwen3_next_layer(**sizes: int) -> nn.Module:
    config = qwen3_next.Qwen3NextConfig(num_hidden_layers=1, layer_types=["linear_attention"], **sizes)
    return qwen3_next.Qwen3NextGatedDeltaNet(config, layer_idx=0)


def by_key_head(weight: Tensor, key_heads: int, *sizes: int) -> list[Tensor]:
    """Their rows stand key head by key head: those of each part, in the same order."""
    return [part.flatten(0, 1) for part in weight.unflatten(0, (key_heads, -1)).split(sizes, 1)]


@pytest.mark.parametrize("heads", [2, 4])
def test_gated_delta_net_is_that_of_qwen3_next(heads: int) -> None:
    theirs = qwen3_next_layer(
        hidden_size=16,
        linear_num_key_heads=2,
        linear_num_value_heads=heads,
        linear_key_head_dim=6,
        linear_value_head_dim=12,
        rms_norm_eps=1e-5,
    )
    ours = GatedDeltaNet(16, heads=heads, key_heads=2, key_size=6)
    each = heads // 2  # heads a key

    def inputs(weight: Tensor) -> list[Tensor]:
        *qkv, gate = by_key_head(weight, 2, 6, 6, 12 * each, 12 * each)
        return [torch.cat(qkv), gate]

    mapped = [
        ([ours.delta.input.weight, ours.gate.weight], theirs.in_proj_qkvz.weight, inputs),
        ([ours.beta.weight, ours.forget.weight], theirs.in_proj_ba.weight, lambda w: by_key_head(w, 2, each, each)),
        ([ours.delta.convolution.weight], theirs.conv1d.weight, alone),
        ([ours.decay.log_rate], theirs.A_log, alone),
        ([ours.decay.step_bias], theirs.dt_bias, alone),
        ([ours.norm.weight], theirs.norm.weight, alone),
        ([ours.output.weight], theirs.out_proj.weight, alone),
    ]
    assert_same_layer(ours, theirs, mapped)


def test_gated_delta_net_has_the_size_of_a_layer_of_qwen3_next_80b() -> None:
    """Its default configuration is that of Qwen3-Next-80B-A3B: width 2048, 16 heads of keys, 32 of values, 128 each."""
    with torch.device("meta"):
        ours = GatedDeltaNet(2048, heads=32, key_heads=16, key_size=128, expansion=1)
        assert parameters(ours) == parameters(qwen3_next_layer()) == 33_718_464
