"""Every word under what torch can do to a layer: autocast, half precision, gradients as a function, states to files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from seqloom.layers import CausalLayer, parse_spec
from seqloom.layers.attention import reserve
from seqloom.layers.state import leaves, to_tensors
from seqloom.layers.words import WORDS

FAMILIES = [*WORDS, "attention(window=4)", "transformer(key_heads=1)"]


def built(words: str) -> CausalLayer:
    layer = parse_spec(words).build(8)
    assert isinstance(layer, CausalLayer)
    return layer


@pytest.mark.parametrize("words", FAMILIES)
def test_autocast_changes_no_kind_of_state(words: str) -> None:
    layer, x, lengths = built(words), torch.randn(2, 6, 8), torch.tensor([6, 3])
    kinds = [leaf.dtype for _, leaf in leaves(layer.initial_state(2))]
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for state in (None, layer.initial_state(2), reserve(layer.initial_state(2), 20)):
            y, after = layer(x, state, lengths)
            y_t, after = layer.step(x[:, 0], after)
            assert y.isfinite().all()
            assert y_t.isfinite().all()
            assert [leaf.dtype for _, leaf in leaves(after)] == kinds


@pytest.mark.parametrize("words", [words for words in FAMILIES if words not in ("esn", "positions")])
def test_gradients_as_a_function(words: str) -> None:
    layer, x = built(words), torch.randn(2, 5, 8)
    weights = {name: weight.detach() for name, weight in layer.named_parameters()}

    def loss(weights: dict[str, Tensor]) -> Tensor:
        y: Tensor = torch.func.functional_call(layer, weights, x)[0]
        return y.square().mean()

    found: Any = torch.func.grad(loss)(weights)
    layer(x)[0].square().mean().backward()
    for name, weight in layer.named_parameters():
        wanted = torch.zeros_like(weight) if weight.grad is None else weight.grad
        torch.testing.assert_close(found[name], wanted, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("words", FAMILIES)
def test_first_states_can_be_saved_and_changed(words: str, tmp_path: Path) -> None:
    layer, x = built(words), torch.randn(1, 5, 8)
    with torch.no_grad():
        before = layer(x)[0]
        for state in (layer.initial_state(1), layer(x[:, :0])[1]):
            save_file(to_tensors(state), tmp_path / "state.safetensors")
            for _, leaf in leaves(state):
                leaf.add_(1)
        assert torch.equal(layer(x)[0], before)


@pytest.mark.parametrize("words", ["deltanet", "gated-deltanet", "mamba2", "gla", "retnet", "attention"])
def test_half_precision(words: str) -> None:
    layer, x = built(words), torch.randn(2, 5, 8)
    wanted = layer(x)[0]
    torch.testing.assert_close(layer.bfloat16()(x.bfloat16())[0].float(), wanted, rtol=0.1, atol=0.1)


def test_a_prompt_s_state_holds_no_more_than_its_steps() -> None:
    with torch.no_grad():
        _, state = built("attention(heads=4, key_heads=1)")(torch.randn(1, 50, 8))
    for _, leaf in leaves(state):
        assert leaf.untyped_storage().nbytes() == leaf.nbytes
