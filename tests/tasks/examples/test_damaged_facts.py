"""Whatever config.json says was learned of the data, loading gives a model or a ModelFileError."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seqloom.errors import ModelFileError
from seqloom.storage.directory import write_directory
from seqloom.storage.reading import read_directory
from seqloom.training.settings import TrainingSettings
from tests.tasks.toy import Ranker


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    path = tmp_path_factory.mktemp("saved") / "ranker"
    training = TrainingSettings(steps=1, epochs=None, device="cpu")
    Ranker(training=training).fit(["abc ab", "b aab", "a bb"] * 4, [0, 1, 0] * 4).save(path)
    return read_directory(path)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        None,
        [],
        7,
        "abc",
        {"letters": None},
        {"letters": []},
        {"letters": "ab" * 40},
        {"picked": 7},
    ],
    ids=repr,
)
def test_damaged_facts_are_refused(files: dict[str, bytes], tmp_path: Path, facts: Any) -> None:
    config = json.loads(files["config.json"])
    whole = config["learned"]["facts"]
    config["learned"]["facts"] = whole | facts if isinstance(facts, dict) and facts else facts
    write_directory(tmp_path / "model", files | {"config.json": json.dumps(config).encode()})
    with pytest.raises(ModelFileError, match=r"config\.json"):
        Ranker.load(tmp_path / "model")
