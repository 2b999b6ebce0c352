"""A task in one file gets training, resume, saving, baselines and figures from the frame."""

from __future__ import annotations

import dataclasses
import inspect
import random
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
import torch

from seqloom.data.batch import IGNORED, Batch
from seqloom.errors import DataError, ModelFileError, SeqloomWarning, UsageError
from seqloom.tasks import model_directory, registry
from seqloom.tasks.estimator import NotFittedError
from seqloom.tasks.examples.estimator import Examples, ExampleSettings, Given
from seqloom.tasks.measures import baselines_of_classes
from seqloom.tasks.registry import estimator_of, load
from seqloom.training.objectives import Objective
from seqloom.training.objectives.next_token import mean_nats
from seqloom.training.settings import TrainingSettings
from tests.tasks import toy
from tests.tasks.toy import Ranker

TRAINING = TrainingSettings(learning_rate=0.03, epochs=12, device="cpu", schedule="constant")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Which word has more of the letter a."""
    draw = random.Random(0)
    words = ["".join(draw.choices("abc", k=draw.randint(1, 9))) for _ in range(400)]
    rows = [(a, b) for a, b in zip(words[::2], words[1::2], strict=True) if a.count("a") != b.count("a")]
    path = tmp_path_factory.mktemp("pairs") / "pairs.txt"
    path.write_text("".join(f"{a} {b} {int(b.count('a') > a.count('a'))}\n" for a, b in rows))
    return path


@pytest.fixture(scope="module")
def ranker(pairs: Path) -> Ranker:
    return Ranker(training=TRAINING).fit(pairs)


def test_it_learns_and_is_judged_beside_the_constant_answers(ranker: Ranker, pairs: Path) -> None:
    found = ranker.validation_
    assert found.model["right"] > 0.8 > found.baselines["a tie"]["right"]
    assert found.remark.startswith("Held out: ")
    assert found.chosen_among == 12
    assert ranker.history_.best == max(value for _, value in ranker.history_.column("validation_right"))
    assert ranker.evaluate(pairs).model["right"] == ranker.score(pairs) > 0.9
    answers = [int(line.split()[2]) for line in pairs.read_text().splitlines()]
    assert sum(a == b for a, b in zip(ranker.predict(pairs), answers, strict=True)) == ranker.score(pairs) * len(
        answers
    )


def test_it_is_saved_and_loaded(ranker: Ranker, pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ranker.save(tmp_path / "model")
    again = Ranker.load(tmp_path / "model")
    assert again.predict(pairs) == ranker.predict(pairs)
    assert again.validation_ == ranker.validation_
    assert again.get_params(deep=False) == ranker.get_params(deep=False)
    with pytest.raises(ModelFileError, match=r"of the task 'toy-ranker', which is not known here"):
        load(tmp_path / "model")
    monkeypatch.setitem(registry._OURS, "toy-ranker", "tests.tasks.toy:Ranker")
    assert load(tmp_path / "model").predict(pairs) == ranker.predict(pairs)
    with pytest.raises(UsageError, match=r"No task is called 'toy-rankr'.*Did you mean 'toy-ranker'"):
        estimator_of("toy-rankr")


def test_a_run_that_is_resumed_is_the_run_that_was_not_stopped(pairs: Path, tmp_path: Path) -> None:
    def fit(name: str, epochs: int, seed: int = 0, **more: Any) -> Ranker:
        training = TrainingSettings.from_mapping(TRAINING.to_mapping() | {"epochs": epochs, "seed": seed})
        return Ranker(training=training).fit(pairs, run=tmp_path / name, **more)

    whole = fit("whole", 5)
    fit("cut", 2)
    with pytest.warns(SeqloomWarning, match="seed: no effect on a run that goes on; it stays 0"):
        resumed = fit("cut", 5, seed=3, resume=True)
    for a, b in zip(whole.model_.parameters(), resumed.model_.parameters(), strict=True):
        assert torch.equal(a, b)
    assert whole.validation_ == resumed.validation_
    assert Ranker.load(tmp_path / "cut").predict(pairs) == whole.predict(pairs)
    with pytest.raises(UsageError, match="held out another part of them"):
        Ranker(training=TRAINING).fit(pairs, validation=0.3, run=tmp_path / "cut", resume=True)
    with pytest.raises(UsageError, match=r"it is of another model.\n  spec: the run has 'gru\(8\)', now 'gru\(4\)'"):
        Ranker("gru(4)", training=TRAINING).fit(pairs, run=tmp_path / "cut", resume=True)
    with pytest.raises(UsageError, match="--force"):
        Ranker(training=TRAINING).fit(pairs, run=tmp_path / "cut")


def test_what_cannot_be(pairs: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFittedError):
        Ranker().predict(pairs)
    with pytest.raises(UsageError, match="validation: expected a share"):
        Ranker().fit(pairs, validation=1.0)
    (tmp_path / "one.txt").write_text("a b 0\nb a 1\n")
    with pytest.raises(DataError, match="too few examples: of 2, 0 would be held out"):
        Ranker().fit(tmp_path / "one.txt")


def test_a_target_for_each_step_is_learned_from(tmp_path: Path) -> None:
    class Tags(Ranker):
        """The next letter is an a."""

        def _examples(self, facts: dict[str, Any], X: Any, y: Any) -> Examples:
            inputs = {"x": [torch.eye(2)[torch.tensor(word)] for word in X]}
            return Examples(inputs, [torch.tensor([*word[1:], 0]) for word in X])

        def _learn(self, X: Any, y: Any) -> dict[str, Any]:
            return {}

        def _build(self, facts: dict[str, Any]) -> torch.nn.Module:
            return Steps()

        def _objective(self, facts: dict[str, Any]) -> Any:
            return StepTags()

        def _constants(self, facts: dict[str, Any]) -> dict[str, torch.Tensor]:
            return {}

        def _read(self, X: Any, y: Any, facts: Any) -> Any:
            return Given(X, X)

    class Steps(torch.nn.Linear):
        def __init__(self) -> None:
            super().__init__(2, 2)

    class StepTags(Objective[Batch]):
        def weight(self, batch: Batch) -> int:
            return int(batch.targets.ne(IGNORED).sum())

        def loss(self, module: torch.nn.Module, batch: Batch, carried: Any) -> tuple[torch.Tensor, Any]:
            return mean_nats(module(batch.x), batch.targets), None

    words = [[k % 2 for k in range(length)] for length in (2, 5, 3, 9, 4, 4, 1, 8, 6, 3)]
    model = Tags(training=TRAINING, batch_size=4).fit(words, run=tmp_path / "run")
    assert model.history_.weight == 12 * (sum(map(len, words)) - model.validation_.count)
    with pytest.raises(UsageError, match="other examples"):
        Tags(training=TRAINING, batch_size=4).fit([[1, *words[0][1:]], *words[1:]], run=tmp_path / "run", resume=True)


def test_a_task_is_short() -> None:
    assert len(Path(toy.__file__).read_text().splitlines()) <= 60


def test_the_constructor_is_made_of_the_settings() -> None:
    assert str(inspect.signature(Ranker)) == "(spec='gru(8)', *, batch_size=32, training=None)"
    assert repr(Ranker("gru(4)", batch_size=8).clone()) == "Ranker(spec='gru(4)', batch_size=8)"
    with pytest.raises(UsageError) as caught:
        Ranker(sped="gru(4)", batchsize=8)
    assert caught.value.problems == (
        "Ranker has no parameter 'sped'. Did you mean 'spec'?",
        "Ranker has no parameter 'batchsize'. Did you mean 'batch_size'?",
    )
    with pytest.raises(UsageError) as caught:
        Ranker(spec="", batch_size=0, training={"epoch": 3}).fit("nowhere")
    assert caught.value.problems == (
        "spec: expected text, got ''.",
        "batch_size: expected a whole number of at least 1, got 0.",
        "epoch: no such setting. Did you mean 'epochs'?",
    )


def test_what_is_not_given_is_picked_by_the_data(pairs: Path, tmp_path: Path) -> None:
    class Picking(Ranker):
        def _pick(self, facts: dict[str, Any]) -> dict[str, Any]:
            return {"spec": f"gru({len(facts['letters'])})", "epochs": 2, "learning_rate": 0.03}

        settings = dataclasses.make_dataclass(  # type: ignore[assignment]
            "PickingSettings", [("spec", Annotated[str | None, "Layers."], None)], bases=(ExampleSettings,), frozen=True
        )

    model = Picking(training={"epochs": 3, "device": "cpu"}).fit(pairs, run=tmp_path / "run")
    assert model.facts_["picked"] == {"spec": "gru(4)", "learning_rate": 0.03, "steps": None, "minutes": None}
    assert (model.history_.epochs, model._settled(model.facts_).spec) == (3, "gru(4)")
    again = Picking.load(tmp_path / "run")
    assert again.get_params(deep=False) == model.get_params(deep=False)
    assert again.predict(pairs) == model.predict(pairs)
    given = {"spec": "gru(4)", "training": {"epochs": 4, "device": "cpu"}}
    assert Picking(**given).fit(pairs, run=tmp_path / "run", resume=True).history_.epochs == 4


def test_simple_models_are_learned_from_what_is_not_held_out_and_kept(pairs: Path, tmp_path: Path) -> None:
    class Counting(Ranker):
        def _baselines(self, facts: dict[str, Any], X: Any, y: Any) -> Any:
            seen.append(len(y))
            return baselines_of_classes(X, y, ["0", "1"])

        def _figures(self, facts: dict[str, Any], y: Any, answers: Any) -> dict[str, float]:
            return {"right": float((answers.argmax(1) == np.array(y, int)).mean())}

    seen: list[int] = []
    model = Counting(training=TRAINING).fit(pairs, run=tmp_path / "run")
    found = model.validation_
    assert list(found.baselines) == ["a tie", "majority", "TF-IDF + logistic regression"]
    assert found.baselines["majority"]["right"] < 0.7
    assert seen == [len(pairs.read_text().splitlines()) - found.count]
    assert Counting.load(tmp_path / "run").evaluate(pairs).baselines == model.evaluate(pairs).baselines


def test_what_is_held_out_may_be_given(pairs: Path, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("a bb 0\nb a 1\nab aa 1\n")
    model = Ranker(training=TRAINING).fit(pairs, validation=tmp_path / "other.txt")
    assert (model.validation_.count, model.validation_.remark) == (3, "Held out: examples of their own, 3.")


def test_a_second_fit_keeps_nothing_of_the_first(pairs: Path) -> None:
    model = Ranker(training=TRAINING).fit(pairs)
    short = TrainingSettings.from_mapping(TRAINING.to_mapping() | {"epochs": 1})
    assert not hasattr(model.set_params(training=short).fit(pairs, validation=0.0), "validation_")


def test_whatever_lies_there_is_read_once(ranker: Ranker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ranker.save(tmp_path / "model")
    monkeypatch.setitem(registry._OURS, "toy-ranker", "tests.tasks.toy:Ranker")
    read = []
    whole = model_directory.newest_files
    monkeypatch.setattr(model_directory, "newest_files", lambda path: (read.append(path), whole(path))[1])
    load(tmp_path / "model")
    assert read == [tmp_path / "model"]
