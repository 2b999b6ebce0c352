"""What a trace gives: numbers by layer and name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from seqloom.errors import UsageError, did_you_mean

__all__ = ["Trace"]


@dataclass(frozen=True, eq=False)
class Trace:
    """The quantities of a model over a batch of B rows.

    ``quantities`` has a tensor under the path of each layer and the quantity's name, "body.layers.0.forget_gate":

    - gates, candidates and states (B, T, H), as the layer's equations name them;
    - "attention" (B, N, T, S) of N heads over S steps, of a decoder's attention (B, T, S);
    - "implicit_attention" (B, N, T, T) of matrix memories, (B, T, T) of other linear recurrences;
    - matrix memories as "memory_norm" and "memory_rank" (B, T, N), whole as "memory" (B, T, N, K, V).

    They are 0 beyond a row's length; what a layer reads from the end stands at the step that it belongs to. ``lengths``
    has those of each quantity, None where all steps are real. ``outputs`` is what the model gave, bit for bit, and
    ``remarks`` says where a state is of another kernel than the outputs. Of an estimator that reads texts, ``steps``
    says for each row what its steps stand for.
    """

    outputs: Any
    quantities: Mapping[str, Tensor]
    lengths: Mapping[str, Tensor | None]
    remarks: tuple[str, ...] = ()
    steps: Sequence[Sequence[str]] = ()

    def __getitem__(self, name: str) -> Tensor:
        """The quantity of that path and name, or of that name where one layer alone has it; UsageError otherwise."""
        found = {name: self.quantities[name]} if name in self.quantities else self.named(name)
        if len(found) == 1:
            return next(iter(found.values()))
        if found:
            raise UsageError(f"Several layers have a quantity {name!r}: {', '.join(found)}.")
        raise UsageError(
            f"The trace has no quantity {name!r}; it has {', '.join(self.quantities)}."
            + did_you_mean(name, self.quantities)
        )

    def named(self, name: str) -> dict[str, Tensor]:
        """The quantities of that name in every layer, by their paths and names."""
        return {key: value for key, value in self.quantities.items() if key.rpartition(".")[2] == name}

    def _repr_html_(self) -> str:
        from seqloom.inspection.report.section import Table

        rows = [
            (*key.rpartition(".")[::2], " × ".join(map(str, value.shape))) for key, value in self.quantities.items()
        ]
        return Table(("layer", "quantity", "shape"), rows)._repr_html_()

    def __repr__(self) -> str:
        layers: dict[str, list[str]] = {}
        for key in self.quantities:
            path, _, name = key.rpartition(".")
            layers.setdefault(path, []).append(name)
        size = sum(value.nbytes for value in self.quantities.values())
        lines = [f"  {path or 'the layer'}: {', '.join(names)}" for path, names in layers.items()]
        return "\n".join([f"<Trace of {len(self.quantities)} quantities, {size / 1e6:,.1f} MB>", *lines])
