"""A caption for a picture or a video."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from seqloom.data.batch import IGNORED, Batch
from seqloom.data.lazy_rows import chosen_rows
from seqloom.data.padded import pad
from seqloom.data.pictures.captioned import Captioned
from seqloom.data.tables.parts import Part
from seqloom.decoding import Hypothesis
from seqloom.errors import UsageError
from seqloom.layers import LearnedEmbedding, parse_encoder_decoder
from seqloom.layers.decoder_spec import EncoderDecoderSpec
from seqloom.tasks.captioning.given import divided_by_part, read_given
from seqloom.tasks.captioning.nearest import NearestPicture
from seqloom.tasks.captioning.network import CaptionNetwork
from seqloom.tasks.captioning.picks import kind_of, pick_settings
from seqloom.tasks.captioning.settings import CaptionerSettings
from seqloom.tasks.examples.estimator import Division, ExampleEstimator, Examples, Facts, Given, Rows, over
from seqloom.tasks.examples.judging import measured
from seqloom.tasks.figures import Figures
from seqloom.tasks.inputs import Inputs, inputs_from_json, learned_inputs
from seqloom.tasks.inputs.pictures import PictureInputs, as_pictures
from seqloom.tasks.inputs.targets import TextTargets, written_rows
from seqloom.tasks.inspecting.excerpts import excerpts
from seqloom.tasks.inspecting.subject import Asked
from seqloom.tasks.measures.baselines import Baseline
from seqloom.tasks.measures.captions import Cider, figures_of_captions
from seqloom.tasks.measures.intervals import differences, verdict
from seqloom.tasks.ranked import Candidate, ranked_columns
from seqloom.training.objectives import Objective
from seqloom.training.objectives.free_targets import FreeTargets

if TYPE_CHECKING:
    from seqloom.inspection.errors import Mistakes

__all__ = ["CaptionMap", "Captioner"]

_FREQUENT = "the most frequent caption"
_SHOWN = 5


class CaptionMap(NamedTuple):
    """What a captioner looked at: ``tokens`` of a caption (T,), and for each its ``weights`` (T, frames, rows,
    columns) over the cells of the picture, or (T, S) over features."""

    tokens: list[str]
    weights: NDArray[np.float32]


class Captioner(ExampleEstimator):
    """Writes a caption for a picture or a video: an encoder sees cells, a decoder with attention writes word by word
    ("show, attend and tell", Xu et al., 2015).

    ``fit`` takes a folder of pictures with a table of captions beside them, or COCO's or Flickr8k's layout; videos
    likewise; or arrays (N, H, W, C), or (T, H, W, C) for each video, or features (S, M) that were computed elsewhere,
    with a caption for each, or a list of several that are all right. ``spec`` says what sees and what writes;
    ``side`` and ``frames`` how much is seen; ``width`` and ``length_penalty`` are those of beam search. Judged are
    CIDEr, CIDEr-D, BLEU-4 and exact match, beside the most frequent caption and that of the nearest picture.
    ``fit`` learns ``model_``, ``facts_``, ``history_`` and ``validation_``.

    >>> pictures = np.zeros((40, 8, 8, 1), np.uint8)
    >>> pictures[::2] = 255
    >>> model = Captioner("grid(8, cell=4) -> luong(16)", batch_size=8, training={"epochs": 20, "learning_rate": 0.01})
    >>> model.fit(pictures, ["a white square", "all is black"] * 20, progress=False).predict(pictures[:2])
    ['a white square', 'all is black']
    """

    task, settings = "captioning", CaptionerSettings

    def _read(self, X: Any, y: Any, facts: Facts) -> Given:
        if y is not None and isinstance(X, str | Path):
            raise UsageError("y: expected None beside a folder, which has the captions.")
        settings = self._settled(facts)
        given = read_given(X, y, settings, facts, targets=not facts or y is not None)
        of_front = settings.spec is not None and parse_encoder_decoder(settings.spec).encoder.front
        return given._replace(X=as_pictures(given.X, str(of_front))) if of_front and given.source is None else given

    def _divide(self, given: Given, share: float, seed: int) -> Division:
        said = divided_by_part(given)
        if said is None or (share and not said.held_out):
            learned = range(len(given.X)) if said is None else said.learned
            drawn = super()._divide(given.rows(learned), share, seed)
            places = [[learned[place] for place in part] for part in (drawn.learned, drawn.held_out)]
            rest = len(given.X) - len(learned)
            aside = f" {rest:,} more are for testing, as the table says." if rest else ""
            return Division(places[0], places[1], drawn.remark + aside if drawn.remark else "")
        return said if share else Division(sorted([*said.learned, *said.held_out]), (), "")

    def _learn(self, X: Sequence[Any], y: Sequence[Any]) -> Facts:
        settings = self._settled({})
        inputs = learned_inputs(X, side=settings.side)
        texts = [text for several in y for text in several]
        targets = TextTargets.learned(texts, settings.tokens, settings.minimum_count, settings.vocabulary_size)
        return self._about(inputs, targets, X, y)

    def _grow(self, before: Facts, X: Sequence[Any], y: Sequence[Any]) -> Facts:
        settings, texts = self._settled({}), [text for several in y for text in several]
        targets = _targets(before).grown(texts, settings.minimum_count, settings.vocabulary_size)
        return self._about(_inputs(before), targets, X, y, before["size"]["longest"])

    def _rows(self, facts: Facts) -> Sequence[Rows]:
        return [written_rows(_targets(facts), "captions")]

    def _about(
        self, inputs: Inputs, targets: TextTargets, X: Sequence[Any], y: Sequence[Any], longest: int = 0
    ) -> Facts:
        """What is known of examples whose captions may have been as ``longest`` before."""
        texts = [text for several in y for text in several]
        return {
            "inputs": inputs.to_json(),
            "targets": targets.to_json(),
            "size": {
                "examples": len(X),
                "captions": len(texts),
                "longest": max(longest, *map(len, targets.encode(texts))),
                "frames": max(inputs.lengths(X)) if isinstance(inputs, PictureInputs) else 0,
            },
            "frequent": Counter(texts).most_common(1)[0][0],
            "nearest": NearestPicture.learned(X, y).to_json(),
        }

    def _pick(self, facts: Facts) -> Mapping[str, Any]:
        return pick_settings(facts, self._given())

    def _examples(self, facts: Facts, X: Sequence[Any], y: Sequence[Any] | None) -> Examples:
        rows = _inputs(facts).encode(X)
        if y is None:
            return Examples({"x": rows}, torch.zeros(len(X)))
        places = [place for place, several in enumerate(y) for _ in several]
        targets = _targets(facts).encode([text for several in y for text in several])
        return Examples({"x": chosen_rows(rows, places)}, targets)

    def _build(self, facts: Facts) -> nn.Module:
        settings, inputs, targets = self._settled(facts), _inputs(facts), _targets(facts)
        spec = parse_encoder_decoder(settings.spec)
        embedding = LearnedEmbedding(targets.size, settings.embedding)
        rest = EncoderDecoderSpec(spec.encoder.rest, spec.decoder)
        try:
            if isinstance(inputs, PictureInputs):
                source: Any = inputs.front(spec.encoder.front)
            elif spec.encoder.front is not None:
                raise UsageError(f"{spec.encoder.front} reads pictures, and features are given. Leave it out.")
            else:
                source = inputs.reading(settings).features
            return CaptionNetwork.of(rest, source, embedding, dropout=settings.dropout, end=targets.end).with_noise(
                settings.noise
            )
        except UsageError as error:
            raise UsageError(f"spec: {error}") from error

    def _objective(self, facts: Facts) -> Objective[Batch]:
        return FreeTargets(self._settled(facts).label_smoothing or 0.0)

    def _explained(self, facts: Facts) -> Asked:
        return Asked.of(_targets(facts).names, what="first token that it writes")

    def _watched(self, facts: Facts) -> str:
        return "cider_d"

    def _simple(
        self, facts: Facts, baselines: Sequence[Baseline], given: Given, examples: Examples
    ) -> Mapping[str, Mapping[str, float]]:
        y = given.y or []
        return {name: figures_of_captions(said, y) for name, said in _simple_captions(facts, given.X).items()}

    def _judge(
        self, facts: Facts, module: nn.Module, baselines: Sequence[Baseline], given: Given, examples: Examples
    ) -> Figures:
        y = given.y or []
        said = [
            text for texts in over(facts, module, self._examples(facts, given.X, None), self._answers) for text in texts
        ]
        simple = _simple_captions(facts, given.X)
        of_loss = measured(self, facts, module, examples).model
        figures = {**figures_of_captions(said, y), "loss": of_loss["loss"]}
        cider = Cider.of(y)
        values = {
            name: np.array([cider.robust(*pair) for pair in zip(captions, y, strict=True)])
            for name, captions in {"": said, **simple}.items()
        }
        own = values.pop("")
        found = differences(
            len(y),
            lambda rows: float(own[rows].mean()),
            {name: lambda rows, one=one: float(one[rows].mean()) for name, one in values.items()},  # type: ignore[misc]
        )
        beside = {name: figures_of_captions(captions, y) for name, captions in simple.items()}
        notes = (_examples_shown(said, y), verdict("cider_d", found, reached=figures["cider_d"]))
        return Figures(len(y), f"{kind_of(facts)}s", figures, beside, "cider_d", higher_is_better=True, notes=notes)

    def _answers(self, facts: Facts, module: nn.Module, batch: Batch) -> list[Any]:
        return [best[0].text for best in self._ranked(facts, module, batch)]

    def _ranked(self, facts: Facts, module: nn.Module, batch: Batch, top: int = 1) -> list[list[Candidate]]:
        """The ``top`` captions of each row, best first, each text once."""
        targets, found = _targets(facts), []
        for several in self._searched(facts, module, batch, top):
            best: dict[str, float] = {}
            for one in several:
                best.setdefault(targets.text(one.tokens), one.score)
            found.append(list(starmap(Candidate, best.items()))[:top])
        return found

    def _searched(self, facts: Facts, module: nn.Module, batch: Batch, top: int = 1) -> list[list[Hypothesis]]:
        settings = self._settled(facts)
        assert isinstance(module, CaptionNetwork)
        return module.decode(
            batch.x,
            batch.length,
            width=max(settings.width, top),
            limit=2 * facts["size"]["longest"] + 5,
            length_penalty=settings.length_penalty,
        )

    def predict(self, X: Any) -> list[str]:
        """A caption for each picture or video. How many are given at once changes nothing."""
        found: list[str] = super().predict(X)
        return found

    def candidates(self, X: Any, top: int = 5) -> list[list[Candidate]]:
        """The ``top`` captions for each picture or video, best first, with their scores."""
        found = self._over(X, lambda facts, module, batch: self._ranked(facts, module, batch, top))
        return [one for several in found for one in several]

    def attention(self, X: Any) -> list[CaptionMap]:
        """Where each word of each caption looked, see :class:`CaptionMap`. UsageError where none can look."""
        return [one for found in self._over(X, self._maps) for one in found]

    def draw(self, folder: str | Path, X: Any, y: Any = None, *, most: int = 20) -> dict[Path, str]:
        """Draw into ``folder`` the first ``most`` pictures, and where each word of the caption looked; the files, each
        with what to see in it.

        ``y`` is not looked at: what is drawn is what the model says.
        Raises UsageError for features, which show nothing, MissingExtraError without matplotlib.
        """
        from seqloom.inspection.attention_maps import draw_attention

        self._check_fitted("model_")
        inputs, given = _inputs(self.facts_), self._read(X, None, self.facts_)
        if not isinstance(inputs, PictureInputs):
            raise UsageError("There are maps over pictures and videos only, and this model reads features.")
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        names = given.source.names if isinstance(given.source, Captioned) else range(len(given.X))
        files = {}
        for place, (name, found) in enumerate(zip(names, self.attention(given.X[:most]), strict=False)):
            file = folder / f"{Path(str(name)).with_suffix('').as_posix().replace('/', '_')}.png"
            draw_attention(inputs.pixels(place, given.X[place]), found.tokens, found.weights, file)
            files[file] = f"{name}: where each word of the caption looked; a word for a shape should lie on it."
        return files

    def _mistakes(self, given: Given) -> Mistakes:
        from seqloom.tasks.inspecting.written import MOST_WRITTEN, mistakes_of_texts

        some = given.rows(range(min(MOST_WRITTEN, len(given.X))))
        lengths = _inputs(self.facts_).lengths(some.X)
        return mistakes_of_texts(excerpts(given), some.y or [], self.predict(some.X), lengths)

    def for_testing(self, source: str | Path) -> tuple[Sequence[Any], Sequence[Any]] | None:
        """What a table in a folder keeps for testing, pictures and captions; None where it says nothing of it."""
        self._check_fitted("model_")
        given = self._read(source, None, self.facts_)
        parts = given.source.parts or ()
        rows = given.rows([place for place, part in enumerate(parts) if part is Part.TEST])
        return (rows.X, rows.y or []) if len(rows.X) else None

    def written(self, file: str | Path, top: int = 1) -> Iterator[str]:
        """The captions of a picture or a folder of them as a table (csv): its name and the caption; with ``top`` above
        1 as many, and their scores."""
        given, columns = self._said(file, top)
        return given.written(columns)

    def answered(self, file: str | Path, top: int = 1) -> Iterator[dict[str, Any]]:
        """The same as values by the names of the columns, for JSON."""
        given, columns = self._said(file, top)
        rows = zip(given.names, *columns.values(), strict=True)
        return (dict(zip([given.one, *columns], row, strict=True)) for row in rows)

    def _said(self, file: str | Path, top: int) -> tuple[Captioned, dict[str, list[Any]]]:
        self._check_fitted("model_")
        given = self._read(file, None, self.facts_)
        return given.source, ranked_columns(self.candidates(given.X, top), top, "caption")

    def _maps(self, facts: Facts, module: nn.Module, batch: Batch) -> list[CaptionMap]:
        assert isinstance(module, CaptionNetwork)
        targets = _targets(facts)
        written = [best[0].tokens for best in self._searched(facts, module, batch)]
        ids, lengths = pad([torch.tensor([*tokens, targets.end]) for tokens in written], IGNORED)
        weights = module.alignments(batch.x, batch.length, ids.to(batch.x.device)).cpu().numpy()
        cells = module.cells
        found = []
        for row, (tokens, steps) in enumerate(zip(written, lengths.tolist(), strict=True)):
            names = [*targets.pieces(tokens), "<eos>"]
            seen = weights[row, :steps]
            if cells is not None:
                frames = int(batch.length[row]) if batch.length is not None else 1
                seen = seen[:, : frames * cells[0] * cells[1]].reshape(steps, frames, *cells)
            found.append(CaptionMap(names, seen))
        return found


def _simple_captions(facts: Facts, X: Sequence[Any]) -> dict[str, list[str]]:
    nearest = NearestPicture.from_json(facts["nearest"])(X)
    return {_FREQUENT: [facts["frequent"]] * len(X), f"the nearest {kind_of(facts)}'s caption": nearest}


def _examples_shown(said: Sequence[str], y: Sequence[Sequence[str]]) -> str:
    lines = [f"  {one!r} for {several[0]!r}" for one, several in zip(said, y, strict=True)][:_SHOWN]
    return "\n".join(["Captions, and what is right:", *lines])


def _inputs(facts: Facts) -> Inputs:
    return inputs_from_json(facts["inputs"])


def _targets(facts: Facts) -> TextTargets:
    return TextTargets.from_json(facts["targets"])
