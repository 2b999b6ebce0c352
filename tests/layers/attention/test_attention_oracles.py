"""Attention against torch's modules with the same weights, transformers' rotary positions, and formulas in loops."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqloom import kernels
from seqloom.errors import UsageError
from seqloom.layers import CausalTransformerBlock, NormKind, Placement, TransformerBlock, TransformerDecoderBlock
from seqloom.layers.attention import (
    AlibiPositions,
    Band,
    CausalSelfAttention,
    CrossAttention,
    NoPositions,
    Positions,
    RotaryPositions,
    SelfAttention,
    attend,
)
from seqloom.layers.attention.input_positions import sinusoids
from seqloom.layers.attention.projections import Projections
from seqloom.layers.blocks.transformer import FeedForwardKind
from seqloom.testing.closeness import assert_close

WIDTH, HEADS, TIME = 8, 2, 6


@pytest.fixture(autouse=True)
def doubles():
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def random(*shape: int) -> Tensor:
    return torch.randn(*shape).requires_grad_()


def both(got: Tensor, wanted: Tensor, *inputs: Tensor) -> None:
    """The values agree, and so do the gradients of a random projection."""
    assert_close(got, wanted, "values")
    arriving = torch.randn_like(wanted)
    for a, b in zip(*(torch.autograd.grad((y * arriving).sum(), inputs) for y in (got, wanted)), strict=True):
        assert_close(a, b, "gradients")


@pytest.mark.parametrize("key_heads", [1, 2, 4])
@pytest.mark.parametrize("mask", ["nothing", "causal", "rows", "bias"])
@pytest.mark.parametrize("kernel", ["auto", "torch", "reference"])
def test_attention_is_that_of_torch(kernel: str, mask: str, key_heads: int) -> None:
    q, k, v = random(3, 4, 5, 2), random(3, key_heads, 7, 2), random(3, key_heads, 7, 2)
    if mask == "causal":
        k, v = random(3, key_heads, 5, 2), random(3, key_heads, 5, 2)
    allowed = torch.rand(3, 1, 5, 7) < 0.5 if mask in ("rows", "bias") else None
    bias = torch.randn(4, 5, 7) if mask == "bias" else None
    given = allowed if bias is None else bias.masked_fill(~allowed, -math.inf)
    every = [one.repeat_interleave(4 // key_heads, 1) for one in (k, v)]
    scores = q @ every[0].mT / math.sqrt(2)
    if mask == "causal":
        scores = scores.masked_fill(torch.ones(5, 5).triu(1).bool(), -math.inf)
    elif given is not None:
        scores = scores + torch.zeros(1).masked_fill(~given, -math.inf) if bias is None else scores + given
    wanted = scores.softmax(-1).nan_to_num() @ every[1]
    with kernels.use(kernel), kernels.watch() as choices:
        got = attend(q, k, v, allowed, bias, causal=mask == "causal")
    assert [(one.work, one.kernel) for one in choices] == [
        ("attention", "reference" if kernel == "reference" else "torch")
    ]
    oracle = F.scaled_dot_product_attention(q, k, v, given, is_causal=mask == "causal", enable_gqa=True)
    assert_close(got, wanted, "the formula")
    both(got, oracle, q, k, v)


def fill(maps: Projections, oracle: nn.MultiheadAttention) -> None:
    """The oracle's weights for ours."""
    with torch.no_grad():
        maps.inner.weight.copy_(oracle.in_proj_weight)
        maps.output.weight.copy_(oracle.out_proj.weight)


@pytest.mark.parametrize("causal", [False, True])
def test_heads_are_those_of_torch(causal: bool) -> None:
    oracle = nn.MultiheadAttention(WIDTH, HEADS, bias=False, batch_first=True)
    layer = (CausalSelfAttention if causal else SelfAttention)(WIDTH, HEADS, positions=Positions.NONE)
    fill(layer.maps, oracle)
    x, lengths = random(3, TIME, WIDTH), torch.tensor([6, 4, 1])
    real = torch.arange(TIME) < lengths[:, None]
    mask = torch.ones(TIME, TIME).triu(1).bool() if causal else None
    wanted, _ = oracle(x, x, x, key_padding_mask=~real, attn_mask=mask, need_weights=False)
    both(layer(x, None, lengths)[0], torch.where(real[..., None], wanted, 0.0), x)


