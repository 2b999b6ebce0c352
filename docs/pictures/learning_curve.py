"""Draw the learning curve of a run against its baselines.

    python docs/pictures/learning_curve.py models/demo docs/pictures/learning_curve.png

Reads metrics.jsonl and config.json of the run's newest checkpoint; needs matplotlib (``pip install 'seqloom[plots]'``).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

INK, LINE, WORDS, DOTS = "#222222", "#b0b0b0", "#666666", "#c0392b"


def main(run: Path, picture: Path) -> None:
    newest = max(run.glob("step-*"))
    records = [json.loads(line) for line in (newest / "metrics.jsonl").read_text().splitlines()]
    config = json.loads((newest / "config.json").read_text())
    spec, baselines = config["parameters"]["spec"], config["learned"]["baselines"]
    training = [(record["tokens"] / 1e6, record["loss"]) for record in records]
    held_out = [(r["tokens"] / 1e6, r["validation_loss"]) for r in records if "validation_loss" in r]
    last = training[-1][0]

    figure, axes = plt.subplots(figsize=(7.2, 4.0), dpi=160)
    for name, nats in baselines.items():
        if name != "uniform":
            axes.axhline(nats, color=LINE, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
            axes.text(last * 1.02, nats, f"{name} {nats:.2f}", va="center", fontsize=8, color=WORDS)
    axes.plot(*zip(*training, strict=True), color=INK, linewidth=1, alpha=0.6, label="training text")
    axes.plot(*zip(*held_out, strict=True), color=DOTS, marker="o", markersize=4, clip_on=False, label="held-out text")
    best = min(loss for _, loss in held_out)
    above = {"xytext": (0, 10), "textcoords": "offset points", "ha": "right", "fontsize": 9}
    axes.annotate(f"{spec} {best:.2f}", held_out[-1], color=DOTS, **above)
    axes.set_xlim(0, last)
    axes.set_ylim(top=max(baselines["unigram"] + 0.15, held_out[0][1] + 0.1))
    axes.set_xlabel("characters read (millions)")
    axes.set_ylabel("nats per character")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper right", bbox_to_anchor=(1, 0.88), fontsize=9)
    figure.subplots_adjust(left=0.09, right=0.83, top=0.97, bottom=0.14)
    figure.savefig(picture)
    print(f"{picture}: {len(records)} records", file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
