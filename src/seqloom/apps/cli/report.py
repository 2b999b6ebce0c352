"""Scores for people: the model beside the baselines, in the units of the language-model literature."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rich.table import Table

from seqloom.apps.cli.console import stdout
from seqloom.tasks.evaluation import Evaluation

__all__ = ["print_evaluation"]


def print_evaluation(evaluation: Evaluation, name: str, characters: bool) -> None:
    """Print the evaluation and its baselines on stdout, best last.

    ``characters`` says that tokens are characters, and the words of the table follow.
    """
    unit = "character" if characters else "token"
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model")
    for column in (f"nats/{unit}", f"bits/{unit}", "perplexity"):
        table.add_column(column, justify="right")
    scores = _ranked(evaluation.baselines)
    for label, nats in scores.items():
        table.add_row(label, *_figures(nats))
    table.add_row(name, *_figures(evaluation.nats_per_token), style="bold")
    stdout().print(table)
    for line in _remarks(evaluation, characters):
        stdout().print(line, markup=False)


def _ranked(baselines: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(baselines.items(), key=lambda pair: -pair[1]))


def _figures(nats: float) -> tuple[str, str, str]:
    perplexity = math.exp(nats) if nats < 700 else math.inf
    return f"{nats:.3f}", f"{nats / math.log(2):.3f}", f"{perplexity:,.2f}"


def _remarks(evaluation: Evaluation, characters: bool) -> list[str]:
    lines = [f"{evaluation.tokens:,} tokens, {evaluation.characters:,} characters"]
    if not characters and evaluation.characters:
        lines[0] += f", {evaluation.bits_per_character:.3f} bits/character"
    if evaluation.unknown_share > 0:
        lines[0] += f", {evaluation.unknown_share:.2%} <unk>"
    if evaluation.lanes > 1:
        lines.append(f"read as {evaluation.lanes} parallel parts")
    return lines