def test_a_memory_is_looked_at_as_by_torch() -> None:
    oracle = nn.MultiheadAttention(WIDTH, HEADS, bias=False, batch_first=True, kdim=5, vdim=5)
    layer = CrossAttention(WIDTH, 5, HEADS)
    fill_memory(layer, oracle)
    x, memory, lengths = random(3, TIME, WIDTH), random(3, 7, 5), torch.tensor([7, 2, 1])
    padding = torch.arange(7) >= lengths[:, None]
    wanted, _ = oracle(x, memory, memory, key_padding_mask=padding, need_weights=False)
    y_t, _ = layer.step(x[:, 1], layer.initial_state(3, memory, lengths))
    assert_close(y_t, wanted[:, 1], "one step")
    both(layer(x, layer.initial_state(3, memory, lengths))[0], wanted, x, memory)


def fill_memory(layer: CrossAttention, oracle: nn.MultiheadAttention) -> None:
    if oracle.in_proj_weight is None:
        query, key, value = oracle.q_proj_weight, oracle.k_proj_weight, oracle.v_proj_weight
    else:
        query, key, value = oracle.in_proj_weight.chunk(3)
    with torch.no_grad():
        layer.query.weight.copy_(query)
        layer.key_and_value.weight.copy_(torch.cat([key, value]))
        layer.output.weight.copy_(oracle.out_proj.weight)


def copy(ours: nn.Module, theirs: nn.Module) -> None:
    """Our norms have a bias also, which begins at 0."""
    ours.load_state_dict(theirs.state_dict(), strict=False)
    with torch.no_grad():
        theirs.weight.copy_(ours.weight.add_(torch.randn_like(ours.weight) * 0.1))


@pytest.mark.parametrize("placement", Placement)
@pytest.mark.parametrize("inner", [FeedForwardKind.GELU, FeedForwardKind.RELU])
@pytest.mark.parametrize("causal", [False, True])
def test_a_block_is_torchs_encoder_layer(placement: Placement, inner: FeedForwardKind, causal: bool) -> None:
    first = placement is Placement.BEFORE
    oracle = nn.TransformerEncoderLayer(
        WIDTH, HEADS, 4 * WIDTH, 0.0, inner.value, batch_first=True, norm_first=first, bias=False
    )
    kind = CausalTransformerBlock if causal else TransformerBlock
    block = kind(
        WIDTH, WIDTH, heads=HEADS, positions=Positions.NONE, inner=inner, norm=NormKind.LAYER, placement=placement
    )
    fill(block.mixer.maps, oracle.self_attn)
    pairs = [(block.mixer_norm, oracle.norm1), (block.feed_forward_norm, oracle.norm2)]
    pairs += [(block.feed_forward.up, oracle.linear1), (block.feed_forward.down, oracle.linear2)]
    for ours, theirs in pairs:
        copy(ours, theirs)
    x, lengths = random(3, TIME, WIDTH), torch.tensor([6, 4, 1])
    real = torch.arange(TIME) < lengths[:, None]
    mask = torch.ones(TIME, TIME).triu(1).bool() if causal else None
    wanted = oracle(x, src_mask=mask, src_key_padding_mask=~real)
    both(block(x, None, lengths)[0], torch.where(real[..., None], wanted, 0.0), x)


@pytest.mark.parametrize("placement", Placement)
def test_a_decoder_block_is_torchs_decoder_layer(placement: Placement) -> None:
    first = placement is Placement.BEFORE
    oracle = nn.TransformerDecoderLayer(
        WIDTH, HEADS, 4 * WIDTH, 0.0, "gelu", batch_first=True, norm_first=first, bias=False
    )
    block = TransformerDecoderBlock(
        WIDTH,
        WIDTH,
        memory_features=WIDTH,
        heads=HEADS,
        positions=Positions.NONE,
        norm=NormKind.LAYER,
        placement=placement,
    )
    fill(block.back.mixer.maps, oracle.self_attn)
    fill_memory(block.across.mixer, oracle.multihead_attn)
    pairs = [(block.back.mixer_norm, oracle.norm1), (block.across.mixer_norm, oracle.norm2)]
    pairs += [(block.across.feed_forward_norm, oracle.norm3)]
    pairs += [(block.across.feed_forward.up, oracle.linear1), (block.across.feed_forward.down, oracle.linear2)]
    for ours, theirs in pairs:
        copy(ours, theirs)
    x, memory, lengths = random(3, TIME, WIDTH), random(3, 7, WIDTH), torch.tensor([7, 2, 1])
    padding = torch.arange(7) >= lengths[:, None]
    causal = torch.ones(TIME, TIME).triu(1).bool()
    wanted = oracle(x, memory, tgt_mask=causal, memory_key_padding_mask=padding)
    state = block.initial_state(3, memory=memory, memory_lengths=lengths)
    both(block(x, state)[0], wanted, x, memory)


