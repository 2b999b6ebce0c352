"""The parts of the loop: one step, what is settled between steps, checkpoint, resume, end."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any, NoReturn

import torch
from torch import Tensor

from seqloom.data.batch import Batch, Epoch
from seqloom.errors import DivergedError, Interrupted
from seqloom.layers.state import from_tensors
from seqloom.storage.run import Run
from seqloom.training import snapshot
from seqloom.training.agreement import Agreement
from seqloom.training.averaging import Average
from seqloom.training.evaluation import Watched, evaluate
from seqloom.training.fabric import open_fabric
from seqloom.training.gradients import Gradients, gradient_record
from seqloom.training.limits import done, limit_reached
from seqloom.training.log import History, MetricsLog, Record
from seqloom.training.optimisers import build_optimiser, optimiser_tensors, restore_optimiser
from seqloom.training.pace import Pace
from seqloom.training.problem import Problem
from seqloom.training.progress import Progress, Silent
from seqloom.training.ranks import join
from seqloom.training.refusals import check_resumable, check_same_data, divergence, load_weights
from seqloom.training.rows import begin_alike, own_rows, restore_random, state_of_all
from seqloom.training.schedules import learning_rate
from seqloom.training.settings import TrainingSettings
from seqloom.training.signals import Signals
from seqloom.training.snapshot import Counters, Snapshot

__all__ = ["Trainer"]


class Trainer:
    """A run in progress; see ``loop.fit`` for the arguments."""

    def __init__(
        self,
        problem: Problem,
        settings: TrainingSettings,
        run: Run | None,
        progress: Progress,
        *,
        began: float,
        after_evaluation: Callable[[], str | None],
    ) -> None:
        self.module, self.objective, self.batches, self.validation = problem
        self.ranks = join()
        self.settings, self.run, self.progress = settings, run, progress if self.ranks.first else Silent()
        self.began, self.after_evaluation = began, after_evaluation
        self.fabric = open_fabric(settings, self.ranks)
        self.device = self.fabric.device
        self.module.to(self.device)
        self.optimiser = build_optimiser(self.module, settings)
        self._trainable = [weight for group in self.optimiser.param_groups for weight in group["params"]]
        self.gradients = Gradients(problem, self._trainable, settings)
        self.counters = Counters()
        self.carried: Any = None
        self.best: dict[str, Tensor] | None = None
        self.signals = Signals()
        self._saved_at = (-1, -1)
        self._windows: tuple[int, Epoch] = (0, self.batches.epoch(0))
        self._last_validation = 0.0
        self._stack = ExitStack()

    def __enter__(self) -> Trainer:
        with ExitStack() as stack:
            devices = [self.device] if self.device.type == "cuda" else []
            stack.enter_context(torch.random.fork_rng(devices=devices))
            stack.enter_context(self.signals)
            if self.run is not None:
                self.run.say = self.progress.message
            self.module.train()
            self._begin()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.module.eval()
        self._stack.close()

    def _begin(self) -> None:
        check_same_data(self.ranks, self.batches, self.validation)
        if self.run is not None and self.run.latest is not None:
            self._restore(snapshot.unpack(self.run.latest))
            return
        begin_alike(self.ranks, self.module)
        self.average = Average(self.module, self.settings.averaging)
        torch.manual_seed(self.ranks.seed(self.settings.seed))
        self.log = MetricsLog(self.run.begin() if self.run is not None and self.ranks.first else None)
        self.pace = Pace(self.counters, self.began)
        self.agreement = Agreement(self.ranks, self.pace, self.signals)
        self.checkpoint()

    def step(self) -> None:
        """Update the weights once, from the next ``accumulate`` windows of this epoch."""
        counters, settings, batches = self.counters, self.settings, self._epoch()
        end = min(counters.window + settings.accumulate, len(batches))
        windows: list[Batch] = [batches[index] for index in range(counters.window, end)]
        weights = [self.objective.weight(window) for window in windows]
        whole = sum(weights)
        if self.ranks.size > 1:
            windows = [self.ranks.rows(window) for window in windows]
            weights = [self.objective.weight(window) for window in windows]
        self.optimiser.zero_grad()
        carried, mean = self.carried, 0.0
        for window, weight in zip(windows, weights, strict=True):
            if not window.size:
                continue
            with self.fabric.autocast():
                loss, carried = self.objective.loss(self.module, window.to(self.device), carried)
            if weight:
                (loss if weight == whole else loss * (weight / whole)).backward()
                mean += loss.item() * (weight / whole)
        mean = self.agreement.add_gradients(self._trainable, mean)
        self._check(mean, "loss", self._in_this_step)
        counters.course.observe(mean)
        if not self.gradients.clip(counters):
            self._diverged(f"The gradient is not finite {self._in_this_step()}")
        counters.learning_rate = self._rate()
        for group in self.optimiser.param_groups:
            group["lr"] = counters.learning_rate
        self.optimiser.step()
        self.gradients.updated(counters, windows[0])
        self.carried = carried
        counters.step += 1
        self.average.add(counters.step)
        counters.weight += whole
        counters.loss_sum += mean * whole
        counters.loss_weight += whole
        counters.window = end % len(batches)
        counters.epoch += end == len(batches)
        if self.pace.due():
            self.progress.update(self.pace.view(counters, self.settings, len(batches), mean, self.objective))

    def _epoch(self) -> Epoch:
        """The windows of the present epoch."""
        if self._windows[0] != self.counters.epoch:
            self._windows = (self.counters.epoch, self.batches.epoch(self.counters.epoch))
        return self._windows[1]

    def _rate(self) -> float:
        counters, settings = self.counters, self.settings
        share = done(counters, settings, len(self._epoch()))
        return learning_rate(
            settings.learning_rate, settings.schedule, counters.step, share, settings.warmup_steps, counters.plateau
        )

    def settle(self) -> str | None:
        """Do what is due before the next step; return what ends the run, if anything does."""
        now = self.agreement.now()
        self.counters.seconds = now.seconds
        stopped = limit_reached(self.counters, self.settings, self._last_validation)
        if self._record_due(stopped):
            self._record(self._evaluation_due(stopped))
        if stopped is None and self.counters.stopping.exhausted(self.settings.patience):
            stopped = "patience"
        if stopped is None and self.counters.solved:
            stopped = "solved"
        if stopped is None and now.signal:
            self._interrupted(now.signal)
        if stopped is None and self._checkpoint_due(now.since_checkpoint):
            self.checkpoint()
        return stopped

    def _evaluation_due(self, stopped: str | None) -> bool:
        if self.validation is None:
            return False
        if stopped == "minutes" and math.isinf(self.counters.stopping.best):
            return False  # the time is over, and there is nothing to choose from
        every = self.settings.evaluate_every
        due = self.counters.window == 0 if every is None else self.counters.step % every == 0
        return due or stopped is not None

    def _record_due(self, stopped: str | None) -> bool:
        step = self.counters.step
        due = stopped is not None or step % self.settings.log_every == 0 or self._evaluation_due(stopped)
        return due and step != self.counters.recorded_step

    def _record(self, with_evaluation: bool) -> None:
        counters = self.counters
        record: Record = {
            "step": counters.step,
            "epoch": counters.epoch,
            self.objective.counted: counters.weight,
            "loss": counters.loss_sum / max(counters.loss_weight, 1),
            "learning_rate": counters.learning_rate,
            **counters.course.record(first=not counters.recorded_step),
            **gradient_record(counters),
        }
        if with_evaluation:
            record |= {f"validation_{name}": value for name, value in self._validate().items()}
        record["seconds"] = round(counters.seconds, 3)
        record[f"{self.objective.counted}_per_second"] = round(self.pace.since_record(counters), 1)
        counters.recorded()
        self.log.append(record)
        self.progress.record(record)
        if with_evaluation and self.ranks.first:
            with self.average.in_use():
                text = self.after_evaluation()
            if text:
                self.progress.message(text)

    def _validate(self) -> Mapping[str, float]:
        assert self.validation is not None
        began = time.monotonic()
        watched = Watched(self.validation, lambda done, total: self.progress.watch("scoring", done, total))
        with self.average.in_use():
            sums = evaluate(self.objective, self.module, watched, lambda: self.signals.received is not None, self.ranks)
        self.agreement.exchange()
        if number := self.agreement.now().signal:
            self._interrupted(number)
        self._last_validation = self.ranks.gather(time.monotonic() - began)[0]
        figures = self.objective.figures(sums)
        self._check(figures["loss"], "validation loss", lambda: f"after step {self.counters.step:,}")
        cost = self._sign * figures[self.objective.watched]
        self.counters.plateau.observe(cost)
        if self.counters.stopping.observe(cost, self.counters.step):
            with self.average.in_use():
                self.best = {name: value.clone() for name, value in self._weights().items()}
        self.counters.solved = self.objective.reached(figures)
        return figures

    @property
    def _sign(self) -> int:
        """What makes of the watched figure a cost, the lower the better."""
        return -1 if self.objective.higher_is_better else 1

    def _weights(self) -> dict[str, Tensor]:
        return {name: value.detach() for name, value in self.module.state_dict().items()}

    def _checkpoint_due(self, since_checkpoint: float) -> bool:
        settings, step = self.settings, self.counters.step
        if self.run is None or step == self._saved_at[0]:
            return False
        by_steps = settings.checkpoint_every_steps is not None and step % settings.checkpoint_every_steps == 0
        by_clock = settings.checkpoint_every_seconds
        return by_steps or (by_clock is not None and since_checkpoint >= by_clock)

    def checkpoint(self) -> None:
        """Write down everything, unless that has been done at this very point."""
        point = (self.counters.step, self.counters.recorded_step)
        if self.run is None or point == self._saved_at:
            return
        weights = self._weights()
        if not all(bool(value.isfinite().all()) for value in weights.values() if value.is_floating_point()):
            self._diverged(f"A weight is not finite after step {self.counters.step:,}; nothing was saved of it")
        self.counters.seconds = self.pace.seconds()
        carried, random = state_of_all(self.ranks, self.carried, self.device)
        taken = Snapshot(
            counters=self.counters,
            settings=self.settings,
            windows=len(self.batches),
            weights=weights,
            best=self.best,
            averaged=self.average.tensors(),
            optimiser=optimiser_tensors(self.optimiser),
            carried=carried,
            random=random,
            log=self.log.to_bytes(),
        )
        run = self.run
        self.ranks.by_first(lambda: run.save(self.counters.step, snapshot.pack(taken)))
        self._saved_at = point
        self.pace.mark_checkpoint()

    def _restore(self, taken: Snapshot) -> None:
        """Continue where a checkpoint was written."""
        assert self.run is not None
        assert self.run.latest is not None
        check_resumable(taken, self.settings, self.batches, self.run.path)
        self.counters, self.best = taken.counters, None
        load_weights(self.module, taken.weights, self.run.path)
        self.average = Average(self.module, self.settings.averaging)
        self.average.restore(taken.averaged)
        if taken.best is not None:
            self.best = {name: value.to(self.device) for name, value in taken.best.items()}
        restore_optimiser(self.optimiser, taken.optimiser)
        carried = None if taken.carried is None else own_rows(self.ranks, taken.carried)
        if carried is not None:
            with torch.no_grad():
                self.carried = from_tensors(self.objective.initial_state(self.module), carried)
        self.log = MetricsLog(self.run.log_path if self.ranks.first else None, taken.log)
        self.pace = Pace(self.counters, self.began)
        self.agreement = Agreement(self.ranks, self.pace, self.signals)
        self._saved_at = (self.counters.step, self.counters.recorded_step)
        remark = restore_random(self.ranks, taken.random, self.device, self.settings.seed)
        for reason in self.run.latest.skipped:
            self.progress.message(f"Passed over a checkpoint: {reason}")
        self.progress.message(f"Resumed at step {self.counters.step:,} from {self.run.latest.path}.{remark}")
        self.run.latest = self.run.latest._replace(files={})

    def finish(self, stopped: str) -> History:
        """Write the last checkpoint, give the best weights back, and tell what happened."""
        self.checkpoint()
        self.average.use()
        if self.best is not None:
            self.module.load_state_dict(self.best)
        counters, stopping = self.counters, self.counters.stopping
        return History(
            records=self.log.records,
            steps=counters.step,
            epochs=counters.epoch,
            weight=counters.weight,
            seconds=counters.seconds,
            stopped=stopped,
            best=self._sign * stopping.best if self.best is not None else None,
            best_step=stopping.step if self.best is not None else None,
        )

    def _interrupted(self, number: int) -> NoReturn:
        self.progress.message("Stopping: the step is finished, a checkpoint follows.")
        self.checkpoint()
        kept = (
            f"Everything is saved in {self.run.path}; --resume (in Python resume=True) continues from there."
            if self.run
            else "Nothing is saved."
        )
        raise Interrupted(number, f"Stopped by {signal.Signals(number).name} at step {self.counters.step:,}. {kept}")

    def _in_this_step(self) -> str:
        counters = self.counters
        return (
            f"in step {counters.step + 1:,} (epoch {counters.epoch + 1}, window {counters.window:,});"
            " the weights were not changed"
        )

    def _check(self, loss: float, name: str, where: Callable[[], str]) -> None:
        if not math.isfinite(loss):
            self._diverged(f"The {name} is {loss} {where()}")
        if loss > self.objective.ceiling:
            self._diverged(f"The {name} is {loss:.4g}, far above guessing, {where()}")

    def _diverged(self, what: str) -> NoReturn:
        raise DivergedError(divergence(what, self.settings, self.run))
