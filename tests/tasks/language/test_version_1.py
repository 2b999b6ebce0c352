"""Directories that older code wrote load, and say the same as they did then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seqloom import LanguageModel, Sampling

VERSION_1 = Path(__file__).parent / "version_1"
FIGURES: dict[str, dict[str, Any]] = json.loads((VERSION_1 / "figures.json").read_text())


def test_every_directory_has_its_figures() -> None:
    assert {path.name for path in VERSION_1.iterdir() if path.is_dir()} == set(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_it_loads_and_predicts_the_same(name: str, tmp_path: Path) -> None:
    model, then = LanguageModel.load(VERSION_1 / name), FIGURES[name]
    assert model.log_probability("one two.") == pytest.approx(then["log_probability"], abs=1e-4)
    assert [nats for _, nats in model.surprisal("one two.")] == pytest.approx(then["surprisal"], abs=1e-5)
    assert -model.score(["two one. one two three, "]) == pytest.approx(then["evaluation"], abs=1e-5)
    following = model.next_probabilities("one two")[: len(then["next"])]
    assert [piece for piece, _ in following] == [piece for piece, _ in then["next"]]
    assert [p for _, p in following] == pytest.approx([p for _, p in then["next"]], abs=1e-5)
    greedy = model.generate("one", 12, sampling=Sampling(temperature=0), stop=False)
    assert "".join(piece for _, piece in greedy) == then["greedy"]
    model.save(tmp_path / "model")
    assert LanguageModel.load(tmp_path / "model").log_probability("one two.") == model.log_probability("one two.")
