"""A folder with a file for each series, as price exports come."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqloom import Forecaster
from seqloom.errors import DataError, UsageError
from seqloom.tasks.guess import guess

HEAD = "Date,Open,High,Low,Close,Volume\n"
BRIEF = {"steps": 2, "epochs": None, "device": "cpu"}


def price_file(path: Path, seed: int, steps: int = 120) -> None:
    """Weekdays, newest first."""
    generator = np.random.default_rng(seed)
    days = np.busday_offset("2024-01-01", np.arange(steps), roll="forward")
    closes = 100 + np.cumsum(generator.normal(size=steps))
    rows = [
        f"{day},{c - 1:.2f},{c + 2:.2f},{c - 2:.2f},{c:.2f},{1000 + k}"
        for k, (day, c) in enumerate(zip(days, closes, strict=True))
    ]
    path.write_text(HEAD + "\n".join(rows[::-1]) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "tickers"
    folder.mkdir()
    for seed, name in enumerate(("AAA", "BBB", "CCC")):
        price_file(folder / f"{name}.csv", seed, 120 - seed)
    (folder / ".hidden.csv").write_text("nothing")
    return folder


def test_a_folder_is_guessed(folder: Path) -> None:
    found = guess(folder, {})
    assert found is not None
    assert found.task == "forecasting"
    assert "a series in each of 3 files" in found.reason
    (folder / "labels.csv").write_text("file,label\nAAA.csv,up\n")
    (folder / "BBB.csv").unlink()
    (folder / "CCC.csv").unlink()
    labelled = guess(folder, {})
    assert labelled is None or labelled.task != "forecasting"


def test_each_file_is_a_series_by_its_name(folder: Path) -> None:
    model = Forecaster("gru(4)", horizon=2, training=BRIEF)
    with pytest.warns(match="rows sorted"):
        model.fit(folder, progress=False)
    assert [*model.facts_["scales"]] == ["AAA", "BBB", "CCC"]
    with pytest.warns(match="rows sorted"):
        whole, alone = model.predict(folder), model.predict(folder / "BBB.csv")
    np.testing.assert_array_equal(whole[1], alone[0])
    with pytest.warns(match="rows sorted"):
        lines = "".join(model.written(folder / "BBB.csv")).splitlines()
    assert lines[0].startswith("Date,file,column,")
    assert lines[1].split(",")[1:3] == ["BBB", "Close"]


def test_series_of_files_are_those_of_one_table(folder: Path, tmp_path: Path) -> None:
    rows = [
        f"{file.stem},{line}\n"
        for file in sorted(folder.glob("[A-Z]*.csv"))
        for line in file.read_text().splitlines()[1:]
    ]
    (tmp_path / "all.csv").write_text("ticker," + HEAD + "".join(rows))
    found = []
    for source, group in ((folder, None), (tmp_path / "all.csv", "ticker")):
        model = Forecaster("gru(4)", horizon=2, group=group, target="Close", training=BRIEF)
        with pytest.warns(match="rows sorted"):
            found.append(model.fit(source, progress=False).predict(source))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)


def test_names_of_files_stay_apart(folder: Path) -> None:
    price_file(folder / "BRK.A.csv", 5)
    price_file(folder / "BRK.B.csv", 6)
    (folder / "README.txt").write_text("Prices of six tickers.")
    assert guess(folder, {}).task == "forecasting"  # type: ignore[union-attr]
    model = Forecaster("gru(4)", horizon=2, training=BRIEF)
    with pytest.warns(match="rows sorted"):
        model.fit(folder, progress=False)
    assert [*model.facts_["scales"]] == ["AAA", "BBB", "BRK.A", "BRK.B", "CCC"]
    (folder / "AAA.tsv").write_text((folder / "AAA.csv").read_text().replace(",", "\t"))
    with pytest.raises(DataError, match=r"AAA\.csv and AAA\.tsv are one series by their names"):
        model.predict(folder)


def test_what_is_wrong_is_named_by_its_file(folder: Path, tmp_path: Path) -> None:
    model = Forecaster("gru(4)", horizon=2, training=BRIEF)
    (folder / "BBB.csv").write_text("Date,Open\n2024-01-01,1\n")
    with pytest.raises(UsageError, match=r"BBB\.csv has no column 'Close'"):
        model.fit(folder, progress=False)
    price_file(folder / "BBB.csv", 1)
    with (folder / "BBB.csv").open("a") as file:
        file.write("soon,1,1,1,2,1\n")
    with pytest.raises(DataError, match=r"BBB\.csv, column 'Date': expected .* line 122 has 'soon'"):
        model.fit(folder, progress=False)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match="expected tables, one for each series, found none"):
        model.fit(empty, progress=False)
