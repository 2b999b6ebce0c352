"""Warnings of ours as lines on stderr."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from seqloom.apps.cli.console import say
from seqloom.errors import SeqloomWarning

__all__ = ["warnings_said"]


@contextmanager
def warnings_said(worded: Callable[[str], str] = str) -> Iterator[None]:
    """Within the block, say what seqloom warns of, once, as ``worded`` puts it; other warnings stay what they are."""
    already = set[str]()
    with warnings.catch_warnings():
        warnings.simplefilter("always", SeqloomWarning)
        usual = warnings.showwarning

        def shown(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            if not issubclass(category, SeqloomWarning):
                usual(message, category, *place, **more)
            elif str(message) not in already:
                already.add(str(message))
                say(worded(str(message)), style="yellow")

        warnings.showwarning = shown
        yield