def test_rotary_scores_know_the_distance_alone_far_into_a_stream() -> None:
    q, k = torch.randn(2, 1, 1, 1, 8)
    turn = RotaryPositions(8).turn
    near, far = ((turn(q, torch.tensor([[t + 3]])) * turn(k, torch.tensor([[t]]))).sum() for t in (0, 10_000_000))
    assert abs(float(near - far)) < 1e-7


@pytest.mark.parametrize(("heads", "slopes"), [(4, [2**-2, 2**-4, 2**-6, 2**-8]), (3, [2**-4, 2**-8, 2**-2])])
def test_alibi_is_its_formula(heads: int, slopes: list[float]) -> None:
    assert AlibiPositions(heads).slopes == slopes
    layer = CausalSelfAttention(4 * heads, heads, positions=Positions.ALIBI)
    plain = CausalSelfAttention(4 * heads, heads, positions=Positions.NONE)
    plain.load_state_dict(layer.state_dict())
    x = random(2, TIME, 4 * heads)
    q, k, v = (one.transpose(1, 2) for one in plain._project(x, torch.zeros(1, TIME)))
    scores = q @ k.mT / 2
    for n in range(heads):
        for t in range(TIME):
            for s in range(TIME):
                scores[:, n, t, s] += -slopes[n] * (t - s) if s <= t else -math.inf
    wanted = layer.maps.output((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))
    both(layer(x)[0], wanted, x)


def test_sinusoids_are_the_papers() -> None:
    table = sinusoids(torch.arange(5), 7)
    for t in range(5):
        for k in range(7):
            angle = t / 10_000 ** (2 * (k // 2) / 7)
            assert float(table[t, k]) == pytest.approx(math.cos(angle) if k % 2 else math.sin(angle), abs=1e-12)


@pytest.mark.parametrize(("before", "after"), [(0, 0), (2, 0), (5, 3), (100, 70)])
@pytest.mark.parametrize("time", [0, 1, 150])
@pytest.mark.parametrize("positions", [NoPositions(), AlibiPositions(2)])
def test_blocks_of_a_band_are_the_masked_whole(before: int, after: int, time: int, positions) -> None:
    q, k, v = random(2, time, 2, 4), random(2, before + time + after, 1, 4), random(2, before + time + after, 1, 4)
    existing = torch.rand(2, before + time + after) < 0.7
    band = Band(before, after, positions)
    small = time <= max(before + after + 1, 64)
    for wish, kernel in (("auto", "torch" if small else "fused"), ("torch", "torch"), ("fused", "fused")):
        if time or kernel == "torch":
            with kernels.use(wish), kernels.watch() as choices:
                got = band.attend(q, k, v, existing)
            assert [(one.work, one.kernel) for one in choices] == [("attention to a band", kernel)]
            with kernels.use("reference"):
                wanted = band.attend(q, k, v, existing)
            both(got, wanted, q, k, v)
        else:
            with kernels.use(wish), pytest.raises(UsageError, match="there are no queries"):
                band.attend(q, k, v, existing)


def test_a_backend_without_attention_is_refused() -> None:
    q, whole = random(1, 1, 3, 2), CausalSelfAttention(4, 2, window=2)
    for kernel, work in (("cpu", "attention"), ("derived", "attention"), ("fused", "attention")):
        with kernels.use(kernel), pytest.raises(UsageError, match=f"'{kernel}' was asked for.* nothing for {work};"):
            attend(q, q, q)
    with kernels.use("cpu"), pytest.raises(UsageError, match="nothing for attention to a band; ask for 'cpu,fused' or"):
        whole(random(1, 5, 4))
    with kernels.use("cpu", "torch"):
        whole(random(1, 5, 4))
