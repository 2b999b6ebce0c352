"""A task of one file has several processes, a kill and a resume from the frame."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from seqloom.training.ranks import join
from seqloom.training.settings import TrainingSettings
from tests.tasks.toy import Ranker
from tests.training.test_ranks import printed
from tests.training.together import dying, in_processes

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
TRAINING = TrainingSettings(learning_rate=0.03, steps=9, epochs=None, device="cpu", checkpoint_every_steps=2)  # type: ignore[arg-type]


def test_a_toy_task_in_two_processes_with_a_kill(tmp_path: Path) -> None:
    words = ["a", "ab", "cab", "bbca", "aaab", "caccab", "b", "cb", "abcabca", "bcaa", "aab"]
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("".join(f"{a} {b} {int(b.count('a') > a.count('a'))}\n" for a in words for b in words if a != b))

    def fit(resume: bool = False) -> None:
        model = Ranker(training=TRAINING).fit(pairs, run=tmp_path / "run", resume=resume)
        save_file(dict(model.model_.state_dict()), tmp_path / f"{join().rank}.safetensors")

    alone = Ranker(training=TRAINING).fit(pairs)
    killed = dying(1, 12)
    assert in_processes(lambda: (killed(), fit()), tmp_path) == [8, -9]
    assert "--resume" in printed(tmp_path)[0]
    assert in_processes(lambda: fit(resume=True), tmp_path) == [0, 0]
    for rank in range(2):
        for name, value in load_file(tmp_path / f"{rank}.safetensors").items():
            torch.testing.assert_close(value, alone.model_.state_dict()[name], rtol=0, atol=1e-4)
    assert Ranker.load(tmp_path / "run").validation_.model == pytest.approx(alone.validation_.model, abs=1e-4)
