"""A report: one page that asks for nothing, whatever texts and models say."""

from __future__ import annotations

import re

import pytest

from seqloom.errors import UsageError
from seqloom.inspection.report import Figure, Section, Table, page

HOSTILE = "<script>alert(1)</script><img src=x onerror=y>\"'&"


def test_what_comes_from_data_is_escaped():
    section = Section(HOSTILE, [HOSTILE], [Table([HOSTILE], [[HOSTILE]]), Figure(b"x", "png", HOSTILE)], HOSTILE)
    found = page(HOSTILE, [section])
    assert "<script" not in found
    assert re.findall('<img src=(?!"data:)', found) == []
    assert found.count("&lt;script&gt;") == 10


def test_nothing_is_asked_of_a_network():
    found = page("A model", [Section("One", ["two"], [Figure(b"<svg/>", "svg", "a picture")])])
    assert "default-src 'none'" in found
    assert re.findall(r"https?://", found) == []
    assert 'src="data:image/svg+xml;base64,PHN2Zy8+"' in found
    assert 'href="#s0"' in found
    assert 'id="s0"' in found


def test_a_page_too_large_to_open_is_refused():
    with pytest.raises(UsageError, match="more than 5"):
        page("A model", [Section("One", [], [Figure(bytes(4_000_000), "png", "large")])])
