"""Any module of ours as plain data, ready for JSON, and back, without running anyone's code.

A module is an object ``{"kind": …}`` with what its constructor was given; modules inside it are such objects again.
Weights are not in it: they are kept beside it, by their names. What is read may come from anyone: kinds are looked up,
never imported, and every size is bounded before something is built.
"""

from __future__ import annotations

from seqloom.models.saved.modules import module_from_data, module_to_data

__all__ = ["module_from_data", "module_to_data"]
