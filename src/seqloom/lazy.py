"""Names of a package that are imported when they are first asked for, so that importing the package stays light."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # that of typing, without its import: the command line begins here
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

__all__ = ["lazily"]


def lazily(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of ``package``, whose names lie in the modules ``homes``."""

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(homes[name]), name)

    return find, lambda: sorted({*vars(sys.modules[package]), *homes})
