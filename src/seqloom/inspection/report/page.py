"""Sections as one HTML page: no network, no script, pictures within."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from seqloom.errors import UsageError
from seqloom.inspection.report.section import Figure, Section, Table

__all__ = ["page"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
_LARGEST = 5_000_000
_PIXELS_IN_A_METRE = 3780
"""Those of CSS, 96 in an inch."""
_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.55 system-ui, sans-serif; color: #111; background: #fff; max-width: 50rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.6rem; }
h2 { font-size: 1.2rem; margin-top: 2.2rem; border-top: 1px solid #bbb; padding-top: 1rem; }
nav ul { columns: 2; padding-left: 1.2rem; }
figure { margin: 1rem 0; }
figcaption { color: #444; font-size: 0.9rem; }
img { max-width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; }
th, td { text-align: left; padding: 0.2rem 0.8rem 0.2rem 0; vertical-align: top; }
th { border-bottom: 1px solid #888; }
td { border-bottom: 1px solid #ddd; font-variant-numeric: tabular-nums; }
code, pre { font: 0.85rem/1.5 ui-monospace, monospace; background: #f2f2f2; padding: 0.15rem 0.4rem;
  overflow-wrap: anywhere; white-space: pre-wrap; }
pre { overflow-x: auto; white-space: pre; }
@media (max-width: 30rem) { nav ul { columns: 1; } }
@media print { body { max-width: none; margin: 0; } figure, tr { break-inside: avoid; } nav { display: none; } }
"""


def page(title: str, sections: Sequence[Section]) -> str:
    """The page. Text from models and data is escaped; its policy forbids all that is not within it.

    Raises UsageError where it would be larger than 5 MB.

    >>> text = page("A <model>", [Section("What it is", ["One & two."], [Table(["a"], [["1"]])])])
    >>> "A &lt;model&gt;" in text, "One &amp; two." in text, "<script" in text
    (True, True, False)
    """
    links = "".join(
        f'<li><a href="#s{number}">{escape(section.title)}</a></li>' for number, section in enumerate(sections)
    )
    body = "".join(_section(number, section) for number, section in enumerate(sections))
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


def _section(number: int, section: Section) -> str:
    words = "".join(f"<pre>{escape(said)}</pre>" if "\n" in said else f"<p>{escape(said)}</p>" for said in section.says)
    shown = "".join(_figure(one) if isinstance(one, Figure) else _table(one) for one in section.shown)
    command = f"<p><code>{escape(section.command)}</code></p>" if section.command else ""
    return f'<section id="s{number}"><h2>{escape(section.title)}</h2>{words}{shown}{command}</section>'


def _figure(figure: Figure) -> str:
    content = base64.b64encode(figure.content).decode()
    says = escape(figure.says)
    return (
        f'<figure><img src="data:{_TYPES[figure.kind]};base64,{content}" alt="{says}"{_width(figure)}>'
        f"<figcaption>{says}</figcaption></figure>"
    )


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in table.head)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _width(figure: Figure) -> str:
    """The width that a PNG was drawn for, where it says how large its pixels are."""
    size = figure.content.find(b"pHYs") + 4
    if figure.kind != "png" or size < 4:
        return ""
    across, in_a_metre = (int.from_bytes(figure.content[at : at + 4]) for at in (16, size))
    return f' width="{across * _PIXELS_IN_A_METRE // max(in_a_metre, 1)}"'
