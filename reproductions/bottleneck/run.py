"""Reversing strings through one vector, and with attention: train three models, measure them by length, draw.

    python reproductions/bottleneck/run.py                     # all three, about a minute of one core
    python reproductions/bottleneck/run.py bahdanau            # one of them
    python reproductions/bottleneck/run.py --draw              # the picture again, from results.json

Random strings over ten symbols, 1 to 20 long in training; judged at every length from 1 to 30 by greedy decoding.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from seqloom import __version__
from seqloom.cells import GRU
from seqloom.data import Batch
from seqloom.layers import (
    BahdanauDecoder,
    Bidirectional,
    BottleneckDecoder,
    LearnedEmbedding,
    LuongDecoder,
    Recurrent,
    StepHead,
)
from seqloom.layers.attention import AdditiveScore, GeneralScore
from seqloom.models.encoder_decoder import Decoder, EncoderDecoder
from seqloom.training.log import History
from seqloom.training.loop import fit
from seqloom.training.objectives import Objective
from seqloom.training.problem import Problem
from seqloom.training.progress import show
from seqloom.training.settings import OptimiserName, ScheduleName, TrainingSettings

HERE = Path(__file__).parent
SYMBOLS, EMBEDDING = 10, 32
END = SYMBOLS
TRAINED, JUDGED = 20, 30
BATCH, RATE = 32, 4e-3
STEPS = {"bottleneck": 2000, "bahdanau": 500, "luong": 500}  # the bottleneck is given more, since its steps are cheap
STRINGS = 200


def bottleneck(hidden: int = 67) -> EncoderDecoder:
    """The ends of the memory are all that the decoder knows; it reads them at every step."""
    return assemble(hidden, BottleneckDecoder(Recurrent(GRU, EMBEDDING + hidden, hidden), 2 * hidden, hidden))


def bahdanau(hidden: int = 64) -> EncoderDecoder:
    """The previous state asks by the additive score."""
    score = AdditiveScore(hidden, 2 * hidden, hidden_size=hidden)
    return assemble(hidden, BahdanauDecoder(Recurrent(GRU, EMBEDDING + 2 * hidden, hidden), score))


def luong(hidden: int = 66) -> EncoderDecoder:
    """The new state asks by the general score; the answer is fed to the next step."""
    return assemble(hidden, LuongDecoder(Recurrent(GRU, EMBEDDING + hidden, hidden), GeneralScore(hidden, 2 * hidden)))


MODELS: dict[str, Callable[[], EncoderDecoder]] = {"bottleneck": bottleneck, "bahdanau": bahdanau, "luong": luong}


def assemble(hidden: int, decoder: Decoder) -> EncoderDecoder:
    """The same bidirectional encoder of ``hidden`` units a direction before any decoder."""
    encoder = Bidirectional(Recurrent(GRU, EMBEDDING, hidden), Recurrent(GRU, EMBEDDING, hidden))
    source, target = LearnedEmbedding(SYMBOLS, EMBEDDING), LearnedEmbedding(SYMBOLS + 1, EMBEDDING)
    return EncoderDecoder(source, encoder, target, decoder, StepHead(decoder.out_features, SYMBOLS + 1))


def reversed_rows(source: Tensor, lengths: Tensor) -> Tensor:
    """source (B, S) → targets (B, S + 1): each row backwards, then the end; -1 beyond."""
    place = lengths[:, None] - 1 - torch.arange(source.shape[1] + 1)
    targets = source.gather(1, place.clamp(min=0))
    return torch.where(place >= 0, targets, torch.where(place == -1, END, -1))


def strings(count: int, lengths: Tensor, generator: torch.Generator) -> Tensor:
    """Random symbols (B, max length); what stands beyond a row's length is never read."""
    return torch.randint(SYMBOLS, (count, int(lengths.max())), generator=generator)


class Strings:
    """Strings of 1 to ``TRAINED`` symbols for every step of a run: batch i is drawn by (seed, i)."""

    def __init__(self, steps: int, seed: int) -> None:
        self._steps, self._seed = steps, seed

    def epoch(self, number: int) -> Strings:
        """There is one."""
        return self

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int) -> Batch:
        generator = torch.Generator().manual_seed((self._seed << 32) + index)
        lengths = torch.randint(1, TRAINED + 1, (BATCH,), generator=generator)
        source = strings(BATCH, lengths, generator)
        targets = reversed_rows(source, lengths)
        before = torch.cat([torch.full((BATCH, 1), -1), targets[:, :-1]], 1)
        return Batch({"source": source, "before": before}, targets, {"source": lengths, "before": lengths + 1})


class TeacherForced(Objective[Batch]):
    """−ln p(symbol | source, the symbols before it), the mean over all symbols and ends."""

    counted = "symbols"

    def weight(self, batch: Batch) -> int:
        return int(batch.lengths["before"].sum())

    def loss(self, module: nn.Module, batch: Batch, carried: Any) -> tuple[Tensor, Any]:
        inputs, lengths = batch.inputs, batch.lengths
        logits = module(inputs["source"], lengths["source"], inputs["before"], lengths["before"])
        return cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=-1), None


