"""A million steps of a stream: the time of a step and the memory of the process stay what they were.

    python benchmarks/streaming.py                # every family, a process each: more than an hour
    python benchmarks/streaming.py lstm mingru    # some; the others' results stay
    python benchmarks/streaming.py lstm           # one, printed and not kept

The memory is that of the process after all that is allocated once (a tenth of the steps), and at the end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

STEPS = 1_000_000
WIDTH = 32
FAMILIES = (
    "lstm",
    "gru",
    "slstm",
    "mingru",
    "lru",
    "rg-lru",
    "retnet",
    "gla",
    "mamba2",
    "deltanet",
    "gated-deltanet",
    "mlstm",
    "esn",
    "attention(window=64)",
    "transformer(window=64)",
)
RESULTS = Path(__file__).resolve().parent / "results" / "streaming.json"


def resident() -> int:
    """The memory of this process in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise OSError("VmRSS is not among the figures of /proc/self/status")


def stream(words: str, steps: int) -> dict[str, float | int | str]:
    """Run ``steps`` steps of one row."""
    import torch

    from seqloom.layers import parse_spec

    torch.set_num_threads(1)
    torch.manual_seed(0)
    layer = parse_spec(words).build(WIDTH).eval()
    inputs = torch.randn(64, 1, WIDTH)
    tenth = steps // 10
    seconds, memory = [], []
    with torch.inference_mode():
        state = layer.initial_state(1)
        for _ in range(10):
            begin = time.perf_counter()
            for k in range(tenth):
                _, state = layer.step(inputs[k % 64], state)
            seconds.append(time.perf_counter() - begin)
            memory.append(resident())
    return {
        "words": words,
        "steps": steps,
        "microseconds": round(1e6 * min(seconds) / tenth, 2),
        "last over first tenth": round(seconds[-1] / seconds[0], 3),
        "growth, MB": round((memory[-1] - memory[0]) / 2**20, 2),
    }


def main() -> None:
    """Measure, print a line each, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", default=list(FAMILIES), help="layers in words")
    parser.add_argument("--steps", type=int, default=STEPS)
    arguments = parser.parse_args()
    if len(arguments.words) == 1:
        print(json.dumps(stream(arguments.words[0], arguments.steps)), flush=True)
        return
    for words in arguments.words:
        command = [sys.executable, __file__, words, "--steps", str(arguments.steps)]
        line = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        print(line, end="", flush=True)
        keep(json.loads(line))


def keep(measured: dict[str, float | int | str]) -> None:
    """Put a family's figures into the file of results, in place of older ones."""
    found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    found = [one for one in found if one["words"] != measured["words"]] + [measured]
    found.sort(key=lambda one: FAMILIES.index(one["words"]) if one["words"] in FAMILIES else len(FAMILIES))
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
