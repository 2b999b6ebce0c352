"""Drawn scenes, moving shapes and what people said of pictures: learned from the training part, scored once.

    python reproductions/captioning/run.py scenes
    python reproductions/captioning/run.py moving
    python reproductions/captioning/run.py nlvr ../shared/data/nlvr_small

Scenes and videos are made here from a seed, as ``seqloom examples data`` makes them; their parts for testing are made
with them. Of ``nlvr`` the true sentences of the hidden part are learned from, those of the development part are scored.
Writes results.json, and pictures of what was looked at.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import tarfile
import time
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import torch

from seqloom import Captioner, __version__
from seqloom.data.made.files import KINDS, Example

HERE = Path(__file__).parent


class Row(NamedTuple):
    """One line of the table: how its data come about, and what is set."""

    make: Any
    settings: dict[str, Any]
    epochs: int | None = None


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


ROWS = {
    "scenes": Row(made(Example.CAPTIONS, 10_000), {}),
    "moving": Row(made(Example.VIDEO, 6_000), {}),
    "nlvr": Row(nlvr, {"spec": "grid(64, cell=8) -> luong(128)", "side": 120, "dropout": 0.3, "batch_size": 16}, 15),
}


def run(row: Row, source: Path | None, maps: Path) -> dict[str, Any]:
    with TemporaryDirectory() as place:
        folder = Path(place)
        row.make(folder, source)
        began, spent = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
        training = {"seed": 0, "device": "cpu", **({} if row.epochs is None else {"epochs": row.epochs})}
        model = Captioner(**row.settings, training=training).fit(folder)
        seconds = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_utime - spent
        tested = model.for_testing(folder)
        assert tested is not None
        figures = model.evaluate(*tested)
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
            "notes": list(figures.notes),
        }


def rounded(figures: Any) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row", choices=ROWS)
    parser.add_argument("folder", type=Path, nargs="?")
    arguments = parser.parse_args()
    result = run(ROWS[arguments.row], arguments.folder, HERE / f"{arguments.row}.png")
    print(json.dumps(result, indent=1))
    file = HERE / "results.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    machine = {"threads": torch.get_num_threads(), "torch": torch.__version__}
    results[arguments.row] = {"seqloom": __version__, **machine, **result}
    file.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
