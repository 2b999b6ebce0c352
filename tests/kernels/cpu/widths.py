"""The vector widths that this processor can run."""

from __future__ import annotations

from seqloom.kernels.cpu import host

WIDTHS = [width for width in (128, 256, 512) if width <= host().width]
