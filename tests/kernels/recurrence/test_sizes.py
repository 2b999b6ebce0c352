"""How much is kept for the backward pass, and how large the results are, beside torch's own modules."""

from __future__ import annotations

import io

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

import seqloom.nn
from seqloom import kernels
from seqloom.cells import Elman, MinGRU
from seqloom.layers import Recurrent

BATCH, TIME, HIDDEN = 4, 50, 32
SEQUENCE = BATCH * TIME * HIDDEN * 4
KINDS = pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])


def bytes_kept(module: nn.Module, x: Tensor) -> int:
    """The memory of all that is saved for the backward pass, but for x and the weights."""
    own = {tensor.untyped_storage().data_ptr() for tensor in (x, *module.parameters())}
    sizes: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        y, _ = module(x)
    assert y.requires_grad
    return sum(sizes.values())


@KINDS
def test_no_more_is_kept_than_by_torch(kind: str) -> None:
    x = torch.randn(BATCH, TIME, HIDDEN)
    theirs = bytes_kept(getattr(nn, kind)(HIDDEN, HIDDEN, batch_first=True), x)
    with kernels.use("cpu"):
        ours = bytes_kept(getattr(seqloom.nn, kind)(HIDDEN, HIDDEN, batch_first=True), x)
    assert ours <= theirs
    gates = {"RNN": 1, "GRU": 5, "LSTM": 6}[kind]
    assert ours < (gates + 0.5) * SEQUENCE


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("cell", [Elman, MinGRU])
@pytest.mark.parametrize("hidden", [1, 31, 32])
def test_results_own_no_more_than_their_numbers(cell: type, hidden: int, training: bool) -> None:
    layer = Recurrent(cell, 3, hidden)
    x = torch.randn(BATCH, TIME, 3)
    with kernels.use("cpu"), torch.set_grad_enabled(training):
        y, state = layer(x)
    for tensor in (y, state.h):
        file = io.BytesIO()
        torch.save(tensor, file)
        assert tensor.untyped_storage().nbytes() <= 1.25 * tensor.nbytes
        assert file.tell() <= 1.25 * tensor.nbytes + 2000


@KINDS
def test_results_may_be_changed_in_place(kind: str) -> None:
    x = torch.randn(BATCH, TIME, HIDDEN)
    theirs = getattr(nn, kind)(HIDDEN, HIDDEN, batch_first=True)
    ours = getattr(seqloom.nn, kind)(HIDDEN, HIDDEN, batch_first=True)
    ours.load_state_dict(theirs.state_dict())
    with kernels.use("cpu"):
        y, state = ours(x)
    leaves = state if isinstance(state, tuple) else (state,)
    y.relu_()
    (y.sum() + sum(leaf.mul_(2).sum() for leaf in leaves)).backward()
    y, state = theirs(x)
    leaves = state if isinstance(state, tuple) else (state,)
    (y.relu().sum() + sum((2 * leaf).sum() for leaf in leaves)).backward()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-4, atol=1e-4)
    for module, backend in ((theirs, "torch"), (ours, "cpu")):
        with kernels.use(backend):
            y, _ = module(x)
        squares = y.square().sum()
        y.relu_()
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            squares.backward()
