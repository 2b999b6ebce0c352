"""Laws of what is kept on disk: a model that is saved, and a run that is killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from seqloom.testing.estimators.fresh import counted_renames, dies_at_rename, in_a_new_process
from seqloom.testing.estimators.trial import Trial, agree

__all__ = ["check_killed", "check_saved"]


def check_saved(trial: Trial, model: Any) -> None:
    """A model that is saved, and loaded in a new process, gives the same answers; no file is a pickle."""
    with _folder() as folder:
        model.save(folder / "model")
        asked = Trial(type(model), trial.X, asks=trial.asks)
        found = in_a_new_process(partial(_answers_of_saved, type(model), folder / "model", asked))
    assert agree(found, trial.answers(model)), "the saved model answers otherwise in a new process"


def check_killed(trial: Trial, model: Any) -> None:
    """``fit`` in a run that ``kill -9`` ends halfway, and that is resumed, learns what an undisturbed one does."""
    with _folder() as folder:
        with counted_renames() as renames:
            whole = trial.fit(_often_saved(trial), run=folder / "whole")
        assert len(renames) > 3, f"a run saved itself {len(renames)} times: too seldom to be killed halfway"
        wanted = trial.answers(model)
        assert agree(trial.answers(whole), wanted), "fit in a run learns otherwise"
        work = partial(_often_saved(trial).fit, trial.X, trial.y, run=folder / "run")
        killed = in_a_new_process(partial(dies_at_rename, len(renames) // 2, work)) is None
        assert killed, "fit came to its end with half as many renames"
        resumed = trial.fit(_often_saved(trial), run=folder / "run", resume=True)
        assert agree(trial.answers(resumed), wanted), "killed and resumed, fit learns otherwise"


def _answers_of_saved(kind: Any, path: Path, trial: Trial) -> Any:
    return trial.answers(kind.load(path))


def _often_saved(trial: Trial) -> Any:
    """An estimator whose run is saved at every step, where its settings have a word for that."""
    one, name = trial.make(), "training__checkpoint_every_steps"
    return one.set_params(**{name: 1}) if name in one.get_params() else one


@contextmanager
def _folder() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield Path(folder)
