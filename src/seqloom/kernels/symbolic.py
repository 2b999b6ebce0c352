"""What ``torch.fx`` and ``torch.jit`` make of our modules: a leaf for the former, no script for the latter."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.fx import Proxy

from seqloom.errors import UsageError

__all__ = ["Leaf", "as_leaf", "is_symbol"]


class Leaf(nn.Module):
    """A module that ``torch.fx.symbolic_trace`` calls and does not look into, as it does with torch's own.

    >>> import torch
    >>> class Twice(Leaf):
    ...     def forward(self, x):
    ...         return 2 * x if x.shape[0] else x
    >>> graph = torch.fx.symbolic_trace(nn.Sequential(Twice())).graph
    >>> [node.op for node in graph.nodes]
    ['placeholder', 'call_module', 'output']
    """

    def __call__(self, x: Any, *others: Any, **named: Any) -> Any:
        """As every module; for a symbol of ``torch.fx``, another symbol."""
        return as_leaf(self, x, *others, **named) if is_symbol(x) else super().__call__(x, *others, **named)

    def __prepare_scriptable__(self) -> nn.Module:
        """What ``torch.jit.script`` asks for; raises UsageError."""
        raise UsageError(
            f"torch.jit.script cannot read {type(self).__name__}, written in more of Python than TorchScript has. "
            "torch.export.export(module, (x,)) gives a program to save; torch.jit.trace works too."
        )


def is_symbol(x: object) -> bool:
    """Whether ``torch.fx`` traces, and x stands for what will be given."""
    return isinstance(x, Proxy)


def as_leaf(module: nn.Module, x: Any, *others: Any, **named: Any) -> Any:
    """A call of ``module`` in the graph that is being traced."""
    return x.tracer.create_proxy("call_module", x.tracer.path_of_module(module), (x, *others), named)
