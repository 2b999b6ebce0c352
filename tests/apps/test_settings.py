"""Settings from flags and TOML: one reader, every problem at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom.apps.cli.settings import read_settings
from seqloom.apps.cli.train_flags import table_of
from seqloom.errors import UsageError
from seqloom.tasks.registry import door_of

TRAIN_SETTINGS = [setting for setting in table_of(door_of("language-model")) if setting.help]


def write(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "run.toml"
    path.write_text(content)
    return path


def test_flags_win_over_the_file(tmp_path: Path) -> None:
    config = write(tmp_path, 'model = "gru(8)"\nbatch-size = 4\nreset = true\n')
    found = read_settings(TRAIN_SETTINGS, {"batch_size": "8", "window": None}, config)
    assert found == {"model": "gru(8)", "batch_size": 8, "reset": True}


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    config = write(tmp_path, 'batchsize = 4\nlearning_rate = "fast"\ntokens = "word"\nreset = 1\n')
    with pytest.raises(UsageError) as caught:
        read_settings(TRAIN_SETTINGS, {"window": "0", "embedding": "onehot"}, config)
    message = str(caught.value)
    assert message.startswith("6 problems:")
    assert "unknown setting 'batchsize'. Did you mean 'batch_size'?" in message
    assert "learning_rate: expected a number above 0, got 'fast'." in message
    assert (
        "tokens: expected one of characters, bytes, words, bpe, symbols, got 'word'. Did you mean 'words'?" in message
    )
    assert "reset: expected true or false, got 1." in message
    assert "--window: expected a whole number of at least 1, got '0'." in message
    assert "--embedding: expected a whole number from 1 to 65536 or 'one-hot', got 'onehot'. Did you mean" in message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("model = ", "not valid TOML"),
        ("model = 3", "model: expected words such as 'lstm(256)', got 3."),
        ("[a]\nb = 1", "unknown setting 'a'"),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, content: str, message: str) -> None:
    config = write(tmp_path, content)
    with pytest.raises(UsageError) as caught:
        read_settings(TRAIN_SETTINGS, {}, config)
    assert message in str(caught.value)
    assert str(config) in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such configuration file"):
        read_settings(TRAIN_SETTINGS, {}, tmp_path / "none.toml")


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "", "1e999", "0"])
def test_numbers_are_finite_and_in_range(value: str) -> None:
    with pytest.raises(UsageError, match="--learning-rate: expected a number above 0"):
        read_settings(TRAIN_SETTINGS, {"learning_rate": value}, None)


def test_every_setting_has_one_flag_of_its_own() -> None:
    keys = [setting.key for setting in TRAIN_SETTINGS]
    assert len(keys) == len(set(keys)) == 36
    assert {"model", "dropout", "window", "learning_rate", "validation"} <= set(keys)
    assert not {"spec", "training"} & set(keys)


def test_a_number_is_no_file_to_validate_on() -> None:
    assert read_settings(TRAIN_SETTINGS, {"validation": "0.2"}, None) == {"validation": 0.2}
    assert read_settings(TRAIN_SETTINGS, {"validation": "a.txt"}, None) == {"validation": "a.txt"}
    with pytest.raises(UsageError, match=r"--validation: expected a share from 0 to below 1, or a file, got '1\.5'"):
        read_settings(TRAIN_SETTINGS, {"validation": "1.5"}, None)