def train(model: EncoderDecoder, steps: int, rate: float, seed: int) -> History:
    """Teacher forcing with Adam, the rate falling to 0 along a line."""
    settings = TrainingSettings(
        optimiser=OptimiserName.ADAM,
        learning_rate=rate,
        schedule=ScheduleName.LINEAR,
        weight_decay=0.0,
        clip_norm=1.0,
        epochs=None,
        steps=steps,
        log_every=50,
        seed=seed,
        device="cpu",
    )
    return fit(Problem(model, TeacherForced(), Strings(steps, seed)), settings, progress=show(True))


@torch.no_grad()
def judge(model: EncoderDecoder, length: int, seed: int = 1) -> dict[str, float]:
    """Greedy decoding of ``STRINGS`` unseen strings of one length."""
    generator = torch.Generator().manual_seed(1000 * seed + length)
    lengths = torch.full((STRINGS,), length)
    source = strings(STRINGS, lengths, generator)
    targets = reversed_rows(source, lengths)
    tokens, state, found = torch.full((STRINGS,), -1), model.start(source, lengths), []
    for _ in range(length + 1):
        logits, state = model.step(tokens, state)
        tokens = logits.argmax(-1)
        found.append(tokens)
    right = torch.stack(found, 1) == targets
    return {"exact": right.all(1).double().mean().item(), "tokens": right[:, :-1].double().mean().item()}


@torch.no_grad()
def alignment(model: EncoderDecoder, length: int) -> list[list[float]]:
    """Where the decoder looked while it wrote one string backwards, the end left out: (length, length)."""
    lengths = torch.tensor([length])
    source = strings(1, lengths, torch.Generator().manual_seed(7))
    before = torch.cat([torch.tensor([[-1]]), source.flip(1)[:, :-1]], 1)
    weights = model.decoder.alignments(model.target_embedding(before), model.start(source))
    return [[round(weight, 4) for weight in row] for row in weights[0].tolist()]


def reproduce(name: str) -> dict[str, Any]:
    """Train one model and measure it."""
    torch.manual_seed(0)
    model = MODELS[name]()
    begin = time.process_time()
    history = train(model, STEPS[name], RATE, seed=0)
    seconds = time.process_time() - begin
    model.eval()
    return {
        "steps": STEPS[name],
        "parameters": sum(p.numel() for p in model.parameters()),
        "processor_seconds": round(seconds, 1),
        "last_loss": round(history.column("loss")[-1][1], 4),
        "by_length": {length: judge(model, length) for length in range(1, JUDGED + 1)},
        "alignment": None if name == "bottleneck" else alignment(model, 15),
    }


def draw(results: dict[str, Any], path: Path) -> None:
    """Exact match and token accuracy against length, and the alignment of one string."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 4, figsize=(16, 3.8), layout="constrained")
    lengths = range(1, JUDGED + 1)
    for axis, measure in zip(axes, ("exact", "tokens"), strict=False):
        for name in MODELS:
            axis.plot(lengths, [results[name]["by_length"][str(n)][measure] for n in lengths], label=name)
        chance = [SYMBOLS**-n if measure == "exact" else 1 / SYMBOLS for n in lengths]
        axis.plot(lengths, chance, color="grey", linestyle=":", label="guessing")
        axis.axvline(TRAINED, color="grey", linewidth=0.8)
        axis.set(xlabel=f"length (trained up to {TRAINED})", ylim=(-0.03, 1.03))
    axes[0].set_ylabel("strings reversed without an error")
    axes[1].set_ylabel("symbols right")
    axes[1].legend(loc="lower left")
    for axis, name in zip(axes[2:], ("bahdanau", "luong"), strict=True):
        axis.imshow(results[name]["alignment"], cmap="Greys", vmin=0, vmax=1)
        axis.set(title=f"{name}: where it looked", xlabel="symbol of the source", ylabel="symbol written")
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=list(MODELS), metavar="model", help=f"of {', '.join(MODELS)}")
    parser.add_argument("--draw", action="store_true", help="only draw what results.json holds")
    arguments = parser.parse_args()
    target = HERE / "results.json"
    torch.set_num_threads(1)
    for name in [] if arguments.draw else arguments.models:
        found = reproduce(name)
        results = json.loads(target.read_text()) if target.exists() else {}
        results[name] = found
        results["machine"] = {
            "seqloom": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
            "threads": torch.get_num_threads(),
        }
        target.write_text(json.dumps(results, indent=1) + "\n")
        print(name, json.dumps({**found, "alignment": "…"}), flush=True)
    results = json.loads(target.read_text())
    if all(name in results for name in MODELS):
        draw(results, HERE / "by_length.png")


if __name__ == "__main__":
    main()
