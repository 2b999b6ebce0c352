"""Delayed copy: the loss by context finds how far back the symbol lies that is to be said.

    python reproductions/delayed_copy/run.py

Among symbols that mean nothing stand some that count; the last of these is asked for at the end of a row, always the
same number of steps later. Networks of four families learn it, and then the loss is measured where only the last k
steps are left. Figures go to results.json, a picture to ``context.png``.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import torch
from torch import Tensor, nn

from seqloom import __version__
from seqloom.data.batch import Batch
from seqloom.inspection.memory import ContextCurve, input_influence, loss_by_context
from seqloom.inspection.picture import new_figure, save
from seqloom.layers import LearnedEmbedding, parse_spec
from seqloom.models.pooled_model import PooledModel

HERE = Path(__file__).parent
LAGS, COUNTING, NOISE, WIDTH, ROWS, MOST_STEPS = (5, 20, 80), 4, 4, 32, 32, 3000
FAMILIES = {
    "LSTM": "lstm(32, chrono={reach}) + pool(last)",
    "GRU": "gru(32, chrono={reach}) + pool(last)",
    "minGRU": "2*mingru(32, chrono={reach}) + pool(last)",
    "Transformer": "2*transformer(32) + pool(last)",
}


def rows_of(lag: int, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Tokens (B, T) and classes (B,); earlier symbols that count stand before the one that is asked for."""
    generator = torch.Generator().manual_seed(seed)
    before = int(torch.randint(lag // 2 + 2, (1,), generator=generator))
    x = COUNTING + torch.randint(NOISE, (count, before + 1 + lag), generator=generator)
    others = torch.rand(count, before, generator=generator) < 0.3
    x[:, :before] = torch.where(others, torch.randint(COUNTING, others.shape, generator=generator), x[:, :before])
    x[:, before] = torch.randint(COUNTING, (count,), generator=generator)
    return x, x[:, before].clone()


def trained(words: str, lag: int, seed: int) -> tuple[PooledModel, int]:
    """A network that has learned the task, and after how many updates."""
    torch.manual_seed(seed)
    model = PooledModel(LearnedEmbedding(COUNTING + NOISE, WIDTH), parse_spec(words).build_pooled(WIDTH), COUNTING)
    optimiser, recent = torch.optim.Adam(model.parameters(), 0.003), 1.0
    for step in range(1, MOST_STEPS + 1):
        x, target = rows_of(lag, ROWS, 1 + step + MOST_STEPS * seed)
        loss = nn.functional.cross_entropy(model(x), target)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        recent = 0.98 * recent + 0.02 * loss.item()
        if recent < 0.01:
            break
    return model.eval(), step


def measured(model: PooledModel, lag: int) -> tuple[ContextCurve, float, float]:
    """The loss by context, the share of answers that are right, and the influence of the symbol over that of others."""
    batches = [Batch({"x": x}, y) for x, y in (rows_of(lag, 32, 10**6 + number) for number in range(8))]
    longest = lag + 1 + lag // 2 + 1
    contexts = [*sorted({round(1.04**power) for power in range(200)} & {*range(1, longest)}), longest]

    def loss(batch: Batch) -> Tensor:
        return nn.functional.cross_entropy(model(batch.x, batch.length), batch.targets)

    with torch.no_grad():
        right = torch.cat([model(batch.x).argmax(-1) == batch.targets for batch in batches]).float().mean()
    curve = input_influence(model.answers, model.vectors(batches[0].x[:8])[0])
    at_lag = curve.values[curve.lags == lag][0]
    others = curve.values[(curve.lags > 0) & (curve.lags < lag)]
    return loss_by_context(loss, batches, contexts), float(right), float(at_lag / others.mean())


def main() -> None:
    """Learn, look back, write down."""
    torch.set_num_threads(1)
    results: dict[str, object] = {"version": __version__, "torch": torch.__version__}
    axes = (figure := new_figure((7.0, 3.6), "The loss by how much of the past is left")).subplots()
    for number, (family, words) in enumerate(FAMILIES.items()):
        for lag in LAGS:
            began = time.process_time()
            model, steps = trained(words.format(reach=2 * lag), lag, 0)
            curve, right, rise = measured(model, lag)
            results[f"{family}, {lag}"] = {
                "right": round(right, 4),
                "updates": steps,
                "found": curve.used() - 1,
                "influence_at_the_lag": round(rise, 2),
                "processor_seconds": round(time.process_time() - began, 1),
            }
            print(family, lag, results[f"{family}, {lag}"], flush=True)
            style = {"color": f"C{number}", "linestyle": ("-", "--", ":", "-.")[number], "linewidth": 1.4}
            axes.plot(curve.context - 1, curve.losses, label=family if lag == LAGS[0] else None, **style)
    for lag in LAGS:
        axes.axvline(lag, color="#999999", linewidth=0.7)
    axes.set_xscale("symlog", base=2, linthresh=1)
    axes.set_xlim(0, 1.5 * LAGS[-1] + 2)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("how far back the oldest step lies that is left")
    axes.set_ylabel("loss (nats)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    save(figure, HERE / "context.png")
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
