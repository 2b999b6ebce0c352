"""What comes next in music, learned from notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seqloom.data.batch import Batch, Batches
from seqloom.data.lazy_rows import LazyRows
from seqloom.data.named import csv_lines
from seqloom.data.notes import Metre, Piece
from seqloom.data.notes.rolls import KEYS, LOWEST, from_roll
from seqloom.data.tables.parts import Part
from seqloom.decoding import seed_of_row
from seqloom.errors import DataError, UsageError
from seqloom.layers import CausalLayer, parse_spec
from seqloom.models.piano_keys import AutoregressiveKeys, IndependentKeys, KeysHead
from seqloom.tasks.arguments import whole_number
from seqloom.tasks.examples.estimator import Division, ExampleEstimator, Examples, Facts, Given, HeldOut, over
from seqloom.tasks.figures import Figures
from seqloom.tasks.music.composing import Bounds, bounds_in, compose
from seqloom.tasks.music.judging import Judged, Rates, figures_of_music, simple_figures_of_music
from seqloom.tasks.music.labels import check_labels, given_labels, labels_among, said_of_labels
from seqloom.tasks.music.network import INPUTS, MusicNetwork
from seqloom.tasks.music.objective import StepKeys
from seqloom.tasks.music.picks import picks_for
from seqloom.tasks.music.pictures import draw_music
from seqloom.tasks.music.settings import KeysKind, MusicSettings
from seqloom.tasks.music.stream import MusicStream
from seqloom.tasks.music.subject import subject_of
from seqloom.tasks.music.surprise import MusicSurprises, calibration_of
from seqloom.tasks.music.transposing import Transposed, moved_rolls, moves_within
from seqloom.tasks.music.tunes import Tune, in_one_key, read_tunes, steps_of_bars
from seqloom.tasks.watching.calibration import Calibration
from seqloom.tasks.watching.watcher import Watcher

if TYPE_CHECKING:
    from seqloom.tasks.inspecting.subject import Subject

__all__ = ["MusicModel"]

_HEADS: Final[Mapping[KeysKind, Callable[[int], KeysHead]]] = {
    KeysKind.INDEPENDENT: lambda features: IndependentKeys(features, KEYS),
    KeysKind.AUTOREGRESSIVE: lambda features: AutoregressiveKeys(features, KEYS, units=256),
}


class MusicModel(ExampleEstimator):
    """Learns which keys of a piano sound at each step, given all steps before, and writes music.

    p(piece) = Π_t Π_i p(k_ti | k_1 … k_{t-1}): layers in words read the 88 keys of the steps before, and a head says of
    each key how probable it is, by itself or, with ``keys="autoregressive"``, given the keys below it, too.

    ``fit`` takes a folder of MIDI files, a file of MIDI or of piano rolls (JSON of pitches, ``.mat``), or a list of
    pieces, rolls (T, 88) or lists of pitches, and their labels, if any, as ``y``; a folder may have some itself. MIDI
    is put on the coarsest grid of time that keeps 99 % of the beginnings of notes. In training each piece is moved by
    up to ``transpose`` semitones, in each epoch by others; not at all where most pieces are in one key, as those of
    some collections are made to be. The label is read beside the keys; of a tenth of the pieces, in each epoch of
    others, it is left out. ``fit`` learns ``model_``, ``facts_``, ``history_`` and ``validation_``; figures are nats a
    step, of all keys together.

    >>> cadence = [[60, 64, 67], [65, 69, 72], [67, 71, 74], [60, 64, 67]] * 4
    >>> model = MusicModel("gru(16)", dropout=0.0, input_dropout=0.0, training={"epochs": 20, "device": "cpu"})
    >>> model = model.fit([cadence] * 20, progress=False)
    >>> model.predict([cadence[:2]])
    [[67, 71, 74]]
    >>> piece = model.generate(steps=16, temperature=0.5)[0]
    >>> piece.end, len(piece.notes) > 8
    (16, True)
    """

    task, settings, objective = "music", MusicSettings, StepKeys()
    targets_required = False
    spec: str
    steps_per_beat: int | None

    def predict(self, X: Any) -> list[list[int]]:
        """The likeliest pitches of the step that comes after each piece, none for a rest."""
        found: list[list[int]] = super().predict(X)
        return found

    def log_probabilities(self, X: Any) -> list[list[float]]:
        """ln p of each step of each piece, given the steps before."""
        return [(-one.nats).tolist() for rows in self._over(X, _judged) for one in rows]

    def evaluate(self, X: Any, y: Any = None) -> Figures:
        """Nats a step and frame-level accuracy, beside those of key frequencies and of holding on.

        Of a file that has a part for testing, that part.
        """
        parts = self.for_testing(X) if isinstance(X, str | Path) and y is None else None
        return super().evaluate(X if parts is None else parts[0], y)

    def generate(
        self,
        count: int = 1,
        steps: int = 128,
        *,
        start: Any = None,
        bars: int | None = 1,
        label: str | None = None,
        temperature: float = 1.0,
        seed: int = 0,
    ) -> list[Piece]:
        """So many pieces, ``steps`` drawn of each: from nothing, or after the first ``bars`` of ``start`` (None: after
        all of it), which is whatever ``fit`` takes for a piece; as those with a ``label`` (None: as any).

        Below 1 the ``temperature`` is safer, above 1 bolder; 0 takes the likelier for each key. Piece k is drawn with
        ``seed_of_row(seed, k)``. No chord, silence or note lasts longer than all but one in a thousand of training did,
        and steps have as many keys: see :func:`~seqloom.tasks.music.composing.compose`. Time has the grid, metre and
        tempo of training. UsageError for numbers that cannot be and a label that was not learned, DataError for a start
        that cannot be read.
        """
        self._check_fitted("model_")
        count, steps = whole_number("count", count, 1), whole_number("steps", steps, 1)
        if not temperature >= 0:
            raise UsageError(f"temperature: expected a number of at least 0, got {temperature!r}.")
        facts, module, said = self.facts_, self.model_, self._label(label)
        assert isinstance(module, MusicNetwork)
        begun = np.zeros((0, KEYS), np.float32) if start is None else self._start(start, bars)
        device = next(module.parameters()).device
        seeds = [seed_of_row(seed, row) for row in range(count)]
        bounds = Bounds(**facts["bounds"])
        drawn = compose(module, torch.from_numpy(begun).to(device), steps, seeds, temperature, bounds, said)
        metre = Metre(0, *facts["metre"])
        return [
            replace(from_roll(roll, facts["steps"], tempo=facts["tempo"]), metres=(metre,), name=f"seed {one}")
            for one, roll in zip(seeds, drawn.cpu().numpy(), strict=True)
        ]

    def stream(self, label: str | None = None) -> MusicStream:
        """A piece step by step: see :class:`MusicStream`."""
        self._check_fitted("model_")
        assert isinstance(self.model_, MusicNetwork)
        return MusicStream(self.model_, self._label(label))

    def watch(self, rate: float | None = None, calibrate: Any = None) -> Watcher:
        """The surprise of each step of a piece as it comes, and alarms at a false-alarm ``rate``, by what was held out
        or by the usual pieces ``calibrate``; see :class:`MusicSurprises` and :class:`Watcher`."""
        stream = MusicSurprises(self.stream())
        if calibrate is None:
            return Watcher(stream, Calibration.from_json(self.facts_.get("calibration")), rate)
        nats = ([-log for log in piece] for piece in self.log_probabilities(calibrate))
        return Watcher(stream, calibration_of(nats), rate)

    def written(self, file: str | Path) -> Iterator[str]:
        """Of each piece of a file or folder, as a table: its name, steps, nats a step, and the likeliest pitches of the
        step that comes after it."""
        yield csv_lines([["piece", "steps", "nats_a_step", "next"]])
        for row in self.answered(file):
            pitches = " ".join(map(str, row["next"]))
            yield csv_lines([[row["piece"], str(row["steps"]), f"{row['nats_a_step']:.4f}", pitches]])

    def answered(self, file: str | Path) -> Iterator[dict[str, Any]]:
        """The same as values by the names of the columns, for JSON."""
        self._check_fitted("model_")
        tunes = self._read(file, None, self.facts_).X
        for tune, logs, pitches in zip(tunes, self.log_probabilities(tunes), self.predict(tunes), strict=True):
            yield {"piece": tune.name, "steps": len(tune), "nats_a_step": -float(np.mean(logs)), "next": pitches}

    def for_testing(self, source: str | Path) -> tuple[Sequence[Any], None] | None:
        """The pieces that a file keeps for testing; None where it says nothing of them."""
        self._check_fitted("model_")
        tunes = [one for one in self._read(source, None, self.facts_).X if one.part is Part.TEST]
        return (tunes, None) if tunes else None

    def subject(self, X: Any, y: Any = None) -> Subject:
        """The model over windows of pieces, as an inspection looks at it."""
        self._check_fitted("model_")
        assert isinstance(self.model_, MusicNetwork)
        return subject_of(self.model_, self._rolls(self.facts_, self._read(X, y, self.facts_).X))

    def draw(self, folder: str | Path, X: Any, y: Any = None) -> dict[Path, str]:
        """Draw what was expected at each step of the first piece, and a piece of the model's own, as pictures into a
        folder; the files, each with what to see in it. MissingExtraError without matplotlib."""
        return draw_music(self, Path(folder), self._read(X, y, self.facts_).X[0])

    def _read(self, X: Any, y: Any, facts: Facts) -> Given:
        tunes, about = read_tunes(X, facts.get("steps") or self.steps_per_beat)
        if (labels := given_labels(X, y)) is not None:
            if facts:
                check_labels(facts.get("labels", ()), labels)
            tunes = [replace(tune, label=label) for tune, label in zip(tunes, labels, strict=True)]
            about = {**about, "remarks": [*about["remarks"], *said_of_labels(labels)]}
        return Given(tunes, tunes, about)

    def _label(self, label: str | None) -> Tensor:
        """A label as numbers (L,), zeros for None."""
        known: Sequence[str] = self.facts_.get("labels", ())
        check_labels(known, () if label is None else (label,))
        return torch.tensor([float(one == label) for one in known])

    def _rolls(self, facts: Facts, X: Sequence[Tune]) -> Sequence[Tensor]:
        """What the network reads of each piece (T, 88 + L)."""
        known = facts.get("labels", ())

        def read(place: int) -> Tensor:
            roll = torch.from_numpy(X[place].roll.astype(np.float32))
            label = torch.tensor([float(one == X[place].label) for one in known])
            return torch.cat([roll, label.expand(len(roll), -1)], -1)

        return LazyRows(read, map(len, X))

    def _start(self, start: Any, bars: int | None) -> NDArray[np.float32]:
        """The first bars of a piece, as keys (T, 88)."""
        tunes = self._read(start if isinstance(start, str | Path) else [start], None, self.facts_).X
        found: NDArray[np.float32] = tunes[0].roll[: steps_of_bars(self.facts_, bars)].astype(np.float32)
        return found

    def _divide(self, given: Given, share: float, seed: int) -> Division:
        """As the parts of a file say; without some for validation, a share of the others."""
        tunes: Sequence[Tune] = given.X
        learned = [place for place, one in enumerate(tunes) if one.part in (None, Part.TRAIN)]
        aside = [place for place, one in enumerate(tunes) if one.part is Part.VALIDATION]
        if not learned:
            raise DataError("There are no pieces to learn from: all are for validation or testing.")
        if aside and share:
            return Division(learned, aside, f"Held out: {len(aside):,} of {len(tunes):,} pieces, as the file says.")
        places, held_out, remark = super()._divide(Given([tunes[place] for place in learned]), share, seed)
        return Division([learned[at] for at in places], [learned[at] for at in held_out], remark)

    def _learn(self, X: Sequence[Tune], y: Sequence[Any]) -> Facts:
        rolls = [one.roll for one in X]
        if not any(roll.any() for roll in rolls):
            raise DataError("Nothing sounds in these pieces: there is nothing to learn. Drums are not on a piano.")
        return {
            "bounds": bounds_in(rolls)._asdict(),
            "density": sum(int(roll.sum()) for roll in rolls) / sum(map(len, rolls)),
            "labels": labels_among(one.label for one in X),
            "rates": Rates.learned(rolls).to_json(),
            "size": {
                "pieces": len(rolls),
                "steps": sum(map(len, rolls)),
                "in_one_key": in_one_key([from_roll(roll).notes for roll in rolls]),
            },
        }

    def _remarks(self, facts: Facts) -> Sequence[str]:
        found: Sequence[str] = facts["remarks"]
        return found

    def _pick(self, facts: Facts) -> Mapping[str, Any]:
        return picks_for(**facts["size"])

    def _examples(self, facts: Facts, X: Sequence[Tune], y: Sequence[Any] | None) -> Examples:
        return Examples({"x": self._rolls(facts, X)}, torch.zeros(len(X)))

    def _batches(self, facts: Facts, examples: Examples, seed: int) -> Batches:
        settings = self._settled(facts)
        batches = examples.batches(settings.batch_size, seed)
        used = [row[:, :KEYS].any(0).nonzero().numpy() for row in examples.inputs["x"]]
        return Transposed(batches, moves_within(used, settings.transpose or 0), seed, moved_rolls)

    def _build(self, facts: Facts) -> nn.Module:
        settings: MusicSettings = self._settled(facts)
        body = parse_spec(settings.spec).build(INPUTS + len(facts.get("labels", ())))
        if not isinstance(body, CausalLayer):
            raise UsageError(
                f"spec: {settings.spec} reads what is still to come. Take layers that only look back, as lstm(300)."
            )
        gain = (INPUTS / max(1.0, facts["density"])) ** 0.5  # a step is as large as one of N(0, 1) would be
        return MusicNetwork(body, _HEADS[settings.keys], gain, settings.dropout or 0.0, settings.input_dropout or 0.0)

    def _prime(self, facts: Facts, module: nn.Module, learned: Given) -> None:
        assert isinstance(module, MusicNetwork)
        rates = Rates.from_json(facts["rates"])
        module.prime(rates.beginning, rates.staying)

    def _simple(
        self, facts: Facts, baselines: Any, given: Given, examples: Examples
    ) -> Mapping[str, Mapping[str, float]]:
        return simple_figures_of_music(_simple(facts, examples))

    def _finish(self, facts: Facts, module: nn.Module, held_out: HeldOut) -> Facts:
        judged = [one.nats for rows in over(facts, module, held_out.examples, _judged) for one in rows]
        return {**facts, "calibration": calibration_of(judged).to_json()}

    def _judge(self, facts: Facts, module: nn.Module, baselines: Any, given: Given, examples: Examples) -> Figures:
        judged = [one for rows in over(facts, module, examples, _judged) for one in rows]
        return figures_of_music(judged, _simple(facts, examples))

    @torch.no_grad()
    def _answers(self, facts: Facts, module: nn.Module, batch: Batch) -> list[list[int]]:
        assert isinstance(module, MusicNetwork)
        y = module.features(batch.x, batch.length)
        said = module.head.likeliest(y[torch.arange(batch.size), _lengths(batch)])
        return [(row.nonzero()[:, 0] + LOWEST).tolist() for row in said.cpu()]


@torch.no_grad()
def _judged(facts: Facts, module: nn.Module, batch: Batch) -> list[Judged]:
    """Each row of a batch, judged."""
    assert isinstance(module, MusicNetwork)
    y, keys = module.features(batch.x, batch.length)[:, :-1], batch.x[..., :KEYS]
    parts = zip(module.head(y, keys), module.head.likeliest(y), keys, _lengths(batch).tolist(), strict=True)
    return [Judged.of(scores[:steps], said[:steps], keys[:steps]) for scores, said, keys, steps in parts]


def _simple(facts: Facts, examples: Examples) -> dict[str, list[Judged]]:
    """The same of each piece by what is simple."""
    rates = Rates.from_json(facts["rates"])
    found: dict[str, list[Judged]] = {}
    for row in examples.inputs["x"]:
        roll = row[:, :KEYS]
        for name, scores in rates.scores(roll).items():
            found.setdefault(name, []).append(Judged.of(scores, (scores > 0).float(), roll))
    return found


def _lengths(batch: Batch) -> Tensor:
    assert batch.length is not None
    return batch.length
