"""What a record says of gradients: against a plain loop, and without a change in what is learned."""

from __future__ import annotations

import pytest
import torch

from seqloom.layers import OneHot, StepHead, parse_spec
from seqloom.models.token_model import TokenModel
from seqloom.training.objectives import NextToken
from seqloom.training.settings import TrainingSettings
from seqloom.training.snapshot import Counters
from tests.training.example import VOCABULARY, TinyModel, fit, windows

RATE = 0.05
PLAIN = {
    "optimiser": "sgd",
    "momentum": 0.0,
    "weight_decay": 0.0,
    "schedule": "constant",
    "learning_rate": RATE,
    "epochs": None,
    "steps": 6,
    "log_every": 3,
    "device": "cpu",
    "clip_norm": None,
}


def first_gradients(steps: int) -> list[dict[str, torch.Tensor]]:
    """The gradients of a plain loop over the first windows, by weight."""
    model, carried, found = TinyModel(dropout=0.0).train(), None, []
    optimiser = torch.optim.SGD(model.parameters(), RATE)
    for window in list(windows())[:steps]:
        optimiser.zero_grad()
        loss, carried = NextToken().loss(model, window, carried)
        loss.backward()
        found.append(
            {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
        )
        optimiser.step()
    return found


def whole(gradients: dict[str, torch.Tensor]) -> float:
    return float(torch.cat([gradient.flatten() for gradient in gradients.values()]).norm())


@pytest.mark.parametrize("clip", [None, 0.5, 100.0])
def test_a_record_has_the_mean_norm_and_the_share_that_was_clipped(clip: float | None) -> None:
    history = fit(TinyModel(dropout=0.0), windows(), None, TrainingSettings.from_mapping(PLAIN | {"clip_norm": clip}))
    if clip is None:
        norms = [whole(gradients) for gradients in first_gradients(6)]
        wanted = [(3, pytest.approx(sum(norms[:3]) / 3)), (6, pytest.approx(sum(norms[3:]) / 3))]
        assert history.column("gradient_norm") == wanted
    assert history.column("clipped") == [(3, float(clip == 0.5)), (6, float(clip == 0.5))]


def test_elements_above_their_limit_count_as_clipped() -> None:
    history = fit(TinyModel(dropout=0.0), windows(), None, TrainingSettings.from_mapping(PLAIN | {"clip_value": 1e-4}))
    assert history.records[0]["clipped"] == 1


def test_watched_parts_have_norms_and_updates_of_their_own() -> None:
    watched = TrainingSettings.from_mapping(PLAIN | {"watch_gradients": True, "steps": 3})
    model = TinyModel(dropout=0.0)
    record = fit(model, windows(), None, watched).records[-1]
    parts, third = record["gradient_norms"], first_gradients(3)[2]
    assert sum(norm**2 for norm in parts.values()) == pytest.approx(whole(third) ** 2)
    assert parts.keys() == record["update_shares"].keys() == {"first", "embedding", "recurrent", "head"}
    head = {name: gradient for name, gradient in third.items() if name.startswith("head.")}
    before = {name: weight.detach() + RATE * head[name] for name, weight in model.named_parameters() if name in head}
    assert parts["head"] == pytest.approx(whole(head))
    assert record["update_shares"]["head"] == pytest.approx(RATE * whole(head) / whole(before), rel=1e-4)


def test_a_record_has_the_course_of_the_loss() -> None:
    first, second = fit(TinyModel(dropout=0.0), windows(), None, TrainingSettings.from_mapping(PLAIN)).records
    model = TinyModel(dropout=0.0).train()
    assert first["first_loss"] == pytest.approx(NextToken().loss(model, windows()[0], None)[0].item())
    assert "first_loss" not in second
    for record in (first, second):
        assert record["highest_loss"] >= record["loss"]
        assert record["loss_spikes"] == 0


def test_a_checkpoint_of_before_has_no_course_yet() -> None:
    values = Counters(step=3).to_json()
    del values["course"], values["saturated_gates"], values["dead_units"]
    assert Counters.from_json(values) == Counters(step=3)


def test_gates_and_units_are_watched() -> None:
    watched = TrainingSettings.from_mapping(PLAIN | {"watch_gradients": True, "steps": 4})
    model = TokenModel(OneHot(VOCABULARY), parse_spec("gru(4)").build(VOCABULARY), StepHead(4, VOCABULARY))
    keeps_nothing = model.get_parameter("body.layers.0.weights.update.bias")
    keeps_nothing.data.fill_(50.0)
    found = fit(model, windows(), None, watched).records
    assert found[0]["saturated_gates"] == {"body.layers.0.reset_gate": 0, "body.layers.0.update_gate": 1}
    assert found[0]["dead_units"] == {"body.layers.0": 1}
    assert "saturated_gates" not in found[1], "a record between is not a watched one"


def test_watching_changes_nothing_that_is_learned() -> None:
    plain, watched = TinyModel(), TinyModel()
    settings = TrainingSettings.from_mapping(PLAIN | {"clip_norm": 1.0})
    fit(plain, windows(), None, settings)
    fit(watched, windows(), None, TrainingSettings.from_mapping(settings.to_mapping() | {"watch_gradients": True}))
    for a, b in zip(plain.parameters(), watched.parameters(), strict=True):
        assert torch.equal(a, b)
