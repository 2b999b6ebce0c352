"""Tiny Shakespeare: train on the first 90 %, score the last 10 % once, and write results.json.

    python reproductions/tinyshakespeare/run.py input.txt             # every row, about half an hour on two cores
    python reproductions/tinyshakespeare/run.py input.txt short       # one row
    python reproductions/tinyshakespeare/run.py input.txt long --choose

Settings are chosen with ``--choose``, which never opens the last 10 %: it trains on the first 81 % and scores the 9 %
that follow.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from seqloom import Sampling, __version__
from seqloom.tasks.language.language_model import LanguageModel
from seqloom.training.settings import TrainingSettings

HERE = Path(__file__).parent
WINDOW = 64
EQUAL_MINUTES = 3.0


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    model: dict[str, Any]
    training: dict[str, Any]

    def build(self) -> LanguageModel:
        training = TrainingSettings(**self.training)
        return LanguageModel(**self.model, training=training)


ROWS = {
    "long": Row(
        {"spec": "lstm(512)", "embedding": 128, "dropout": 0.4, "batch_size": 16, "window": 64},
        {"learning_rate": 0.002, "warmup_steps": 100, "epochs": None, "minutes": 18.5},
    ),
    "short": Row(
        {"spec": "lstm(256)", "embedding": 128, "dropout": 0.0, "batch_size": 16, "window": 32},
        {"learning_rate": 0.006, "warmup_steps": 100, "epochs": None, "minutes": 83 / 60},
    ),
    "transformer": Row(
        {
            "spec": "4*transformer(128, heads=4)",
            "embedding": 128,
            "dropout": 0.0,
            "batch_size": 12,
            "window": 64,
        },
        {"learning_rate": 0.003, "weight_decay": 0.1, "warmup_steps": 100, "epochs": None, "steps": 1650},
    ),
    "lstm": Row(
        {"spec": "lstm(256)", "embedding": 128, "dropout": 0.1, "batch_size": 16, "window": 64},
        {"learning_rate": 0.004, "warmup_steps": 100, "epochs": None, "minutes": EQUAL_MINUTES},
    ),
    "mingru": Row(
        {"spec": "3*mingru(128)", "embedding": 128, "dropout": 0.0, "batch_size": 16, "window": 64},
        {"learning_rate": 0.004, "warmup_steps": 100, "epochs": None, "minutes": EQUAL_MINUTES},
    ),
    "gated-deltanet": Row(
        {"spec": "2*gated-deltanet(128)", "embedding": 128, "dropout": 0.0, "batch_size": 16, "window": 64},
        {"learning_rate": 0.004, "warmup_steps": 100, "epochs": None, "minutes": EQUAL_MINUTES},
    ),
    "words": Row(
        {
            "spec": "lstm(256)",
            "tokens": "words",
            "minimum_count": 2,
            "embedding": 256,
            "dropout": 0.6,
            "batch_size": 16,
            "window": 64,
        },
        {"learning_rate": 0.002, "warmup_steps": 100, "epochs": None, "minutes": 3.0},
    ),
}


def parts(path: Path, choose: bool) -> tuple[str, str]:
    """The text to learn from, and the text to score."""
    text = path.read_text(encoding="utf-8")
    nine_tenths = int(0.9 * len(text))
    if not choose:
        return text[:nine_tenths], text[nine_tenths:]
    return text[: int(0.9 * nine_tenths)], text[int(0.9 * nine_tenths) : nine_tenths]


def score_by_windows(model: LanguageModel, text: str) -> float:
    """Nats per token over windows of 64, each read with a fresh state: how Transformers of that context are scored."""
    ids = torch.tensor(model.vocabulary_.encode(text))
    count = (len(ids) - 1) // WINDOW
    inputs = ids[: count * WINDOW].view(count, WINDOW)
    targets = ids[1 : count * WINDOW + 1].view(count, WINDOW)
    with torch.no_grad():
        logits, _ = model.model_.eval()(inputs)
    return float(cross_entropy(logits.flatten(0, 1), targets.flatten()))


def reproduce(name: str, learn: str, judge: str) -> dict[str, Any]:
    """Train one row and measure it."""
    model = ROWS[name].build()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "learn.txt"
        path.write_text(learn, encoding="utf-8")
        begin = time.perf_counter()
        model.fit(path, validation=0.0, progress=True)
        seconds = time.perf_counter() - begin
    found = model.evaluate([judge])
    drawn = model.generate("", 400, sampling=Sampling(temperature=0.8, seed=1), stop=False)
    sample = "".join(piece for _, piece in drawn)
    return {
        "settings": {**ROWS[name].model, **ROWS[name].training},
        "parameters": sum(p.numel() for p in model.model_.parameters()),
        "seconds": round(seconds, 1),
        "steps": model.history_.steps,
        "evaluation": found.to_mapping(),
        "windows_of_64": round(score_by_windows(model, judge), 4),
        "sample": sample.strip(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="Tiny Shakespeare, input.txt (1,115,394 characters)")
    parser.add_argument("rows", nargs="*", default=list(ROWS), metavar="row", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--choose", action="store_true", help="score inside the first 90 % instead of the last 10 %")
    arguments = parser.parse_args()
    learn, judge = parts(arguments.data, arguments.choose)
    target = HERE / ("chosen.json" if arguments.choose else "results.json")
    results = json.loads(target.read_text()) if target.exists() else {}
    for name in arguments.rows:
        results[name] = reproduce(name, learn, judge)
        results["machine"] = {
            "seqloom": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
            "threads": torch.get_num_threads(),
        }
        target.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
        print(name, json.dumps(results[name], indent=2, ensure_ascii=False), file=sys.stdout, flush=True)


if __name__ == "__main__":
    main()
