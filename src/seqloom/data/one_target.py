"""What is learned is one column."""

from __future__ import annotations

from collections.abc import Collection

from seqloom.errors import UsageError

__all__ = ["refuse_several"]


def refuse_several(asked: str | None, names: Collection[str]) -> None:
    """Raise UsageError where ``asked`` are several of the columns, with commas between, and no name of one.

    >>> refuse_several("UPOS,XPOS", ["FORM", "UPOS", "XPOS"])
    Traceback (most recent call last):
    ...
    seqloom.errors.UsageError: target: expected one column, got 2. Train a model for each: --target UPOS, then --target
    XPOS, each with an --out of its own.
    """
    several = [] if asked is None or asked in names else [one.strip() for one in asked.split(",")]
    if len(several) > 1 and {*several} <= {*names}:
        flags = ", then ".join(f"--target {one}" for one in several)
        raise UsageError(
            f"target: expected one column, got {len(several)}. Train a model for each: {flags}, each with an --out of "
            "its own."
        )
