"""A run that another one is to replace: out of the way, but whole, until the new one has saved something.

It lies in ``replaced/``. Checkpoints leave oldest first and come back newest first, so whenever the process is killed
the newest one is either in the run directory or in ``replaced/`` beside no other.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

__all__ = ["REPLACED", "drop_replaced", "put_back", "set_aside"]

REPLACED = "replaced"


def set_aside(run: Path, names: Sequence[str]) -> None:
    """Move the named parts of a run into ``replaced/``, in their order.

    >>> import tempfile
    >>> run = Path(tempfile.mkdtemp())
    >>> (run / "step-00000120").mkdir()
    >>> set_aside(run, ["step-00000120", "metrics.jsonl"]); os.listdir(run)
    ['replaced']
    >>> put_back(run); os.listdir(run)
    ['step-00000120']
    """
    (run / REPLACED).mkdir(exist_ok=True)
    for name in names:
        if os.path.lexists(run / name):
            os.rename(run / name, run / REPLACED / name)


def put_back(run: Path) -> None:
    """Undo ``set_aside``; nothing happens where there is nothing to undo."""
    if not (run / REPLACED).is_dir():
        return
    for name in sorted(os.listdir(run / REPLACED), reverse=True):
        os.replace(run / REPLACED / name, run / name)
    (run / REPLACED).rmdir()


def drop_replaced(run: Path) -> None:
    """Delete what was set aside."""
    shutil.rmtree(run / REPLACED, ignore_errors=True)
