"""A tagger, from sentences, files and series to tags and back."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import seqloom
from seqloom.data import Padded
from seqloom.errors import DataError, SeqloomWarning, UsageError
from seqloom.tasks import Tagger
from seqloom.tasks.examples.values import Given
from seqloom.tasks.tagging.door import DOOR
from seqloom.tasks.tagging.schemes import Scheme, recognised
from tests.tasks.tagging.sentences import small, tagged

WORDS = ["the", "a", "dog", "cat", "sees", "meets", "it"]


def conll(path: Path, tokens: list[list[str]], tags: list[list[str]]) -> Path:
    rows = [
        "".join(f"{word}\t{tag}\n" for word, tag in zip(*pair, strict=True)) for pair in zip(tokens, tags, strict=True)
    ]
    path.write_text("\n".join(rows))
    return path


def blown_up(tagger: Tagger) -> Tagger:
    """The same with weights of no use, whose scores say all and nothing."""
    random = torch.Generator().manual_seed(1)
    for weight in tagger.model_.parameters():
        weight.data.normal_(generator=random).mul_(30.0)
    return tagger


def test_it_learns_and_is_judged_beside_the_most_frequent_tags(tagger: Tagger) -> None:
    tokens, tags = tagged()
    assert tagger.predict(tokens) == tags
    found = tagger.validation_
    assert (found.watched, found.model["f1"], found.model["f1 of person"]) == ("f1", 1.0, 1.0)
    assert found.baselines["the most frequent tag of the word"]["f1"] == 1.0
    assert found.remark.startswith("Held out: 4 of 16 examples")
    assert tagger.score(tokens, tags) == 1.0
    sentence = ["Bob", "sees", "Bob", "in", "Oslo", "."]
    assert tagger.predict([sentence]) == [["B-person", "O", "B-person", "O", "B-place", "O"]]


def test_how_many_are_read_at_once_changes_nothing(tagger: Tagger) -> None:
    draw = random.Random(0)
    sentences = [[draw.choice([*WORDS, "Bob", "Oslo", "York"]) for _ in range(draw.randint(1, 9))] for _ in range(70)]
    together = tagger.predict(sentences)
    assert together == [tagger.predict([sentence])[0] for sentence in sentences]
    assert together[::-1] == tagger.predict(sentences[::-1])


@pytest.mark.parametrize("crf", [True, False])
@pytest.mark.parametrize("scheme", list(Scheme))
def test_no_illegal_order_is_ever_predicted_whatever_the_weights(scheme: Scheme, crf: bool) -> None:
    tokens, tags = tagged(scheme)
    tagger = blown_up(small(epochs=1, crf=crf).fit(tokens, tags, validation=0.0, progress=False))
    for row in (predicted := tagger.predict(tokens)):
        assert scheme.illegal(row) == []
        assert scheme.tags(scheme.spans(row), len(row)) == row
    assert any(tag != "O" for row in predicted for tag in row)


@pytest.mark.parametrize("scheme", list(Scheme))
def test_tags_come_in_the_scheme_of_the_data(scheme: Scheme) -> None:
    tokens, tags = tagged(scheme)
    tagger = small().fit(tokens, tags, validation=0.0, progress=False)
    assert tagger.predict(tokens) == tags
    assert recognised(tagger.predict(tokens)) is scheme
    assert tagger.evaluate(*tagged("IOB2")).model["f1"] == 1.0, "a file has its own scheme"


def test_it_is_saved_and_loaded(tagger: Tagger, tmp_path: Path) -> None:
    tagger.save(tmp_path / "model")
    again = seqloom.load(tmp_path / "model")
    tokens, _ = tagged()
    assert isinstance(again, Tagger)
    assert again.predict([*tokens, ["new", "words"]]) == tagger.predict([*tokens, ["new", "words"]])
    assert (again.validation_, again.get_params(deep=False)) == (tagger.validation_, tagger.get_params(deep=False))


def test_a_run_that_is_resumed_is_the_run_that_was_not_stopped(tmp_path: Path) -> None:
    def fit(name: str, epochs: int, resume: bool = False) -> Tagger:
        model = small(epochs=epochs, dropout=0.3)
        return model.fit(*tagged(), validation=0.25, run=tmp_path / name, resume=resume, progress=False)

    whole = fit("whole", 4)
    fit("cut", 2)
    resumed = fit("cut", 4, resume=True)
    for a, b in zip(whole.model_.parameters(), resumed.model_.parameters(), strict=True):
        assert torch.equal(a, b)
    assert whole.validation_ == resumed.validation_


def test_tags_that_are_no_spans() -> None:
    tokens = [["a", "dog", "sees", "it"], ["it", "meets", "a", "cat"], ["cats", "sleep"]] * 8
    tags = [["DET", "NOUN", "VERB", "PRON"], ["PRON", "VERB", "DET", "NOUN"], ["NOUN", "VERB"]] * 8
    tagger = small(epochs=10).fit(tokens, tags, progress=False)
    assert set(tagger.validation_.model) == {"loss", "accuracy"}
    assert tagger.predict(tokens) == tags


def test_tags_that_were_not_seen_are_said_and_count_as_wrong(tagger: Tagger) -> None:
    tokens, tags = [["Bob", "sees", "Bob", "in", "Oslo", "."]], [["B-person", "O", "B-person", "O", "B-river", "O"]]
    with pytest.warns(SeqloomWarning, match="not seen in training: 'B-river'. They are never predicted"):
        figures = tagger.evaluate(tokens, tags).model
    assert [figures[name] for name in ("recall", "precision", "accuracy")] == pytest.approx([2 / 3, 2 / 3, 5 / 6])


@pytest.mark.parametrize("crf", [True, False])
def test_probabilities_are_of_every_tag_at_every_step(crf: bool) -> None:
    tokens, tags = tagged()
    tagger = small(crf=crf).fit(tokens, tags, validation=0.0, progress=False)
    assert tagger.tags_ == ("B-person", "B-place", "I-person", "I-place", "O")
    for row, wanted in zip(tagger.predict_proba(tokens), tags, strict=True):
        assert row.shape == (len(wanted), 5)
        assert row.sum(1) == pytest.approx(1.0, abs=1e-5)
        assert [tagger.tags_[place] for place in row.argmax(1)] == wanted
    if crf:
        assert not tagger.predict_proba([["York"]])[0][0, [2, 3]].any(), "nothing begins with I"


def series(count: int, seed: int) -> tuple[list[torch.Tensor], list[list[str]]]:
    """Two channels, one of which says whether a machine is on; the other is large and says nothing."""
    draw = torch.Generator().manual_seed(seed)
    found, labels = [], []
    for length in torch.randint(3, 9, (count,), generator=draw).tolist():
        on = torch.rand(length, generator=draw) < 0.5
        noise = torch.randn(length, generator=draw)
        found.append(torch.stack([on * 2.0 + 0.3 * noise, 1e4 * torch.randn(length, generator=draw)], 1))
        labels.append(["on" if one else "off" for one in on.tolist()])
    return found, labels


def test_steps_of_series_have_labels_too() -> None:
    tagger = small(epochs=8).fit(*series(60, seed=0), progress=False)
    assert list(tagger.validation_.baselines) == ["the most frequent tag"]
    x, labels = series(20, seed=1)
    assert tagger.score(x, labels) > 0.95
    assert tagger.predict([one.numpy() for one in x]) == tagger.predict(x)
    with pytest.raises(DataError, match="Expected series of 2 channels, as this tagger was trained on; got 3"):
        tagger.predict([torch.zeros(4, 3)])
    with pytest.raises(DataError, match="Expected series, as this tagger was trained on; got sentences"):
        tagger.predict([["a", "dog"]])


@pytest.mark.parametrize("crf", [True, False])
def test_a_causal_tagger_streams(crf: bool) -> None:
    tokens, tags = tagged()
    tagger = small("lstm(12)", crf=crf).fit(tokens, tags, validation=0.0, progress=False)
    stream = tagger.stream()
    for sentence in [*tokens[:4], ["unknown", "Words"]]:
        stream.reset()
        said = []
        for token in sentence:
            said.append(stream.push(token))
            assert sum(stream.probabilities.values()) == pytest.approx(1.0, abs=1e-5)
        assert Scheme.IOB2.illegal(said) == []
        if not crf:
            assert said == tagger.predict([sentence])[0]


def test_a_stream_filters() -> None:
    """p(tag | what was read so far), which is the last marginal of what was read, where all may be the end."""
    tagger = small("lstm(12)").fit(*tagged(), validation=0.0, progress=False)
    field = tagger.model_.field
    torch.nn.init.zeros_(field.end)
    stream, sentence = tagger.stream(), ["Bob", "sees", "Ann", "Lee"]
    for length, token in enumerate(sentence, 1):
        stream.push(token)
        batch = Padded(*tagger._examples(tagger.facts_, [sentence[:length]], None), 1)[0]
        with torch.no_grad():
            wanted = field.marginals(tagger.model_(batch.x, batch.length))[0, -1]
        assert list(stream.probabilities.values()) == pytest.approx(wanted.tolist(), abs=1e-5)


def test_a_stream_never_says_an_illegal_order_whatever_the_weights() -> None:
    tagger = blown_up(small("lstm(12)", epochs=1).fit(*tagged(), validation=0.0, progress=False))
    stream = tagger.stream()
    said = [stream.push(random.Random(k).choice(WORDS)) for k in range(60)]
    assert Scheme.IOB2.illegal(said) == []
    assert len(set(said)) > 1


def test_layers_that_read_both_ways_do_not_stream(tagger: Tagger) -> None:
    with pytest.raises(UsageError, match=r"spec: lstm\(12\) bidirectional reads a sentence to its end.*lstm\(128\)"):
        tagger.stream()


def test_a_file_comes_back_with_other_tags_and_all_else_as_it_was(tagger: Tagger, tmp_path: Path) -> None:
    sentence = list(zip(["Ann", "Lee", "meets", "Bob", "in", "Oslo", "."], "xxyxyxy", strict=True))
    tags = ["B-person", "I-person", "O", "B-person", "O", "B-place", "O"]
    text = "# id {}\n" + "\n".join(f"{word}\t{x}\t{{}}" for word, x in sentence) + "\n\n\n# id 2\nBob\tx\t{}"
    (tmp_path / "a.conll").write_text(text.format(1, *"OOOOOOOO"))
    said = tagger.predict([["Bob"]])[0]
    assert "".join(tagger.written(tmp_path / "a.conll")) == text.format(1, *tags, *said)
    (tmp_path / "words.txt").write_text("".join(f"{word}\n" for word, _ in sentence))
    tagged_words = "".join(f"{word} {tag}\n" for (word, _), tag in zip(sentence, tags, strict=True))
    assert "".join(tagger.written(tmp_path / "words.txt")) == tagged_words


def test_a_column_is_chosen(tmp_path: Path) -> None:
    tokens, tags = tagged()
    rows = [[f"{w} {t} x" for w, t in zip(*pair, strict=True)] for pair in zip(tokens, tags, strict=True)]
    (tmp_path / "a.txt").write_text("\n\n".join("\n".join(row) for row in rows) + "\n")
    tagger = small(target="2").fit(tmp_path / "a.txt", validation=0.0, progress=False)
    assert tagger.predict(tmp_path / "a.txt") == tags
    with pytest.raises(DataError, match="Expected at least two different tags, got 'x' alone"):
        small().fit(tmp_path / "a.txt")
    with pytest.raises(DataError, match="There is no column '4'"):
        small(target="4").fit(tmp_path / "a.txt")


def test_an_illegal_order_is_said_with_its_place_and_read_as_the_scheme_says(tagger: Tagger, tmp_path: Path) -> None:
    tokens, tags = tagged()
    path = conll(tmp_path / "a.conll", [*tokens, ["York", "."]], [*tags, ["I-place", "O"]])
    line = path.read_text().splitlines().index("York\tI-place", len(path.read_text().splitlines()) - 3) + 1
    said = rf"1 tag in an order that IOB2 does not have \(\S+a.conll, line {line}: I-place after the beginning\)"
    with pytest.warns(SeqloomWarning, match=said):
        figures = tagger.evaluate(path).model
    assert figures["recall"] == 1.0
    with pytest.warns(SeqloomWarning, match=r"IOB2 does not have \(example 0, step 1: I-x after O\)"):
        small(epochs=1).fit(
            [["a", "b"], ["c", "d"]] * 4, [["O", "I-x"], ["B-x", "O"]] + [["B-x", "O"]] * 6, progress=False
        )


GOOD = [["a", "b"], ["c"]], [["X", "Y"], ["X"]]
FAULTS: dict[str, tuple[Any, Any, type[Exception], str]] = {
    "texts": (["a b"], [["X"]], DataError, "Example 0: expected the tokens of a sentence, got the text 'a b'"),
    "empty": ([["a"], []], [["X"], []], DataError, "Example 1 is empty"),
    "no sentence": (
        [["a"], None],
        [["X"], ["Y"]],
        DataError,
        "Example 1: expected the tokens of a sentence, .* got None",
    ),
    "no tags": (GOOD[0], [["X", "Y"], None], DataError, "Example 1: expected 1 tags, one for each step, got None"),
    "no token": ([["a", ""]], [["X", "Y"]], DataError, "Example 0: expected tokens, .* got ''"),
    "a number": ([["a", 3]], [["X", "Y"]], DataError, "Example 0: expected tokens, .* got 3"),
    "too few tags": (GOOD[0], [["X", "Y"], []], DataError, "Example 1: expected 1 tags, one for each step, got 0"),
    "a text of tags": (GOOD[0], ["XY", ["X"]], DataError, "Example 0: expected 2 tags, .* got the text 'XY'"),
    "no tag": (GOOD[0], [["X", None], ["X"]], DataError, "Example 0: expected tags, .* got None"),
    "too few lists": (GOOD[0], GOOD[1][:1], UsageError, "y: expected 2 lists of tags, one for each example, got 1"),
    "none": (GOOD[0], None, UsageError, "y: expected a target for each example"),
    "nothing": ([], [], DataError, "expected at least one row"),
    "one tag": (GOOD[0], [["X", "X"], ["X"]], DataError, "Expected at least two different tags, got 'X' alone"),
    "both": ([["a"], [[1.0]]], GOOD[1], DataError, "Expected sentences or series, got both"),
    "flat": ([[1.0, 2.0]], [["X", "Y"]], DataError, r"Example 0: expected a series \(T, D\), got the shape \(2,\)"),
    "channels": ([[[1.0]], [[1.0, 2.0]]], GOOD[1], DataError, "series of one number of channels, got 1, 2"),
    "not a number": (
        [[[1.0, math.nan]]],
        [["X"]],
        DataError,
        "Example 0, step 0, channel 1: .* got nan",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_learned_from(fault: str) -> None:
    X, y, kind, said = FAULTS[fault]
    with pytest.raises(kind, match=said):
        small().fit(X, y, validation=0.0)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: small("lstm(8) + pool(last)"), r"spec: .*gives one vector for a whole row"),
        (lambda: small("conv(8, stride=2) + lstm(8)"), r"spec: every step has a tag, .* Leave strides out"),
        (lambda: small(characters="lstm(8)"), r"characters: .*End it as in 'lstm\(8\) \+ pool\(last\)'"),
        (lambda: small(word_dropout=1.0), "word_dropout: expected a number from 0 to below 1"),
        (lambda: small(word_droput=0.5), "Did you mean 'word_dropout'"),
        (lambda: Tagger(crfs=True), "Tagger has no parameter 'crfs'. Did you mean 'crf'"),
    ],
)
def test_settings_that_cannot_be(make: Callable[[], Tagger], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        make().fit(*GOOD)


def test_a_file_has_its_tags_itself(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="y: expected None beside a file"):
        small().fit(tmp_path / "a.conll", GOOD[1])


def test_words_begin_with_the_vectors_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("bob 0 0 0\nin 1 -1 1\noslo 2 -2 4\n")

    def fit(**more: Any) -> Tagger:
        training = {"epochs": 1, "learning_rate": 1e-9, "weight_decay": 0.0}
        return small(vectors=str(tmp_path / "v.txt"), training=training, **more).fit(*tagged(), progress=False)

    with pytest.warns(SeqloomWarning, match=r"vectors: of \d+ words, 3 have one in"):
        tagger = fit(embedding=None)
    words = tagger.facts_["lexicon"]["words"]
    table = tagger.model_.front.words.weight.detach()
    assert table.shape[1] == 3
    rows = torch.stack([table[2 + words.index(word)] for word in ("bob", "in", "oslo")])
    wanted = torch.tensor([[0.0, 0, 0], [1, -1, 1], [2, -2, 4]])
    torch.testing.assert_close(rows, wanted / wanted.std(), rtol=0, atol=1e-4)
    with pytest.raises(UsageError, match=r"embedding: the vectors in .* have 3 numbers; leave it out"):
        fit(embedding=8)


def test_a_table_with_a_step_a_row_is_learned_and_labelled(tmp_path: Path) -> None:
    def table(count: int, seed: int) -> str:
        rows = ["id,time,heat,noise,state"]
        for number, (one, labels) in enumerate(zip(*series(count, seed), strict=True)):
            for step, (values, label) in enumerate(zip(one.tolist(), labels, strict=True)):
                heat = "" if (count, number, step) == (60, 3, 1) else f"{values[0]:.3f}"
                rows.append(f"m{number},{step},{heat},{values[1]:.3f},{label}")
        return "\n".join(rows) + "\n"

    (tmp_path / "a.csv").write_text(table(60, seed=0))
    (tmp_path / "b.csv").write_text(table(6, seed=1))
    found = DOOR.claims(tmp_path / "a.csv", {})
    assert found is not None
    assert found.reason.endswith("→ 'state' of each step")
    with pytest.warns(SeqloomWarning, match="1 missing values masked"):
        tagger = small(epochs=8).fit(tmp_path / "a.csv", progress=False)
    assert tagger.score(tmp_path / "b.csv") > 0.9
    header, *rows = "".join(tagger.written(tmp_path / "b.csv")).splitlines()
    assert (header, rows[0].split(",")[:2]) == ("recording,step,label", ["m0", "1"])
    said = [label for labels in tagger.predict(tmp_path / "b.csv") for label in labels]
    assert [row.split(",")[2] for row in rows] == said


FOUR = "".join(
    f"{a} NNP I-NP B-PER\nsees VBZ I-VP O\n{b} NNP I-NP B-PER\n\n" for a in ("Ann", "Bob") for b in ("Cy", "Di")
)
LIKE = {
    "five columns": ("Ann NNP I-NP O keepme\n", "Ann NNP I-NP B-PER keepme\n"),
    "four columns": ("Ann NNP I-NP O\n", "Ann NNP I-NP B-PER\n"),
    "no tags yet": ("Ann NNP I-NP\n", "Ann NNP I-NP B-PER\n"),
    "words alone": ("Ann\n", "Ann B-PER\n"),
    "two columns": ("Ann NNP\n", None),
}


@pytest.fixture(scope="module")
def of_four(tmp_path_factory: pytest.TempPathFactory) -> Tagger:
    path = tmp_path_factory.mktemp("four") / "a.conll"
    path.write_text(4 * FOUR)
    return small(epochs=15).fit(path, validation=0.0, progress=False)


@pytest.mark.parametrize("case", LIKE)
def test_tags_go_where_they_stood_in_training(case: str, of_four: Tagger, tmp_path: Path) -> None:
    before, after = LIKE[case]
    path = tmp_path / "a.conll"
    path.write_text(before)
    count = len(before.split())
    if count in (1, 3, 4):
        assert "".join(of_four.written(path)) == after
    else:
        said = rf"expected 4 columns .* the tag in column 4, or 3 without it; got {count}\. .*--target NUMBER"
        with pytest.raises(DataError, match=said):
            of_four.written(path)
        with pytest.raises(DataError, match=said):
            of_four.evaluate(path)
    assert of_four.predict(path) == [["B-PER"]]
    if after is not None and count > 1:
        assert "".join(of_four.written(path, target="4")) == after
    with pytest.raises(DataError, match="There is no column '9'"):
        of_four.written(path, target="9")


def test_the_column_of_training_may_be_named_or_the_first(tmp_path: Path) -> None:
    path, other = tmp_path / "a.txt", tmp_path / "b.txt"
    path.write_text("".join(f"{tag} {word}\n" for word, tag in zip("abcd" * 8, "XYXY" * 8, strict=True)))
    other.write_text("_ a\n_ b\n")
    tagger = small(epochs=25, target="1").fit(path, validation=path, progress=False)
    assert "".join(tagger.written(other)) == "X a\nY b\n"
    universal = "1\t{}\t_\t{}\t_\t_\t0\troot\t_\t_\n\n"
    path.write_text("".join(universal.format(word, tag) for word, tag in zip("ab" * 8, "XY" * 8, strict=True)))
    other.write_text("# global.columns = ID FORM MORE UPOS\n1\ta\tm\t_\n\n")
    tagger = small(epochs=25).fit(path, validation=0.0, progress=False)
    assert "".join(tagger.written(other)) == other.read_text().replace("m\t_", "m\tX")


def test_what_may_be_the_other_way_round_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("".join(f"{'OX'[k % 2]}\tword{k}\n\n" for k in range(50)))
    with pytest.raises(UsageError, match=r"column 1, read as words, has 2 different .* --target 1, or --target 2"):
        small().fit(path)
    tagger = small(epochs=1, target="1").fit(path, validation=0.0, progress=False)
    assert tagger.tags_ == ("O", "X")
    assert small(epochs=1, target="2").fit(path, validation=0.0, progress=False).tags_[0] == "word0"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "a title of it\nnot one of these\n" + 30 * "dog O\n\n",
            r"line 1: expected 2 columns .*, got 4: .a title.*\n  line 2: ",
        ),
        ("one\ntwo\n", "a.conll: expected a column with the tag of each word, got one column alone"),
        ("", "a.conll"),
    ],
)
def test_what_is_named_so_and_is_none_is_refused(text: str, said: str, tmp_path: Path) -> None:
    from seqloom.tasks.guess import guess

    path = tmp_path / "a.conll"
    path.write_text(text)
    found = guess(path, {})
    assert found is not None
    assert found.task == "tagging"
    with pytest.raises(DataError, match=said):
        small().fit(path)


def table_of(separator: str, columns: str, every: bool) -> str:
    lines = [columns.replace(",", separator)]
    for number, (tokens, tags) in enumerate(zip(*tagged(), strict=True), 1):
        for place, (word, tag) in enumerate(zip(tokens, tags, strict=True)):
            name = f"Sentence: {number}" if every or not place else ""
            lines.append(separator.join([name, word, "x", tag]))
    return "\n".join(lines) + "\n"


TABLES = {
    "kaggle.csv": (",", "Sentence #,Word,POS,Tag", False),
    "ids.csv": (";", "sentence_id,token,upos,ner", True),
    "ids.tsv": ("\t", "sent,form,more,label", True),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_with_a_token_a_row_is_learned_and_tagged(name: str, tmp_path: Path) -> None:
    from seqloom.tasks.guess import guess

    separator, columns, every = TABLES[name]
    path = tmp_path / name
    path.write_text(table_of(separator, columns, every))
    found = guess(path, {})
    assert found is not None
    assert (found.task, found.reason.split(":")[0]) == ("tagging", "a token a row")
    tagger = small().fit(path, validation=0.0, progress=False)
    _, tags = tagged()
    assert (tagger.predict(path), tagger.evaluate(path).model["f1"]) == (tags, 1.0)
    header, *rows = "".join(tagger.written(path)).splitlines()
    assert header == columns.replace(",", separator) + separator + "prediction"
    assert [row.split(separator)[-2:] for row in rows] == [[tag, tag] for row in tags for tag in row]
    if name == "kaggle.csv":
        bare = tmp_path / "bare.csv"
        bare.write_text("Sentence #,Word\n1,Bob\n,sees\n2,Oslo\n,meets\n")
        assert "".join(tagger.written(bare)).splitlines()[1] == "1,Bob,B-person"
        path.write_text(path.read_text() + ",word,X,\n")
        with pytest.raises(DataError, match=r"kaggle.csv, line \d+: column 'Tag' is empty"):
            tagger.evaluate(path)


def test_a_table_of_other_columns_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("no,w,t\n1,a,X\n1,b,Y\n")
    with pytest.raises(DataError, match="called sentence_id, word and tag; rename"):
        small().fit(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text("sent,word,tag\n1,a,X\n1,b,Y\n")
    with pytest.raises(UsageError, match=r"no column 'tagg'; it has .*Did you mean 'tag'"):
        small(target="tagg").fit(tmp_path / "a.csv")


def test_equal_sentences_stay_on_one_side() -> None:
    tokens, tags = tagged()
    twice = [*tokens, *([word.upper() for word in row] for row in tokens)]
    division = small()._divide(Given(twice, tags + tags), 0.25, seed=3)
    sides = [{" ".join(twice[place]).lower() for place in part} for part in division[:2]]
    assert not sides[0] & sides[1]
    assert division.remark == "Held out: 8 of 32 examples, equal sentences together, drawn by seed 3."
    few = small()._divide(Given(tokens[:2] * 20, tags[:2] * 20), 0.1, seed=3)
    assert (len(few.held_out), "Equal ones are on both sides" in few.remark) == (4, True)
    assert small()._divide(Given(tokens, tags), 0.0, seed=3).held_out == ()
