"""``seqloom watch``: a step as it comes, alarms, pictures, and what is refused."""

from __future__ import annotations

import io
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from seqloom.tasks.forecasting.forecaster import Forecaster
from tests.apps.running import Command
from tests.apps.test_bad_input import refused


def rows(steps: int, seed: int) -> list[str]:
    draw = np.random.default_rng(seed)
    heat = np.sin(np.arange(steps) * np.pi / 6) + 0.1 * draw.normal(size=steps)
    days = np.arange(np.datetime64("2024-01-01"), np.datetime64("2024-01-01") + steps)
    return [f"{day},{value:.3f}" for day, value in zip(days, heat, strict=True)]


@pytest.fixture(scope="module")
def _watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("watched")
    (home / "usual.csv").write_text("\n".join(["day,heat", *rows(600, 0)]))
    training = {"steps": 3, "epochs": None, "device": "cpu"}
    model = Forecaster("gru(4)", horizon=2, past=36, lags=12, season=12, training=training)
    model.fit(home / "usual.csv", validation=0.6, progress=False).save(home / "model")
    return home


@pytest.fixture
def home(_watched: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(_watched)
    return _watched


def faulty(home: Path) -> None:
    lines = rows(60, 1)
    lines[40] = lines[40].split(",")[0] + ",9"
    lines[45] = lines[45].split(",")[0] + ",NA"
    (home / "new.csv").write_text("\n".join(["day,heat", *lines]))


def test_steps_alarms_and_counts(command: Command, home: Path) -> None:
    faulty(home)
    found = command("watch", "model", "new.csv")
    assert found.code == 0
    lines = [line.split("\t") for line in found.out.splitlines()]
    assert len(lines) == 60
    assert lines[0] == ["2024-01-01", "–", "nothing to score"]
    assert lines[1][2] == "not judged yet"
    assert lines[40][0] == "2024-02-10"
    assert "surprise" in lines[40][2]
    assert lines[45][1:] == ["–", "nothing to score"]
    assert float(lines[40][1]) > 3 * float(lines[39][1])
    assert "At most 0.0111 false alarms are expected per step, shared by 4 statistics" in found.err
    assert "60 steps, alarms in " in found.err
    assert "at the start were read and not judged. In 2 there was nothing to score." in found.err
    alarms = command("watch", "model", "new.csv", "--alarms").out.splitlines()
    assert alarms == [line for line in found.out.splitlines() if line.split("\t")[2:] not in ([], ["not judged yet"])
                      and "nothing" not in line]  # fmt: skip
    records = [json.loads(line) for line in command("watch", "model", "new.csv", "--json").out.splitlines()]
    assert [record["label"] for record in records] == [line[0] for line in lines]
    assert (records[45]["surprise"], records[0]["judged"], records[40]["line"]) == (None, False, 42)
    rang = {alarm["statistic"]: alarm for alarm in records[40]["alarms"]}
    assert rang["surprise"]["value"] == records[40]["surprise"] > rang["surprise"]["level"]


def test_columns_beside_are_watched_with(command: Command, home: Path) -> None:
    lines = [f"{row},{k % 3},{k % 5}" for k, row in enumerate(rows(200, 0))]
    (home / "sales.csv").write_text("\n".join(["day,heat,promo,rain", *lines]))
    given = {"horizon": 2, "past": 36, "lags": 12, "season": 12, "target": "heat", "known": "promo", "also": "rain"}
    model = Forecaster("gru(4)", **given, training={"steps": 3, "epochs": None, "device": "cpu"})
    model.fit(home / "sales.csv", validation=0.6, progress=False).save(home / "sales")
    found = command("watch", "sales", "sales.csv", "--json")
    assert found.code == 0
    steps = [json.loads(line) for line in found.out.splitlines()]
    assert (len(steps), steps[100]["judged"]) == (200, True)
    (home / "heat.csv").write_text("day,heat\n2024-01-01,1\n")
    refused(command("watch", "sales", "heat.csv"), 3, "heat.csv, line 1: expected the columns 'heat', 'promo', 'rain'")


def test_a_picture(command: Command, home: Path) -> None:
    pytest.importorskip("matplotlib")
    faulty(home)
    found = command("watch", "model", "new.csv", "--picture", "a.png")
    assert (found.code, "Drawn: a.png" in found.err) == (0, True)
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")
    refused(command("watch", "model", "new.csv", "--picture", "a.doc"), 2, "pictures are files that end in .png")


def test_lines_of_text_from_standard_input(
    command: Command, model: Path, text_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("the quick brown fox\nzzzz\n"))
    found = command("watch", model, "--rate", "0.5", "--calibrate", text_file)
    number, total, mean, _, text = found.out.splitlines()[0].split("\t")
    assert (found.code, number, text) == (0, "1", "the quick brown fox")
    assert float(total) == pytest.approx(20 * float(mean), rel=0.01)
    monkeypatch.setattr(sys, "stdin", io.StringIO("the"))
    tokens = command("watch", model, "--unit", "token", "--rate", "0.5", "--json").out.splitlines()
    assert [json.loads(line)["label"] for line in tokens][:3] == ["t", "h", "e"]


def test_what_is_refused(command: Command, home: Path, model: Path) -> None:
    faulty(home)
    refused(command("watch", "model", "new.csv", "--rate", "0.001"), 2, "rate: 0.001 needs 3,999 held-out steps")
    refused(command("watch", "model", "new.csv", "--unit", "token"), 2, "--unit: no effect for the task 'forecasting'")
    refused(command("watch", model, "new.csv", "--series", "a"), 2, "--series: no effect for the task 'language-model'")
    refused(command("watch", "model", "new.csv", "--series", "a"), 2, "name: expected one of")
    refused(command("watch", "model", "nothing.csv"), 3, "nothing.csv")
    Path("bad.csv").write_text("day,heat\n2024-01-01,1\n2024-01-02,warm\n")
    found = command("watch", "model", "bad.csv")
    assert (found.code, found.out) == (3, "2024-01-01\t–\tnothing to score\n")
    assert "Error: bad.csv, line 3: column heat: expected a finite number, got 'warm'." in found.err
    Path("bad.csv").write_bytes(b"day,heat\n2024-01-01,\xff\n")
    refused(command("watch", "model", "bad.csv"), 3, "bad.csv, line 1: expected UTF-8")
    Path("bad.csv").write_text("day,cold\n2024-01-01,1\n")
    refused(command("watch", "model", "bad.csv"), 3, "line 1: expected the columns 'heat'")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="signals and pipes as Linux has them")
def test_a_step_is_printed_as_it_comes_and_ctrl_c_ends_it_quietly(home: Path) -> None:
    line = [sys.executable, "-m", "seqloom", "watch", "model"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(line, **pipes, env=os.environ | {"OMP_NUM_THREADS": "1"}) as run:
        assert run.stdin
        assert run.stdout
        assert run.stderr
        for text in rows(3, 0):
            run.stdin.write(f"{text}\n".encode())
            run.stdin.flush()
            assert select.select([run.stdout], [], [], 100)[0], "nothing came for a step"
            assert run.stdout.readline().decode().startswith(text.split(",")[0])
        run.send_signal(signal.SIGINT)
        late = time.monotonic() + 100
        while run.poll() is None and time.monotonic() < late:
            time.sleep(0.05)
        said = run.stderr.read().decode()
        assert run.returncode == 130, said
        assert "3 steps, alarms in 0." in said
        assert "Traceback" not in said
