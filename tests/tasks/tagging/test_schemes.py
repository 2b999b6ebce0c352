"""Spans and tags against seqeval 1.2.2 in its strict mode, whose answers lie in seqeval.json.

seqeval has no wheel, so it is no dependency; the file was made from its source by ``Tokens(tags, scheme).entities`` and
``precision_recall_fscore_support(true, predicted, scheme=scheme)`` of ``seqeval.metrics.v1``, over random tags
(Python's ``random``, seed 7): any orders but for IOB1, of which only legal ones, because there seqeval leaves out a
token whose B follows no span of its type.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.errors import UsageError
from seqloom.tasks.tagging.schemes import OUTSIDE, Scheme, Span, legal, recognised

GOLDEN = json.loads((Path(__file__).parent / "seqeval.json").read_text())
each = pytest.mark.parametrize("scheme", list(Scheme))


@st.composite
def sentences(draw: Any) -> tuple[list[Span], int]:
    spans, place = [], 0
    for kind, gap, size in draw(
        st.lists(st.tuples(st.sampled_from(["", "x", "a-b"]), st.integers(0, 2), st.integers(1, 3)))
    ):
        spans.append(Span(kind, place + gap, place + gap + size))
        place += gap + size
    return spans, place + draw(st.integers(0, 2))


@each
def test_spans_are_seqevals(scheme: Scheme) -> None:
    golden = GOLDEN[scheme]
    for tags, wanted in zip(golden["predicted"], golden["spans"], strict=True):
        assert [list(span) for span in scheme.spans(tags.split())] == wanted


@each
@given(sentence=sentences())
def test_spans_become_tags_and_spans_again(scheme: Scheme, sentence: tuple[list[Span], int]) -> None:
    spans, length = sentence
    tags = scheme.tags(spans, length)
    assert scheme.spans(tags) == spans
    assert scheme.illegal(tags) == []
    for other in Scheme:
        assert other.spans(other.tags(scheme.spans(tags), length)) == spans


@each
@given(data=st.data())
def test_a_sentence_without_an_illegal_place_is_what_its_spans_say(scheme: Scheme, data: st.DataObject) -> None:
    letters = {tag.partition("-")[0] for one in GOLDEN[scheme]["predicted"] for tag in one.split()} - {OUTSIDE}
    names = [OUTSIDE, *(f"{letter}-{kind}" for letter in sorted(letters) for kind in "xy")]
    tags = data.draw(st.lists(st.sampled_from(names), max_size=5))
    is_what_spans_say = scheme.tags(scheme.spans(tags), len(tags)) == tags
    assert is_what_spans_say == (not scheme.illegal(tags))
    mask, places = legal(names, scheme), [names.index(tag) for tag in tags]
    may = [bool(mask.transitions[a, b]) for a, b in pairwise(places)]
    may += [bool(mask.start[places[0]]), bool(mask.end[places[-1]])] if places else []
    assert all(may) == (not scheme.illegal(tags))


@each
def test_a_file_says_its_scheme(scheme: Scheme) -> None:
    golden = [tags.split() for tags in GOLDEN[scheme]["true"]]
    assert recognised(golden) is scheme


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        (["B-x O", "O I-x", "B-x I-x O B-x"], Scheme.IOB2),
        (["I-x O", "O I-x", "I-x B-x", "B-x"], Scheme.IOB1),
        (["B I", "O B"], Scheme.IOB2),
        (["S-x O"], Scheme.IOBES),
        (["S E", "E B"], None),
        (["I O", "O I"], None),
        (["U-x O"], Scheme.BILOU),
        (["O O"], None),
        (["NOUN VERB"], None),
        (["B-x I-x NOUN"], None),
        (["X-x O"], None),
        ([], None),
    ],
)
def test_a_scheme_is_that_of_fewer_illegal_places(tags: list[str], scheme: Scheme | None) -> None:
    assert recognised(one.split() for one in tags) is scheme


def test_what_is_illegal_is_read_as_the_scheme_says() -> None:
    lonely = ["O", "I-x", "I-x"]
    assert (Scheme.IOB2.illegal(lonely), Scheme.IOB2.spans(lonely)) == ([1], [])
    assert (Scheme.IOB1.illegal(lonely), Scheme.IOB1.spans(lonely)) == ([], [Span("x", 1, 3)])
    assert (Scheme.IOB1.illegal(["B-x", "O"]), Scheme.IOB1.spans(["B-x", "O"])) == ([0], [Span("x", 0, 1)])
    assert (Scheme.IOBES.illegal(["B-x", "O"]), Scheme.IOBES.spans(["B-x", "O"])) == ([1], [])
    with pytest.raises(UsageError, match="Did you mean 'IOB2'"):
        Scheme("BIO2")
