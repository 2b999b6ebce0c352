"""The vectors of tokens in a module, by the rows of its weights that have names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import nn

from seqloom.inspection.embeddings import TokenVectors
from seqloom.layers import LearnedEmbedding
from seqloom.tasks.examples.going_on import Rows

__all__ = ["vectors_of"]


def vectors_of(module: nn.Module, rows: Sequence[Rows]) -> list[TokenVectors]:
    """Those of learned embeddings of two tokens or more. Vocabularies have what is frequent first, but bytes and marks,
    which may never come: these are shown last."""
    found = []
    for one in rows:
        for path in one.weights:
            owner = module.get_submodule(path.rpartition(".")[0])
            if isinstance(owner, LearnedEmbedding | nn.Embedding) and len(one.names) > 1:
                names = list(one.texts) or [str(name) for name in one.names]
                vectors = module.get_parameter(path).detach().cpu().double().numpy()
                order = sorted(range(len(names)), key=lambda place: _is_a_mark(names[place]))
                found.append(TokenVectors(one.what, names, np.asarray(vectors), order))
    return found


def _is_a_mark(name: str) -> bool:
    return (len(name) > 2 and name[0] == "<" and name[-1] == ">") or name.startswith("\\x") or not name.isprintable()
