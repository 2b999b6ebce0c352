"""The loop: it learns, counts, stops, clips, carries, diverges, and gives back the best weights."""

from __future__ import annotations

import copy
import math
import warnings

import pytest
import torch
from torch import nn

from seqloom.data.batch import Batch, Batches
from seqloom.errors import DivergedError, UsageError
from seqloom.training.evaluation import evaluate
from seqloom.training.objectives import NextToken
from seqloom.training.schedules import cosine
from seqloom.training.settings import ScheduleName, TrainingSettings
from tests.training.example import TinyModel, Windows, fit, windows

BASE = TrainingSettings(learning_rate=0.05, epochs=None, steps=20, device="cpu", log_every=5)


def with_(**changes: object) -> TrainingSettings:
    return TrainingSettings.from_mapping(BASE.to_mapping() | changes)


def loss_of(module: nn.Module, batches: Batches) -> float:
    objective = NextToken()
    return objective.figures(evaluate(objective, module, batches))["loss"]


def joined(a: Batch, b: Batch) -> Batch:
    assert a.fresh is not None
    assert b.fresh is not None
    return Batch({"x": torch.cat((a.x, b.x))}, torch.cat((a.targets, b.targets)), fresh=torch.cat((a.fresh, b.fresh)))


def test_it_learns_a_cycle() -> None:
    model = TinyModel(features=16, dropout=0.0)
    before = loss_of(model, windows(seed=2))
    history = fit(model, windows(), windows(seed=2), with_(steps=150))
    after = loss_of(model, windows(seed=2))
    assert before == pytest.approx(math.log(11), rel=0.2)
    assert after < 0.5
    assert after == pytest.approx(history.best, rel=1e-6)
    assert not model.training


@pytest.mark.parametrize("optimiser", ["adamw", "adam", "rmsprop", "sgd"])
@pytest.mark.parametrize("schedule", list(ScheduleName))
def test_every_optimiser_and_schedule_lowers_the_loss(optimiser: str, schedule: str) -> None:
    rate = 0.1 if optimiser == "sgd" else 0.02
    history = fit(
        TinyModel(dropout=0.0),
        windows(),
        windows(),
        with_(optimiser=optimiser, schedule=schedule, learning_rate=rate, steps=35, warmup_steps=3),
    )
    losses = [loss for _, loss in history.column("validation_loss")]
    assert losses[-1] < losses[0] - 0.1


def test_bfloat16_learns() -> None:
    model = TinyModel(dropout=0.0)
    history = fit(model, windows(), None, with_(precision="bf16-mixed", steps=30))
    assert history.records[-1]["loss"] < history.records[0]["loss"] - 0.2
    assert all(parameter.dtype == torch.float32 for parameter in model.parameters())


@pytest.mark.parametrize(
    ("limits", "steps", "epochs", "stopped"),
    [
        ({"steps": 4}, 4, 0, "steps"),
        ({"steps": None, "epochs": 2}, 14, 2, "epochs"),
        ({"steps": None, "epochs": 2, "accumulate": 3}, 6, 2, "epochs"),
        ({"steps": None, "minutes": 0.0005}, None, None, "minutes"),
    ],
)
def test_limits(limits: dict[str, object], steps: int | None, epochs: int | None, stopped: str) -> None:
    history = fit(TinyModel(), windows(), None, with_(**limits))
    assert history.stopped == stopped
    if steps is not None:
        assert (history.steps, history.epochs) == (steps, epochs)
    assert history.best is None


def test_patience_ends_a_run_and_the_best_weights_come_back() -> None:
    model = TinyModel(dropout=0.0)
    history = fit(
        model, windows(), windows(seed=9, time=3), with_(steps=2000, patience=2, evaluate_every=5, learning_rate=0.3)
    )
    assert history.stopped == "patience"
    losses = dict(history.column("validation_loss"))
    assert history.best_step is not None
    assert losses[history.best_step] == history.best == min(losses.values())
    assert history.steps == history.best_step + 10
    assert loss_of(model, windows(seed=9, time=3)) == history.best


def test_accumulation_equals_one_large_batch() -> None:
    small, large = TinyModel(dropout=0.0), TinyModel(dropout=0.0)
    halves = Windows(w._replace(fresh=torch.ones(3, dtype=torch.bool)) for w in windows(4, lengths=True))
    whole = Windows(joined(a, b) for a, b in zip(halves[::2], halves[1::2], strict=True))
    settings = {"optimiser": "sgd", "steps": 6, "clip_norm": None}
    fit(small, halves, None, with_(accumulate=2, **settings))
    fit(large, whole, None, with_(**settings))
    for a, b in zip(small.parameters(), large.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_the_state_is_carried_and_fresh_rows_begin_anew() -> None:
    seen: list[list[int]] = []

    class Watched(TinyModel):
        def forward(self, tokens, state=None, lengths=None):  # type: ignore[no-untyped-def, override]
            assert state.inner.h.grad_fn is None or 0 in state.seen
            seen.append(state.seen.tolist())
            return super().forward(tokens, state, lengths)

    fit(Watched(), windows(5), None, with_(steps=6))
    assert seen == [[0, 0, 0], [5, 5, 5], [10, 10, 10], [0, 15, 15], [5, 20, 20], [0, 0, 0]]


def test_a_learned_initial_state_learns() -> None:
    model = TinyModel(dropout=0.0)
    fit(model, windows(), None, with_(steps=1))
    assert model.first.abs().sum() > 0


def test_padding_does_not_count() -> None:
    history = fit(TinyModel(), windows(lengths=True), None, with_(steps=7))
    assert history.weight == 7 * (5 + 5 + 2)


def test_clipping_by_norm_and_by_value() -> None:
    gradients: list[float] = []

    class Watching(torch.optim.SGD):
        def step(self, closure=None):  # type: ignore[no-untyped-def, override]
            norms = [p.grad.norm() for group in self.param_groups for p in group["params"]]
            gradients.append(float(torch.stack(norms).norm()))
            return super().step(closure)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim, "SGD", Watching)
        for clip in ({"clip_norm": 0.01}, {"clip_norm": None, "clip_value": 1e-4}, {"clip_norm": None}):
            fit(TinyModel(), windows(), None, with_(optimiser="sgd", steps=1, **clip))
    size = sum(p.numel() for p in TinyModel().parameters())
    assert gradients[0] == pytest.approx(0.01, rel=1e-3)
    assert gradients[1] <= 1e-4 * math.sqrt(size)
    assert gradients[2] > 0.1


