"""From inputs to ln p of each token at each frame, of rows of any length in little memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.data.lazy_rows import LazyRows
from seqloom.tasks.examples.values import Examples
from seqloom.tasks.recognition.network import RecognitionModel, frame_steps

__all__ = ["LONG", "frames_of"]

LONG: Final = 1 << 14
"""Steps of a row that are read at once; a longer one is read in so long pieces."""
_AROUND: Final = 1 << 10
"""Steps that are heard before and after a piece, for layers that read both ways."""

Frames = NDArray[np.float64]


@torch.no_grad()
def frames_of(model: RecognitionModel, examples: Examples, long: int = LONG) -> Iterator[Iterator[Frames]]:
    """For each example pieces (t, K + 1) of its frames, one after the other; what is given beside it changes nothing.

    An example of more than ``long`` steps comes in pieces, read with some steps before and after them.
    """
    model.eval()
    device = next(model.parameters()).device
    x = examples.inputs["x"]
    lengths = x.lengths if isinstance(x, LazyRows) else [len(row) for row in x]
    short = [place for place, length in enumerate(lengths) if length <= long]
    at_once = iter(examples.rows(short).batches() if short else ())
    read: list[Frames] = []
    for place, length in enumerate(lengths):
        if length > long:
            yield _in_pieces(model, x[place], long, device)
            continue
        if not read:
            batch = next(at_once)
            assert batch.length is not None
            read = _read(model, batch.x.to(device), batch.length)
        yield iter([read.pop(0)])


def _read(model: RecognitionModel, x: Tensor, lengths: Tensor) -> list[Frames]:
    scores = model(x, lengths.to(x.device)).cpu().double().log_softmax(-1).numpy()
    frames = model.lengths_after(lengths)
    assert frames is not None
    return [row[:count] for row, count in zip(scores, frames.tolist(), strict=True)]


@torch.no_grad()
def _in_pieces(model: RecognitionModel, row: Tensor, long: int, device: torch.device) -> Iterator[Frames]:
    step = frame_steps(model)
    size, around = max(long // step, 1) * step, -(-min(_AROUND, long) // step) * step
    for begin in range(0, len(row), size):
        first, last = max(0, begin - around), begin + size + around
        part = row[first:last].to(device)
        (frames,) = _read(model, part[None], torch.tensor([len(part)]))
        skipped = (begin - first) // step
        yield frames[skipped : skipped + size // step] if begin + size < len(row) else frames[skipped:]
