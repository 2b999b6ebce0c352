"""The text files in a folder and below it, in natural order."""

from __future__ import annotations

import codecs
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from seqloom.data.text.encoding import is_binary
from seqloom.links import is_link

__all__ = ["files_inside", "natural"]

_HEAD = 1 << 16
_DIGITS = re.compile(r"(\d+)")
_CHECKPOINT = re.compile(r"step-\d+")
_OURS = re.compile(rb'"format":\s*"seqloom"')


def files_inside(folder: Path, left_out: Counter[str], why_not: Callable[[Path], str] | None = None) -> Iterator[Path]:
    """Yield the text files below a folder, names with numbers in the order of the numbers.

    What is hidden, empty, binary, unreadable, no file, behind a link, or a model or run of ours is counted in
    ``left_out`` by such words. Files of another kind are those for which ``why_not`` says nothing.
    """
    why_not = why_not or _why_not
    if _is_ours(folder):
        left_out["of a model"] += 1
        return
    try:
        children = sorted(folder.iterdir(), key=lambda path: natural(path.name))
    except OSError:
        left_out["unreadable"] += 1
        return
    for child in children:
        if child.name.startswith("."):
            left_out["hidden"] += 1
        elif not os.path.isdir(child):
            reason = why_not(child)
            if reason:
                left_out[reason] += 1
            else:
                yield child
        elif is_link(child):
            left_out["behind a link"] += 1
        else:
            yield from files_inside(child, left_out, why_not)


def natural(name: str) -> tuple[list[int | str], str]:
    """The key that sorts names as people do: numbers by their size, letters without their case.

    >>> sorted(["chapter10", "Chapter2", "chapter1"], key=natural)
    ['chapter1', 'Chapter2', 'chapter10']
    """
    return [int(part) if part.isdecimal() else part.casefold() for part in _DIGITS.split(name)], name


def _why_not(path: Path) -> str:
    """Why a file in a folder is left out, in a word; nothing for a text file."""
    try:
        if not path.is_file():
            return "no files"
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return "unreadable"
    if not head.removeprefix(codecs.BOM_UTF8):
        return "empty"
    return "binary" if is_binary(head) else ""


def _is_ours(folder: Path) -> bool:
    """Whether a folder is a model, or a run, whose checkpoints are models."""
    try:
        checkpoints = [child for child in folder.iterdir() if _CHECKPOINT.fullmatch(child.name)]
        return any(map(_has_manifest, [folder, *checkpoints]))
    except OSError:
        return False


def _has_manifest(folder: Path) -> bool:
    manifest = folder / "manifest.json"
    try:
        if not manifest.is_file():
            return False
        with manifest.open("rb") as file:
            return _OURS.search(file.read(_HEAD)) is not None
    except OSError:
        return False
