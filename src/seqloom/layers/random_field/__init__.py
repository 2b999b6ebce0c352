"""Conditional random fields: tags of a sequence that are scored together, not one by one."""

from __future__ import annotations

from seqloom.layers.random_field.field import ConditionalRandomField, Legal

__all__ = ["ConditionalRandomField", "Legal"]
