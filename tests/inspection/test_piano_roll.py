"""A piano roll: what is drawn where, read back from the axes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from seqloom.data.notes import Metre, Note, Piece
from seqloom.errors import MissingExtraError
from seqloom.inspection.piano_roll import draw_piano_roll

figures_of = pytest.importorskip("matplotlib.figure")

PIECE = Piece(
    480,
    [Note(0, 480, 60, 127), Note(480, 960, 64, 1, 1, 40), Note(0, 240, 36, 64, 9)],
    metres=[Metre(0, 2, 4)],
    name="one",
)


def test_notes_are_bars_at_their_beats_and_pitches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures: list[Any] = []
    save = figures_of.Figure.savefig
    monkeypatch.setattr(figures_of.Figure, "savefig", lambda self, *rest: (figures.append(self), save(self, *rest)))
    draw_piano_roll(PIECE, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    axes = figures[0].axes[0]
    bars = {(bar.get_x(), bar.get_y() + bar.get_height() / 2): bar for bar in axes.patches}
    assert {place: bar.get_width() for place, bar in bars.items()} == {(0, 60): 1, (1, 64): 2, (0, 36): 0.5}
    loud, soft = (bars[place].get_facecolor() for place in ((0, 60), (1, 64)))
    assert loud[:3] != soft[:3]
    assert loud[3] > 2 * soft[3]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["program 0", "program 40", "drums"]
    assert [line.get_xdata()[0] for line in axes.lines] == [0, 2]
    assert axes.get_yticklabels()[axes.get_yticks().tolist().index(60)].get_text() == "C4"
    assert figures[0].get_suptitle() == "one"


def test_a_piece_of_any_length_has_a_picture_of_bounded_size(tmp_path: Path) -> None:
    for notes in [], [Note(0, 1, 0), Note(40_000, 0, 127)]:
        draw_piano_roll(Piece(1, notes), tmp_path / "a.svg", "title")
        assert (tmp_path / "a.svg").stat().st_size < 1_000_000


def test_without_matplotlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match="matplotlib"):
        draw_piano_roll(PIECE, tmp_path / "a.png")
