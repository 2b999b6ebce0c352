"""Every family as a language model of a user: fitted, saved, loaded, and going on alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom import LanguageModel, Sampling
from seqloom.errors import UsageError
from seqloom.training.settings import TrainingSettings

TEXT = "to be, or not to be: that is the question. " * 8
BODIES = [
    "transformer(16, heads=2)",
    "mingru(16)",
    "positions(kind=learned, length=24) + transformer(16, heads=2, positions=none)",
    "rg-lru(16)",
    "mlstm(16)",
    "gated-deltanet(16, heads=2) + attention(16, heads=2)",
    "esn(32) + gru(16)",
    "esn(16, depth=2) + gru(16)",
    "conv(16, width=3) + project(8) + lstm(16, initial=normal) + gru(8, initial=learned)",
]


@pytest.mark.parametrize("words", BODIES)
def test_it_is_loaded_as_it_was_saved(words: str, tmp_path: Path) -> None:
    training = TrainingSettings(steps=3, epochs=None)
    model = LanguageModel(words, embedding=16, batch_size=2, window=16, training=training)
    model.fit([TEXT], validation=0.0, progress=False)
    model.save(tmp_path / "model")
    again = LanguageModel.load(tmp_path / "model")
    assert again.score([TEXT]) == model.score([TEXT])
    drawn = [
        "".join(piece for _, piece in one.generate("to ", 20, sampling=Sampling(seed=1), stop=False))
        for one in (model, again)
    ]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 20


def test_attention_over_a_stream_is_bounded_by_the_window(tmp_path: Path) -> None:
    training = TrainingSettings(steps=1, epochs=None)
    model = LanguageModel("transformer(8)", embedding=8, batch_size=2, window=16, training=training)
    model.fit([TEXT], validation=0.0, progress=False)
    model.save(tmp_path / "model")
    (block,) = LanguageModel.load(tmp_path / "model").model_.body.layers
    assert block.window == 16


def test_a_tied_head_is_the_table_of_the_embedding(tmp_path: Path) -> None:
    training = TrainingSettings(steps=2, epochs=None)
    model = LanguageModel("transformer(16)", embedding=16, tied=True, batch_size=2, window=8, training=training)
    model.fit([TEXT], validation=0.0, progress=False)
    model.save(tmp_path / "model")
    loaded = LanguageModel.load(tmp_path / "model")
    assert loaded.model_.head.linear.weight is loaded.model_.embedding.table
    assert loaded.score([TEXT]) == model.score([TEXT])


def test_a_tied_head_needs_the_width_of_the_embedding() -> None:
    with pytest.raises(UsageError, match="give 8 features, the embedding has 16"):
        LanguageModel("gru(8)", embedding=16, tied=True).fit([TEXT], progress=False)
    with pytest.raises(UsageError, match="one-hot inputs have no table"):
        LanguageModel("gru(8)", embedding="one-hot", tied=True).fit([TEXT], progress=False)
