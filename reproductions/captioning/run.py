"""Drawn scenes, moving shapes and what people said of pictures: learned from the training part, scored once.

    python reproductions/captioning/run.py scenes
    python reproductions/captioning/run.py moving
    python reproductions/captioning/run.py nlvr ../shared/data/nlvr_small
    python reproductions/captioning/run.py scenes --seed 1

Scenes and videos are made here from a seed, as ``seqloom examples data`` makes them; their parts for testing are made
with them. Of ``nlvr`` the true sentences of the hidden part are learned from, those of the development part are scored.
Of scenes it is known where each shape was drawn, so it is measured how much of the attention of the words that name it
lies there. Writes results.json, and pictures of what was looked at.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import tarfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom import Captioner, __version__
from seqloom.data.made.files import KINDS, Example
from seqloom.data.made.scenes import made_scenes
from seqloom.data.made.shapes import COLOURS, SHAPES, Shape

HERE = Path(__file__).parent


SCENES, VIDEOS = 10_000, 6_000
SIDE = 64


class Row(NamedTuple):
    """One line of the table: how its data come about, what is set, and what else is looked at of what is tested."""

    make: Any
    settings: dict[str, Any]
    epochs: int | None = None
    looked: Callable[[Captioner, Sequence[Any]], dict[str, float]] | None = None


def made(what: Example, rows: int) -> Any:
    """The maker of a folder of made data."""

    def make(folder: Path, _: Path | None) -> None:
        as_folder = KINDS[what].as_folder
        assert as_folder is not None
        for name, content in as_folder(rows, 0).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)

    return make


def nlvr(folder: Path, source: Path | None) -> None:
    """True sentences as captions; several of one picture are references of it."""
    assert source is not None, "name the folder of nlvr_small"
    for archive in source.glob("*.tar.gz"):
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for part, split in (("hidden", "train"), ("dev", "test")):
        for line in (folder / f"{part}.jsonl").read_text().splitlines():
            one = json.loads(line)
            if str(one["label"]).lower() == "true":
                found[one["image"], split].append(one["sentence"].strip().rstrip(".").lower())
        (folder / f"{part}.jsonl").unlink()
    with (folder / "captions.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "caption", "split"])
        table.writerows([name, caption, split] for (name, split), several in found.items() for caption in several)


def on_the_shapes(model: Captioner, X: Sequence[Any]) -> dict[str, float]:
    """How much of the attention of colours and shapes lies in the boxes of what they name, in shares of their area."""
    scenes = [one for one in made_scenes(SCENES, 0) if one.split == "test"]
    found: dict[str, list[tuple[float, float]]] = {"colours": [], "shapes": []}
    for scene, (tokens, weights) in zip(scenes, model.attention(X), strict=True):
        for kind, words in (("colours", COLOURS), ("shapes", SHAPES)):
            named = [place for place, token in enumerate(tokens) if token in words]
            if len(named) == len(scene.shapes):
                pairs = zip(named, scene.shapes, strict=True)
                found[kind] += [inside(weights[place, 0], shape) for place, shape in pairs]
    return {
        f"{what} of {kind}": float(value)
        for kind, pairs in found.items()
        for values in [np.array(pairs)]
        for what, value in (
            ("weight inside the box", values[:, 0].mean()),
            ("times its share of the area", values[:, 0].mean() / values[:, 1].mean()),
            ("words with three times or more", (values[:, 0] >= 3 * values[:, 1]).mean()),
        )
    }


def inside(weights: NDArray[np.float32], shape: Shape) -> tuple[float, float]:
    """The share of weights (rows, columns) that lies in the box about a shape, and the box's share of the area."""
    covers = []
    for cells, middle in zip(weights.shape, (shape.y, shape.x), strict=True):
        ends = np.linspace(0, SIDE, cells + 1)
        within = np.clip(ends, middle - shape.radius, middle + shape.radius)
        covers.append(np.diff(within) * cells / SIDE)
    cover = np.outer(*covers)
    return float((weights * cover).sum()), float(cover.mean())


ROWS = {
    "scenes": Row(made(Example.CAPTIONS, SCENES), {}, looked=on_the_shapes),
    "moving": Row(made(Example.VIDEO, VIDEOS), {}),
    "nlvr": Row(nlvr, {"spec": "grid(64, cell=8) -> luong(128)", "side": 120, "dropout": 0.3, "batch_size": 16}, 15),
}


def run(row: Row, source: Path | None, maps: Path, seed: int) -> dict[str, Any]:
    with TemporaryDirectory() as place:
        folder = Path(place)
        row.make(folder, source)
        began, spent = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
        training = {"seed": seed, "device": "cpu", **({} if row.epochs is None else {"epochs": row.epochs})}
        model = Captioner(**row.settings, training=training).fit(folder)
        seconds = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_utime - spent
        tested = model.for_testing(folder)
        assert tested is not None
        figures = model.evaluate(*tested)
        looked = {} if row.looked is None else {"attention": rounded(row.looked(model, tested[0]))}
        files = model.draw(maps.parent, tested[0][:1])
        files[0].replace(maps)
        return {
            "settings": row.settings,
            "picked": model.facts_["picked"],
            "learned from": model.validation_.remark,
            "pictures for testing": len(tested[0]),
            "seconds of training": round(seconds[0], 1),
            "of a processor": round(seconds[1], 1),
            "figures": {name: rounded(one) for name, one in {"model": figures.model, **figures.baselines}.items()},
            **looked,
            "notes": list(figures.notes),
        }


def rounded(figures: Any) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row", choices=ROWS)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    name = arguments.row + (f", seed {arguments.seed}" if arguments.seed else "")
    result = run(ROWS[arguments.row], arguments.folder, HERE / f"{name}.png", arguments.seed)
    print(json.dumps(result, indent=1))
    file = HERE / "results.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    machine = {"threads": torch.get_num_threads(), "torch": torch.__version__}
    results[name] = {"seqloom": __version__, **machine, **result}
    file.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
