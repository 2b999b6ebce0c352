"""A random field over tags, with what is legal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.layers import ConditionalRandomField
from seqloom.layers.random_field import Legal
from seqloom.models.saved.recipe import Build, Recipe, Save
from seqloom.models.saved.untrusted import Untrusted

__all__ = ["ARandomField"]

_MOST_TAGS = 1 << 12


class ARandomField(Recipe):
    """How many tags there are, and which may stand where: a text of 1 for yes and 0 for no, a place for each tag."""

    made = ConditionalRandomField
    names = ("tags", "legal_start", "legal_transitions", "legal_end")

    def to_fields(self, module: Any, save: Save) -> dict[str, Any]:
        start, transitions, end = (~module.get_buffer(f"illegal_{name}") for name in Legal._fields)
        legal = _text(start), [_text(row) for row in transitions], _text(end)
        return dict(zip(self.names, (module.tags, *legal), strict=True))

    def from_fields(self, fields: Mapping[str, Untrusted], build: Build) -> nn.Module:
        tags = fields["tags"].whole()
        rows = [_flags(row, tags) for row in fields["legal_transitions"].items(_MOST_TAGS)]
        start, end = _flags(fields["legal_start"], tags), _flags(fields["legal_end"], tags)
        return ConditionalRandomField(tags, Legal(torch.tensor(start), torch.tensor(rows), torch.tensor(end)))


def _text(flags: Tensor) -> str:
    return "".join(str(int(flag)) for flag in flags.tolist())


def _flags(given: Untrusted, count: int) -> list[bool]:
    text = given.text()
    if len(text) != count or not set(text) <= {"0", "1"}:
        given.fail(f"a text of {count} zeros and ones")
    return [flag == "1" for flag in text]
