"""Which event comes next in music, learned from notes of several instruments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from seqloom.data.batch import IGNORED, Batch, Batches
from seqloom.data.named import csv_lines
from seqloom.data.notes import Metre, Note, Piece
from seqloom.data.notes.tokens import EventTokens
from seqloom.data.padded import Padded
from seqloom.decoding import seed_of_row
from seqloom.errors import DataError, UsageError
from seqloom.layers import CausalLayer, LearnedEmbedding, StepHead, parse_spec
from seqloom.models.token_model import TokenModel
from seqloom.tasks.arguments import whole_number
from seqloom.tasks.examples.estimator import ExampleEstimator, Examples, Facts, Given, HeldOut, over
from seqloom.tasks.figures import Figures
from seqloom.tasks.music.events.composing import compose_events
from seqloom.tasks.music.events.judging import EventRates
from seqloom.tasks.music.events.rules import Limits, Rules
from seqloom.tasks.music.events.scores import Score, read_scores
from seqloom.tasks.music.events.settings import EventSettings
from seqloom.tasks.music.events.stream import EventStream, EventSurprises
from seqloom.tasks.music.events.subject import subject_of
from seqloom.tasks.music.judging import Judged, figures_of_music, simple_figures_of_music
from seqloom.tasks.music.labels import check_labels, given_labels, labels_among, said_of_labels
from seqloom.tasks.music.picks import picks_for_events
from seqloom.tasks.music.pictures import draw_own
from seqloom.tasks.music.surprise import calibration_of
from seqloom.tasks.music.transposing import Transposed, moves_within
from seqloom.tasks.music.tunes import in_one_key, steps_of_bars
from seqloom.tasks.watching.calibration import Calibration
from seqloom.tasks.watching.watcher import Watcher
from seqloom.training.objectives import NextToken

if TYPE_CHECKING:
    from seqloom.tasks.inspecting.subject import Subject

__all__ = ["MusicEventModel"]


class MusicEventModel(ExampleEstimator):
    """Learns which event comes next in music, and writes it for several instruments.

    p(piece) = Π_t p(e_t | e_1 … e_{t-1}) over :class:`~seqloom.data.notes.tokens.EventTokens`: a note on or off, time
    that passes, a loudness, an instrument, and the end; by a :class:`~seqloom.models.token_model.TokenModel` of layers
    in words.

    ``fit`` takes a folder of MIDI files, one of them, or a list of pieces, rolls (T, 88) or lists of pitches, and their
    labels, if any, as ``y``; a folder may have some itself. In training each piece is moved by up to ``transpose``
    semitones, drums are not; not at all where most pieces are in one key. ``fit`` learns ``model_``, ``facts_``,
    ``history_`` and ``validation_``; figures are nats an event.

    >>> scale = Piece(2, [Note(step, 1, 60 + 2 * (step % 4), 90, 0, 40) for step in range(8)])
    >>> model = MusicEventModel("gru(16)", dropout=0.0, training={"epochs": 20, "device": "cpu"})
    >>> model = model.fit([scale] * 20, progress=False)
    >>> piece = model.generate(steps=8, temperature=0.5)[0]
    >>> piece.end <= 8, {note.program for note in piece.notes}
    (True, {40})
    """

    task, settings = "music-events", EventSettings
    targets_required = False
    spec: str
    embedding: int
    velocities: int
    steps_per_beat: int | None

    def predict(self, X: Any) -> list[str]:
        """The likeliest event after each piece, in words."""
        found: list[str] = super().predict(X)
        return found

    def log_probabilities(self, X: Any) -> list[list[float]]:
        """ln p of each event of each piece, the end included, given the events before."""
        return [(-one.nats).tolist() for rows in self._over(X, _judged) for one in rows]

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
        """So many pieces, of each at most ``steps`` drawn: from nothing, or after the first ``bars`` of ``start``
        (None: after all of it), which is whatever ``fit`` takes for a piece; as those with a ``label`` (None: as any).

        Below 1 the ``temperature`` is safer, above 1 bolder; 0 takes the likeliest event. Piece k is drawn with
        ``seed_of_row(seed, k)``. What may come is said by :class:`~seqloom.tasks.music.events.rules.Rules`: no note and
        no silence lasts longer than all but one in a thousand of training did. UsageError for numbers that cannot be
        and a label that was not learned, DataError for a start that cannot be read.
        """
        self._check_fitted("model_")
        count, steps = whole_number("count", count, 1), whole_number("steps", steps, 1)
        facts, events = self.facts_, self._events(self.facts_)
        check_labels(facts["labels"], () if label is None else (label,))
        begun = [self._first(facts, label or "")]
        if start is not None:
            begun += self._start(start, bars)
        assert isinstance(self.model_, TokenModel)
        rules = Rules(events, Limits(**facts["limits"]), facts["used"], self._size(facts), len(events))
        seeds = [seed_of_row(seed, row) for row in range(count)]
        drawn = compose_events(self.model_, rules, begun, steps, seeds, temperature)
        pieces = (events.decode([*begun[1:], *row], facts["tempo"]) for row in drawn)
        metre = Metre(0, *facts["metre"])
        return [replace(piece, metres=(metre,), name=f"seed {one}") for one, piece in zip(seeds, pieces, strict=True)]

    def stream(self, label: str | None = None) -> EventStream:
        """A piece event by event: see :class:`EventStream`."""
        self._check_fitted("model_")
        assert isinstance(self.model_, TokenModel)
        check_labels(self.facts_["labels"], () if label is None else (label,))
        return EventStream(self.model_, self._events(self.facts_), self._first(self.facts_, label or ""))

    def watch(self, rate: float | None = None, calibrate: Any = None) -> Watcher:
        """The surprise of each event of a piece as it comes, and alarms at a false-alarm ``rate``, by what was held out
        or by the usual pieces ``calibrate``; see :class:`EventSurprises` and :class:`Watcher`."""
        stream = EventSurprises(self.stream())
        if calibrate is None:
            return Watcher(stream, Calibration.from_json(self.facts_.get("calibration")), rate)
        nats = ([-log for log in piece] for piece in self.log_probabilities(calibrate))
        return Watcher(stream, calibration_of(nats), rate)

    def subject(self, X: Any, y: Any = None) -> Subject:
        """The model over windows of pieces, as an inspection looks at it."""
        self._check_fitted("model_")
        assert isinstance(self.model_, TokenModel)
        rows = [self._row(self.facts_, score) for score in self._read(X, y, self.facts_).X]
        return subject_of(self.model_, rows, lambda token: self._text(self.facts_, token))

    def draw(self, folder: str | Path, X: Any = None, y: Any = None) -> dict[Path, str]:
        """Draw a piece of the model's own as a picture into a folder; the file, with what to see in it.
        MissingExtraError without matplotlib."""
        return draw_own(self, Path(folder))

    def written(self, file: str | Path) -> Iterator[str]:
        """Of each piece of a file or folder, as a table: its name, events, nats an event, and the likeliest event that
        comes after it."""
        yield csv_lines([["piece", "events", "nats_an_event", "next"]])
        for row in self.answered(file):
            yield csv_lines([[row["piece"], str(row["events"]), f"{row['nats_an_event']:.4f}", row["next"]]])

    def answered(self, file: str | Path) -> Iterator[dict[str, Any]]:
        """The same as values by the names of the columns, for JSON."""
        self._check_fitted("model_")
        scores = self._read(file, None, self.facts_).X
        for score, logs, said in zip(scores, self.log_probabilities(scores), self.predict(scores), strict=True):
            yield {"piece": score.name, "events": len(score), "nats_an_event": -float(np.mean(logs)), "next": said}

    def _read(self, X: Any, y: Any, facts: Facts) -> Given:
        labels = given_labels(X, y)
        if not isinstance(X, str | Path) and (rows := list(X)) and all(isinstance(row, Score) for row in rows):
            scores: list[Score] = rows
            about: Mapping[str, Any] = {}
        else:
            scores, about = read_scores(X, facts.get("steps") or self.steps_per_beat, self.velocities)
        if labels is not None:
            if facts:
                check_labels(facts["labels"], labels)
            scores = [replace(score, label=label) for score, label in zip(scores, labels, strict=True)]
            about = {**about, "remarks": [*about.get("remarks", ()), *said_of_labels(labels)]}
        return Given(scores, scores, about)

    def _start(self, start: Any, bars: int | None) -> list[int]:
        """The first bars of a piece, as events up to their end."""
        facts = self.facts_
        score: Score = self._read(start if isinstance(start, str | Path) else [start], None, facts).X[0]
        end = max((note.end for note in score.notes), default=0)
        last = min(end, steps_of_bars(facts, bars) or end)
        kept = [note._replace(length=min(note.length, last - note.start)) for note in score.notes if note.start < last]
        events = self._events(facts)
        rest = last - max((note.end for note in kept), default=0)
        whole, more = divmod(rest, events.longest)
        shifts = [events.velocity - 1] * whole + [events.shift + more - 1] * (more > 0)
        return [*events.encode(Piece(events.steps, kept)).tolist(), *shifts]

    def _events(self, facts: Facts) -> EventTokens:
        return EventTokens(facts["steps"], velocities=self.velocities)

    def _size(self, facts: Facts) -> int:
        """Events, the end, and what stands before a piece: that no label is said, or one of the labels."""
        return len(self._events(facts)) + 2 + len(facts["labels"])

    def _first(self, facts: Facts, label: str) -> int:
        """What stands before a piece with a label; one that is not known is not said."""
        known: Sequence[str] = facts["labels"]
        return len(self._events(facts)) + 1 + (known.index(label) + 1 if label in known else 0)

    def _text(self, facts: Facts, token: int) -> str:
        """What a token says: an event, the end, or what stands before a piece."""
        events = self._events(facts)
        others = ("end", "begin", *facts["labels"])
        return events.text(token) if token < len(events) else others[token - len(events)]

    def _row(self, facts: Facts, score: Score) -> Tensor:
        """A piece as tokens (T + 2,): what stands before it, its events, and its end."""
        return torch.tensor([self._first(facts, score.label), *score.tokens.tolist(), len(self._events(facts))])

    def _learn(self, X: Sequence[Score], y: Sequence[Any]) -> Facts:
        notes: list[Sequence[Note]] = [score.notes for score in X]
        if not any(notes):
            raise DataError("Nothing sounds in these pieces: there is nothing to learn.")
        named: Facts = {"labels": labels_among(score.label for score in X), "steps": 1}
        rates = EventRates.learned(self._events(named), self._size(named), [self._row(named, one).numpy() for one in X])
        return {
            "labels": named["labels"],
            "limits": Limits.learned(notes)._asdict(),
            "used": np.unique(np.concatenate([score.tokens for score in X])).tolist(),
            "rates": rates.to_json(),
            "size": {"pieces": len(X), "events": sum(map(len, X)), "in_one_key": in_one_key(notes)},
        }

    def _remarks(self, facts: Facts) -> Sequence[str]:
        found: Sequence[str] = facts["remarks"]
        return found

    def _pick(self, facts: Facts) -> Mapping[str, Any]:
        return picks_for_events(**facts["size"])

    def _objective(self, facts: Facts) -> NextToken:
        return NextToken(self._size(facts))

    def _examples(self, facts: Facts, X: Sequence[Score], y: Sequence[Any] | None) -> Examples:
        """x (T + 1,) and the targets after it; ``movable`` says of each whether it moves to another key, 1, and whether
        its target does, 2."""
        events, rows = self._events(facts), [self._row(facts, score) for score in X]
        movable = [np.concatenate([[False], events.movable(score.tokens), [False]]).astype(np.int64) for score in X]
        bits = [torch.from_numpy(one[:-1] + 2 * one[1:]) for one in movable]
        return Examples({"x": [row[:-1] for row in rows], "movable": bits}, [row[1:] for row in rows])

    def _batches(self, facts: Facts, examples: Examples, seed: int) -> Batches:
        """Parts of pieces, each after what stands before the piece and the event before the part."""
        settings: EventSettings = self._settled(facts)
        events, window = self._events(facts), settings.window
        assert settings.batch_size is not None
        used: list[np.ndarray[Any, Any]] = []
        inputs: dict[str, list[Tensor]] = {"x": [], "movable": []}
        targets: list[Tensor] = []
        for x, bits, following in zip(*examples.inputs.values(), examples.targets, strict=True):
            pitches = x[bits % 2 > 0].numpy() % events.off
            for begin in range(0, len(x), window):
                part, first = slice(begin, begin + window), slice(0, 1 if begin else 0)
                inputs["x"].append(torch.cat([x[first], x[part]]))
                inputs["movable"].append(torch.cat([bits[first] * 0, bits[part]]))
                targets.append(torch.cat([torch.full_like(following[first], IGNORED), following[part]]))
                used.append(pitches)
        unsaid = self._first(facts, "")

        def moved(batch: Batch, semitones: Tensor, said: Tensor) -> Batch:
            x, bits, by = batch.x.clone(), batch.inputs["movable"], semitones[:, None]
            x[:, 0] = torch.where(said, x[:, 0], unsaid)
            return batch._replace(inputs={"x": x + by * (bits % 2)}, targets=batch.targets + by * (bits // 2))

        batches = Padded(inputs, targets, settings.batch_size, seed)
        return Transposed(batches, moves_within(used, settings.transpose or 0), seed, moved)

    def _build(self, facts: Facts) -> nn.Module:
        settings: EventSettings = self._settled(facts)
        body = parse_spec(settings.spec).build(settings.embedding)
        if not isinstance(body, CausalLayer):
            raise UsageError(
                f"spec: {settings.spec} reads what is still to come. Take layers that only look back, as lstm(256)."
            )
        size = self._size(facts)
        head = StepHead(body.out_features, size)
        return TokenModel(LearnedEmbedding(size, settings.embedding), body, head, settings.dropout or 0.0)

    @torch.no_grad()
    def _prime(self, facts: Facts, module: nn.Module, learned: Given) -> None:
        """It begins as the frequencies of events."""
        assert isinstance(module, TokenModel)
        frequencies = torch.from_numpy(EventRates.from_json(facts["rates"]).frequencies)
        module.head.linear.weight.zero_()
        module.head.linear.bias.copy_(frequencies)

    def _finish(self, facts: Facts, module: nn.Module, held_out: HeldOut) -> Facts:
        judged = [one.nats for rows in over(facts, module, held_out.examples, _judged) for one in rows]
        return {**facts, "calibration": calibration_of(judged).to_json()}

    def _simple(
        self, facts: Facts, baselines: Any, given: Given, examples: Examples
    ) -> Mapping[str, Mapping[str, float]]:
        return simple_figures_of_music(self._by_rates(facts, given.X))

    def _judge(self, facts: Facts, module: nn.Module, baselines: Any, given: Given, examples: Examples) -> Figures:
        judged = [one for rows in over(facts, module, examples, _judged) for one in rows]
        return figures_of_music(judged, self._by_rates(facts, given.X), "events")

    def _by_rates(self, facts: Facts, scores: Sequence[Score]) -> dict[str, list[Judged]]:
        """Pieces, judged by what is simple."""
        events, rates = self._events(facts), EventRates.from_json(facts["rates"])
        found: dict[str, list[Judged]] = {}
        for score in scores:
            for name, one in rates.judged(events, self._row(facts, score).numpy()).items():
                found.setdefault(name, []).append(one)
        return found

    @torch.no_grad()
    def _answers(self, facts: Facts, module: nn.Module, batch: Batch) -> list[str]:
        assert isinstance(module, TokenModel)
        logits, _ = module.read(batch.x, None, batch.length)
        return [self._text(facts, token) for token in logits.argmax(-1).tolist()]


@torch.no_grad()
def _judged(facts: Facts, module: nn.Module, batch: Batch) -> list[Judged]:
    """Each row of a batch, judged."""
    assert batch.length is not None
    logits, _ = module(batch.x, None, batch.length)
    found = []
    for scores, target, length in zip(logits, batch.targets, batch.length.tolist(), strict=True):
        nats = -scores[:length].double().log_softmax(-1)
        came = target[:length]
        right = float((scores[:length].argmax(-1) == came).sum())
        found.append(Judged(nats.gather(-1, came[:, None])[:, 0].cpu().numpy(), right, float(length)))
    return found
