"""Commands, dates, sums and sentences into what they become: trained on the training part, tested once; results.json.

    python reproductions/translation/run.py scan ../shared/data/scan
    python reproductions/translation/run.py dates
    python reproductions/translation/run.py sums
    python reproductions/translation/run.py "fra_eng attention" ../shared/data/fra_eng
    python reproductions/translation/run.py "fra_eng one vector" ../shared/data/fra_eng

A row takes as many ``--steps`` as its line says, or other ones, once for each of ``--seeds`` (default: 0 alone).
Beside the seconds by the clock stand those of the processor, for other work may go on beside it.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import platform
import random
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch

from seqloom import Seq2Seq, __version__
from seqloom.data.made.pairs import made_dates, made_sums
from seqloom.decoding import BeamSearch
from seqloom.tasks.measures.translation import by_length, figures_of_translations

HERE = Path(__file__).parent
Pairs = list[tuple[str, str]]


class Parts(NamedTuple):
    """Pairs to learn from, and to be tested on; ``shared`` says how many test targets are targets of training."""

    train: Pairs
    test: Pairs

    @property
    def shared(self) -> float:
        known = {target for _, target in self.train}
        return sum(target in known for _, target in self.test) / len(self.test)


def scan(folder: Path | None) -> Parts:
    """Commands to a robot and its actions (Lake & Baroni, 2018), the simple split."""
    assert folder is not None

    def read(name: str) -> Pairs:
        with gzip.open(folder / f"tasks_{name}_simple.txt.gz", "rt", encoding="utf-8") as file:
            lines = file.read().splitlines()
        sides = [line.removeprefix("IN: ").split(" OUT: ") for line in lines if line.strip()]
        return [(command, actions) for command, actions in sides]

    return Parts(read("train"), read("test"))


def dates(folder: Path | None) -> Parts:
    """10,000 dates in 36 ways; the last 1,000 are other days."""
    made = made_dates(11_000, seed=0)
    return Parts(made[:10_000], made[10_000:])


def sums(folder: Path | None) -> Parts:
    """50,000 sums of up to three digits each, read from the right; the last 2,000 are other sums."""
    made = [(source[::-1], target[::-1]) for source, target in made_sums(52_000, seed=0)]
    return Parts(made[:50_000], made[50_000:])


def fra_eng(folder: Path | None) -> Parts:
    """English sentences and all French ones given for each; 2,000 English sentences are for testing."""
    assert folder is not None
    with zipfile.ZipFile(folder / "fra-eng.zip") as packed, packed.open("fra.txt") as file:
        lines = [line.split("\t")[:2] for line in io.TextIOWrapper(file, "utf-8").read().splitlines()]
    pairs = [(source, target.replace("\u202f", " ").replace("\xa0", " ")) for source, target in lines]
    sources = list(dict.fromkeys(source for source, _ in pairs))
    random.Random(0).shuffle(sources)
    aside = set(sources[:2000])
    return Parts([pair for pair in pairs if pair[0] not in aside], [pair for pair in pairs if pair[0] in aside])


class Row(NamedTuple):
    """One line of the table: where its pairs come from, what is set, and how many updates it takes."""

    parts: Callable[[Path | None], Parts]
    settings: dict[str, Any]
    steps: int
    learning_rate: float = 0.004


_PIECES = {"source_tokens": "bpe", "target_tokens": "bpe", "vocabulary_size": 4000}
_SENTENCES: dict[str, Any] = {**_PIECES, "embedding": 256, "dropout": 0.1, "batch_size": 64}
ROWS = {
    "scan": Row(scan, {"spec": "lstm(128) bidirectional -> luong(128)", "batch_size": 64, "dropout": 0.1}, 3500, 0.002),
    "dates": Row(dates, {"spec": "gru(128) bidirectional -> luong(128, feed=false)", "batch_size": 64}, 3000),
    "sums": Row(sums, {"spec": "lstm(128) bidirectional -> luong(128, feed=false)", "batch_size": 128}, 6000),
    "fra_eng attention": Row(fra_eng, {"spec": "lstm(256) bidirectional -> luong(256)", **_SENTENCES}, 2800),
    "fra_eng one vector": Row(
        fra_eng, {"spec": "lstm(256) bidirectional -> bottleneck(256, context=256)", **_SENTENCES}, 3800
    ),
}


def run(row: Row, folder: Path | None, seed: int, steps: int, keep: Path | None) -> dict[str, Any]:
    """One training run, whose model is kept where ``keep`` says, and the figures of its test part."""
    parts = row.parts(folder)
    began, worked = time.monotonic(), time.process_time()
    training = {
        "steps": steps,
        "seed": seed,
        "device": "cpu",
        "learning_rate": row.learning_rate,
        "schedule": "cosine",
        "warmup_steps": 100,
    }
    model = Seq2Seq(**row.settings, training=training)
    X, y = ([pair[side] for pair in parts.train] for side in (0, 1))
    model.fit(X, y, validation=0.02)
    seconds, processor = time.monotonic() - began, time.process_time() - worked
    if keep is not None:
        model.save(keep)
    references: dict[str, list[str]] = {}
    for source, target in parts.test:
        references.setdefault(source, []).append(target)
    answers = model.predict(list(references))
    greedy = model.predict(list(references), BeamSearch(1))
    words = any(" " in target for _, target in parts.test)
    lengths = [len(source.split() if words else source) for source in references]
    fifths = by_length(lengths, answers, list(references.values()))
    return {
        "seed": seed,
        "pairs": len(parts.train),
        "steps": model.history_.steps,
        "seconds": round(seconds, 1),
        "processor_seconds": round(processor, 1),
        "test": figures_of_translations(answers, list(references.values())),
        "greedy": figures_of_translations(greedy, list(references.values())),
        "simple": model.validation_.baselines,
        "fifths": fifths,
        "targets_known": round(parts.shared, 4),
        "picked": model.facts_["picked"],
    }


def main() -> None:
    """Run a row and keep its figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("row", choices=ROWS)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--keep", type=Path, help="a folder for the model, of the last seed")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    row = ROWS[asked.row]
    runs = [run(row, asked.folder, seed, asked.steps or row.steps, asked.keep) for seed in asked.seeds]
    file = HERE / "results.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    results[asked.row] = {
        "runs": runs,
        "settings": row.settings,
        "seqloom": __version__,
        "torch": torch.__version__,
        "machine": platform.machine(),
    }
    file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    for one in runs:
        print(
            json.dumps({key: one[key] for key in ("seed", "steps", "seconds", "processor_seconds", "test", "simple")})
        )


if __name__ == "__main__":
    main()
