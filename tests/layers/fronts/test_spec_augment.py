"""Holes and warps: in training alone, within their limits, and never beyond a row's end."""

from __future__ import annotations

import pytest
import torch

from seqloom.errors import UsageError
from seqloom.layers.fronts.spec_augment import SpecAugment, VoiceWarp

LENGTHS = torch.tensor([60, 30, 1, 0])


@pytest.mark.parametrize("layer", [SpecAugment(), VoiceWarp()])
def test_nothing_changes_but_in_training(layer):
    x = torch.randn(4, 60, 40)
    assert torch.equal(layer.eval()(x, LENGTHS), x)
    torch.manual_seed(0)
    assert not torch.equal(layer.train()(x, LENGTHS), x)
    assert layer(x, LENGTHS).shape == x.shape


def test_holes_are_whole_bands_and_instants_of_bounded_width():
    torch.manual_seed(0)
    layer = SpecAugment(masks=1, bands=10, share=0.2, longest=50)
    widths, heights = set(), set()
    for _ in range(200):
        holes = layer(torch.ones(1, 100, 40)) == 0
        of_time, of_bands = holes.all(2)[0], holes.all(1)[0]
        assert torch.equal(holes[0], of_time[:, None] | of_bands[None])
        widths.add(int(of_time.sum()))
        heights.add(int(of_bands.sum()))
        assert int(of_time.diff().sum()) <= 2  # one hole
    assert min(widths) == 0
    assert max(widths) == 20
    assert heights == set(range(11))


def test_a_hole_covers_a_share_of_the_rows_own_length():
    torch.manual_seed(0)
    layer = SpecAugment(masks=1, bands=0, share=0.2)
    short = torch.tensor([20] * 500)
    gone = (layer(torch.ones(500, 100, 2), short)[..., 0] == 0)[:, :20].sum(1)
    assert int(gone.max()) == 4
    assert (layer(torch.ones(500, 100, 2), short)[:, 20:] == 1).all()


def test_no_hole_is_longer_than_what_can_be_guessed():
    torch.manual_seed(0)
    gone = (SpecAugment(masks=1, bands=0, share=0.9)(torch.ones(500, 100, 2))[..., 0] == 0).sum(1)
    assert int(gone.max()) == 12


def test_a_warp_keeps_order_ends_and_padding():
    torch.manual_seed(0)
    layer = VoiceWarp(time=0.1, stretch=0.0, shift=0.0)
    x = torch.arange(60.0)[None, :, None].expand(4, 60, 3).clone()
    x[1, 30:] = torch.nan
    found = layer(x, LENGTHS)
    assert found.isfinite().all()
    for row, length in enumerate(LENGTHS.tolist()):
        assert not found[row, length:].any()
        times = found[row, :length, 0]
        assert (times.diff() >= 0).all()
        assert times.numel() == 0 or float(times.max()) <= length - 1
    assert float((found[0, :, 0] - x[0, :, 0]).abs().max()) > 0.5
    assert float((found[0, :, 0] - x[0, :, 0]).abs().max()) <= 0.1 * 60 + 1


def test_bands_are_stretched_about_the_lowest():
    torch.manual_seed(0)
    x = torch.arange(40.0)[None, None].expand(300, 5, 40).clone()
    found = VoiceWarp(time=0.0, stretch=0.1, shift=0.0)(x)
    assert not found[:, :, 0].any()
    ratio = found[:, 2, 20] / 20
    assert 0.9 <= float(ratio.min()) < 0.92
    assert 1.08 < float(ratio.max()) <= 1.1


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: SpecAugment(masks=-1),
        lambda: SpecAugment(share=1.5),
        lambda: SpecAugment(bands=-1),
        lambda: SpecAugment(longest=-1),
        lambda: VoiceWarp(time=0.3),
        lambda: VoiceWarp(stretch=1.0),
        lambda: VoiceWarp(shift=-0.1),
    ],
)
def test_limits_that_are_none_are_refused(wrong):
    with pytest.raises(UsageError, match="Expected"):
        wrong()
