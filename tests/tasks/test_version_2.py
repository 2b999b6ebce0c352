"""Model directories of version 2 that were written once load, and answer as they did then."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import seqloom
from tests.tasks.version_2.make import HERE, answers

THEN = json.loads((HERE / "answers.json").read_text())


def test_every_directory_has_its_answers() -> None:
    assert {path.name for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(THEN)


@pytest.mark.parametrize("name", THEN)
def test_it_loads_and_answers_the_same(name: str, tmp_path: Path) -> None:
    model, then = seqloom.load(HERE / name), THEN[name]
    now = answers(name, model)
    if name == "tagger":
        assert now == then
    else:
        assert np.allclose(now, then, atol=1e-5)
    model.save(tmp_path / name)
    assert answers(name, seqloom.load(tmp_path / name)) == now
