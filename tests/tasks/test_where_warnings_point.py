"""Every warning points at the line of the user's program that led to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seqloom import LanguageModel
from seqloom.errors import SeqloomWarning
from tests.tasks.conftest import RHYME, small


def folder(tmp_path: Path) -> Path:
    """A folder of which something is left out."""
    (tmp_path / "texts").mkdir()
    for name in ("text.txt", ".hidden"):
        (tmp_path / "texts" / name).write_text(RHYME)
    return tmp_path / "texts"


def named(tmp_path: Path) -> list[str]:
    """Texts that name files."""
    return [str(folder(tmp_path) / "text.txt")]


def fit_on_a_folder(tmp_path: Path) -> None:
    small(steps=1).fit(folder(tmp_path))


def fit_on_names(tmp_path: Path) -> None:
    small(steps=1).fit(named(tmp_path), validation=0)


def judge_by_a_folder(tmp_path: Path) -> None:
    small(steps=1).fit([RHYME], validation=folder(tmp_path))


def evaluate_a_folder(tmp_path: Path) -> None:
    model = small(steps=1).fit([RHYME])
    model.evaluate(folder(tmp_path))


def score_a_folder(tmp_path: Path) -> None:
    model = small(steps=1).fit([RHYME])
    model.score(folder(tmp_path))


def evaluate_names(tmp_path: Path) -> None:
    model = small(steps=1).fit([RHYME])
    model.evaluate(named(tmp_path))


def without_effect(tmp_path: Path) -> None:
    small(steps=1).set_params(training__momentum=0.5).fit([RHYME])


def another_seed(tmp_path: Path) -> None:
    small(steps=1).fit([RHYME], run=tmp_path / "run")
    small(steps=2).set_params(training__seed=7).fit([RHYME], run=tmp_path / "run", resume=True)


def nothing_to_resume(tmp_path: Path) -> None:
    small(steps=1).fit([RHYME], run=tmp_path, resume=True)


def a_damaged_checkpoint(tmp_path: Path) -> None:
    for steps in (1, 2, 3):
        small(steps=steps).fit([RHYME], run=tmp_path / "run", resume=steps > 1)
    (tmp_path / "run" / "step-00000003" / "config.json").write_text("damaged")
    LanguageModel.load(tmp_path / "run")


def what_a_person_put_into_a_run(tmp_path: Path) -> None:
    small(steps=1).fit([RHYME], run=tmp_path / "run")
    (tmp_path / "run" / "step-00000000" / "notes.txt").touch()
    small(steps=2).fit([RHYME], run=tmp_path / "run", resume=True)
    small(steps=3).fit([RHYME], run=tmp_path / "run", resume=True)


CALLS = [
    fit_on_a_folder,
    fit_on_names,
    judge_by_a_folder,
    evaluate_a_folder,
    score_a_folder,
    evaluate_names,
    without_effect,
    another_seed,
    nothing_to_resume,
    a_damaged_checkpoint,
    what_a_person_put_into_a_run,
]


@pytest.mark.parametrize("call", CALLS, ids=[call.__name__ for call in CALLS])
def test_it_is_the_users_line(tmp_path: Path, call: Callable[[Path], None]) -> None:
    with pytest.warns(SeqloomWarning) as warned:
        call(tmp_path)
    code = call.__code__
    for warning in warned:
        assert warning.filename == __file__, warning.message
        assert code.co_firstlineno < warning.lineno <= max(line for *_, line in code.co_lines() if line)
