from __future__ import annotations

import torch

from seqloom.layers.fronts.normalised import normalised


def test_each_row_has_mean_0_and_deviation_1_over_its_real_steps():
    x = torch.randn(3, 50, 4) * 5 + 7
    lengths = torch.tensor([50, 20, 0])
    x[1, 20:] = torch.nan
    found = normalised(x, lengths)
    for row, length in ((0, 50), (1, 20)):
        torch.testing.assert_close(found[row, :length].mean(0), torch.zeros(4), atol=1e-5, rtol=0)
        torch.testing.assert_close(found[row, :length].std(0, correction=0), torch.ones(4))
    assert not found[1, 20:].any()
    assert not found[2].any()
    torch.testing.assert_close(normalised(x[:1]), found[:1])


def test_louder_is_the_same_and_a_still_band_is_0():
    x = torch.randn(1, 30, 2)
    x[..., 1] = 3.0
    torch.testing.assert_close(normalised(x + 4.0), normalised(x))
    assert not normalised(x)[..., 1].any()
