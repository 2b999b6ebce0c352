"""Commands on music: from a folder of MIDI files to files that can be heard and seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seqloom.data.made.tunes import made_tunes
from seqloom.data.notes import read_midi, save_midi
from seqloom.data.sounds import open_sound
from seqloom.tasks.music.music_model import MusicModel
from tests.apps.running import Command
from tests.apps.test_bad_input import refused

FAST = ("--model", "gru(8)", "--steps", "4", "--quiet")


@pytest.fixture
def tunes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("tunes").mkdir()
    for number, piece in enumerate(made_tunes(6, seed=0)):
        save_midi(f"tunes/{number}.mid", piece)
    return Path("tunes")


@pytest.fixture
def run(tunes: Path) -> Path:
    training = {"steps": 4, "epochs": None, "device": "cpu"}
    MusicModel("gru(8)", training=training).fit(tunes, progress=False).save("model")
    return Path("model")


def test_a_folder_is_learned_from(command: Command, tunes: Path) -> None:
    found = command("train", tunes, *FAST)
    assert found.code == 0
    assert "tunes: 6 MIDI files. Taken for music" in found.err
    assert "6 pieces, " in found.err
    assert "2 steps a beat: all " in found.err
    assert "Write music with it:  seqloom generate models/tunes -o tune.mid" in found.err
    assert [line.split("  ")[0] for line in found.out.splitlines()[:4]] == [
        "model",
        "key frequencies",
        "the step before",
        "models/tunes",
    ]


def test_pieces_are_written_to_hear_and_to_see(command: Command, run: Path) -> None:
    found = command("generate", run, "-o", "x.mid", "--length", 12, "--seed", 2)
    assert (found.code, found.out.split()) == (0, ["x.mid", "x.wav", "x.png"])
    piece = read_midi("x.mid")
    assert 0 < piece.end <= 12
    assert open_sound("x.wav").seconds == pytest.approx(piece.seconds(piece.end) + 0.08, abs=0.01)
    assert Path("x.png").read_bytes().startswith(b"\x89PNG")
    again = json.loads(command("generate", run, "--length", 12, "--seed", 2, "--json").out)
    assert (again["files"], again["seed"]) == ([], 2)
    assert len(again["pitches"]) == piece.end


def test_pieces_begin_as_a_file_does(command: Command, run: Path, tunes: Path) -> None:
    found = command("generate", run, "-p", tunes / "0.mid", "-n", 2, "-l", 4, "--bars", 2, "-o", "y", "--json")
    rows = [json.loads(line) for line in found.out.splitlines()]
    assert [row["files"] for row in rows] == [[f"y-{n}.mid", f"y-{n}.wav", f"y-{n}.png"] for n in (1, 2)]
    first = [note.pitch for note in read_midi(tunes / "0.mid").notes if note.start == 0]
    assert all(row["pitches"][0] == sorted(first) for row in rows)


def test_pieces_are_judged_and_gone_on_with(command: Command, run: Path, tunes: Path) -> None:
    found = json.loads(command("evaluate", run, tunes, "--json").out)
    assert set(found["model"]) == {"loss", "accuracy"}
    table = command("predict", run, tunes).out.splitlines()
    assert (table[0], len(table)) == ("piece,steps,nats_a_step,next", 7)
    assert json.loads(command("predict", run, tunes, "--json").out.splitlines()[0])["piece"] == "0.mid"


def test_pieces_of_a_label(command: Command, run: Path, tunes: Path) -> None:
    refused(command("generate", run, "-o", "x.mid", "--label", "jig"), 2, "this model has learned no labels")
    for number, file in enumerate(sorted(tunes.iterdir())):
        (tunes / ("jig", "reel")[number % 2]).mkdir(exist_ok=True)
        file.rename(tunes / ("jig", "reel")[number % 2] / file.name)
    found = command("train", tunes, *FAST, "--learning-rate", 0.3)
    assert found.code == 0, found.err
    assert "Labels: jig 3, reel 3." in found.err
    rows = [
        json.loads(command("generate", "models/tunes", "--json", "-l", 16, *label).out)["pitches"]
        for label in ((), ("--label", "jig"), ("--label", "reel"))
    ]
    assert rows[0] != rows[1] != rows[2]
    refused(command("generate", "models/tunes", "-o", "x.mid", "--label", "jug"), 2, "Did you mean 'jig'?")


def test_events_are_learned_and_written(command: Command, tunes: Path) -> None:
    found = command("train", tunes, "--task", "music-events", "--model", "gru(8)", "--steps", 30, "--quiet")
    assert found.code == 0, found.err
    assert [line.split("  ")[0] for line in found.out.splitlines()[:4]] == [
        "model",
        "event frequencies",
        "the kind before",
        "models/tunes",
    ]
    written = command("generate", "models/tunes", "-o", "x.mid", "-l", 24, "-p", tunes / "0.mid", "--bars", 2)
    assert (written.code, written.out.split()) == (0, ["x.mid", "x.wav", "x.png"])
    assert {note.program for note in read_midi("x.mid").notes} == {0, 73}
    assert command("predict", "models/tunes", tunes).out.startswith("piece,events,nats_an_event,next")
    assert json.loads(command("evaluate", "models/tunes", tunes, "--json").out)["counted"] == "events"
    looked = command("inspect", "models/tunes", "--data", tunes, "--json")
    titles = [section["title"] for section in json.loads(looked.out)["sections"]]
    assert {"How far back does it look?", "Why this answer?", "What does the task show?"} <= {*titles}


def test_what_is_refused(command: Command, run: Path, model: Path) -> None:
    refused(command("generate", run), 2, "Music goes into files")
    refused(command("generate", run, "-o", "x.mid", "--top-k", 3, "--stop", "a"), 2, "--stop, --top-k: no effect for")
    refused(command("generate", run, "-o", "x.mid", "--bars", 3), 2, "--bars: no effect without --prompt")
    refused(
        command("generate", model, "-o", "x.mid"),
        2,
        "--out: no effect for a model of text, whose words go to standard output",
    )
    refused(command("generate", run, "-o", "x.mid", "-p", "no.mid"), 3, "no.mid")
    refused(command("generate", run, "-o", "no/x.mid"), 6, "no/x.mid")


def test_a_report_without_training(command: Command, tunes: Path) -> None:
    found = json.loads(command("data", tunes, "--json").out)
    assert (found["task"], found["pieces"], found["grid"]["steps_per_beat"]) == ("music", 6, 2)
    shown = command("data", tunes)
    assert "6 pieces, " in shown.err
    assert "takes it for music" in shown.out
