from __future__ import annotations

import numpy as np
import pytest

from seqloom.errors import ModelFileError
from seqloom.models.ngram import WittenBell
from seqloom.tasks.language.baselines import Baselines

IDS = np.random.default_rng(0).integers(0, 6, 3000)


def test_each_order_is_the_model_of_that_order() -> None:
    found = Baselines.fit(IDS[:2000], 6).nats_per_token(IDS[1999:])
    assert list(found) == ["uniform", "unigram", "bigram", "trigram", "4-gram"]
    for order, nats in enumerate(found.values()):
        alone = WittenBell(order, 6).fit(IDS[:2000]).nats_per_token(IDS[1999:])
        assert nats == pytest.approx(alone)
    assert found["uniform"] == pytest.approx(np.log(6))


def test_they_are_saved_to_the_count() -> None:
    baselines = Baselines.fit(IDS, 7)
    again = Baselines.from_bytes(baselines.to_bytes(), 7)
    assert [again.count(token) for token in range(7)] == np.bincount(IDS, minlength=7).tolist()
    assert again.nats_per_token(IDS) == baselines.nats_per_token(IDS)


def test_orders_with_too_many_counts_are_left_out_but_never_the_bigram(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqloom.tasks.language.baselines._MOST_COUNTS", 6 + 36 + 216)
    assert list(Baselines.fit(IDS, 6).nats_per_token(IDS))[-1] == "trigram"
    monkeypatch.setattr("seqloom.tasks.language.baselines._MOST_COUNTS", 1)
    assert list(Baselines.fit(IDS, 6).nats_per_token(IDS))[-1] == "bigram"


def test_counts_that_no_text_has_are_refused() -> None:
    content = Baselines.fit(IDS, 6).to_bytes()
    for damaged in (b"", content[:-1], content[:8] + b"x" + content[9:]):
        with pytest.raises(ModelFileError, match="damaged"):
            Baselines.from_bytes(damaged, 6)
    with pytest.raises(ModelFileError, match="damaged"):
        Baselines.from_bytes(content, 3)
