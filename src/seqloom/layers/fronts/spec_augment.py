"""Frames of sound with holes and warps, in training: no band, no instant and no voice is learned by heart."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.layers.augmentation import Augmentation
from seqloom.layers.padding import real_steps_only

__all__ = ["SpecAugment", "VoiceWarp"]


class SpecAugment(Augmentation):
    """Frames (B, T, M), in ``masks`` places 0 over up to ``bands`` of them, and in as many over up to a ``share`` of a
    row's steps, and no more than ``longest`` of them (defaults: 2 places, 10 bands, 0.2, 12 steps): what is said in a
    longer hole cannot be known.

    Each width is drawn from 0 to its limit, and then each begin, anew for each row; 0 is what frames are in the mean
    once they are normalised. Source: Park et al., 2019, sec. 2, without its time warping, see :class:`VoiceWarp`.
    """

    def __init__(self, masks: int = 2, bands: int = 10, share: float = 0.2, longest: int = 12) -> None:
        super().__init__()
        if min(masks, bands, longest) < 0 or not 0 <= share <= 1:
            raise UsageError(
                "Expected masks, bands and longest of at least 0 and a share from 0 to 1; "
                f"got {masks}, {bands}, {longest}, {share}."
            )
        self.masks, self.bands, self.share, self.longest = masks, bands, share, longest

    def changed(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        """x (B, T, M) with holes."""
        rows, time, bands = x.shape
        steps = _float_lengths(x, lengths)
        holes = _holes(steps, (steps * self.share).clamp_max(self.longest), time, self.masks)[:, :, None]
        width = x.new_full((rows,), float(bands))
        holes = holes | _holes(width, (width * 0 + self.bands).clamp_max(bands), bands, self.masks)[:, None]
        return x.masked_fill(holes, 0.0)

    def extra_repr(self) -> str:
        return f"masks={self.masks}, bands={self.bands}, share={self.share}, longest={self.longest}"


class VoiceWarp(Augmentation):
    """Frames (B, T, M) as if another voice spoke at another pace: read at warped times and in stretched bands.

    Time is bent once: a point drawn from the middle of the row moves by up to a share ``time`` of its length (default:
    0.1), what is before and after it is stretched to fit, and the length stays (Park et al., 2019, sec. 2). Band m is
    read at m · a + b · M, a drawn within 1 ± ``stretch`` (default: 0.1), as of a longer or shorter vocal tract (Jaitly
    & Hinton, 2013), and b within ± ``shift`` (default: 0.02). Between frames and bands, linearly.
    """

    def __init__(self, time: float = 0.1, stretch: float = 0.1, shift: float = 0.02) -> None:
        super().__init__()
        if not (0 <= time < 0.25 and 0 <= stretch < 1 and 0 <= shift < 1):
            raise UsageError(
                f"Expected time from 0 to below 0.25, stretch, shift to below 1; got {time}, {stretch}, {shift}."
            )
        self.time, self.stretch, self.shift = time, stretch, shift

    def changed(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        """x (B, T, M), warped."""
        rows, time, bands = x.shape
        steps = _float_lengths(x, lengths)
        drawn = torch.rand(4, rows, device=x.device, dtype=x.dtype)
        middle = (0.25 + 0.5 * drawn[0]) * steps
        moved = middle + (2 * drawn[1] - 1) * self.time * steps
        at = torch.arange(time, device=x.device, dtype=x.dtype).expand(rows, time)
        before = at * (middle / moved.clamp_min(1e-3))[:, None]
        rest = (steps - middle) / (steps - moved).clamp_min(1e-3)
        after = middle[:, None] + (at - moved[:, None]) * rest[:, None]
        where = torch.minimum(torch.where(at < moved[:, None], before, after), (steps - 1).clamp_min(0)[:, None])
        band = torch.arange(bands, device=x.device, dtype=x.dtype) * (1 + (2 * drawn[2, :, None] - 1) * self.stretch)
        band = band + (2 * drawn[3, :, None] - 1) * self.shift * bands
        places = torch.stack(
            [_ends(band, bands)[:, None, :].expand(-1, time, -1), _ends(where, time)[:, :, None].expand(-1, -1, bands)],
            dim=-1,
        )
        found = F.grid_sample(real_steps_only(x, lengths)[:, None], places, padding_mode="border", align_corners=True)
        return real_steps_only(found[:, 0], lengths)

    def extra_repr(self) -> str:
        return f"time={self.time}, stretch={self.stretch}, shift={self.shift}"


def _float_lengths(x: Tensor, lengths: Tensor | None) -> Tensor:
    return x.new_full((len(x),), float(x.shape[1])) if lengths is None else lengths.to(x.device, x.dtype)


def _holes(sizes: Tensor, widest: Tensor, places: int, count: int) -> Tensor:
    """Which of ``places`` (B, places) lie in one of ``count`` holes, each up to ``widest`` (B,) of ``sizes`` (B,)."""
    drawn = torch.rand(2, len(sizes), count, device=sizes.device, dtype=sizes.dtype)
    width = (drawn[0] * (widest[:, None] + 1)).floor().clamp_max(sizes[:, None])
    begin = (drawn[1] * (sizes[:, None] - width + 1)).floor()
    at = torch.arange(places, device=sizes.device, dtype=sizes.dtype)[None, None]
    return ((at >= begin[..., None]) & (at < (begin + width)[..., None])).any(1)


def _ends(places: Tensor, size: int) -> Tensor:
    """Places 0 … size − 1 as −1 … 1."""
    return 2 * places / max(size - 1, 1) - 1
