"""nanoGPT's CPU configuration as a plain torch script: what `run.py transformer` is set against.

    python reproductions/tinyshakespeare/plain_transformer.py input.txt

4 blocks of width 128 with 4 heads, context 64, batch 12, 2,000 steps, no dropout, learned positions, GELU, tied
weights,
AdamW (0.9, 0.99) with cosine from 1e-3 to 1e-4 after 100 steps of warm-up: the settings of nanoGPT's README. It learns
from random windows of the first 90 %, and is scored on the last 10 % by windows of 64, each once.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from pathlib import Path

os.environ.setdefault("GOMP_SPINCOUNT", "10000")

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTH, HEADS, BLOCKS, CONTEXT, BATCH, STEPS = 128, 4, 4, 64, 12, 2000
RATE, LAST_RATE, WARMUP, DECAY = 1e-3, 1e-4, 100, 0.1


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm_1, self.norm_2 = (nn.LayerNorm(WIDTH, bias=False) for _ in range(2))
        self.attend = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.project = nn.Linear(WIDTH, WIDTH, bias=False)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH, bias=False), nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        batch, time, _ = x.shape
        q, k, v = self.attend(self.norm_1(x)).view(batch, time, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.project(y.transpose(1, 2).reshape(batch, time, WIDTH))
        return x + self.down(F.gelu(self.up(self.norm_2(x))))


class Transformer(nn.Module):
    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*(Block() for _ in range(BLOCKS)))
        self.norm = nn.LayerNorm(WIDTH, bias=False)
        for name, weight in self.named_parameters():
            if weight.ndim > 1:
                residual = name.endswith(("project.weight", "down.weight"))
                nn.init.normal_(weight, std=0.02 / math.sqrt(2 * BLOCKS if residual else 1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.tokens(x) + self.places(torch.arange(x.shape[1]))
        return self.norm(self.blocks(y)) @ self.tokens.weight.T


def rate(step: int) -> float:
    if step < WARMUP:
        return RATE * (step + 1) / WARMUP
    return LAST_RATE + (RATE - LAST_RATE) * (1 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP))) / 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="Tiny Shakespeare, input.txt (1,115,394 characters)")
    text = parser.parse_args().data.read_text(encoding="utf-8")
    symbols = sorted(set(text))
    ids = torch.tensor([symbols.index(one) for one in text])
    learn, judge = ids[: int(0.9 * len(ids))], ids[int(0.9 * len(ids)) :]
    torch.manual_seed(0)
    model = Transformer(len(symbols))
    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    others = [weight for weight in model.parameters() if weight.ndim < 2]
    groups = [{"params": matrices, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.99), fused=True)
    begin = time.perf_counter()
    for step in range(STEPS):
        places = torch.randint(len(learn) - CONTEXT - 1, (BATCH, 1)) + torch.arange(CONTEXT + 1)
        windows = learn[places]
        for group in optimiser.param_groups:
            group["lr"] = rate(step)
        logits = model(windows[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    seconds = time.perf_counter() - begin
    count = (len(judge) - 1) // CONTEXT
    with torch.no_grad():
        logits = model(judge[: count * CONTEXT].view(count, CONTEXT))
        nats = F.cross_entropy(logits.flatten(0, 1), judge[1 : count * CONTEXT + 1])
    parameters = sum(weight.numel() for weight in model.parameters())
    print(json.dumps({"parameters": parameters, "seconds": round(seconds, 1), "windows_of_64": round(float(nats), 4)}))


if __name__ == "__main__":
    main()
