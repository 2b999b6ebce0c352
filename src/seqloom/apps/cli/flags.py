"""Flags that have no effect beside the others are refused, all at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import typer

from seqloom.errors import raise_together

__all__ = ["refuse_without_effect"]


def refuse_without_effect(context: typer.Context, rules: Iterable[tuple[bool, str, Sequence[str]]]) -> None:
    """Raise one UsageError for every flag on the command line that a rule (whether it holds, why, parameters) names.

    What counts is that a flag was given, also with the value that it has by default.
    """
    given = {
        str(one.name): max(one.opts, key=len)
        for one in context.command.params
        if (source := context.get_parameter_source(str(one.name))) and source.name != "DEFAULT"
    }
    problems = []
    for holds, why, names in rules:
        flags = [given[name] for name in names if name in given]
        if holds and flags:
            problems.append(f"{', '.join(flags)}: no effect {why}. Leave {'it' if len(flags) == 1 else 'them'} out.")
    raise_together(problems)
