"""What the tests of the command line share: a tiny text, settings that train in no time, the result of a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

TEXT = "the quick brown fox jumps over the lazy dog.\n" * 30
COMMANDS = ("demo", "data", "train", "generate", "score", "evaluate", "models", "explain", "probe", "doctor")
FAST = ("--model", "lstm(8)", "--batch-size", "2", "--window", "16", "--steps", "3", "--quiet")


class Result(NamedTuple):
    """The exit code and both streams."""

    code: int
    out: str
    err: str


Command = Callable[..., Result]
