"""Sound as it is heard: the logarithm of the power in each mel band, a hundred times a second.

Axes: B batch, L samples, S frames, M mel bands.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.layers.front import Front
from seqloom.layers.fronts.mel import MelScale, mel_filters
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import check_lengths

__all__ = ["LogMel", "Unread"]


class Unread(NamedTuple):
    """The state of a sound that comes in pieces: the samples (B, n) from the begin of the next frame on, and whether
    there was a frame."""

    samples: Tensor
    begun: bool


class LogMel(Front):
    """Samples (B, L) → log-mel frames (B, S, M): y_s = ln max(F |FFT(w ⊙ x_s)|², ε).

    x_s are the samples of frame s, ``window`` seconds (default: 25 ms) that begin each ``hop`` seconds (default:
    10 ms); w is Hann's window, F the ``bands`` (default: 40) triangles of the mel ``scale`` from ``low`` to ``high`` Hz
    (see ``mel_filters``), ε the ``floor``. The spectrum has the next power of 2 points. There is a frame for each
    window that is full, and one of a sound that is shorter, so S = max(1, 1 + ⌊(L − window) / hop⌋); 0 of no sample.
    Nothing is learned. Source: Davis & Mermelstein, 1980. Raises UsageError for bands that a spectrum cannot hold.

    >>> front = LogMel(rate=8000)
    >>> front(torch.zeros(1, 8000)).shape, front.lengths_after(torch.tensor([8000, 100, 0]))
    (torch.Size([1, 98, 40]), tensor([98,  1,  0]))

    A sound that comes in pieces gives the same frames: each as soon as its last sample is there.

    >>> state = front.initial_state(1)
    >>> frames, state = front.chunk(torch.zeros(1, 160), state)
    >>> frames.shape, front.chunk(torch.zeros(1, 160), state)[0].shape
    (torch.Size([1, 0, 40]), torch.Size([1, 2, 40]))
    """

    filters: Tensor
    weights: Tensor

    def __init__(
        self,
        rate: int,
        bands: int = 40,
        window: float = 0.025,
        hop: float = 0.010,
        low: float = 0.0,
        high: float | None = None,
        scale: MelScale = MelScale.SLANEY,
        floor: float = 1e-6,
    ) -> None:
        super().__init__()
        self.rate, self.out_features, self.floor = rate, bands, floor
        self.window, self.hop = round(window * rate), round(hop * rate)
        if not 1 <= self.hop <= self.window:
            raise UsageError(
                f"Expected a hop of one sample at least, and at most the window; got {hop} and {window} s."
            )
        self.points = 1 << (self.window - 1).bit_length()
        filters = mel_filters(rate, self.points, bands, low, high, MelScale(scale))
        self.register_buffer("filters", filters, persistent=False)
        self.register_buffer("weights", torch.hann_window(self.window), persistent=False)

    def lengths_after(self, lengths: Tensor | None) -> Tensor | None:
        """How many frames so many samples give."""
        if lengths is None:
            return None
        lengths = lengths.to(torch.int64)
        return ((lengths - self.window) // self.hop + 1).clamp_min(1).where(lengths > 0, 0)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x (B, L) → frames (B, S, M)."""
        if x.ndim != 2 or not x.is_floating_point():
            raise UsageError(f"LogMel expected samples of shape (B, L), as numbers; got {tuple(x.shape)}, {x.dtype}.")
        lengths = check_lengths(self, lengths, *x.shape)
        if not x.shape[1]:
            return x.new_zeros(len(x), 0, self.out_features)
        if lengths is not None:
            x = real_steps_only(x[..., None], lengths)[..., 0]
        x = torch.nn.functional.pad(x, (0, max(0, self.window - x.shape[1])))
        return real_steps_only(self._frames(x), self.lengths_after(lengths))

    def initial_state(self, batch_size: int) -> Unread:
        """Nothing was read yet."""
        return Unread(self.weights.new_zeros(batch_size, 0), False)

    def chunk(self, x: Tensor, state: Unread) -> tuple[Tensor, Unread]:
        """Some more samples (B, n) → the frames that are full by now, (B, s, M)."""
        samples = torch.cat([state.samples, x], 1)
        count = max(0, (samples.shape[1] - self.window) // self.hop + 1)
        if not count:
            return samples.new_zeros(len(samples), 0, self.out_features), Unread(samples, state.begun)
        end = (count - 1) * self.hop + self.window
        return self._frames(samples[:, :end]), Unread(samples[:, count * self.hop :].clone(), True)

    def finish(self, state: Unread) -> Tensor:
        """The frames (B, s, M) that are left when no more comes: one of a sound shorter than a window."""
        samples = state.samples[:, : 0 if state.begun else None]
        return self.forward(samples)

    def _frames(self, x: Tensor) -> Tensor:
        spectrum = torch.fft.rfft(x.unfold(1, self.window, self.hop) * self.weights, self.points)
        power = spectrum.real.square() + spectrum.imag.square()
        frames: Tensor = (power @ self.filters).clamp_min(self.floor).log()
        return frames

    def extra_repr(self) -> str:
        return f"rate={self.rate}, bands={self.out_features}, window={self.window}, hop={self.hop}"
