"""Sections as one HTML page: no network, no script, pictures within."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from seqloom.errors import UsageError
from seqloom.inspection.report.section import Section

__all__ = ["page"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_LARGEST = 5_000_000
_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.55 system-ui, sans-serif; color: #111; background: #fff; max-width: 50rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.6rem; }
h2 { break-after: avoid; font-size: 1.2rem; margin-top: 2.2rem; border-top: 1px solid #bbb; padding-top: 1rem; }
nav ul { columns: 2; padding-left: 1.2rem; }
figure { margin: 1rem 0; }
figcaption { color: #444; font-size: 0.9rem; }
img { max-width: 100%; height: auto; }
.wide { overflow-x: auto; padding: 3px; }
table { border-collapse: collapse; font-size: 0.9rem; }
th, td { text-align: left; padding: 0.2rem 0.8rem 0.2rem 0; vertical-align: top; }
th { border-bottom: 1px solid #888; }
td { border-bottom: 1px solid #ddd; font-variant-numeric: tabular-nums; }
code, pre { font: 0.85rem/1.5 ui-monospace, monospace; background: #f2f2f2; padding: 0.15rem 0.4rem;
  overflow-wrap: anywhere; white-space: pre-wrap; }
pre { overflow-x: auto; white-space: pre; }
@media (max-width: 30rem) { nav ul { columns: 1; } }
@media print {
  body { print-color-adjust: exact; max-width: none; margin: 0; }
  figure, tr { break-inside: avoid; }
  nav { display: none; }
}
"""


def page(title: str, sections: Sequence[Section]) -> str:
    """The page. Text from models and data is escaped; its policy forbids all that is not within it.

    Raises UsageError where it would be larger than 5 MB.

    >>> from seqloom.inspection.report import Table
    >>> text = page("A <model>", [Section("What it is", ["One & two."], [Table(["a"], [["1"]])])])
    >>> "A &lt;model&gt;" in text, "One &amp; two." in text, "<script" in text
    (True, True, False)
    """
    links = "".join(
        f'<li><a href="#s{number}">{escape(section.title)}</a></li>' for number, section in enumerate(sections)
    )
    body = "".join(
        f'<section id="s{number}">{section._repr_html_()}</section>' for number, section in enumerate(sections)
    )
    found = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1><nav><ul>{links}</ul></nav><main>{body}</main></body></html>\n"
    )
    found = found.encode("utf-8", "backslashreplace").decode()  # halves of characters, as of a path
    if len(found.encode()) > _LARGEST:
        raise UsageError(
            f"The report has {len(found) / 1e6:.1f} MB, more than 5: ask for fewer rows or a shorter text."
        )
    return found
