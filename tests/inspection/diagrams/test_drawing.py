"""The vocabulary of diagrams: what is drawn is safe, has the size of what is in it, and is a file on demand."""

from __future__ import annotations

import pytest

from seqloom.errors import UsageError
from seqloom.inspection.diagrams.drawing import Drawing, Shape, Sub, shown_piece
from tests.inspection.diagrams.looking import check_drawing, texts

HOSTILE = "<script>alert(1)</script>\x00\ud800&\"'"


def test_what_is_written_is_text():
    drawing = Drawing(HOSTILE, HOSTILE)
    drawing.box(0, 0, 400, 60, HOSTILE, Sub(HOSTILE, "t"))
    check_drawing(drawing)
    assert "<script" not in drawing.svg
    assert texts(drawing)[0] == "<script>alert(1)</script>��&\"'"
    assert "<script" not in drawing._repr_html_()


@pytest.mark.parametrize("shape", Shape)
def test_shapes_differ_without_colour(shape: Shape):
    def drawn(one: Shape, lit: bool) -> str:
        drawing = Drawing("a", "b")
        drawing.box(0, 0, 90, 30, "x", shape=one, lit=lit)
        check_drawing(drawing)
        return drawing.svg

    assert [other for other in Shape if drawn(other, False) == drawn(shape, False)] == [shape]
    assert 'stroke-width="3"' in drawn(shape, True)
    assert 'stroke-width="3"' not in drawn(shape, False)


def test_a_drawing_grows_with_what_is_in_it():
    drawing = Drawing("a", "b")
    drawing.box(-50, 0, 90, 30, "x")
    drawing.arrow((0, 0), (0, -80), label="up")
    drawing.caption("above all")
    drawing.frame(drawing.box(100, 100, 20, 20), "y")
    check_drawing(drawing)
    assert drawing.size == (50 + 120 + 24, 80 + 14 + 7 + 120 + 24)


def test_files_that_are_no_diagrams_are_refused(tmp_path):
    drawing = Drawing("a", "b")
    with pytest.raises(UsageError, match=r"ends in \.svg"):
        drawing.save(tmp_path / "picture.png")
    with pytest.raises(UsageError, match="no folder"):
        drawing.save(tmp_path / "none" / "picture.svg")
    drawing.save(tmp_path / "picture.svg")
    assert (tmp_path / "picture.svg").read_text(encoding="utf-8") == drawing.svg


def test_tokens_show_what_cannot_be_seen():
    assert [shown_piece(piece) for piece in (" ", "\n", "\t", "", "a b")] == ["␣", "↵", "⇥", "∅", "a␣b"]
