from __future__ import annotations

from typing import Any

import pytest
from sklearn.base import clone

from seqloom import LanguageModel, TrainingSettings
from seqloom.data import Document, Tokens
from seqloom.errors import UsageError
from seqloom.tasks import NotFittedError
from tests.tasks.conftest import RHYME, small


def test_the_constructor_stores_its_arguments_and_nothing_else() -> None:
    given = {"spec": "lstn", "window": -1}
    model = LanguageModel(**given)  # type: ignore[arg-type]
    assert {name: getattr(model, name) for name in given} == given
    assert set(vars(model)) == set(model.get_params(deep=False))


def test_scikit_learn_clones_it(model: LanguageModel) -> None:
    for copy in (clone(model), model.clone()):
        assert copy.get_params() == model.get_params()
        assert copy is not model
        assert not hasattr(copy, "model_")


def test_parameters_are_set_by_name_also_inside_the_training_settings() -> None:
    model = small().set_params(spec="lstm(4)", training__learning_rate=0.5)
    assert model.spec == "lstm(4)"
    assert model.get_params()["training__learning_rate"] == 0.5
    assert isinstance(model.training, TrainingSettings)
    with pytest.raises(UsageError, match=r"no parameter 'windov'\. Did you mean 'window'"):
        model.set_params(windov=3)


SLOW = TrainingSettings(learning_rate=0.1, steps=3)


@pytest.mark.parametrize(
    ("training", "values", "expected"),
    [
        (None, {"training__learning_rate": 0.5}, TrainingSettings(learning_rate=0.5)),
        (SLOW, {"training__learning_rate": 0.5}, TrainingSettings(learning_rate=0.5, steps=3)),
        ({"steps": 3}, {"training__learning_rate": 0.5}, TrainingSettings(learning_rate=0.5, steps=3)),
        (None, {"training__learning_rate": 0.5, "training": SLOW}, TrainingSettings(learning_rate=0.5, steps=3)),
        (SLOW, {"training__learning_rate": 0.5, "training": None}, TrainingSettings(learning_rate=0.5)),
        (None, {"training__steps": 3, "training__epochs": None}, TrainingSettings(steps=3, epochs=None)),
        (SLOW, {"training": None}, None),
        ("nonsense", {"training": SLOW}, SLOW),
    ],
)
def test_fields_of_a_record_are_set_after_the_record(training: Any, values: Any, expected: Any) -> None:
    model = LanguageModel(training=training).set_params(**values)
    assert model.training == expected
    if expected is not None:
        assert model.get_params()["training__learning_rate"] == expected.learning_rate


def test_nothing_is_set_where_something_is_wrong() -> None:
    model = LanguageModel()
    for values, words in (
        ({"window": 3, "training__learning_rate": -1.0}, "learning_rate: expected a number above 0"),
        ({"window": 3, "training__learning_rat": 1.0}, r"no parameter 'training__learning_rat'\. Did you mean"),
        ({"window": 3, "a": 1, "b": 2}, "2 problems"),
        ({"window": 3, "training__epochs": None}, "expected at least one limit"),
    ):
        with pytest.raises(UsageError, match=words):
            model.set_params(**values)
    assert model.get_params(deep=False) == LanguageModel().get_params(deep=False)


@pytest.mark.parametrize(
    "code",
    [
        "LanguageModel(spec='gru(8)', window=64)",
        "LanguageModel(spec='gru(8)', tokens='words', training=TrainingSettings(schedule='constant', epochs=3))",
        "LanguageModel(training={'epochs': 3})",
        "LanguageModel(training=TrainingSettings())",
    ],
)
def test_repr_is_code_that_shows_what_differs_from_the_defaults(code: str) -> None:
    model = eval(code)
    assert repr(model) == code
    assert eval(repr(model)).get_params(deep=False) == model.get_params(deep=False)


def test_words_of_an_enumeration_are_printed_as_words() -> None:
    assert repr(LanguageModel(tokens=Tokens.WORDS, document=Document.LINE)) == (
        "LanguageModel(tokens='words', document='line')"
    )


def test_a_language_model_takes_no_targets() -> None:
    for call in (small().fit, small().score, small().evaluate):
        with pytest.raises(UsageError, match=r"y: expected None.*validation="):
            call([RHYME], 0.1)  # type: ignore[operator]


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.generate("a"),
        lambda m: m.beam_search("a"),
        lambda m: m.log_probability("a"),
        lambda m: m.next_probabilities(),
        lambda m: m.evaluate(["a"]),
        lambda m: m.score(["a"]),
        lambda m: m.save("nowhere"),
    ],
)
def test_methods_that_need_fit_say_so(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NotFittedError, match="Call fit"):
        call(LanguageModel())


def test_fit_names_all_problems_at_once() -> None:
    model = LanguageModel("lstn(4)", tokens="word", window=0, dropout=1.5, embedding="onehot")
    with pytest.raises(UsageError) as caught:
        model.fit(["abc"])
    message = str(caught.value)
    assert message.startswith("5 problems")
    for part in ("Did you mean 'lstm'", "Did you mean 'words'", "window", "1.5", "Did you mean 'one-hot'"):
        assert part in message
