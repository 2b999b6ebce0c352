"""Scores for people: the model beside the baselines, in the units of the language-model literature."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rich.table import Table

from seqloom.apps.cli.console import add_row, emit, emit_table, figure
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
        add_row(table, label, *_figures(nats))
    add_row(table, name, *_figures(evaluation.nats_per_token), style="bold")
    emit_table(table)
    for line in _remarks(evaluation, characters):
        emit(line)


def _ranked(baselines: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(baselines.items(), key=lambda pair: -pair[1]))


def _figures(nats: float | None) -> tuple[str, str, str]:
    if nats is None:
        return "–", "–", "–"
    perplexity = math.exp(nats) if nats < 700 else math.inf
    return figure(nats, ".3f"), figure(nats / math.log(2), ".3f"), figure(perplexity, ",.2f")


def _remarks(evaluation: Evaluation, characters: bool) -> list[str]:
    lines = [f"{evaluation.tokens:,} tokens, {evaluation.characters:,} characters"]
    if not characters and evaluation.characters:
        lines[0] += f", {figure(evaluation.bits_per_character, '.3f')} bits/character"
    if evaluation.unknown_share > 0:
        lines[0] += f", {evaluation.unknown_share:.2%} <unk>"
    if evaluation.lanes > 1:
        lines.append(f"read as {evaluation.lanes} parallel parts")
    return lines
