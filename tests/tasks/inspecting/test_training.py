"""What a page says of how a model learned."""

from __future__ import annotations

from typing import Any

import pytest

from seqloom.tasks.inspecting.training import section

PLAIN: list[dict[str, Any]] = [{"step": 50, "loss": 2.0, "seconds": 1.0}, {"step": 100, "loss": 1.0, "seconds": 2.0}]
SAID = {
    "loss_spikes": (3, "The loss of an update jumped far above its course 6 times."),
    "update_shares": (
        {"a": 0.001, "b": 0.01, "c": 0.5},
        "An update moved the weights of the middle layer by 1.00% of their size at most.",
    ),
    "saturated_gates": (
        {"a.forget_gate": 0.2, "b.forget_gate": 0.7},
        "At last b.forget_gate had 70% of its values at 0 or 1.",
    ),
    "dead_units": ({"a": 0.25}, "At last a had 25% dead units."),
}


@pytest.mark.parametrize("name", SAID)
def test_what_was_watched_is_said(name: str) -> None:
    pytest.importorskip("matplotlib")
    value, said = SAID[name]
    assert said in section([{**record, name: value} for record in PLAIN], "nats").says
    assert len(section(PLAIN, "nats").says) == 1


def test_what_is_as_it_should_be_is_not_said() -> None:
    pytest.importorskip("matplotlib")
    quiet = {"loss_spikes": 0, "saturated_gates": {"a.forget_gate": 0.02}, "dead_units": {"a": 0.0}}
    assert len(section([{**record, **quiet} for record in PLAIN], "nats").says) == 1
