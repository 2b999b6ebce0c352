"""The arguments of a language model are the fields of its settings."""

from __future__ import annotations

import inspect
from dataclasses import fields

import numpy as np
import pytest

from seqloom import LanguageModel, TrainingSettings
from seqloom.data import Characters, Piece
from seqloom.errors import UsageError
from seqloom.settings import settings_of
from seqloom.tasks.language.settings import LanguageSettings
from seqloom.tasks.probing.settings import ProbeSettings


def test_the_signature_has_the_names_and_defaults_of_the_fields() -> None:
    arguments = inspect.signature(LanguageModel).parameters
    assert list(arguments) == [field.name for field in fields(LanguageSettings)]
    defaults = LanguageSettings()
    for name, argument in arguments.items():
        assert settings_of(LanguageSettings)[name].take(argument.default) == getattr(defaults, name), name


@pytest.mark.parametrize("record", [LanguageSettings, TrainingSettings, ProbeSettings])
def test_every_setting_takes_its_default_and_says_what_it_is_for(record: type) -> None:
    for name, setting in settings_of(record).items():
        assert setting.take(setting.default) == getattr(record(), name)
        assert setting.help.endswith(".") or (record, name) in [(ProbeSettings, "seed"), (LanguageSettings, "training")]


def test_a_vocabulary_stands_in_place_of_a_word() -> None:
    vocabulary = Characters.learn([Piece("abc", True)])
    assert LanguageSettings(tokens=vocabulary).tokens is vocabulary
    with pytest.raises(UsageError, match=r"tokens: expected one of characters, .*, got 3"):
        LanguageSettings(tokens=3)  # type: ignore[arg-type]


def test_every_problem_of_every_record_comes_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        LanguageSettings.from_mapping(
            {
                "spec": "lstn(3)",
                "reset": "no",
                "vocabulary_size": 2,
                "embedding": "one-hot",
                "tied": True,
                "windw": 3,
                "training": {"steps": 0, "device": "cdua"},
            }
        )
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "windw", "reset", "vocabulary_size", "device", "steps", "spec", "tied",
    ]  # fmt: skip
    assert "Did you mean 'cuda'?" in str(caught.value)


def test_numbers_of_numpy_are_plain_in_the_settings() -> None:
    given = LanguageModel(window=np.int64(3), dropout=np.float32(0.5))  # type: ignore[arg-type]
    settings = LanguageSettings.from_mapping(given.get_params(deep=False))
    assert (settings.window, settings.dropout) == (3, 0.5)
    assert (type(settings.window), type(settings.dropout)) == (int, float)
    training = TrainingSettings(learning_rate=np.float32(0.25), steps=np.int32(7), seed=np.uint64(1))  # type: ignore[arg-type]
    assert training == TrainingSettings(learning_rate=0.25, steps=7, seed=1)
    assert {type(value) for value in (training.steps, training.seed)} == {int}
