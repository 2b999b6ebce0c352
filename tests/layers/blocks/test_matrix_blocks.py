"""The blocks with a matrix state: laws, sizes, and what is particular to one of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from seqloom.errors import UsageError
from seqloom.layers import SequenceLayer
from seqloom.layers.blocks.delta_net import DeltaNet, DeltaNetBlock
from seqloom.layers.blocks.gated_delta_net import GatedDeltaNet, GatedDeltaNetBlock
from seqloom.layers.blocks.gla import GatedLinearAttention, GLABlock
from seqloom.layers.blocks.mamba2 import Mamba2, Mamba2Block
from seqloom.layers.blocks.retnet import Retention, RetNetBlock
from seqloom.layers.blocks.rotation import Rotation
from seqloom.testing import check_layer

LAYERS: dict[str, Callable[[], SequenceLayer]] = {
    "retention": lambda: Retention(4, heads=2, expansion=1),
    "retnet": lambda: RetNetBlock(3, 4, heads=1, expansion=1, feed_forward_factor=1),
    "mamba-2 mixer": lambda: Mamba2(4, state_size=3, head_size=2, groups=2, expansion=1, convolution=3),
    "mamba-2": lambda: Mamba2Block(3, 4, state_size=2),
    "gla mixer": lambda: GatedLinearAttention(4, heads=2, rank=2),
    "gla": lambda: GLABlock(3, 4, heads=1, rank=1, feed_forward_factor=0.5),
    "delta net mixer": lambda: DeltaNet(4, heads=2),
    "delta net": lambda: DeltaNetBlock(3, 4, heads=1, convolution=2, feed_forward_factor=0.5),
    "gated delta net mixer": lambda: GatedDeltaNet(4, heads=2),
    "gated delta net": lambda: GatedDeltaNetBlock(
        3, 4, heads=2, key_heads=1, key_size=2, expansion=1, convolution=2, feed_forward_factor=0.5
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_obeys_the_laws(name: str) -> None:
    check_layer(LAYERS[name], dtype=torch.float32)


@pytest.mark.slow
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("kernel", ["auto", "reference"])
def test_a_layer_obeys_the_laws_in_float64(name: str, kernel: str) -> None:
    check_layer(LAYERS[name], kernel=kernel)


@pytest.mark.parametrize("name", LAYERS)
def test_a_stream_agrees_with_the_whole_over_many_chunks(name: str) -> None:
    """200 steps one by one, against four chunks; float64, so that a drift would show."""
    layer = LAYERS[name]().double()
    x, state = torch.randn(2, 200, layer.in_features, dtype=torch.float64), layer.initial_state(2)
    whole, after = layer(x)
    steps = []
    for x_t in x.unbind(1):
        y_t, state = layer.step(x_t, state)
        steps.append(y_t)
    torch.testing.assert_close(torch.stack(steps, 1), whole)
    torch.testing.assert_close(state, after)


def matrices(block: nn.Module) -> int:
    """The weights of the maps, without norms and biases."""
    return sum(p.numel() for p in block.parameters() if p.ndim == 2)


@pytest.mark.parametrize(
    ("make", "weights"),
    [
        (lambda: RetNetBlock(1024, 1024), 12),  # Sun et al., 2023, sec. 3.1
        (lambda: GLABlock(1024, 1024), 12),  # Yang et al., 2023, sec. 4.4
        (lambda: DeltaNetBlock(1024, 1024), 12),  # Yang et al., 2024a
        (lambda: GatedDeltaNetBlock(1024, 1024), 14),  # Yang et al., 2024b: 6 H² in the mixer
    ],
)
def test_blocks_have_the_weights_of_their_papers(make: Callable[[], nn.Module], weights: int) -> None:
    """In units of H²; a Transformer's block has 12. The maps to one number a head are small."""
    with torch.device("meta"):
        assert matrices(make()) / 1024**2 == pytest.approx(weights, rel=0.004)


def test_retention_is_the_parallel_form_of_the_paper() -> None:
    """(Q Kᵀ ∘ D) V with D_{nm} = γ^{n-m} below the diagonal, Q and K turned as complex numbers (eq. 5)."""
    layer = Retention(8, heads=2).double()
    x = torch.randn(1, 9, 8, dtype=torch.float64)
    n = torch.arange(9, dtype=torch.float64)
    turn = torch.polar(torch.ones(9, 2, dtype=torch.float64), n[:, None] * torch.tensor([1.0, 0.01]).double())
    heads = []
    for head, decay in enumerate((1 - 2**-5, 1 - 2**-6)):
        rows = slice(4 * head, 4 * head + 4)
        q, k = (
            torch.view_as_complex((x[0] @ w.weight[rows].T).unflatten(-1, (2, 2))) * turn
            for w in (layer.query, layer.key)
        )
        v = x[0] @ layer.value.weight[8 * head : 8 * head + 8].T
        scores = (q @ k.conj().T).real / 2 * (decay ** (n[:, None] - n)).tril()
        heads.append(F.layer_norm(scores @ v, (8,)))
    wanted = layer.output(F.silu(layer.gate(x[0])) * torch.cat(heads, -1))
    # The decays are kept in float32, as the weights are.
    torch.testing.assert_close(layer(x)[0][0], wanted, rtol=1e-5, atol=1e-7)


def test_rotation_is_exact_after_a_million_steps() -> None:
    rotation, x = Rotation(1, 2), torch.tensor([1.0, 0.0]).expand(1, 1, 2, 2)
    y, _ = rotation(x, (torch.tensor([1_000_000]),), None)
    wanted = torch.tensor(1e6, dtype=torch.float64)
    torch.testing.assert_close(y[0, 0, 1], torch.stack([wanted.cos(), wanted.sin()]).float())


def test_mamba2_begins_as_its_authors_have_it() -> None:
    layer = Mamba2(256)
    rates, steps = layer.decay.log_rate.exp(), F.softplus(layer.decay.step_bias)
    for values, low, high in ((rates, 1, 16), (steps, 0.001, 0.1)):
        assert bool((values > 0.999 * low).all())
        assert bool((values < 1.001 * high).all())
    assert bool((layer.skip == 1).all())


@pytest.mark.parametrize(
    "make",
    [
        lambda: Retention(8, heads=3),
        lambda: Retention(6, heads=2),
        lambda: Mamba2(8, head_size=3),
        lambda: GatedLinearAttention(6, heads=2),
        lambda: DeltaNet(8, heads=3),
        lambda: GatedDeltaNet(8, heads=3, key_heads=2),
        lambda: Mamba2(8, head_size=8, groups=3),
    ],
)
def test_sizes_that_do_not_divide_are_refused(make: Callable[[], SequenceLayer]) -> None:
    with pytest.raises(UsageError):
        make()


def test_a_state_of_another_layer_is_refused() -> None:
    with pytest.raises(UsageError, match="the state of another layer"):
        Retention(8, heads=2)(torch.zeros(1, 3, 8), Retention(8, heads=4).initial_state(1))
