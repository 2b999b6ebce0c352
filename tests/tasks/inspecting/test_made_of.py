"""What a report says a model is made of, for every task."""

from __future__ import annotations

import re

import numpy as np
import pytest

from seqloom import Captioner, LanguageModel, MusicModel
from seqloom.data.made.tunes import made_tunes
from seqloom.inspection.report import Figure, Formulas, page
from seqloom.models.parts import parts_of, weights_of
from seqloom.tasks.estimator import NotFittedError
from seqloom.tasks.inspecting.made_of import module_of, section
from tests.tasks.inspecting.test_report import BRIEF, CASES

PICTURES = np.random.default_rng(0).integers(0, 255, (20, 8, 8, 1), dtype=np.uint8)
ALL = {
    **CASES,
    "text": (LanguageModel("lnlstm(8) + mingru(8)", window=16, training=BRIEF), ["abc" * 200], None),
    "captions": (
        Captioner("grid(8, cell=4) -> luong(8)", embedding=8, batch_size=4, width=1, training=BRIEF),
        PICTURES,
        ["a dark one", "a light one"] * 10,
    ),
    "music": (MusicModel("gru(8)", training=BRIEF), made_tunes(6, seed=0), None),
}
SLOW = "captions", "music", "speech", "forecasts"


@pytest.mark.parametrize("name", [pytest.param(one, marks=pytest.mark.slow) if one in SLOW else one for one in ALL])
def test_every_task_says_what_it_is_made_of(name: str) -> None:
    model, X, y = ALL[name]
    model = model.clone().fit(X, y, validation=0.0, progress=False)
    found = section(model, "seqloom inspect x")
    picture, *formulas = found.shown
    assert isinstance(picture, Figure)
    assert formulas
    assert all(isinstance(one, Formulas) for one in formulas)
    module = module_of(model)
    assert sum(part.weights for part in parts_of(module)) == weights_of(module)
    assert f"{weights_of(module):,} weights" in picture.says
    text = page("a model", [found])
    assert text.count("<math") == len(formulas)
    assert re.findall("https?://", text) == []


def test_what_has_learned_nothing_is_refused() -> None:
    with pytest.raises(NotFittedError, match="LanguageModel has learned nothing yet"):
        module_of(LanguageModel())
