"""What a planned recurrence needs of the machine that runs it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from torch import Tensor

from seqloom.kernels.call import Randomness
from seqloom.kernels.plan import Program
from seqloom.kernels.recurrence.by_rows import RowsByTime
from seqloom.kernels.recurrence.projection import Projection
from seqloom.kernels.recurrence.workspace import Workspace

__all__ = ["Engine"]


class Engine(ABC):
    """Runs programs and the products before and after them."""

    @abstractmethod
    def refusal(self, tensors: Sequence[Tensor]) -> str | None:
        """Why this engine cannot compute with ``tensors``, or None when it can."""

    @abstractmethod
    def unit_of(self, like: Tensor) -> int:
        """Widths in memory are multiples of this, for numbers like those of ``like``."""

    @abstractmethod
    def parts(self) -> int:
        """How many sums over tokens are kept, to be added up at the end."""

    @abstractmethod
    def project(self, x: Tensor, projection: Projection, out: Tensor) -> None:
        """out[…, start : start + rows of W] = x Wᵀ + bias, for every matrix of ``projection``.

        x (N, D) and out (N, columns), or both as rows by steps, (B, T, …), however they lie.
        """

    @abstractmethod
    def project_back(self, gradient: Tensor, projection: Projection, out: Tensor) -> None:
        """out = Σ over the matrices of gradient[:, start : start + rows of W] W."""

    @abstractmethod
    def outer(self, gradient: Tensor, operand: Tensor) -> Tensor:
        """gradientᵀ · operand: (N, rows) and (N, columns) give (rows, columns)."""

    @abstractmethod
    def loop(
        self,
        program: Program,
        workspace: Workspace,
        parameters: Mapping[str, Tensor],
        randomness: Randomness | None,
        backwards: bool,
    ) -> None:
        """Run the program for every step, first to last or last to first."""

    @abstractmethod
    def scan(self, program: Program, workspace: RowsByTime, backwards: bool) -> None:
        """Run a diagonal program for every step of rows of equal length.

        What the workspace carries begins with what comes before the first step, and ends with what the last one leaves.
        """
