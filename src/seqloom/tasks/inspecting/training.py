"""How a training went: loss, gradient and update sizes, from the records of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from seqloom.inspection.picture import check_picture, new_figure, save
from seqloom.inspection.report import Section
from seqloom.inspection.report.section import drawn
from seqloom.training.log import Record

__all__ = ["draw_training", "section"]

_WORTH_SAYING: Final = 0.1


def section(records: Sequence[Record], unit: str) -> Section:
    """The answer for a report."""
    last = records[-1]
    says = [f"{last['step']:,} updates in {last.get('seconds', 0):,.0f} s."]
    losses = [(record["validation_loss"], record["step"]) for record in records if record.get("validation_loss")]
    if losses:
        best, step = min(losses)
        says.append(f"The held-out loss was least after update {step:,}: {best:.4g} {unit}.")
    clipped = [record["clipped"] for record in records if "clipped" in record]
    if clipped:
        says.append(f"Of all updates {sum(clipped) / len(clipped):.0%} were clipped (the mean over the records).")
    says.extend(_signs(records))
    figure = drawn(
        lambda path: draw_training(records, unit, path),
        "Learning and held-out loss should fall together: where the held-out one turns up, the model learns by heart. "
        "A gradient that jumps by factors of ten comes before trouble.",
    )
    return Section("How did it learn?", says, [figure])


def _signs(records: Sequence[Record]) -> Iterator[str]:
    """What was seen while it learned: jumps of the loss, sizes of updates, gates at their ends and dead units."""
    if spikes := sum(record.get("loss_spikes", 0) for record in records):
        yield f"The loss of an update jumped far above its course {spikes:,} times."
    updates = [median(record["update_shares"].values()) for record in records if record.get("update_shares")]
    if updates:
        yield f"An update moved the weights of the middle layer by {max(updates):.2%} of their size at most."
    for name, what in (("saturated_gates", "of its values at 0 or 1"), ("dead_units", "dead units")):
        shares: dict[str, float] = next((record[name] for record in reversed(records) if record.get(name)), {})
        if shares and (worst := max(shares, key=shares.__getitem__)) and shares[worst] >= _WORTH_SAYING:
            yield f"At last {worst} had {shares[worst]:.0%} {what}."


def draw_training(records: Sequence[Record], unit: str, picture: Path) -> None:
    """Draw the losses and the norm of the gradient over the updates into a file.

    Raises MissingExtraError without matplotlib, UsageError for a kind of file that there is not.
    """
    check_picture(picture)
    norms = [(record["step"], record["gradient_norm"]) for record in records if record.get("gradient_norm")]
    figure = new_figure((7.2 if norms else 4.2, 3.2), "")
    losses, *gradients = figure.subplots(1, 1 + bool(norms), squeeze=False)[0]
    for name, style, label in (("loss", "-", "learned from"), ("validation_loss", "o--", "held out")):
        points = [(record["step"], record[name]) for record in records if record.get(name) is not None]
        if points:
            losses.plot(*zip(*points, strict=True), style, label=label, linewidth=1.2, markersize=3)
    losses.set_ylabel(f"loss ({unit})")
    losses.legend(frameon=False, fontsize=8)
    for axes in gradients:
        axes.plot(*zip(*norms, strict=True), color="tab:green", linewidth=1.2)
        axes.set_yscale("log")
        axes.set_ylabel("norm of the gradient")
    for axes in (losses, *gradients):
        axes.set_xlabel("updates")
        axes.spines[["top", "right"]].set_visible(False)
    save(figure, picture)
