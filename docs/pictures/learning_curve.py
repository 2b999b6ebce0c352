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

INK, LINE, DOTS = "#222222", "#b0b0b0", "#c0392b"


def main(run: Path, picture: Path) -> None:
    newest = max(run.glob("step-*"))
    records = [json.loads(line) for line in (newest / "metrics.jsonl").read_text().splitlines()]
    config = json.loads((newest / "config.json").read_text())
    learned, spec = config["learned"], config["parameters"]["spec"]

    figure, axes = plt.subplots(figsize=(7.2, 4.0), dpi=160)
    training = [(r["tokens"] / 1e6, r["loss"]) for r in records]
    held_out = [(r["tokens"] / 1e6, r["validation_loss"]) for r in records if "validation_loss" in r]
    last = training[-1][0]
    for name, nats in learned["baselines"].items():
        if name == "uniform":
            continue
        axes.axhline(nats, color=LINE, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        best = min(loss for _, loss in held_out)
    above = {"xytext": (0, 10), "textcoords": "offset points", "ha": "right", "color": DOTS, "fontsize": 9}
    axes.annotate(f"{spec} {best:.2f}", held_out[-1], **above)
    axes.set_xlim(0, last)
    axes.set_ylim(top=max(learned["baselines"].get("unigram", 3.5) + 0.15, held_out[0][1] + 0.1))
    axes.set_xlabel("characters read (millions)")
    axes.set_ylabel("nats per character")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="center right", bbox_to_anchor=(1, 0.72), fontsize=9)
    figure.subplots_adjust(left=0.09, right=0.83, top=0.97, bottom=0.14)
    figure.savefig(picture)
    print(f"{picture}: {len(records)} records", file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
