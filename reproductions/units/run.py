"""What the units of a character LSTM of Python code track, on files that it has not seen, and whether that is used.

    OMP_NUM_THREADS=1 python reproductions/units/train.py models/library
    OMP_NUM_THREADS=1 python reproductions/units/run.py models/library

Python's own tokenizer says where strings and comments are. Figures go to results.json, the text coloured by the best
unit to ``PATTERN.png``.
"""

from __future__ import annotations

import io
import json
import re
import sys
import time
import tokenize
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from train import LOOKED_AT, library

from seqloom import LanguageModel, __version__
from seqloom.inspection.coloured import draw_coloured
from seqloom.inspection.units import (
    Ablation,
    Direction,
    ablate,
    line_position,
    matches,
    on_together,
    search_direction,
    search_patterns,
    spans,
    walk,
)

HERE = Path(__file__).parent
ROWS, STEPS, FIRST = 32, 1500, 100
"""Pieces of text that are read side by side, their characters, and those of each that are left out."""
ABLATED, DRAWS = (16, 600), 5
EXCERPT = 700
MARKED = {"arguments": r"\([^()\n]{8,40}(?=\))", "indent": r"(?<=\n) {8}(?=\S)", "definition": r"def \w+"}


def tokens_of(text: str) -> dict[str, list[tuple[int, int]]]:
    """Where the strings of one line, those of several lines, the comments and the brackets of Python code are."""
    begins = np.cumsum([0, *(len(line) for line in text.splitlines(keepends=True))])
    found: dict[str, list[tuple[int, int]]] = {
        name: [] for name in ("in single quotes", "in double quotes", "in a docstring", "in a comment")
    }
    opened: list[int] = []
    brackets = found.setdefault("in brackets", [])
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        place = int(begins[token.start[0] - 1]) + token.start[1], int(begins[token.end[0] - 1]) + token.end[1]
        if token.type == tokenize.COMMENT:
            found["in a comment"].append(place)
        elif token.type == tokenize.STRING:
            quoted = token.string.lstrip("rbufRBUF")
            many, single = quoted.startswith(('"""', "'''")), quoted.startswith("'")
            kind = "in a docstring" if many else "in single quotes" if single else "in double quotes"
            found[kind].append((place[0], place[1] - 1))
        elif token.string in ("(", "[", "{"):
            opened.append(place[0])
        elif token.string in (")", "]", "}"):
            brackets.append((opened.pop(), place[0]))
    return found


def patterns_of(text: str) -> dict[str, NDArray[np.bool_]]:
    """What the code is like at each of its characters; a quote that closes is outside."""
    found = {name: spans(places)(text) for name, places in tokens_of(text).items()}
    return found | {
        "40 characters into a line": line_position(text),
        "in a line with 8 spaces before": matches(r"(?m)^ {8,}\S.*\n?")(text),
        "in the spaces before a line": matches(r"(?m)^ +")(text),
    }


def costs(found: Ablation, where: NDArray[np.bool_]) -> dict[str, object]:
    """Nats a character, where the pattern is and everywhere."""
    return {
        "nats_there": round(found.cost(where), 4),
        "others_there": round(found.usual_cost(where), 4),
        "nats": round(found.cost(), 4),
        "others": round(found.usual_cost(), 4),
        "used_there": found.used(where),
        "used": found.used(),
    }


def main() -> None:
    """Search, take out, write down, draw."""
    torch.set_num_threads(1)
    began = time.process_time()
    model = LanguageModel.load(sys.argv[1])
    text = library(LOOKED_AT)
    begins = np.linspace(0, len(text) - STEPS, ROWS).astype(int).tolist()
    pieces = [text[begin : begin + STEPS] for begin in begins]
    patterns = patterns_of(text)
    labels = {name: np.stack([found[begin : begin + STEPS] for begin in begins]) for name, found in patterns.items()}
    ids = torch.tensor([model.vocabulary_.encode(piece) for piece in pieces])
    said, seen = zip(*walk(model.model_, ids), strict=True)
    nats = torch.nn.functional.cross_entropy(torch.stack(said[:-1], 2).double(), ids[:, 1:]).item()
    states = torch.stack(seen, 1)[:, FIRST:]
    flat = states.flatten(0, 1).numpy()
    wanted = {name: found[:, FIRST:].reshape(-1) for name, found in labels.items()}
    results: dict[str, object] = {"version": __version__, "torch": torch.__version__, "nats": round(nats, 4)}
    searched = search_patterns(flat, wanted)
    rows, steps = ABLATED
    tokens = ids[-rows:, FIRST : FIRST + steps + 1]
    for name in sorted(searched, key=lambda name: -searched[name].best[0].area):
        where = labels[name][-rows:, FIRST : FIRST + steps]
        line: dict[str, object] = {"share": round(searched[name].positive, 4)}
        for kind, found in (("unit", searched[name]), ("direction", search_direction(flat, wanted[name]))):
            best = found.best[0]
            taken = ablate(model.model_, tokens, best, where, DRAWS)
            line[kind] = {
                "units": best.units,
                "auc": round(best.area, 4),
                "shuffled": round(found.control.area, 4),
                **costs(taken, where),
                "likelier": shifted(model, taken, likelier=True),
                "less_likely": shifted(model, taken, likelier=False),
            }
        results[name] = line
        print(name, json.dumps(line), flush=True)
        draw(name, pieces, searched[name].best[0], states, flat, labels[name])
    results["like"] = like(pieces[-1][FIRST:], states[-1])
    results["processor_seconds"] = round(time.process_time() - began, 1)
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n")


def shifted(model: LanguageModel, taken: Ablation, likelier: bool) -> list[tuple[str, float]]:
    """The four next characters that change most."""
    order = np.argsort(-taken.shift if likelier else taken.shift)[:4]
    return [(model.vocabulary_.piece(int(place)), round(float(taken.shift[place]), 4)) for place in order]


def draw(
    name: str,
    pieces: list[str],
    unit: Direction,
    states: torch.Tensor,
    flat: NDArray[np.float32],
    labels: NDArray[np.bool_],
) -> None:
    """The judged piece whose beginning has most changes, coloured by the unit."""
    late = labels[ROWS // 2 :, FIRST : FIRST + EXCERPT]
    row = ROWS // 2 + int(np.abs(np.diff(late.astype(np.int8), axis=1)).sum(1).argmax())
    values = unit.along(states[row, :EXCERPT].numpy(), flat).clip(-2, 2)
    picture = HERE / f"{name.replace(' ', '_')}.png"
    shown = pieces[row][FIRST:][:EXCERPT]
    draw_coloured([*shown], values, f"{unit}: {name}", picture, labels[row, FIRST:][:EXCERPT])


def like(piece: str, states: torch.Tensor) -> dict[str, object]:
    """The third span of some kinds in a piece, or the last of fewer, and what else has the same units on."""
    found: dict[str, object] = {}
    for name, expression in MARKED.items():
        marked = (list(re.finditer(expression, piece)) or [None])[:3][-1]
        if marked is None:
            continue
        alike = on_together(states.numpy(), *marked.span(), count=6)
        others = [(piece[span.begin : span.end], round(span.share, 3)) for span in alike.spans]
        found[name] = {"marked": marked.group(), "units": alike.units, "others": others}
    return found


if __name__ == "__main__":
    main()
