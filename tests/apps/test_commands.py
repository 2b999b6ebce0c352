"""The commands do their work, data on stdout and the rest on stderr."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seqloom import LanguageModel
from seqloom.errors import Interrupted
from tests.apps.running import FAST, TEXT, Command
from tests.storage.trees import everything

PROGRAM = (sys.executable, "-m", "seqloom")


def test_train_prints_baselines_and_what_comes_next(command: Command, text_file: Path, tmp_path: Path) -> None:
    result = command("train", text_file, "--out", tmp_path / "run", *FAST[:-1])
    assert result.code == 0, result.err
    for name in ("uniform", "unigram", "bigram"):
        assert name in result.out
    assert "Picked by the size of the text: " in result.err
    assert f"seqloom generate {tmp_path / 'run'}" in result.err


def test_train_needs_only_a_file(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("toy.txt").write_text("I like pizza. I like cake.\n" * 8)
    result = command("train", "toy.txt", "--json")
    assert result.code == 0, result.err
    record = json.loads(result.out)
    assert record["directory"] == "models/toy"
    assert record["nats_per_token"] < record["baselines"]["unigram"]


def test_train_takes_a_configuration(command: Command, text_file: Path, tmp_path: Path) -> None:
    config = tmp_path / "run.toml"
    config.write_text('model = "gru(8)"\ntokens = "words"\nsteps = 2\nwindow = 8\nbatch_size = 2\n')
    result = command("train", text_file, "--config", config, "--out", tmp_path / "run", "--json", "--quiet")
    assert result.code == 0, result.err
    listed = json.loads(command("models", tmp_path, "--json").out)
    assert (listed["model"], listed["tokens"]) == ("gru(8)", "words")


def test_resume_remembers_the_settings(command: Command, text_file: Path, tmp_path: Path) -> None:
    run = ("train", text_file, "--out", tmp_path / "run", "--quiet", "--json")
    small = ("--model", "gru(8)", "--window", 16, "--batch-size", 2)
    first = json.loads(command(*run, *small, "--epochs", 1).out)
    more = json.loads(command(*run, "--resume", "--steps", first["steps"] + 4).out)
    assert more["steps"] == first["steps"] + 4
    assert json.loads(command("models", tmp_path, "--json").out)["model"] == "gru(8)"


def test_training_is_told_off_a_terminal_unless_quiet(command: Command, text_file: Path, tmp_path: Path) -> None:
    run = ("train", text_file, "--out", tmp_path / "run")
    told, quiet = command(*run, *FAST[:-1]), command(*run, "--resume", "--steps", 5, "--quiet")
    assert "\nstep 3  loss " in told.err
    assert "\nstep " not in quiet.err
    assert "Resumed at step 3 from " in quiet.err


def test_a_checkpoint_that_is_passed_over_is_told(command: Command, model: Path, text_file: Path) -> None:
    whole = max(model.glob("step-*"))
    shutil.copytree(whole, model / "step-00000009")
    (model / "step-00000009" / "model.safetensors").write_bytes(b"")
    result = command("train", text_file, "--out", model, "--resume", "--steps", 4, "--quiet")
    assert result.code == 0, result.err
    assert "Passed over a checkpoint: " in result.err


def test_resume_of_a_complete_run_says_so(command: Command, text_file: Path, tmp_path: Path) -> None:
    run = ("train", text_file, "--out", tmp_path / "run", *FAST[:-1])
    assert "is complete" not in command(*run).err
    again = command(*run, "--resume")
    assert again.code == 0
    assert "The run is complete at step 3; give more --steps, --epochs or --minutes." in again.err
    more = command("train", text_file, "--out", tmp_path / "run", "--resume", "--steps", 5)
    assert more.code == 0
    assert "is complete" not in more.err


def test_a_damaged_checkpoint_is_passed_over_aloud(command: Command, model: Path, text_file: Path) -> None:
    newest = model / "step-00000009"
    shutil.copytree(max(model.glob("step-*")), newest)
    (newest / "config.json").write_text("{}")
    for words in (("generate", model, "-l", 3), ("score", model, "-t", "the"), ("evaluate", model, text_file)):
        result = command(*words)
        assert result.code == 0, result.err
        assert result.err.startswith(f"Passed over a checkpoint: {newest}: config.json is")
    assert f"Passed over a checkpoint: {newest}" in command("models", model.parent).err


def test_a_folder_of_models_is_no_model(command: Command, model: Path, text_file: Path) -> None:
    home = model.parent
    for words in (("generate", home), ("score", home, "-t", "the"), ("evaluate", home, text_file)):
        result = command(*words)
        assert (result.code, result.out) == (4, "")
        assert f"{home} is no model; it holds models: {model}. Give one of them (`seqloom models {home}`" in result.err


def test_a_stopped_demo_does_not_speak_of_resuming(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise Interrupted(signal.SIGINT, "Stopped by SIGINT at step 3. --resume continues from there.")

    monkeypatch.setattr(LanguageModel, "fit", stopped)
    result = command("demo", "--out", tmp_path / "demo")
    assert result.code == 130
    assert f"seqloom generate {tmp_path / 'demo'}" in result.err
    assert "resume" not in result.err


def test_problems_of_model_and_training_come_together(command: Command, text_file: Path) -> None:
    result = command("train", text_file, "--model", "LSTM(8)", "--device", "gpu")
    assert (result.code, result.out) == (2, "")
    assert "2 problems" in result.err
    assert "Did you mean 'lstm'?" in result.err
    assert "\n  --model: No layer is called 'LSTM'" in result.err
    assert "\n  --device: expected auto, " in result.err


def test_a_model_that_looks_ahead_is_refused_by_its_flag(command: Command, text_file: Path, tmp_path: Path) -> None:
    words = ("--model", "lstm(8) bidirectional", "--out", tmp_path / "run")
    result = command("train", text_file, *words)
    assert (result.code, result.out) == (2, "")
    assert "Error: --model: predicting the next token" in result.err


def test_generate_streams_and_repeats_with_its_seed(command: Command, model: Path) -> None:
    first, again, other = (command("generate", model, "-p", "the ", "-l", 40, "--seed", seed) for seed in (1, 1, 2))
    assert first.code == 0, first.err
    assert first.out.startswith("the ")
    assert first.out == again.out != other.out
    assert first.err == ""


def test_generate_gives_many_texts_as_json(command: Command, model: Path) -> None:
    result = command("generate", model, "-p", "the ", "-p", "a", "-n", 2, "-l", 5, "--json", "--endless")
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [row["prompt"] for row in rows] == ["the ", "the ", "a", "a"]
    assert all(len(row["text"]) == 5 for row in rows)


def test_one_long_text_is_written_to_the_full_length(command: Command, model: Path) -> None:
    for words in ([], ["--endless"], ["--beam", 2]):
        result = command("generate", model, "-l", 40, "--json", *words)
        assert {len(json.loads(line)["text"]) for line in result.out.splitlines()} == {40}
    ended = command("generate", model, "-n", 50, "-l", 40, "--no-endless", "--json")
    assert {len(json.loads(line)["text"]) for line in ended.out.splitlines()} != {40}


def test_beam_search_ranks(command: Command, model: Path) -> None:
    result = command("generate", model, "-p", "the ", "--beam", 3, "-l", 5, "--json")
    found = [json.loads(line)["log_probability"] for line in result.out.splitlines()]
    assert result.code == 0, result.err
    assert len(found) > 1
    assert found == sorted(found, reverse=True)


def test_score_ranks_lines(command: Command, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "candidates.txt"
    path.write_text("the dog\nzzzzzzzzzzzzzzzz\n\nthe fox\n")
    result = command("score", model, path, "--lines", "--json")
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert result.code == 0, result.err
    assert len(rows) == 3
    assert [row["log_probability"] for row in rows] == sorted((row["log_probability"] for row in rows), reverse=True)


def test_score_tells_what_is_unknown(command: Command, model: Path) -> None:
    for words in ([], ["--surprisal"]):
        result = command("score", model, "--text", "the ßög", "--text", "the dog", "--json", *words)
        assert [json.loads(line)["unknown_share"] for line in result.out.splitlines()] == [2 / 7, 0.0]
        assert result.err == "Scored as <unk>, characters unknown to the model: 'ß', 'ö'.\n"
    assert command("score", model, "--text", "the dog").err == ""


def test_surprisal_sums_to_the_score(command: Command, model: Path) -> None:
    row = json.loads(command("score", model, "--text", "the dog", "--surprisal", "--json").out)
    assert math.isclose(sum(pair["nats"] for pair in row["surprisal"]), -row["log_probability"])
    assert len(row["surprisal"]) == len("the dog")


def test_evaluate_and_models_agree_on_the_form(command: Command, model: Path, text_file: Path) -> None:
    record = json.loads(command("evaluate", model, text_file, "--json").out)
    assert record["tokens"] >= len(TEXT)
    assert math.isclose(record["bits_per_token"], record["nats_per_token"] / math.log(2))
    assert "bigram" in command("evaluate", model, text_file).out
    listed = command("models", model.parent)
    assert str(model) in listed.out


def test_a_foreign_folder_with_the_name_of_a_checkpoint_hides_no_models(command: Command, model: Path) -> None:
    (model.parent / "step-12345678").mkdir()
    (listed,) = command("models", model.parent, "--json").out.splitlines()
    assert json.loads(listed)["directory"] == str(model)
    result = command("generate", model.parent)
    assert (result.code, f"is no model; it holds models: {model}." in result.err) == (4, True)


def test_models_wants_a_directory(command: Command, text_file: Path) -> None:
    for path, what in ((text_file, "expected a directory, got a file"), (text_file.parent / "no", "no such directory")):
        result = command("models", path)
        assert (result.code, f"{path}: {what}." in result.err) == (3, True)


def test_models_leaves_out_what_is_damaged(command: Command, model: Path) -> None:
    for config in model.rglob("config.json"):
        config.write_text("{}")
    result = command("models", model.parent, "--json")
    assert (result.code, result.out) == (0, "")
    assert "config.json" in result.err


def test_a_demo_replaces_no_run_of_ones_own(command: Command, model: Path) -> None:
    before = everything(model)
    result = command("demo", "--out", model)
    assert (result.code, result.out) == (2, "")
    assert f"{model} holds a run on another text, which the demo does not replace" in result.err
    assert everything(model) == before


@pytest.mark.slow
def test_demo_learns_scores_and_writes(command: Command, tmp_path: Path) -> None:
    words = ("demo", "--out", tmp_path / "demo", "--minutes", 0.3, "--json", "--quiet")
    assert command(*words).code == 0
    result = command(*words)
    assert result.code == 0, result.err
    record = json.loads(result.out)
    assert record["nats_per_token"] < record["baselines"]["unigram"]
    assert record["sample"]


def test_a_closed_pipe_is_no_error(model: Path) -> None:
    generate = " ".join([*(f"'{word}'" for word in PROGRAM), "generate", f"'{model}'", "--length", "5000", "--endless"])
    script = f"set -o pipefail; {generate} | head -c 20 > /dev/null"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_training_after_a_checkpoint(
    command: Command, text_file: Path, tmp_path: Path, number: signal.Signals
) -> None:
    words = [*PROGRAM, "train", str(text_file), "--out", str(tmp_path / "run"), *FAST]
    words[words.index("--steps") + 1] = "1000000"
    log = tmp_path / "run" / "metrics.jsonl"
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        deadline = time.monotonic() + 60
        while not (log.exists() and log.stat().st_size) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number, err
    assert out == ""
    assert "Traceback" not in err
    assert command("generate", tmp_path / "run", "-l", 3).code == 0
