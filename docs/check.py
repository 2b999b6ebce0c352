"""Check the documentation: links, examples, the map of modules, and the pages that are made from the code.

Run by ``make docs``. With ``--write`` the made pages are written anew.
"""

from __future__ import annotations

import doctest
import inspect
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
MADE = "Made by `python docs/check.py --write`; `make docs` checks that it is current."
_MAP_LINE = re.compile(r"^\| `([a-z_/]+)/` \|", re.MULTILINE)


def pages() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.md")])


def broken_links(page: Path) -> list[str]:
    targets = [match[1] for match in _LINK.finditer(page.read_text(encoding="utf-8"))]
    local = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
    return [f"{page.relative_to(ROOT)}: no file at {target}" for target in local if not (page.parent / target).exists()]


def failed_examples(page: Path) -> list[str]:
    failures, _ = doctest.testfile(str(page), module_relative=False, optionflags=doctest.ELLIPSIS)
    return [f"{page.relative_to(ROOT)}: {failures} examples failed"] if failures else []


def unmapped_modules() -> list[str]:
    mapped = {name.rstrip("/") for name in _MAP_LINE.findall((ROOT / "README.md").read_text(encoding="utf-8"))}
    present = {p.parent.name for p in (ROOT / "src" / "seqloom").glob("*/__init__.py")}
    missing = [f"README.md: the map lacks {name}/" for name in sorted(present - mapped)]
    return missing + [f"README.md: the map names {name}/, which is not there" for name in sorted(mapped - present)]


def command_line_reference() -> str:
    """The help of every command, as it is printed 100 columns wide."""
    from seqloom.apps.cli.reference import help_pages

    parts = ["# Command line", "", MADE]
    for title, text in help_pages().items():
        parts += ["", f"## {title}", "", "```text", text, "```"]
    return "\n".join(parts) + "\n"


def words_reference() -> str:
    """Every word of a specification, what it builds and its options."""
    from seqloom.layers.spec import text_of
    from seqloom.layers.words import WORDS
    from seqloom.layers.words.decoders import DECODERS
    from seqloom.layers.words.fronts import FRONTS
    from seqloom.layers.words.pooling import POOL, POOLINGS

    poolings = {f"{POOL}({kind})": word for kind, word in POOLINGS.items()}
    decoders = {f"-> {kind}": word for kind, word in DECODERS.items()}
    rows = []
    fronts = {f"{word} +": front for word, front in FRONTS.items()}
    for name, word in {**fronts, **WORDS, **poolings, **decoders}.items():
        summary = (inspect.getdoc(word.subject) or "").partition("\n")[0].replace("|", r"\|")
        options = ", ".join(f"`{key}={text_of(option.default)}`" for key, option in word.options.items())
        rows.append(f"| `{name}` | {word.subject.__name__} | {summary} | {options} |")
    head = ["# Words for models", "", MADE, "", ABOUT_WORDS, ""]
    head += ["| word | class | what it computes | options, with their defaults |", "|---|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


ABOUT_WORDS = """A model is words joined by `+`: `2*lstm(256)`, `3*gated-deltanet(128) + attention(128, window=256)`.
A number before `*` repeats a layer; the number in brackets is its width (default: the width of its input), options
follow it; a number whose default is `none` is worked out from the width: `heads` are 4, or the largest number below
that fits. `bidirectional` after the brackets reads both ways. `pool(mean)` and its kin may stand last, as in
`2*gru(128) bidirectional + pool(attention)`: what is left is one vector for the whole row.
`grid(64)`, a number of features, or `patches(8)`, pixels a side, read pictures; they stand first, as in
`grid(64) + 2*gru(128) bidirectional + pool(last)` or `patches(8) + pool(mean)`.
An encoder and a decoder have `->` between them, as in `2*gru(256) bidirectional -> luong(256)`.
`with dropout=0.2 residual=true` at the end is for what stands between the layers. A last block that normalises before
its parts is followed by a norm. Numbers are written as in `-2`, `0.5`, `.5` or `1e-3`; widths and other
whole numbers in digits alone."""

PAGES = {"command-line.md": command_line_reference, "words.md": words_reference}


def main() -> int:
    if "--write" in sys.argv:
        for name, make in PAGES.items():
            (REFERENCE / name).write_text(make(), encoding="utf-8")
        return 0
    problems = [problem for page in pages() for problem in (*broken_links(page), *failed_examples(page))]
    problems += unmapped_modules()
    for name, make in PAGES.items():
        page = REFERENCE / name
        if not page.exists() or page.read_text(encoding="utf-8") != make():
            problems.append(f"{page.relative_to(ROOT)} is not current; run python docs/check.py --write")
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(pages())} pages checked, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
