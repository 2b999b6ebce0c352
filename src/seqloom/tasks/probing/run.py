"""Train a model on a probe, on fresh examples at every step, and judge it on examples that are kept aside."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch
from torch import nn

from seqloom.errors import DivergedError, Interrupted, UsageError
from seqloom.layers import CausalLayer, Embedding, LearnedEmbedding, OneHot, parse_spec
from seqloom.models.scored_model import ScoredModel
from seqloom.probes import Examples, Measures, Probe
from seqloom.tasks.probing.objective import Fresh, ProbeObjective, in_rows, kept_aside, measures_of
from seqloom.tasks.probing.results import End, Point, ProbeResult
from seqloom.tasks.probing.settings import ProbeSettings
from seqloom.training.evaluation import evaluate
from seqloom.training.log import Record
from seqloom.training.loop import fit
from seqloom.training.problem import Problem
from seqloom.training.progress import Silent, View
from seqloom.training.settings import OptimiserName, ScheduleName, TrainingSettings

__all__ = ["Watch", "build_model", "measure_probe", "run_probe"]

_LARGEST_ONE_HOT, _TABLE = 32, 64
_JUDGED = "validation_"

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
    began = time.monotonic()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        module = build_model(probe, str(spec), settings.embedding)
    objective = ProbeObjective(probe, settings.to_the_end)
    fresh = Fresh(probe, settings.batch_size, settings.steps, settings.seed)
    judged = kept_aside(probe, settings.held_out, settings.seed)
    judgements = _Judgements(watch)
    try:
        history = fit(Problem(module, objective, fresh, judged), _training(settings), progress=judgements, began=began)
        ended = End(history.stopped)
    except DivergedError:
        ended = End.DIVERGED
    except Interrupted as stopped:
        raise Interrupted(stopped.signal_number, f"Stopped in the middle of {spec}, seed {settings.seed}.") from None
    if ended is End.DIVERGED or not judgements.points:
        figures = objective.figures(evaluate(objective, module, judged))
        judgements.judge(fresh.read, time.monotonic() - began, math.nan, figures)
    solved = [point.step for point in judgements.points if probe.solved(point.measures, point.longer)]
    return ProbeResult(
        probe=str(probe),
        model=str(spec),
        settings=settings,
        parameters=sum(p.numel() for p in module.parameters() if p.requires_grad),
        unit=probe.answer.unit,
        baseline=probe.baseline(),
        history=tuple(judgements.points),
        ended=ended,
        solved_at=solved[0] if solved else None,
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


def measure_probe(model: nn.Module, probe: Probe, examples: Examples) -> Measures:
    """How ``model`` does on ``examples`` of ``probe``."""
    objective = ProbeObjective(probe)
    return measures_of(objective.figures(evaluate(objective, model, in_rows(examples))))[0]


def _training(settings: ProbeSettings) -> TrainingSettings:
    return TrainingSettings(
        optimiser=OptimiserName.ADAM,
        learning_rate=settings.learning_rate,
        schedule=ScheduleName.COSINE if settings.cosine else ScheduleName.CONSTANT,
        warmup_steps=settings.warmup_steps,
        weight_decay=0.0,
        clip_norm=settings.clip_norm,
        epochs=None,
        steps=settings.steps,
        minutes=settings.minutes,
        evaluate_every=settings.evaluate_every,
        log_every=settings.steps,
        seed=settings.seed,
        device="cpu",
    )


class _Judgements(Silent):
    """The judgements of a run, as the loop records them."""

    def __init__(self, watch: Watch) -> None:
        self.points: list[Point] = []
        self._done = 0.0
        self._watch = watch

    def update(self, view: View) -> None:
        """Tell how much is done."""
        self._done = view.done
        self._watch(view.done, self.points[-1] if self.points else None)

    def record(self, record: Record) -> None:
        """Keep a judgement."""
        figures = {name.removeprefix(_JUDGED): value for name, value in record.items() if name.startswith(_JUDGED)}
        if figures:
            self.judge(record["step"], record["seconds"], record["loss"], figures)

    def judge(self, step: int, seconds: float, loss: float, figures: dict[str, float]) -> None:
        """Add a judgement."""
        self.points.append(Point(step, seconds, loss, *measures_of(figures)))
        self._watch(self._done, self.points[-1])
