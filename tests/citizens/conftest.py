"""What makes tracing under pytest as quick as elsewhere."""

from __future__ import annotations

import traceback

import pytest


@pytest.fixture(autouse=True)
def _without_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """For every fake mode, one an operation of ``make_fx``, torch reads the stack with all lines of code."""
    monkeypatch.setattr(traceback, "extract_stack", lambda *_, **__: traceback.StackSummary())
