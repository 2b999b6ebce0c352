"""Plots of timings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill

from support.harness import Timing

__all__ = ["bars"]


def bars(timings: Sequence[Timing], title: str, path: Path) -> None:
    """For every peer but the first, how many times its time is that of the first; a tick marks the goal."""
    from matplotlib.figure import Figure

    rows = [(timing, peer) for timing in timings for peer in timing.case.peers[1:]]
    colours = {name: f"C{k}" for k, name in enumerate(dict.fromkeys(peer.name for _, peer in rows))}
    figure = Figure(figsize=(9, 1.4 + 0.28 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for k, (timing, peer) in enumerate(rows):
        ratio = timing.ratio(peer.name)
        axes.barh(k, ratio, color=colours[peer.name], height=0.7)
        axes.annotate(f"{ratio:.1f}×", (ratio, k), (3, 0), textcoords="offset points", va="center", fontsize=8)
        if peer.goal is not None:
            axes.plot([peer.goal, peer.goal], [k - 0.45, k + 0.45], color="black", linewidth=2)
    axes.axvline(1, color="grey", linewidth=1)
    axes.set_yticks(range(len(rows)), [f"{timing.case} · {peer.name}" for timing, peer in rows], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.margins(x=0.08)
    axes.set_xlabel("time as a multiple of seqloom's in the same rounds (black: the goal)")
    figure.suptitle(fill(title, 100), fontsize=10)
    figure.savefig(path, dpi=120)
