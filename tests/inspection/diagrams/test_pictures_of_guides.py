"""The pictures of the guides are of real objects, and say what these do."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from seqloom import LanguageModel
from seqloom.cells import GRU, trace
from seqloom.errors import UsageError
from seqloom.inspection.diagrams.attention_head import draw_attention_head
from seqloom.inspection.diagrams.block import draw_block
from seqloom.inspection.diagrams.drawing import Drawing
from seqloom.inspection.diagrams.encoder_decoder import draw_translation
from seqloom.inspection.diagrams.feed_forward import draw_beside
from seqloom.inspection.diagrams.language import draw_sampling, draw_shifted, draw_tokens
from seqloom.inspection.diagrams.matrices import draw_stacked
from seqloom.inspection.diagrams.shapes import FIVE, draw_shapes
from seqloom.inspection.diagrams.unrolled import draw_backward, draw_unrolled
from seqloom.layers import Block, parse_encoder_decoder, parse_spec
from seqloom.layers.words import WORDS
from seqloom.layers.words.decoders import DECODERS
from tests.inspection.diagrams.looking import SVG, check_drawing, texts
from tests.kernels.cells import CELLS

TEXT = "the cat sat on the mat. the dog sat on the log. " * 6
SOURCE, TARGET = ["the", "red", "cat"], ["le", "chat", "rouge", "<eos>"]


@cache
def fitted(tokens: str) -> LanguageModel:
    brief = {"steps": 2, "epochs": None, "device": "cpu"}
    model = LanguageModel("gru(6)", tokens=tokens, window=16, batch_size=2, training=brief)
    return model.fit([TEXT], validation=0.0, progress=False)


def arrows(drawing: Drawing, dashed: bool = False) -> int:
    return sum(("stroke-dasharray" in line.attrib) is dashed for line in check_drawing(drawing).iter(f"{SVG}polyline"))


@pytest.mark.parametrize("word", WORDS)
def test_every_word_unrolls(word: str) -> None:
    drawing = draw_unrolled(parse_spec(f"2*{word}").build(8), steps=6)
    check_drawing(drawing)
    assert texts(drawing).count("× 2") == 1
    assert texts(drawing)[:2] == ["x1", "x2"]
    check_drawing(draw_backward(parse_spec(word).build(8)))


def test_states_pass_where_there_are_some() -> None:
    def count(words: str) -> int:
        return arrows(draw_unrolled(parse_spec(words).build(8), steps=4))

    assert count("gru(8)") == 4 + 4 + 3
    assert count("norm") == 4 + 4
    assert count("gru(8) bidirectional") == 4 * 4 + 2 * 3 + 4
    assert count("attention(8, causal=false)") == 4 + 4
    assert count("conv(8, width=3, stride=2)") == 4 + 2


def test_a_pooling_leaves_one_answer() -> None:
    drawing = draw_unrolled(parse_spec("gru(8) + pool(max)").build_pooled(4), steps=3, inputs=["a", "b"])
    assert arrows(drawing) == 3 + 2 + 3 + 1
    assert texts(drawing)[:3] == ["a", "b", "x3"]
    assert "pool(max)" in texts(drawing)
    assert texts(drawing)[-1] == "y"


def test_gradients_run_against_every_arrow() -> None:
    for words in ("elman(4)", "2*gru(4) bidirectional"):
        drawing = draw_backward(parse_spec(words).build(4), steps=4)
        assert arrows(drawing, dashed=True) == arrows(drawing)
        assert "loss" in texts(drawing)


def test_the_five_shapes_are_what_they_are_called() -> None:
    check_drawing(draw_shapes())
    assert len({(one.inputs, one.outputs) for one in FIVE}) == 5
    for one in FIVE:
        assert len(one.inputs) == len(one.outputs)
        given, said = (word.strip() for word in one.name.split("→"))
        assert (one.inputs.count("x") > 1, one.outputs.count("y") > 1) == (given == "many", said == "many")


@pytest.mark.parametrize("name", CELLS)
def test_maps_are_drawn_with_their_sizes(name: str) -> None:
    graph = trace(CELLS[name], 8, 8).graph
    if any(parameter.part in ("input", "recurrent") for parameter in graph.parameters()):
        check_drawing(draw_stacked(graph))


def test_a_map_is_two_matrices_side_by_side() -> None:
    graph = trace(GRU(), 3, 8).graph
    said = texts(draw_stacked(graph, "candidate"))
    assert {"8 × 3", "8 × 8", "W [x; reset_gate * h] = W_0 x + W_1 (reset_gate * h)"} <= {*said}
    with pytest.raises(UsageError, match=r"no map 'candidat'.*Did you mean 'candidate'"):
        draw_stacked(graph, "candidat")


def test_what_a_state_adds() -> None:
    drawing = draw_beside(*(parse_spec(words).build(3).layers[0] for words in ("project(4)", "lstm(4)")))
    assert arrows(drawing) == 5
    assert {"project(4)", "lstm(4)", "ht−1"} <= {*texts(drawing)}


def test_targets_are_the_inputs_moved_by_one() -> None:
    model = fitted("characters")
    drawing = draw_shifted(model.model_, model.vocabulary_, "the mat")
    check_drawing(drawing)
    said = texts(drawing)
    columns = [said[k : k + 3] for k in range(6, 24, 3)]
    assert [column[0] for column in columns] == ["start", *"the␣m"]
    assert [column[1] for column in columns] == [*"the␣ma"]
    ids = torch.tensor([[-1, *model.vocabulary_.encode("the m")]])
    chances = torch.softmax(model.model_(ids)[0], -1)[0, range(6), model.vocabulary_.encode("the ma")]
    assert [column[2] for column in columns] == [f"p = {chance:.2f}" for chance in chances.tolist()]
    with pytest.raises(UsageError, match="expected some text"):
        draw_shifted(model.model_, model.vocabulary_, "")


def test_what_is_drawn_goes_back_in() -> None:
    model = fitted("characters")
    drawing = draw_sampling(model.model_, model.vocabulary_, steps=5, seed=1)
    check_drawing(drawing)
    assert arrows(drawing, dashed=True) == 4
    said = [text for text in texts(drawing) if text != "model"]
    given, drawn = said[::3], said[1::3]
    assert given == ["start", *drawn[:-1]]
    again = draw_sampling(model.model_, model.vocabulary_, steps=5, seed=1)
    assert again.svg == drawing.svg
    with pytest.raises(UsageError, match="1 … 6"):
        draw_sampling(model.model_, model.vocabulary_, steps=7)


def test_words_are_beside_characters() -> None:
    vocabularies = [fitted(tokens).vocabulary_ for tokens in ("words", "characters", "bytes")]
    drawing = draw_tokens("the cat sat.", vocabularies)
    check_drawing(drawing)
    heads = [text for text in texts(drawing) if "steps of" in text]
    assert [head.split(" of ")[0] for head in heads] == ["words: 4 steps", "characters: 12 steps", "bytes: 12 steps"]
    with pytest.raises(UsageError, match="four lines"):
        draw_tokens(TEXT, vocabularies)


@pytest.mark.parametrize("word", DECODERS)
@pytest.mark.parametrize("encoder", ["lstm(8)", "2*gru(8) bidirectional"])
def test_decoders_look_or_are_told_once(word: str, encoder: str) -> None:
    pair = parse_encoder_decoder(f"{encoder} -> {word}(8)").build(8, 8)
    drawing = draw_translation(*pair, SOURCE, TARGET)
    both = "bidirectional" in encoder
    to_the_decoder = 1 if word == "bottleneck" else len(SOURCE) + len(TARGET)
    assert arrows(drawing) == 3 + 2 * 4 + 2 * (1 + both) + 3 + to_the_decoder
    assert ("memory" in texts(drawing)) is (word != "bottleneck")


def test_source_and_target_have_few_tokens() -> None:
    pair = parse_encoder_decoder("gru(4) -> luong(4)").build(4, 4)
    with pytest.raises(UsageError, match="source: expected 1 … 4"):
        draw_translation(*pair, [], TARGET)
    with pytest.raises(UsageError, match="target: expected 1 … 4"):
        draw_translation(*pair, SOURCE, [*"abcde"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("attention(64)", "over all steps so far"),
        ("attention(64, window=32)", "over the last 32 steps"),
        ("transformer(64, causal=false)", "over all steps"),
        ("attention(64, causal=false, window=3)", "over 3 steps each way"),
    ],
)
def test_a_head_says_what_it_sees(words: str, says: str) -> None:
    drawing = draw_attention_head(parse_spec(words).build(64))
    check_drawing(drawing)
    assert says in texts(drawing)
    assert texts(drawing).count("(B, T, 16)") == 4


@pytest.mark.parametrize("word", [word for word in WORDS if isinstance(parse_spec(word).build(16).layers[0], Block)])
def test_blocks_show_their_inside(word: str) -> None:
    check_drawing(draw_block(parse_spec(f"{word}(16)").build(8)))


def test_norms_stand_before_or_after() -> None:
    before, after = (
        texts(draw_block(parse_spec(f"transformer(8, placement={place})").build(8))) for place in ("before", "after")
    )
    assert before.index("layer norm") < before.index("CausalSelfAttention(8)")
    assert after.index("layer norm") > after.index("CausalSelfAttention(8)")
    for draw in (draw_block, draw_attention_head):
        with pytest.raises(UsageError, match="CausalStack has no"):
            draw(parse_spec("gru(8)").build(8))


def test_few_steps_can_be_read() -> None:
    for wrong in (0, 7):
        with pytest.raises(UsageError, match="steps: expected 1 … 6"):
            draw_unrolled(parse_spec("gru(8)").build(8), steps=wrong)
    with pytest.raises(UsageError, match="steps: expected 1 … 4"):
        draw_backward(parse_spec("gru(8)").build(8), steps=5)
    check_drawing(draw_unrolled(parse_spec("gru(8)").build(8), steps=1))
