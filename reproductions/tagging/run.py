"""Parts of speech and names in text: train a tagger with no setting but the seed, and score the test part once.

    python reproductions/tagging/run.py ud_english_ewt            # parts of speech of the English Web Treebank
    python reproductions/tagging/run.py wnut17 --seeds 0 1 2      # rare names of WNUT 17, the median of three seeds

The files are expected in ../shared/data (or --data). The development part chooses among the evaluations, each epoch.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from pathlib import Path
from typing import Any

import torch

from seqloom import Tagger, __version__

HERE = Path(__file__).parent
FILES = {"ud_english_ewt": "en_ewt-ud-{part}.conllu.gz", "wnut17": "{part}.conll"}


def run(name: str, seed: int, data: Path) -> dict[str, Any]:
    """Train on the training part, and what came of it on the others."""
    train, dev, test = (data / name / FILES[name].format(part=part) for part in ("train", "dev", "test"))
    began, worked = time.monotonic(), time.process_time()
    tagger = Tagger(training={"seed": seed}).fit(train, validation=dev)
    seconds, worked = time.monotonic() - began, time.process_time() - worked
    validation, found = tagger.validation_, tagger.evaluate(test)
    return {
        "seed": seed,
        "seconds": round(seconds),
        "processor seconds": round(worked),
        "picked": tagger.facts_["picked"],
        "development": dict(validation.model),
        "test": dict(found.model),
        "baselines of development": {label: dict(figures) for label, figures in validation.baselines.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=FILES)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--data", type=Path, default=HERE.parents[2] / "shared" / "data")
    asked = parser.parse_args()
    runs = [run(asked.name, seed, asked.data) for seed in asked.seeds]
    watched = "f1" if "f1" in runs[0]["test"] else "accuracy"
    kept = HERE / "results.json"
    results = json.loads(kept.read_text()) if kept.exists() else {}
    results[asked.name] = {
        "seqloom": __version__,
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        f"median test {watched}": statistics.median(one["test"][watched] for one in runs),
        "runs": runs,
    }
    kept.write_text(json.dumps(results, indent=1) + "\n")
    for one in runs:
        took = f"{one['seconds']} s, {one['processor seconds']} s of a core"
        print(f"seed {one['seed']}: {watched} {one['test'][watched]:.4f} on the test part, {took}")


if __name__ == "__main__":
    main()
