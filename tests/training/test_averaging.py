"""The mean of the weights: its formula, and that a run judges, keeps and resumes by it."""

from __future__ import annotations

import dataclasses
import itertools
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load
from torch import Tensor, nn

from seqloom.errors import Interrupted, UsageError
from seqloom.storage.run import Run, newest_valid
from seqloom.training.averaging import Average
from seqloom.training.settings import TrainingSettings
from tests.training.example import TinyModel, Windows, contents, fit, windows
from tests.training.test_checkpoints import interrupted_at, train

BASE = TrainingSettings(learning_rate=0.05, epochs=None, steps=20, device="cpu", averaging=1.0)


def snapshots_of(run: dict[str, float]) -> tuple[list[dict[str, Tensor]], nn.Module]:
    """The weights after each update of a run, and what it ended with."""
    found: list[dict[str, Tensor]] = []

    class Watching(torch.optim.AdamW):
        def step(self, closure=None):  # type: ignore[no-untyped-def, override]
            super().step(closure)
            found.append({name: weight.detach().clone() for name, weight in model.named_parameters()})

    model = TinyModel()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim, "AdamW", Watching)
        fit(model, windows(), None, dataclasses.replace(BASE, **run))  # type: ignore[arg-type]
    return found, model


def test_the_average_is_the_plain_mean_of_all_snapshots() -> None:
    snapshots, model = snapshots_of({})
    for name, weight in model.named_parameters():
        mean = torch.stack([one[name] for one in snapshots]).mean(0)
        torch.testing.assert_close(weight.detach(), mean)
        assert not torch.allclose(mean, snapshots[-1][name], atol=1e-4)


@pytest.mark.parametrize("share", [0.5, 0.25])
def test_less_than_the_whole_forgets_as_a_power_of_time(share: float) -> None:
    """θ_i counts for about i^(1/s − 1)."""
    snapshots, model = snapshots_of({"averaging": share})
    parts: list[float] = []
    for step in range(1, len(snapshots) + 1):
        part = 1 / max(1.0, share * step)
        parts = [(1 - part) * one for one in parts] + [part]
    assert sum(parts) == pytest.approx(1.0)
    for name, weight in model.named_parameters():
        mean = torch.stack([part * one[name] for part, one in zip(parts, snapshots, strict=True)]).sum(0)
        torch.testing.assert_close(weight.detach(), mean)
    ahead = [later / earlier for earlier, later in itertools.pairwise(parts[10:])]
    power = [((step + 1) / step) ** (1 / share - 1) for step in range(11, 20)]
    assert ahead == pytest.approx(power, rel=0.2)


def test_without_a_share_nothing_is_kept() -> None:
    model = nn.Linear(2, 2)
    average = Average(model, None)
    average.add(1)
    before = model.weight.detach().clone()
    with average.in_use():
        assert torch.equal(model.weight, before)
    assert average.tensors() == {}


def test_a_weight_with_two_names_is_averaged_once_and_kept_under_both() -> None:
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    model[1].weight = model[0].weight
    model.append(nn.Linear(2, 2, bias=False).requires_grad_(False))
    average = Average(model, 1.0)
    for step, value in enumerate((1.0, 3.0), 1):
        nn.init.constant_(model[0].weight, value)
        average.add(step)
    kept = average.tensors()
    assert {name: value.mean().item() for name, value in kept.items()} == {"0.weight": 2.0, "1.weight": 2.0}


def test_what_is_judged_shown_and_kept_is_the_average(tmp_path: Path) -> None:
    model, shown = TinyModel(dropout=0.0), []
    held_out = windows(3, seed=4)
    with Run(tmp_path / "run") as run:
        history = fit(
            model,
            windows(),
            held_out,
            dataclasses.replace(BASE, evaluate_every=20, averaging=0.5),
            run,
            after_evaluation=lambda: shown.append(model.head.weight.detach().clone()),  # type: ignore[func-returns-value]
        )
    files = newest_valid(tmp_path / "run").files
    saved, more = load(files["model.safetensors"]), load(files["training.safetensors"])
    for name, weight in model.named_parameters():
        assert torch.equal(weight, saved[name])
        assert torch.equal(weight, more[f"averaged.{name}"])
        assert not torch.equal(weight, more[f"latest.{name}"])
    assert torch.equal(shown[-1], model.head.weight)
    again = fit(model, windows(), held_out, TrainingSettings(learning_rate=1e-12, epochs=None, steps=1, device="cpu"))
    assert again.best == pytest.approx(history.best, rel=1e-5)


@pytest.mark.parametrize("validated", [True, False])
def test_a_stop_in_the_middle_changes_nothing(tmp_path: Path, validated: bool) -> None:
    same = {"averaging": 0.3, "accumulate": 2, "evaluate_every": 4 if validated else 1000}
    train(tmp_path / "whole", **same)
    interrupted_at(tmp_path / "part", 9, **same)
    train(tmp_path / "part", resume=True, **same)
    assert contents(tmp_path / "part" / "step-00000020") == contents(tmp_path / "whole" / "step-00000020")


def test_a_signal_amid_an_evaluation_keeps_the_weights_that_learn(tmp_path: Path) -> None:
    """The average is in use then, and is not to be taken for the weights."""

    class Interrupting(Windows):
        def __getitem__(self, index):  # type: ignore[no-untyped-def, override]
            signal.raise_signal(signal.SIGTERM)
            return super().__getitem__(index)

    settings = dataclasses.replace(BASE, evaluate_every=10)
    with pytest.raises(Interrupted), Run(tmp_path / "run", lambda: {"config.json": b"{}"}) as run:
        fit(TinyModel(), windows(), Interrupting(windows(3, seed=4)), settings, run)
    kept = load(newest_valid(tmp_path / "run").files["training.safetensors"])
    for name, value in snapshots_of({})[0][9].items():
        assert torch.equal(kept[f"latest.{name}"], value)


def test_averaging_may_begin_amid_a_run(tmp_path: Path) -> None:
    same = {"schedule": "constant", "checkpoint_every_steps": 10}
    train(tmp_path / "run", steps=10, **same)
    train(tmp_path / "run", resume=True, averaging=0.5, **same)
    more = load(newest_valid(tmp_path / "run").files["training.safetensors"])
    assert not torch.equal(more["averaged.head.weight"], more["latest.head.weight"])


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5])
def test_a_share_that_is_none(share: float) -> None:
    with pytest.raises(UsageError, match="averaging: expected a number above 0 and at most 1 or None"):
        TrainingSettings(averaging=share)
