"""Going on from a trained model with other examples: what it knows grows, what it has learned is carried over."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from seqloom.errors import SeqloomWarning, UsageError
from seqloom.settings import code_of, settings_of
from seqloom.tasks.examples.values import Facts, Fitted, HeldOut
from seqloom.tasks.figures import Figures
from seqloom.tasks.memory import loading
from seqloom.tasks.model_directory import read_config, read_newest

if TYPE_CHECKING:
    from seqloom.tasks.examples.estimator import ExampleEstimator

__all__ = ["Rows", "Start", "before_of", "carry_over", "refuse_other_settings", "start_of", "trained"]

E = TypeVar("E", bound=Any)
_LAYOUTS = ("columns", "layout", "table")
"""Facts on how a file that was learned from is laid out."""
_COLUMNS = ("target", "input")
"""Settings that may ask for another layout."""


class Rows(NamedTuple):
    """``names`` of ``what`` (words, classes) that stand in a row along some axes of ``weights`` of the module; where
    they are numbers, ``texts`` are what people call them."""

    what: str
    names: Sequence[Hashable]
    weights: Mapping[str, Sequence[int]]
    texts: Sequence[str] = ()


class Start(NamedTuple):
    """A trained model to go on from: what it is called, the estimator, what that has learned, and the settings, by key,
    that stay as they are."""

    name: str
    model: ExampleEstimator
    fitted: Fitted
    settings: Mapping[str, Any]

    def known(self, estimator: ExampleEstimator) -> Facts:
        """The facts by which other examples are read; the layout of a file is the same, unless columns are named."""
        asked, had = ([getattr(one, name, None) for name in _COLUMNS] for one in (estimator, self.model))
        others = any(new not in (None, old) for new, old in zip(asked, had, strict=True))
        return {name: fact for name, fact in self.fitted.facts.items() if not (others and name in _LAYOUTS)}

    def figures(self, held_out: HeldOut) -> Figures:
        """How well it does on what is held out, before it goes on."""
        facts = self.fitted.facts
        with warnings.catch_warnings():  # what is new to it is what is to be learned
            warnings.simplefilter("ignore", SeqloomWarning)
            examples = self.model._examples(facts, held_out.given.X, held_out.given.y)
            found = self.model._judge(facts, self.fitted.module, (), held_out.given, examples)
        return dataclasses.replace(found, baselines={}, notes=())

    def carry_over(self, estimator: ExampleEstimator, facts: Facts, module: nn.Module) -> str:
        """Give the new ``module`` the weights that were learned; what has grown, in words."""
        before, now = (estimator._rows(one) for one in (self.fitted.facts, facts))
        carry_over(module, self.fitted.module.state_dict(), before, now)
        news = [
            f"{new.what} {len(old.names):,} + {len(set(new.names) - set(old.names)):,}"
            for old, new in zip(before, now, strict=True)
        ]
        return f"Goes on from {self.name}{': ' * bool(news)}{', '.join(news)}."


def trained(kind: type[E], given: Any, place: Path | None) -> tuple[str, E]:
    """The model to go on from, and its name: an estimator of this kind, or the directory of one, which is only read.

    Raises UsageError for a model of another kind, and where the run at ``place`` would replace it.
    """
    if not isinstance(given, str | Path):
        if not isinstance(given, kind):
            raise UsageError(
                f"start_from: expected a trained {kind.__name__}, or the directory of one, got {type(given).__name__}."
            )
        given._check_fitted("model_")
        return "the model before", given
    if place is not None and place.resolve() == Path(given).resolve():
        raise UsageError(f"{given} is the model to go on from, and stays as it is. Choose another directory.")
    with loading(given):
        files = read_newest(Path(given))
        task = read_config(files).task
        if task != kind.task:
            raise UsageError(f"{given} is of the task {task[:40]!r}; a {kind.__name__} cannot go on from it.")
        return str(given), kind.from_files(files)


def start_of(estimator: ExampleEstimator, given: Any, place: Path | None) -> Start:
    """The same for ``estimator`` to go on from; UsageError where that asks for other settings of the model itself."""
    name, model = trained(type(estimator), given, place)
    fitted = model._fitted()
    had, asked = vars(model._settled(fitted.facts)), vars(estimator._settled({}))
    own = [one for one in asked if one not in estimator.settings.may_change and had[one] is not None]
    refuse_other_settings(
        name,
        [
            f"{one}: it has {code_of(had[one])}, now {code_of(asked[one])} is asked for."
            for one in own
            if asked[one] not in (None, had[one])
        ],
    )
    keys = settings_of(estimator.settings)
    return Start(name, model, fitted, {keys[one].key: had[one] for one in own if asked[one] is None})


def refuse_other_settings(name: str, problems: Sequence[str]) -> None:
    """Raise UsageError where there are ``problems``: what is asked for is not what the model to go on from has."""
    if problems:
        raise UsageError("\n  ".join([f"{name} cannot go on with other settings of the model.", *problems]))


def carry_over(module: nn.Module, weights: Mapping[str, Tensor], before: Sequence[Rows], now: Sequence[Rows]) -> None:
    """Give ``module`` the ``weights`` of another: all that has a name in both keeps its rows, the rest stays as drawn.

    Raises UsageError where anything else has another shape.

    >>> head, larger = nn.Linear(2, 2), nn.Linear(2, 3)
    >>> rows = [Rows("classes", names, {"weight": (0,), "bias": (0,)}) for names in ("ac", "abc")]
    >>> carry_over(larger, head.state_dict(), rows[:1], rows[1:])
    >>> torch.equal(larger.weight[[0, 2]], head.weight)
    True
    """
    places: dict[tuple[str, int], tuple[Tensor, Tensor]] = {}
    for was, is_now in zip(before, now, strict=True):
        old = {name: place for place, name in enumerate(was.names)}
        pairs = [(old[name], place) for place, name in enumerate(is_now.names) if name in old]
        sources, targets = torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).unbind(1)
        places |= {(name, axis): (sources, targets) for name, axes in is_now.weights.items() for axis in axes}
    state = module.state_dict()
    for name in sorted(state.keys() ^ weights.keys()):
        raise UsageError(f"The model before has another shape: {name!r} is in one of the two only.")
    for name, target in state.items():
        axes = [axis for axis in range(target.ndim) if (name, axis) in places]
        source = weights[name].to(target.device)
        for axis in axes:
            source = source.index_select(axis, places[name, axis][0].to(target.device))
        moved = [(axis, places[name, axis][1].to(target.device)) for axis in axes]
        _fill(name, target, moved, source)


def _fill(name: str, target: Tensor, moved: Sequence[tuple[int, Tensor]], source: Tensor) -> None:
    """Put ``source`` into the places of ``target`` that ``moved`` names, one list of them for each axis."""
    if not moved:
        if target.shape != source.shape:
            shapes = f"{tuple(source.shape)}, now {tuple(target.shape)}"
            raise UsageError(f"The model before has another shape: {name!r} was {shapes}.")
        target.copy_(source)
        return
    (axis, places), *rest = moved
    block = target.index_select(axis, places)
    _fill(name, block, rest, source)
    target.index_copy_(axis, places, block)


def before_of(facts: Facts) -> Mapping[str, Mapping[str, float]]:
    """The figures of the model that was gone on from, by its name, if there was one."""
    before = facts.get("before")
    return {} if before is None else {before["name"]: Figures.from_mapping(before["figures"]).model}
