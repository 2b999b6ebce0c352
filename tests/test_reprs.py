"""What things say of themselves: in a line, as they are, and in a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from seqloom import LanguageModel
from seqloom.cells import Cell, affine, tanh
from seqloom.inspection import trace
from seqloom.inspection.report import Figure, Formulas, Section, Table
from seqloom.inspection.verdict import Verdict
from seqloom.layers import (
    CausalSelfAttention,
    LearnedEmbedding,
    Recurrent,
    StepHead,
    parse_encoder_decoder,
    parse_spec,
    stack,
)
from seqloom.layers.spec import term_of
from seqloom.layers.words import WORDS
from seqloom.models.token_model import TokenModel
from seqloom.storage.run import Run
from seqloom.tasks.estimator import Estimator
from seqloom.tasks.figures import Figures
from seqloom.tasks.language.evaluation import Evaluation

HOSTILE = "<script>alert(1)</script>"


class Own(Cell):
    def equations(self, x, h):
        return tanh(affine("hidden", x, h))


@pytest.mark.parametrize("word", WORDS)
def test_a_layer_is_a_line_with_its_words_and_weights(word: str) -> None:
    layer = parse_spec(f"{word} + project(4)").build(16).layers[0]
    weights = sum(weight.numel() for weight in layer.parameters())
    assert repr(layer) == f"<{type(layer).__name__} {term_of(layer)}: 16 → 16 features, {weights:,} weights>"


def test_layers_without_words_say_what_they_are() -> None:
    assert repr(Recurrent(Own, 3, 4)) == "<Recurrent Own(4): 3 → 4 features, 32 weights>"
    assert repr(stack([Recurrent(Own, 3, 4), Recurrent(Own, 4, 4)])).startswith("<CausalStack 2*Own(4): 3 → 4 features")
    assert repr(CausalSelfAttention(8)).startswith("<CausalSelfAttention 8, heads=4, ")
    model = TokenModel(LearnedEmbedding(5, 3), Recurrent(Own, 3, 4), StepHead(4, 5))
    assert repr(model) == "<TokenModel: 5 → 5 features, 72 weights>"
    assert repr(parse_spec("gru(4) + pool(mean)").build_pooled(3)).startswith("<Pooled gru(4) + pool(mean): 3 → 4")
    assert "(0): <Recurrent Own(4)" in repr(nn.Sequential(Recurrent(Own, 3, 4)))


@pytest.mark.parametrize("words", ["2*lstm(8) + gru(4) with dropout=0.1", "patches(4) + gru(8) + pool(last)"])
def test_specifications_are_code(words: str) -> None:
    spec = parse_spec(words)
    assert eval(repr(spec), {"parse_spec": parse_spec}) == spec
    pair = parse_encoder_decoder("2*gru(8) bidirectional -> luong(4)")
    assert eval(repr(pair), {"parse_encoder_decoder": parse_encoder_decoder}) == pair


@pytest.fixture(scope="module")
def trained() -> LanguageModel:
    brief = {"steps": 2, "epochs": None, "device": "cpu"}
    model = LanguageModel("gru(6)", window=16, batch_size=2, training=brief)
    return model.fit(["the cat sat on the mat. " * 20], progress=False)


def test_an_estimator_says_whether_it_is_trained(trained: LanguageModel) -> None:
    code, _, learned = repr(trained).partition("  # trained: ")
    assert code == repr(trained.clone())
    assert "\n" not in repr(trained)
    weights = sum(weight.numel() for weight in trained.model_.parameters())
    assert learned.endswith(f"gru(6), linear({len(trained.vocabulary_)}) + softmax; {weights:,} weights")
    assert eval(repr(trained)).get_params() == trained.get_params()
    assert "<img" in trained._repr_html_()
    assert "<img" not in trained.clone()._repr_html_()


def test_what_is_no_network_is_named_by_its_class() -> None:
    class Counting(Estimator):
        def __init__(self, order: int = 2) -> None:
            self.order = order

    model = Counting(3)
    assert (repr(model), model._repr_html_()) == ("Counting(order=3)", "<code>Counting(order=3)</code>")
    model.model_ = {"a": 1}
    assert repr(model) == "Counting(order=3)  # trained: dict"
    assert model._repr_html_() == "<code>Counting(order=3)  # trained: dict</code>"


def test_what_was_measured_says_what_is_beside_it(trained: LanguageModel) -> None:
    found = trained.evaluate(["the dog sat"])
    assert repr(found).startswith(f"<Evaluation: {found.nats_per_token:.3f} nats a token over {found.tokens} tokens")
    assert "the best baseline, " in repr(found)
    assert "best of 3 evaluations on this very text" in repr(Evaluation(4, 4, 2.0, chosen_among=3))
    assert "in 8 parts that began afresh" in repr(Evaluation(4, 4, 2.0, lanes=8))
    figures = Figures(4, "examples", {"loss": 0.5}, {"constant": {"loss": 0.7}})
    assert repr(figures) == (
        "<Figures: loss 0.500 over 4 examples. The best baseline, constant, is beaten: loss 0.500, below 0.700.>"
    )
    assert repr(Figures(4, "examples", {})) == "<Figures: loss nan over 4 examples>"
    for one in (found, figures):
        assert "this model" in one._repr_html_()


def test_a_run_says_what_it_has_saved(tmp_path: Path) -> None:
    with Run(tmp_path / "run") as run:
        assert repr(run) == f"<Run {run.path}, nothing saved yet>"
        run.save(120, {"model.safetensors": b""})
        assert repr(run) == f"<Run {run.path}, last saved at step 120>"


def test_a_notebook_shows_pieces_of_a_report() -> None:
    found = trace(Recurrent(Own, 3, 4), torch.zeros(1, 2, 3))
    pieces: list[Any] = [
        Table([HOSTILE], [[HOSTILE]]),
        Figure(b"x", "png", HOSTILE),
        Formulas([], says=HOSTILE),
        Section(HOSTILE, [HOSTILE], [Table([HOSTILE], [])], HOSTILE),
        Verdict("healthy", HOSTILE, [HOSTILE]),
    ]
    for piece in pieces:
        assert "&lt;script&gt;" in piece._repr_html_()
        assert "<script" not in piece._repr_html_()
    assert "<td>h</td><td>1 × 2 × 4</td>" in found._repr_html_()
