"""A character LSTM of Python's own library: the model that ``run.py`` looks into.

    OMP_NUM_THREADS=1 python reproductions/units/train.py models/library

It learns from the modules of the standard library that are files of their own, in their order by name. Of each ten the
fourth is held out to choose the weights by, and the eighth for ``run.py``.
"""

from __future__ import annotations

import sys
import sysconfig
import time
from pathlib import Path

from seqloom import LanguageModel

SETTINGS = {
    "spec": "lstm(384)",
    "batch_size": 32,
    "window": 128,
    "training": {"steps": 3_600, "epochs": None, "evaluate_every": 600, "learning_rate": 0.004, "device": "cpu"},
}
CHOSEN_BY, LOOKED_AT = 3, 7


def library(place: int | None) -> str:
    """Every tenth file from ``place`` on, or (None) all that are not held out; without what is not ASCII."""
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    held_out = (CHOSEN_BY, LOOKED_AT)
    taken = [file for k, file in enumerate(files) if (k % 10 == place if place is not None else k % 10 not in held_out)]
    texts = [file.read_bytes().decode("ascii", "ignore").expandtabs().replace("\r", "") for file in taken]
    return "".join("".join(sign for sign in text if sign.isprintable() or sign == "\n") for text in texts)


def main() -> None:
    """Train and save."""
    began = time.process_time()
    learned, chosen_by = library(None), library(CHOSEN_BY)
    model = LanguageModel(**SETTINGS).fit([learned], validation=[chosen_by], progress=False)
    model.save(sys.argv[1])
    seconds = time.process_time() - began
    print(
        f"{len(learned):,} characters, {seconds:.0f} processor seconds, held out {model.validation_.nats_per_token:.3f}"
    )


if __name__ == "__main__":
    main()
