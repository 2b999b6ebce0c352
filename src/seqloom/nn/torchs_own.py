"""Where a drop-in stands in for torch's own class, and where that has to be the class itself."""

from __future__ import annotations

import copy
import warnings
from typing import Any

from torch import nn

from seqloom.errors import SeqloomWarning

__all__ = ["TorchsOwn"]


class TorchsOwn(nn.Module):
    """The base of every drop-in; the class after it and ours in the order of resolution is torch's."""

    @property
    def _original(self) -> type[nn.Module]:
        return next(kind for kind in type(self).__mro__ if kind.__module__.startswith("torch.nn."))

    def __prepare_scriptable__(self) -> nn.Module:
        """What ``torch.jit.script`` reads: torch's own module, with the same parameters."""
        twin = copy.copy(self)
        twin.__class__ = self._original  # type: ignore[assignment]
        return twin

    @property
    def qconfig(self) -> Any:
        """How torch's quantisation is to treat this module."""
        return self.__dict__.get("_qconfig")

    @qconfig.setter
    def qconfig(self, value: Any) -> None:
        self.__dict__["_qconfig"] = value
        warnings.warn(
            f"torch's quantisation knows torch.nn.{self._original.__name__} by its class alone, and leaves "
            f"{type(self).__module__}.{type(self).__name__} as it is. Quantise a model with torch's own.",
            SeqloomWarning,
            stacklevel=3,
        )

    @qconfig.deleter
    def qconfig(self) -> None:
        self.__dict__.pop("_qconfig", None)
