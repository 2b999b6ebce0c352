"""Train a model on a probe, on fresh examples at every step, and judge it on examples that are kept aside."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.layers import CausalLayer, Embedding, LearnedEmbedding, OneHot, parse_spec
from seqloom.models.scored_model import ScoredModel
from seqloom.probes import Examples, Measures, Probe
from seqloom.tasks.probe_results import End, Point, ProbeResult
from seqloom.tasks.probe_settings import ProbeSettings
from seqloom.training.schedules import cosine, warmup

__all__ = ["Watch", "build_model", "measure_probe", "run_probe"]

# The second number of a seed, so that what is learned from and what is judged on never meet.
_LEARN, _JUDGE = 0, 1
_ROWS = 64
_LARGEST_ONE_HOT, _TABLE = 32, 64

Watch = Callable[[float, Point | None], None]
"""Told of the finished share of a run in [0, 1] and the latest judgement."""


def run_probe(
    probe: Probe, model: str, settings: ProbeSettings, watch: Watch = lambda share, point: None
) -> ProbeResult:
    """Train the layers that the words ``model`` build on ``probe``, and say what came of it.

    The last judgement stands in the result, no earlier and better one. A loss that is not finite ends the run and
    is a result too. The same settings give the same run, unless the clock ends it.

    >>> from seqloom.probes import Parity
    >>> result = run_probe(Parity(length=2, longest=3), "gru(4)", ProbeSettings(steps=2, held_out=8))
    >>> result.last.step, result.ended.value, result.parameters
    (2, 'steps', 98)
    """
    spec = parse_spec(model)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        run = _Run(probe, build_model(probe, str(spec), settings.embedding), settings)
        ended = run.to_its_end(watch)
    return ProbeResult(
        probe=str(probe),
        model=str(spec),
        settings=settings,
        parameters=sum(p.numel() for p in run.model.parameters() if p.requires_grad),
        unit=probe.answer.unit,
        baseline=probe.baseline(),
        history=tuple(run.history),
        ended=ended,
        solved_at=run.solved_at,
    )


def build_model(probe: Probe, model: str, embedding: int | None = None) -> ScoredModel:
    """The words ``model`` as layers, between the front end and the head that ``probe`` needs."""
    front = _front(probe, embedding)
    body = parse_spec(model).build(probe.in_features if front is None else front.out_features)
    if probe.causal and not isinstance(body, CausalLayer):
        raise UsageError(f"{probe.name} asks for the next symbol, which {model} would see: give causal layers.")
    return ScoredModel(front, body, probe.answer.outputs)


def _front(probe: Probe, embedding: int | None) -> Embedding | None:
    if not probe.tokens:
        return None
    if embedding is None and probe.in_features <= _LARGEST_ONE_HOT:
        return OneHot(probe.in_features)
    return LearnedEmbedding(probe.in_features, embedding or _TABLE)


@torch.no_grad()
def measure_probe(model: nn.Module, probe: Probe, examples: Examples) -> Measures:
    """How ``model`` does on ``examples`` of ``probe``."""
    training = model.training
    model.eval()
    loss, right, whole = 0.0, 0, 0
    for begin in range(0, len(examples.inputs), _ROWS):
        part = examples.rows(begin, begin + _ROWS)
        predictions = model(part.inputs, part.scored, part.lengths)
        targets = part.targets[part.scored]
        allowed = None if part.allowed is None else part.allowed[part.scored]
        found = probe.answer.right(predictions, targets, allowed)
        loss += float(probe.answer.loss(predictions, targets)) * len(targets)
        right += int(found.sum())
        whole += _whole_rows(part.scored, found)
    model.train(training)
    steps = int(examples.scored.sum())
    return Measures(loss / steps, right / steps, whole / len(examples.inputs))


def _whole_rows(scored: Tensor, right: Tensor) -> int:
    """How many rows have every one of their scored steps right."""
    wrong = scored.clone()
    wrong[scored] = ~right
    return int((~wrong.any(1)).sum())


class _Run:
    """A model in training."""

    def __init__(self, probe: Probe, model: ScoredModel, settings: ProbeSettings) -> None:
        self.probe, self.model, self.settings = probe, model, settings
        self.optimiser = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, fused=True)
        longer = probe.longer()
        self.judges = [(one, one.draw(settings.held_out, (settings.seed, _JUDGE))) for one in (probe, longer) if one]
        self.history: list[Point] = []
        self.solved_at: int | None = None
        self.losses: list[float] = []
        self.began = time.monotonic()

    def to_its_end(self, watch: Watch) -> End:
        """Learn and judge in turn."""
        step, every = 0, self.settings.evaluate_every
        while True:
            end = self.end(step)
            if end or (step and step % every == 0):
                self.judge(step)
                if self.solved_at and not self.settings.to_the_end:
                    end = End.SOLVED
            watch(self.share(step), self.history[-1] if self.history else None)
            if end:
                return end
            self.learn(step)
            step += 1

    def share(self, step: int) -> float:
        """How much of the run is done, by the limit that is nearest."""
        minutes = self.settings.minutes
        passed = 0.0 if minutes is None else (time.monotonic() - self.began) / (60 * minutes)
        return min(1.0, max(step / self.settings.steps, passed))

    def end(self, step: int) -> End | None:
        """The limit that is reached, if any."""
        if self.losses and not math.isfinite(self.losses[-1]):
            return End.DIVERGED
        if step >= self.settings.steps:
            return End.STEPS
        return End.MINUTES if self.share(step) >= 1 else None

    def learn(self, step: int) -> None:
        """One update on a fresh batch."""
        batch = self.probe.draw(self.settings.batch_size, (self.settings.seed, _LEARN, step))
        loss = self.probe.answer.loss(
            self.model(batch.inputs, batch.scored, batch.lengths), batch.targets[batch.scored]
        )
        self.optimiser.zero_grad()
        loss.backward()
        if self.settings.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip_norm)
        rate = self.settings.learning_rate * warmup(step, self.settings.warmup_steps)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * cosine(self.share(step)) if self.settings.cosine else rate
        self.optimiser.step()
        self.losses.append(loss.item())

    def judge(self, step: int) -> None:
        """Measure the model on the examples kept aside."""
        found = [measure_probe(self.model, probe, examples) for probe, examples in self.judges]
        measures, longer = found[0], found[1] if len(found) > 1 else None
        training_loss = sum(self.losses) / len(self.losses) if self.losses else math.nan
        self.losses.clear()
        self.history.append(Point(step, time.monotonic() - self.began, training_loss, measures, longer))
        if self.solved_at is None and self.probe.solved(measures, longer):
            self.solved_at = step
