"""What the gates and states of a layer do over the steps of one row, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import UsageError
from seqloom.inspection.picture import check_picture, name_steps, new_figure, save
from seqloom.inspection.traced.record import Trace

__all__ = ["draw_gates"]

_WIDTH = (4.0, 14.0)
_STEP, _PANEL, _AROUND = 0.2, 0.75, 1.6
"""Inches of a step, of a quantity, and of what stands around them."""


def draw_gates(
    trace: Trace, row: int, picture: Path, layer: str | None = None, steps: Sequence[str] | None = None
) -> None:
    """Draw each gate, candidate and state of ``layer`` in one row of a batch into a file: units by steps.

    What lies between 0 and 1 is the darker, the more open; other numbers are blue below 0 and red above. ``layer`` is
    a path as in ``trace.quantities`` (default: the only one); ``steps`` says what each step stands for (default: what
    the trace says). Raises UsageError for a layer or row that there is not, MissingExtraError without matplotlib.
    """
    check_picture(picture)
    path = _chosen(trace, layer)
    rows = {key.rpartition(".")[2]: key for key in trace.quantities if key.rpartition(".")[0] == path}
    values: dict[str, NDArray[np.floating]] = {}
    for name, key in rows.items():
        quantity, lengths = trace.quantities[key], trace.lengths[key]
        if quantity.ndim == 3 and "attention" not in name:
            if not 0 <= row < len(quantity):
                raise UsageError(f"row: there are {len(quantity)} rows, counted from 0; got {row!r}.")
            values[name] = quantity[row, : None if lengths is None else int(lengths[row])].float().cpu().numpy()
    count = max(map(len, values.values()))
    least, most = _WIDTH
    size = (min(most, max(least, _STEP * count + _AROUND)), _PANEL * len(values) + _AROUND)
    figure = new_figure(size, f"{path or 'The layer'}, row {row}")
    panels = figure.subplots(len(values), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (name, value) in zip(panels, values.items(), strict=True):
        opens = value.size == 0 or (value.min() >= 0 and value.max() <= 1)
        most_of_it = 1.0 if opens else float(np.abs(value).max())
        image = axes.imshow(
            value.T,
            cmap="Greys" if opens else "RdBu_r",
            vmin=0 if opens else -most_of_it,
            vmax=most_of_it,
            aspect="auto",
            interpolation="nearest",
        )
        axes.set_yticks([])
        axes.set_ylabel(name.replace("_", " "), rotation=0, ha="right", va="center", fontsize=8)
        bar = figure.colorbar(image, ax=axes, pad=0.01, aspect=6)
        bar.ax.tick_params(labelsize=6)
    named = trace.steps[row] if steps is None and row < len(trace.steps) else steps
    name_steps(panels[-1].xaxis, named or range(count))
    panels[-1].set_xlabel("step; each line of a panel is a unit", fontsize=8)
    save(figure, picture)


def _chosen(trace: Trace, layer: str | None) -> str:
    paths = list(dict.fromkeys(key.rpartition(".")[0] for key, value in trace.quantities.items() if value.ndim == 3))
    if layer is None and len(paths) == 1:
        return paths[0]
    if layer not in paths:
        asked = "one of several layers is drawn" if layer is None else f"the trace has no layer {layer!r}"
        raise UsageError(f"layer: {asked}; there are {', '.join(map(repr, paths)) or 'none'}.")
    return layer
