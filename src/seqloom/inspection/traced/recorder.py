"""The one recorder: it looks where kernels are chosen, and knows in which layer of a model that happens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FunctionType, MethodType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from seqloom.cells.graph import Graph
from seqloom.inspection.traced.offers import ATTENTION, Group
from seqloom.kernels import Call, Kernel, observe, present
from seqloom.kernels.backend import Result, Work
from seqloom.kernels.call import States
from seqloom.kernels.matrix_state import Sequences
from seqloom.kernels.observation import Quantity
from seqloom.kernels.recurrence_quantities import run_and_show
from seqloom.layers import Bidirectional
from seqloom.layers.attention.banded import Banded
from seqloom.layers.attention.dot_product import Attention

__all__ = ["Note", "Recorder", "Recurrence", "Seen", "Shown"]


class Recurrence(NamedTuple):
    """A recurrence that ran: ``call``, and nodes of its graph after every step (B, T, H), all new states among them."""

    call: Call
    found: Mapping[int, Tensor]


class Note(NamedTuple):
    """What a layer showed of itself: ``value`` (B, T, …)."""

    name: str
    value: Tensor


Shown = Recurrence | Sequences | Attention | Banded | Note


class Seen(NamedTuple):
    """Something that happened at ``path``, in rows of ``lengths`` steps, which a layer reads ``backwards`` or not."""

    path: str
    lengths: Tensor | None
    backwards: bool
    shown: Shown


@dataclass
class _Frame:
    """A module that is running: ``stepping`` where it makes a single step of those that another layer makes."""

    path: str
    module: nn.Module | None
    lengths: Tensor | None = None
    backwards: bool = False
    stepping: bool = False
    recurrences: int = 0


@dataclass
class Recorder:
    """Notes what happens inside ``model`` while it records, as far as it is ``asked`` for: names, or groups of names.

    Outputs are those of the kernels that run anyway. Gates come from the same run, until they take ``most_bytes``.
    """

    model: nn.Module
    asked: Collection[str] = (Group.STATES.value,)
    most_bytes: int = 0
    seen: list[Seen] = field(default_factory=list)
    remarks: dict[str, None] = field(default_factory=dict)
    _frames: list[_Frame] = field(default_factory=lambda: [_Frame("", None)])

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Look at everything that ``model`` does inside the ``with`` block, without gradients and in evaluation."""
        modules = list(self.model.named_modules())
        training = [(module, module.training) for _, module in modules]
        kept = [(module, name, module.__dict__.get(name)) for _, module in modules for name in ("forward", "step")]
        try:
            self.model.eval()
            for path, module in modules:
                self._follow(path, module)
            with torch.no_grad(), observe(self):
                yield
        finally:
            for module, name, before in kept:
                module.__dict__.pop(name, None)
                if before is not None:
                    module.__dict__[name] = before
            for module, was in training:
                module.training = was

    def do(self, kernel: Kernel[Work, Result], work: Work) -> Result:
        """What a kernel does, as it would without us."""
        if isinstance(work, Call) and set(self.asked) != {ATTENTION}:
            y, final, found, remark = run_and_show(kernel, work, self._gates(work))  # type: ignore[arg-type]
            path = self._add(Recurrence(work, found))
            if remark:
                self.remarks[": ".join(filter(None, (path, remark)))] = None
            return y, final  # type: ignore[return-value]
        if isinstance(work, Sequences) or (ATTENTION in self.asked and isinstance(work, Attention | Banded)):
            self._add(work)
        return kernel.run(work)

    def stepped(
        self, graph: Graph, x: Tensor, states: States, parameters: Mapping[str, Tensor], done: tuple[Tensor, States]
    ) -> None:
        """A recurrence of one step."""
        call = Call(graph, parameters, x[:, None], tuple(states), None, None)
        self._add(Recurrence(call, {k: new[:, None] for k, new in zip(graph.new_states, done[1], strict=True)}))

    def note(self, name: str, value: Quantity) -> None:
        """What a layer shows; a step by itself is a sequence of one."""
        if isinstance(value, Tensor):
            self._add(Note(name, value[:, None] if self._frames[-1].stepping else value))
        elif ATTENTION in self.asked:
            self._add(Note(name, value()))

    def _gates(self, call: Call) -> list[int]:
        """The nodes to be shown besides states: all that have names, where one is asked for and there is room.

        All, since each choice would be a program of its own; without room, those that are chosen are made later.
        """
        graph = call.graph
        gates = {name: k for name, k in graph.quantities.items() if k not in graph.new_states}
        if not {Group.GATES.value, *gates} & {key.rpartition(".")[2] for key in self.asked}:
            return []
        width = sum(graph.nodes[k].width for k in gates.values())
        self.most_bytes -= width * call.x.shape[:2].numel() * call.x.element_size()
        return [*gates.values()] if self.most_bytes >= 0 else []

    def _add(self, shown: Shown) -> str:
        """Remember what happened where; gives the path."""
        frame = self._frames[-1]
        path, backwards = frame.path, frame.backwards
        if isinstance(frame.module, nn.RNNBase) and isinstance(shown, Recurrence):
            layer, direction = divmod(frame.recurrences, 2 if frame.module.bidirectional else 1)
            path, backwards = f"{path}.l{layer}{'_reverse' * direction}".removeprefix("."), bool(direction)
            frame.recurrences += 1
        lengths = shown.call.lengths if isinstance(shown, Recurrence) and not frame.stepping else frame.lengths
        self.seen.append(Seen(path, lengths, backwards, shown))
        return path

    def _follow(self, path: str, module: nn.Module) -> None:
        """Know when ``module`` runs, a whole sequence or a step: hooks would change how steps are made."""
        for name in ("forward", "step"):
            own = getattr(module, name, None)
            if isinstance(own, FunctionType | MethodType):  # a number or a layer may be called step, too
                module.__dict__[name] = self._followed(path, module, own, single=name == "step")

    def _followed(self, path: str, module: nn.Module, own: Callable[..., Any], single: bool) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            if present().observer is not self:  # another thread's
                return own(*args, **kwargs)
            self._frames.append(self._entered(path, module, single, args, kwargs))
            try:
                return own(*args, **kwargs)
            finally:
                self._frames.pop()

        return run

    def _entered(self, path: str, module: nn.Module, single: bool, args: Any, kwargs: Any) -> _Frame:
        outside = self._frames[-1]
        parent = outside.module
        backwards = outside.backwards ^ (isinstance(parent, Bidirectional) and module is parent.backward_layer)
        lengths = outside.lengths
        stepping = outside.stepping or single
        if not stepping and hasattr(module, "initial_state"):  # a layer, or a part of one: (x, state, lengths)
            lengths = args[2] if len(args) > 2 else kwargs.get("lengths")
        return _Frame(path, module, lengths, backwards, stepping)
