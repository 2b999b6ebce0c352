"""Translation with attention as a plain torch script: what `run.py "fra_eng attention"` is set against.

    python reproductions/translation/plain_attention.py ../shared/data/fra_eng --seconds 900

A bidirectional LSTM of 2 x 256 reads, an LSTM cell of 256 with Luong's attention and input feeding writes, over 4,000
byte pairs a side: the sizes, rate (AdamW, cosine from 0.004 after 100 updates), batches of 64 of about one length, and
dropout of the row. It learns for so many seconds of the processor, and is tested greedily on the same sentences.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from run import fra_eng
from tokenizers import ByteLevelBPETokenizer
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from seqloom.tasks.measures.translation import figures_of_translations

WIDTH, BATCH, RATE, WARMUP, DROPOUT, PIECES, LONGEST = 256, 64, 4e-3, 100, 0.1, 4000, 60
PAD, BEGIN, END = 0, 1, 2
Rows = list[list[int]]


def learn_pieces(texts: list[str]) -> ByteLevelBPETokenizer:
    tokenizer = ByteLevelBPETokenizer()
    special = ["<pad>", "<begin>", "<end>"]
    tokenizer.train_from_iterator(texts, vocab_size=PIECES, special_tokens=special, show_progress=False)
    return tokenizer


class Translator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.source, self.target = (nn.Embedding(PIECES, WIDTH, padding_idx=PAD) for _ in range(2))
        self.encoder = nn.LSTM(WIDTH, WIDTH, bidirectional=True, batch_first=True)
        self.bridge = nn.Linear(2 * WIDTH, 2 * WIDTH)
        self.cell = nn.LSTMCell(2 * WIDTH, WIDTH)
        self.keys = nn.Linear(2 * WIDTH, WIDTH, bias=False)
        self.combine = nn.Linear(3 * WIDTH, WIDTH, bias=False)
        self.head = nn.Linear(WIDTH, PIECES)
        self.dropout = nn.Dropout(DROPOUT)

    def read(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor, tuple[Tensor, Tensor]]:
        packed = pack_padded_sequence(self.dropout(self.source(x)), lengths, batch_first=True, enforce_sorted=False)
        y, (h, _) = self.encoder(packed)
        memory, _ = pad_packed_sequence(y, batch_first=True)
        h_0, c_0 = torch.tanh(self.bridge(torch.cat([h[0], h[1]], -1))).chunk(2, -1)
        mask = torch.where(torch.arange(memory.shape[1]) < lengths[:, None], 0.0, -1e9)
        return memory, self.keys(memory), mask, (h_0.contiguous(), c_0.contiguous())

    def step(self, x_t: Tensor, fed: Tensor, state: tuple[Tensor, Tensor], read: tuple[Tensor, ...]) -> tuple:
        memory, keys, mask = read
        h, c = self.cell(torch.cat([x_t, fed], -1), state)
        shares = torch.softmax((keys @ h[..., None]).squeeze(-1) + mask, -1)
        context = (shares[:, None] @ memory).squeeze(1)
        return torch.tanh(self.combine(torch.cat([context, h], -1))), (h, c)

    def forward(self, x: Tensor, lengths: Tensor, given: Tensor) -> Tensor:
        *read, state = self.read(x, lengths)
        fed, found = torch.zeros(len(x), WIDTH), []
        for x_t in self.dropout(self.target(given)).unbind(1):
            fed, state = self.step(x_t, fed, state, tuple(read))
            found.append(fed)
        return self.head(self.dropout(torch.stack(found, 1)))

    @torch.no_grad()
    def greedy(self, x: Tensor, lengths: Tensor) -> Rows:
        *read, state = self.read(x, lengths)
        fed, token, found = torch.zeros(len(x), WIDTH), torch.full((len(x),), BEGIN), []
        for _ in range(LONGEST):
            fed, state = self.step(self.target(token), fed, state, tuple(read))
            token = self.head(fed).argmax(-1)
            found.append(token)
        rows = torch.stack(found, 1).tolist()
        return [row[: row.index(END)] if END in row else row for row in rows]


def batches(sources: Rows, targets: Rows) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Batches of about one length, without end."""
    order = list(range(len(sources)))
    while True:
        random.shuffle(order)
        pools = [order[k : k + 100 * BATCH] for k in range(0, len(order), 100 * BATCH)]
        for pool in pools:
            pool.sort(key=lambda row: (len(sources[row]), len(targets[row])))
            groups = [pool[k : k + BATCH] for k in range(0, len(pool), BATCH)]
            random.shuffle(groups)
            for rows in groups:
                x = pad_sequence([torch.tensor(sources[row]) for row in rows], batch_first=True)
                y = pad_sequence([torch.tensor([BEGIN, *targets[row], END]) for row in rows], batch_first=True)
                yield x, torch.tensor([len(sources[row]) for row in rows]), y


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=900.0, help="of the processor, reading included")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    parts = fra_eng(asked.folder)
    begin, clock = time.process_time(), time.monotonic()
    torch.manual_seed(0)
    random.seed(0)
    english, french = (learn_pieces([pair[side] for pair in parts.train]) for side in (0, 1))
    sources, targets = (
        [one.ids for one in pieces.encode_batch([pair[side] for pair in parts.train])]
        for side, pieces in enumerate((english, french))
    )
    model = Translator()
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, fused=True)
    for step, (x, lengths, y) in enumerate(batches(sources, targets)):
        share = (time.process_time() - begin) / asked.seconds
        if share >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / WARMUP) * (1 + math.cos(math.pi * share)) / 2
        logits = model(x, lengths, y[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), y[:, 1:].flatten(), ignore_index=PAD)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    seconds, processor = time.monotonic() - clock, time.process_time() - begin
    references: dict[str, list[str]] = {}
    for source, target in parts.test:
        references.setdefault(source, []).append(target)
    model.eval()
    rows = [torch.tensor(one.ids) for one in english.encode_batch(list(references))]
    answers: list[str] = []
    for k in range(0, len(rows), BATCH):
        some = rows[k : k + BATCH]
        found = model.greedy(pad_sequence(some, batch_first=True), torch.tensor(list(map(len, some))))
        answers += [french.decode(row).strip() for row in found]
    figures = figures_of_translations(answers, list(references.values()))
    said = {"steps": step, "seconds": round(seconds, 1), "processor_seconds": round(processor, 1), "greedy": figures}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
