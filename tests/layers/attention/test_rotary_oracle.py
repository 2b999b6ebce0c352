"""Rotary positions against those of transformers' Llama."""

from __future__ import annotations

import pytest
import torch

from seqloom.layers.attention import RotaryPositions

llama = pytest.importorskip("transformers.models.llama.modeling_llama")


def test_rotary_positions_are_those_of_llama() -> None:
    """Llama pairs feature k with k + K / 2, the paper with its neighbour: the same up to the order of features."""
    torch.manual_seed(0)
    parameters = {"rope_type": "default", "rope_theta": 10_000.0}
    config = llama.LlamaConfig(hidden_size=16, num_attention_heads=2, rope_parameters=parameters)
    x = torch.randn(3, 6, 2, 8, dtype=torch.float64).requires_grad_()
    places = torch.arange(6) + torch.tensor([[0], [5], [900]])
    apart = x.unflatten(-1, (4, 2)).mT.flatten(-2)
    cosine, sine = llama.LlamaRotaryEmbedding(config)(x, places)
    wanted, _ = llama.apply_rotary_pos_emb(apart, apart, cosine, sine, unsqueeze_dim=2)
    got = RotaryPositions(8).turn(x, places).unflatten(-1, (4, 2)).mT.flatten(-2)
    arriving = torch.randn_like(got)
    # Llama's angles are of float32.
    torch.testing.assert_close(got, wanted, atol=2e-4, rtol=0)
    gradients = [torch.autograd.grad((y * arriving).sum(), x, retain_graph=True)[0] for y in (got, wanted)]
    torch.testing.assert_close(*gradients, atol=2e-4, rtol=0)
