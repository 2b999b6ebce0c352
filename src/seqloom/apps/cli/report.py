"""Scores for people: the model beside the baselines, in units that compare models of different tokens."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.table import Table

from seqloom.apps.cli.console import add_row, emit, emit_table, figure
from seqloom.tasks.figures import Figures
from seqloom.tasks.language.evaluation import Evaluation

__all__ = ["print_evaluation", "print_figures", "print_scores"]


def print_scores(found: Evaluation | Figures, name: str) -> None:
    """Print what a model of any task reaches, beside its baselines, on stdout."""
    if isinstance(found, Evaluation):
        print_evaluation(found, name)
    else:
        print_figures(found, name)


def print_evaluation(evaluation: Evaluation, name: str) -> None:
    """Print the evaluation and its baselines on stdout, best last.

    What is for each character compares models whatever their tokens are; nats/token and perplexity are of the tokens.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model")
    for column in ("nats/character", "bits/character", "nats/token", "perplexity"):
        table.add_column(column, justify="right")
    for label, nats in sorted(evaluation.baselines.items(), key=lambda pair: -pair[1]):
        add_row(table, label, *_figures(evaluation, nats))
    add_row(table, name, *_figures(evaluation, evaluation.nats_per_token), style="bold")
    emit_table(table)
    for line in _remarks(evaluation):
        emit(line)


def print_figures(figures: Figures, name: str) -> None:
    """Print every figure of a model beside those of the trivial baselines, on stdout."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = [column for column in figures.model if not _of_part(column)]
    table.add_column("model")
    for column in columns:
        table.add_column(column.replace("_", " "), justify="right")
    for label, values in figures.baselines.items():
        add_row(table, label, *(figure(values.get(column), ".3f") for column in columns))
    add_row(table, name, *(figure(figures.model[column], ".3f") for column in columns), style="bold")
    emit_table(table)
    if parts := [column for column in figures.model if _of_part(column)]:
        _print_parts(figures, parts, name)
    chosen = f"These weights are the best of {figures.chosen_among} evaluations on these very data."
    remarks = (figures.remark, chosen if figures.chosen_among > 1 else "")
    for line in (f"{figures.count:,.0f} {figures.counted}", *remarks, *figures.notes):
        if line:
            emit(line)


def _print_parts(figures: Figures, parts: Sequence[str], name: str) -> None:
    """Print the figures of parts, as ``f1 of person``, a row each."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("of each", *figures.baselines, name):
        table.add_column(column, justify="left" if column == "of each" else "right")
    for part in parts:
        values = (*figures.baselines.values(), figures.model)
        add_row(table, part, *(figure(one.get(part), ".3f") for one in values))
    emit("")
    emit_table(table)


def _of_part(column: str) -> bool:
    return " of " in column


def _figures(evaluation: Evaluation, nats_per_token: float) -> tuple[str, ...]:
    each = evaluation.per_character(nats_per_token)
    perplexity = math.exp(nats_per_token) if nats_per_token < 700 else math.inf
    numbers = (each, each / math.log(2), nats_per_token)
    return (*(figure(number, ".3f") for number in numbers), figure(perplexity, ",.2f"))


def _remarks(evaluation: Evaluation) -> list[str]:
    lines = [f"{evaluation.tokens:,} tokens, {evaluation.characters:,} characters"]
    if evaluation.unknown_share > 0:
        lines[0] += f", {evaluation.unknown_share:.2%} <unk>"
    if evaluation.lanes > 1:
        lines.append(f"read as {evaluation.lanes} parallel parts")
    if evaluation.remark:
        lines.append(evaluation.remark)
    if evaluation.nats_per_token >= evaluation.baselines.get("uniform", math.inf):
        lines.append("No better than guessing: the model has learned nothing yet.")
    if evaluation.chosen_among > 1:
        lines.append(
            f"These weights are the best of {evaluation.chosen_among} evaluations on this very text; expect a little "
            "worse on other text."
        )
    return lines
