"""Names of a user's data in pictures: shown as they are, whatever signs they hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seqloom.inspection.alarms import draw_alarms
from seqloom.inspection.attention import draw_alignment
from seqloom.inspection.attention_maps import draw_attention
from seqloom.inspection.coloured import draw_coloured
from seqloom.inspection.confusion import draw_confusion
from seqloom.inspection.forecasts import Fan, Residuals, draw_by_horizon, draw_fans, draw_residuals
from seqloom.inspection.picture import new_figure, save

pytest.importorskip("matplotlib")

LINE = np.arange(5.0)
DRAWN: dict[str, Callable[[str, Path], object]] = {
    "title": lambda name, file: save(new_figure((2, 2), name), file),
    "alarms": lambda name, file: draw_alarms({name: LINE}, {}, {}, {}, file),
    "alignment": lambda name, file: draw_alignment(np.eye(2), [name, "a"], [name, "b"], file),
    "attention": lambda name, file: draw_attention(
        np.zeros((1, 4, 4, 3), np.uint8), [name], np.full((1, 1, 2, 2), 0.25), file
    ),
    "coloured": lambda name, file: draw_coloured([name], np.ones(1), name, file),
    "confusion": lambda name, file: draw_confusion(np.eye(2, dtype=np.int64), [name, "a"], name, file),
    "fans": lambda name, file: draw_fans([Fan(name, LINE, np.zeros((2, 5)), np.zeros(2))], file),
    "residuals": lambda name, file: draw_residuals([Residuals(name, LINE)], file),
    "errors": lambda name, file: draw_by_horizon({name: [1.0]}, "error", file),
    "errors by horizon": lambda name, file: draw_by_horizon({name: [1.0, 2.0]}, "error", file),
}


@pytest.mark.parametrize("name", [r"$\x$", "日本"])
@pytest.mark.parametrize("kind", DRAWN)
def test_no_name_is_a_formula_and_none_warns(kind: str, name: str, tmp_path: Path) -> None:
    DRAWN[kind](name, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size > 1000
