"""The pieces of a report, each as HTML of its own."""

from __future__ import annotations

import re
import struct

import pytest

from seqloom.inspection.report import Coloured, Figure


def _spans(found: str) -> list[tuple[str, str]]:
    return re.findall(r'<span style="([^"]*)">([^<]*)</span>', found)


def test_a_text_is_coloured_by_its_values() -> None:
    found = Coloured(["a", "b", "\n", "c"], [2.0, -1.0, 0.0, 0.01], "see")._repr_html_()
    assert _spans(found) == [
        ("background: rgba(31, 119, 180, 0.75)", "a"),
        ("background: rgba(255, 127, 14, 0.38); text-decoration: underline", "b"),
    ]
    assert "</span>¶\nc</p>" in found


@pytest.mark.parametrize(
    ("pieces", "text"),
    [(["a", "cat"], "a cat"), (["a", "c"], "ac"), (["a ", "cat"], "a cat"), (["ab\n", "c"], "ab¶\nc"), ([], "")],
)
def test_words_stand_apart_and_all_else_is_as_it_is(pieces: list[str], text: str) -> None:
    found = Coloured(pieces, [0.0] * len(pieces), "see")._repr_html_()
    assert f'">{text}</p>' in found


def test_what_a_text_holds_is_escaped() -> None:
    found = Coloured(["<b>", "\x00"], [1.0, 1.0], "<i>")._repr_html_()
    assert "<b>" not in found
    assert [text for _, text in _spans(found)] == ["&lt;b&gt;", "·"]


def test_a_png_is_as_wide_as_it_was_drawn_for() -> None:
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 320, 160)
    resolution = struct.pack(">I4sIIB", 9, b"pHYs", 6299, 6299, 1)  # 160 dots an inch
    assert ' width="192"' in Figure(header + resolution, "png", "see")._repr_html_()
    assert "width" not in Figure(header, "png", "see")._repr_html_()
