"""Three bits kept: trained networks hold 2³ stable fixed points (Sussillo & Barak, 2013, sec. 4).

    python reproductions/flip_flop/run.py

Three channels carry rare pulses of +1 or −1; each output is the last pulse of its channel. The fixed points under no
input are then looked for from 512 states that the network went through on unseen pulses. Figures go to results.json, a
picture of each network to ``elman.png``, ``gru.png`` and ``lstm.png``.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import torch
from torch import Tensor, nn

from seqloom import __version__
from seqloom.inspection.dynamics import draw_phase_portrait, fixed_points
from seqloom.inspection.state_vectors import state_vectors, states_from_vectors
from seqloom.layers import CausalLayer, parse_spec

HERE = Path(__file__).parent
BITS, HIDDEN, STEPS, ROWS, TIME, PULSES = 3, 32, 1500, 64, 80, 0.08
NETWORKS = ("elman", "gru", "lstm")


def pulses(rows: int, seed: int) -> tuple[Tensor, Tensor]:
    """Inputs and targets (B, T, 3); every channel begins with a pulse."""
    generator = torch.Generator().manual_seed(seed)
    signs = torch.randint(2, (rows, TIME, BITS), generator=generator) * 2.0 - 1
    there = torch.rand(rows, TIME, BITS, generator=generator) < PULSES
    there[:, 0] = True
    x = signs * there
    last = torch.where(there, torch.arange(TIME)[None, :, None], -1).cummax(1).values
    return x, x.gather(1, last)


def trained(name: str, seed: int) -> tuple[CausalLayer, nn.Linear, float]:
    """A network that has learned the task, and the share of its outputs whose sign is right on unseen pulses."""
    torch.manual_seed(seed)
    layer, head = parse_spec(f"{name}({HIDDEN})").build(BITS), nn.Linear(HIDDEN, BITS)
    assert isinstance(layer, CausalLayer)
    optimiser = torch.optim.Adam([*layer.parameters(), *head.parameters()], 0.005)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for step in range(STEPS):
        x, targets = pulses(ROWS, 1 + step + STEPS * seed)
        loss = (head(layer(x)[0]) - targets).square().mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(layer.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    x, targets = pulses(ROWS, 10**6)
    with torch.no_grad():
        right = (head(layer(x)[0]) * targets > 0).float().mean()
    return layer.eval(), head, float(right)


def visited(layer: CausalLayer, x: Tensor) -> tuple[Tensor, object]:
    """The states (B, T, S) that a layer goes through, and a state of one row as a template."""
    state, found = layer.initial_state(len(x)), []
    with torch.no_grad():
        for step in range(x.shape[1]):
            _, state = layer(x[:, step : step + 1], state)
            found.append(state_vectors(state))
    return torch.stack(found, 1), layer.initial_state(1)


def main() -> None:
    """Train, look for fixed points, write down."""
    torch.set_num_threads(1)
    results: dict[str, object] = {"version": __version__, "torch": torch.__version__}
    for name in NETWORKS:
        began = time.process_time()
        layer, head, right = trained(name, 0)
        trained_in = time.process_time() - began
        states, template = visited(layer, pulses(32, 2 * 10**6)[0])
        chosen = states.flatten(0, 1)[torch.randperm(32 * TIME, generator=torch.Generator().manual_seed(0))[:512]]
        points = fixed_points(layer, states_from_vectors(template, chosen))
        stable = [point for point in points if point.stable]
        with torch.no_grad():
            corners = {tuple(head(point.state[:HIDDEN].float()).sign().int().tolist()) for point in stable}
        results[name] = {
            "right": round(right, 4),
            "stable": len(stable),
            "corners": len(corners),
            "saddles_with_one_direction": sum(point.unstable_directions == 1 for point in points),
            "slowest_time_constants": sorted(round(point.slowest, 1) for point in stable),
            "processor_seconds": [round(trained_in, 1), round(time.process_time() - began - trained_in, 1)],
        }
        draw_phase_portrait(states, points, HERE / f"{name}.png")
        print(name, results[name], flush=True)
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
