"""The mLSTM's recurrence agrees with transformers' native ones."""

from __future__ import annotations

import pytest
import torch

from seqloom.kernels.matrix_state.exponential_gates import ExponentialState, chunked

xlstm = pytest.importorskip("transformers.models.xlstm.modeling_xlstm")


@pytest.mark.parametrize("form", ["mlstm_recurrent_sequence_native", "mlstm_chunkwise_native_autograd"])
def test_it_is_that_of_transformers(form: str) -> None:
    """They scale the queries by 1/sqrt(K) inside, and have the heads before time."""
    torch.manual_seed(0)
    q, k, v = (torch.randn(2, 3, 128, size, dtype=torch.float64) for size in (4, 4, 6))
    i, f = (3 * torch.randn(2, 3, 128, dtype=torch.float64) for _ in range(2))
    state = [torch.randn(2, 3, *rest, dtype=torch.float64) for rest in ((4, 6), (4,), (1,))]
    extra = {"dtype_state": torch.float64} if "recurrent" in form else {"chunk_size": 32}
    wanted, after = getattr(xlstm, form)(q, k, v, i, f, *state, return_last_states=True, **extra)
    inputs = [sequence.transpose(1, 2) for sequence in (q / 2, k, v, i, torch.nn.functional.logsigmoid(f))]
    memory, normaliser, m = state
    y, ours = chunked(*inputs, ExponentialState(memory, normaliser, m.squeeze(-1)))
    torch.testing.assert_close(y.transpose(1, 2), wanted, rtol=1e-10, atol=1e-10)
    for a, b in zip(ours, after, strict=True):
        torch.testing.assert_close(a, b.reshape(a.shape), rtol=1e-10, atol=1e-10)
