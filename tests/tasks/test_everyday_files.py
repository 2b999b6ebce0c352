"""``seqloom data`` on forty files that nobody tuned for: the right task from the right columns, or a question."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.apps.conftest import command
from tests.apps.running import Command
from tests.data.writing import written
from tests.tasks.everyday_files import FILES, WANTED

__all__ = ["command"]


def test_there_are_forty() -> None:
    assert len(FILES) >= 40
    assert FILES.keys() == WANTED.keys()


@pytest.mark.parametrize("name", FILES)
def test_the_task_and_the_columns_are_right_or_asked_for(name: str, tmp_path: Path, command: Command) -> None:
    data, (task, *words) = FILES[name], WANTED[name]
    written(
        tmp_path, {name: data} if isinstance(data, bytes) else {f"{name}/{file}": one for file, one in data.items()}
    )
    found = command("data", tmp_path / name, "--json")
    if task == "asks":
        assert found.code == 2
        assert [word for word in words if word not in found.err] == []
        return
    report = json.loads(found.out)
    assert (found.code, report["task"]) == (0, task)
    del report["file"]
    assert [word for word in words if (word.removeprefix("!") in str(report)) == word.startswith("!")] == []
