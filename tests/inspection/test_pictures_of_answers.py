"""Confusion and precision over recall: what is drawn where, read back from the axes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqloom.errors import MissingExtraError, UsageError
from seqloom.inspection.confusion import draw_confusion
from seqloom.inspection.picture import check_picture
from seqloom.inspection.precision_recall import PrecisionRecall, draw_precision_recall

figures_of = pytest.importorskip("matplotlib.figure")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    figures: list[Any] = []
    save = figures_of.Figure.savefig
    monkeypatch.setattr(figures_of.Figure, "savefig", lambda self, *rest: (figures.append(self), save(self, *rest)))
    return figures


def test_a_confusion_has_its_counts_in_cells_as_dark_as_their_share(drawn: list[Any], tmp_path: Path) -> None:
    counts = np.array([[3, 1, 0], [0, 1200, 0], [0, 0, 0]])
    draw_confusion(counts, ["ant", "bee", "a name that is far too long"], "insects", tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    axes = drawn[0].axes[0]
    assert {text.get_position(): text.get_text() for text in axes.texts} == {(0, 0): "3", (1, 0): "1", (1, 1): "1,200"}
    assert np.asarray(axes.images[0].get_array()).tolist() == [[0.75, 0.25, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["ant", "bee", "a name that is far …"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("taken for", "true class")


def test_many_classes_have_no_numbers_and_a_picture_of_bounded_size(drawn: list[Any], tmp_path: Path) -> None:
    draw_confusion(np.eye(120, dtype=np.int64), range(120), "many", tmp_path / "a.png")
    assert not drawn[0].axes[0].texts
    assert [label.get_text() for label in drawn[0].axes[0].get_xticklabels()] == [str(k) for k in range(0, 120, 3)]
    assert max(drawn[0].get_size_inches()) < 22


def test_precision_over_recall_shows_the_chosen_point_and_the_trivial_line(drawn: list[Any], tmp_path: Path) -> None:
    curves = [
        PrecisionRecall("gru", [0.5, 1.0], [1.0, 0.5], (0.5, 1.0)),
        PrecisionRecall("line", [0.5, 0.5], [1.0, 0.5]),
    ]
    draw_precision_recall(curves, 0.5, "which?", tmp_path / "a.pdf")
    axes = drawn[0].axes[0]
    trivial, gru, chosen, line = axes.lines
    assert set(trivial.get_ydata()) == {0.5}
    assert (list(gru.get_xdata()), list(gru.get_ydata())) == ([1.0, 0.5], [0.5, 1.0])
    assert (chosen.get_xdata()[0], chosen.get_ydata()[0]) == (0.5, 1.0)
    assert chosen.get_color() == gru.get_color() != line.get_color()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "every row positive 0.5",
        "gru",
        "chosen: precision 1.00, recall 0.50",
        "line",
    ]


def test_a_picture_that_cannot_be_is_found_out_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_picture(tmp_path / "a.png")
    with pytest.raises(UsageError, match=r"2 problems.*\n.*\.png, \.svg or \.pdf\.\n.*there is no folder"):
        check_picture(tmp_path / "none" / "a.txt")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match="plots"):
        check_picture(tmp_path / "a.png")
