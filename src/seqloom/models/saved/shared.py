"""Weights that stand under several names in a module, as those of a head that is tied to an embedding."""

from __future__ import annotations

from torch import nn

from seqloom.models.saved.untrusted import Untrusted

__all__ = ["share", "shared_weights"]


def shared_weights(module: nn.Module) -> dict[str, str]:
    """The first name of each weight that has further ones, by the further one.

    >>> from seqloom.layers import LearnedEmbedding, tied_head
    >>> embedding = LearnedEmbedding(5, 4)
    >>> shared_weights(nn.ModuleDict({"embedding": embedding, "head": tied_head(embedding)}))
    {'head.linear.weight': 'embedding.table'}
    """
    first: dict[int, str] = {}
    found = {}
    for name, weight in module.named_parameters(remove_duplicate=False):
        if first.setdefault(id(weight), name) != name:
            found[name] = first[id(weight)]
    return found


def share(module: nn.Module, names: Untrusted) -> None:
    """Put one weight under the names that :func:`shared_weights` found; ModelFileError for others."""
    weights = dict(module.named_parameters(remove_duplicate=False))
    if not isinstance(names.value, dict):
        names.fail("an object of names")
    for name, first in names.value.items():
        if name not in weights or not isinstance(first, str) or first not in weights:
            names.fail("an object of the module's weights")
        if weights[name].shape != weights[first].shape:
            names.fail(f"an object of weights of one shape; {name} and {first} differ")
        owner, _, own = name.rpartition(".")
        module.get_submodule(owner).register_parameter(own, weights[first])
