"""Forecasts as plain torch: what `run.py --rows "ETTh1 24"` is set against, in the same run.

    python reproductions/forecasting/peers.py ../shared/data/ett/ETTh1.csv --horizon 24 --seconds 60

An LSTM of 64 reads the last week as differences from its last value, and a linear layer gives the next steps, as
differences from it too. Adam at 1e-3 with batches of 64 for so many seconds of the processor, looking now and then at
the months that choose; the best weights are kept. Ridge regression reads the same of one column.
"""

from __future__ import annotations

import argparse
import copy
import csv
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

PAST, WIDTH, BATCH, RATE = 7 * 24, 64, 64, 1e-3
MONTH = 30 * 24
LEARN, CHOOSE, TEST = 12 * MONTH, 16 * MONTH, 20 * MONTH


def etth1(data: Path, columns: list[str]) -> tuple[list[str], np.ndarray]:
    """The dates and values (T, D) of 20 months of hours, standardised by the first 12."""
    with data.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[:TEST]
    values = np.array([[float(row[name]) for name in columns] for row in rows])
    return [row["date"] for row in rows], (values - values[:LEARN].mean(0)) / values[:LEARN].std(0)


class PlainLSTM(nn.Module):
    def __init__(self, columns: int, horizon: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(columns, WIDTH, batch_first=True)
        self.head = nn.Linear(WIDTH, horizon * columns)
        self.shape = (-1, horizon, columns)

    def forward(self, x: Tensor) -> Tensor:
        last = x[:, -1:]
        y, _ = self.lstm(x - last)
        return last + self.head(y[:, -1]).view(self.shape)


def windows(values: Tensor, at: Tensor, horizon: int) -> tuple[Tensor, Tensor]:
    """What is read up to some steps (N, PAST, D), and what comes after them (N, H, D); NaN after the end."""
    longer = torch.cat([values, torch.full((horizon, values.shape[1]), torch.nan)])
    return values[at[:, None] + torch.arange(1 - PAST, 1)], longer[at[:, None] + torch.arange(1, horizon + 1)]


@torch.no_grad()
def error(model: nn.Module, values: Tensor, at: Tensor, horizon: int) -> float:
    """The mean squared error of the values that are known."""
    model.eval()
    squared = [(y - model(x)).square() for x, y in (windows(values, part, horizon) for part in at.split(256))]
    model.train()
    return float(torch.cat(squared).nanmean())


def plain_lstm(values: np.ndarray, horizon: int, seconds: float, seed: int) -> dict[str, float]:
    """The error on the last four months of a model that learned for so many seconds of the processor."""
    begin = time.process_time()
    torch.manual_seed(seed)
    series = torch.from_numpy(values).float()
    model = PlainLSTM(series.shape[1], horizon)
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
    choose = torch.arange(LEARN - 1, CHOOSE - horizon, 8)
    best, kept, steps = float("inf"), copy.deepcopy(model.state_dict()), 0
    while time.process_time() - begin < seconds:
        x, y = windows(series, torch.randint(PAST, LEARN - horizon, (BATCH,)), horizon)
        optimiser.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimiser.step()
        steps += 1
        if steps % 50 == 0 and (now := error(model, series, choose, horizon)) < best:
            best, kept = now, copy.deepcopy(model.state_dict())
    model.load_state_dict(kept)
    return {
        "mse": error(model, series, torch.arange(CHOOSE - 1, TEST - 1), horizon),
        "validation": best,
        "steps": steps,
    }


def ridge(values: np.ndarray, horizon: int) -> dict[str, float]:
    """The same of ridge regression on the values (T, 1) of the last week; the months that choose say how strong."""
    series, ends = torch.from_numpy(values), (PAST - 1, LEARN - 1, CHOOSE - 1)
    steps = (LEARN - horizon, CHOOSE - horizon, TEST - 1)
    parts = [windows(series, torch.arange(*span), horizon) for span in zip(ends, steps, strict=True)]
    (x, y), choose, test = (((x - x[:, -1:])[:, :-1, 0], (y - x[:, -1:])[..., 0]) for x, y in parts)

    def squared(weights: Tensor, part: tuple[Tensor, Tensor]) -> float:
        return float((part[1] - part[0] @ weights).square().nanmean())

    strengths = [10.0**power for power in range(-2, 5)]
    found = [torch.linalg.solve(x.T @ x + one * torch.eye(PAST - 1, dtype=x.dtype), x.T @ y) for one in strengths]
    best = min(found, key=lambda weights: squared(weights, choose))
    return {"mse": squared(best, test), "validation": squared(best, choose)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--columns", nargs="*", default=["OT"])
    parser.add_argument("--horizon", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=30.0, help="of the processor")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    values = etth1(asked.data, asked.columns)[1]
    if len(asked.columns) == 1:
        print("ridge regression", ridge(values, asked.horizon))
    print("plain LSTM", plain_lstm(values, asked.horizon, asked.seconds, asked.seed))


if __name__ == "__main__":
    main()
