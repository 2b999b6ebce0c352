from __future__ import annotations

import pytest
from sklearn.base import clone

from seqloom import LanguageModel, TrainingSettings
from seqloom.errors import UsageError
from seqloom.tasks import NotFittedError
from tests.tasks.conftest import small


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


def test_repr_shows_what_differs_from_the_defaults() -> None:
    assert repr(LanguageModel("gru(8)", window=64)) == "LanguageModel(spec='gru(8)', window=64)"


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