def test_a_loss_that_is_no_number_stops_the_step() -> None:
    class Poison(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * math.nan

    model = TinyModel(dropout=0.0)
    weights: list[dict[str, torch.Tensor]] = []

    class Poisoned(Windows):
        def __getitem__(self, index):  # type: ignore[no-untyped-def, override]
            if index == 3:
                weights.append(copy.deepcopy(model.state_dict()))
                model.dropout = Poison()
            return super().__getitem__(index)

    with pytest.raises(
        DivergedError, match=r"The loss is nan in step 4 .*weights were not changed.*learning rate below 0.05"
    ) as caught:
        fit(model, Poisoned(windows()), None, BASE)
    assert caught.value.exit_code == 5
    for name, value in model.state_dict().items():
        assert torch.equal(value, weights[0][name])


def test_a_validation_loss_that_is_no_number_ends_the_run() -> None:
    model = TinyModel(dropout=0.0)

    class Poisoned(Windows):
        def __getitem__(self, index):  # type: ignore[no-untyped-def, override]
            with torch.no_grad():
                model.head.bias.fill_(math.nan)
            return super().__getitem__(index)

    with pytest.raises(DivergedError, match="validation loss is nan"):
        fit(model, windows(), Poisoned(windows()), with_(evaluate_every=2))


def test_the_seed_decides_and_the_callers_random_numbers_go_on() -> None:
    def run(seed: int) -> torch.Tensor:
        model = TinyModel(dropout=0.5)
        fit(model, windows(), None, with_(seed=seed))
        return model.head.weight.detach()

    assert torch.equal(run(3), run(3))
    assert not torch.equal(run(3), run(4))
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    model = copy.deepcopy(TinyModel())
    torch.manual_seed(5)
    fit(model, windows(), None, BASE)
    assert torch.equal(torch.rand(3), expected)


class Uneven:
    """Epochs of 4, 6, 8 … windows, as documents in another order give."""

    def __init__(self, count: int = 4) -> None:
        self._windows = windows(count)

    def epoch(self, number: int) -> Uneven:
        return Uneven(4 + 2 * number)

    def __len__(self) -> int:
        return len(self._windows)

    def __getitem__(self, index: int) -> Batch:
        return self._windows[index]


@pytest.mark.parametrize("accumulate", [1, 3])
def test_a_schedule_knows_that_epochs_differ(accumulate: int) -> None:
    settings = with_(steps=None, epochs=3, schedule="cosine", accumulate=accumulate, log_every=1)
    rates = [rate for _, rate in fit(TinyModel(), Uneven(), None, settings).column("learning_rate")]
    steps = [math.ceil(count / accumulate) for count in (4, 6, 8)]
    shares = [(epoch + step / count) / 3 for epoch, count in enumerate(steps) for step in range(count)]
    assert rates == pytest.approx([0.05 * cosine(share) for share in shares])


def test_history_has_what_a_plot_needs() -> None:
    history = fit(TinyModel(), windows(), windows(seed=2), with_(steps=14, warmup_steps=4))
    assert [step for step, _ in history.column("loss")] == [5, 7, 10, 14]
    assert [step for step, _ in history.column("validation_loss")] == [7, 14]
    assert set(history.records[1]) == {
        "step",
        "epoch",
        "tokens",
        "loss",
        "learning_rate",
        "gradient_norm",
        "clipped",
        "loss_spikes",
        "highest_loss",
        "validation_loss",
        "seconds",
        "tokens_per_second",
    }


def test_no_data_and_no_validation_are_refused() -> None:
    with pytest.raises(UsageError, match="at least one batch to train on"):
        fit(TinyModel(), [], None, BASE)
    with pytest.raises(UsageError, match="at least one batch to validate on"):
        fit(TinyModel(), windows(), [], BASE)
    with pytest.raises(UsageError, match="patience and schedule 'plateau' watch the validation loss"):
        fit(TinyModel(), windows(), None, with_(patience=1, schedule="plateau"))
    with pytest.raises(UsageError, match="first window must be fresh"):
        fit(TinyModel(), Windows(windows()[1:2]), None, BASE)


def test_lightning_keeps_quiet(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    monkeypatch.setenv("SLURM_JOB_NAME", "job")
    monkeypatch.setenv("SLURM_NTASKS", "2")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(TinyModel(), windows(), None, BASE)
    assert capfd.readouterr() == ("", "")


def test_a_missing_device_is_named() -> None:
    with pytest.raises(UsageError, match="cuda:99 was asked for; torch sees"):
        fit(TinyModel(), windows(), None, with_(device="cuda:99"))
