"""Files of pairs in every spelling, and what is said of lines that are none."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from seqloom.data.pairs import read_pairs
from seqloom.errors import DataError, UsageError

GOOD = {
    "a.tsv": 'one cat\tun chat\ntwo "cats"\tdeux "chats"\n',
    "b.tsv": 'source\ttarget\none cat\tun chat\ntwo "cats"\tdeux "chats"\n',
    "c.txt": 'one cat\tun chat\tCC-BY 1\ntwo "cats"\tdeux "chats"\tCC-BY 2\n',
    "d.csv": 'en,fr\none cat,un chat\n"two ""cats""","deux ""chats"""\n',
    "e.csv": 'id;tgt;src\n1;un chat;one cat\n2;"deux ""chats""";"two ""cats"""\n',
    "f.jsonl": '{"question": "one cat", "answer": "un chat"}\n'
    '{"question": "two \\"cats\\"", "answer": "deux \\"chats\\""}\n',
}
PAIRS = (["one cat", 'two "cats"'], ["un chat", 'deux "chats"'])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", GOOD)
def test_every_spelling_is_read(tmp_path: Path, name: str, packed: bool) -> None:
    file = tmp_path / (f"{name}.gz" if packed else name)
    content = GOOD[name].encode()
    file.write_bytes(gzip.compress(content) if packed else content)
    found = read_pairs(file)
    assert (found.sources, found.targets) == PAIRS
    assert bool(found.remarks) == (name in ("c.txt", "e.csv"))


@pytest.mark.parametrize("name", GOOD)
def test_a_file_comes_back_with_one_more_column(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text(GOOD[name], encoding="utf-8")
    again = tmp_path / f"again_{name}"
    again.write_text("".join(read_pairs(file).written({"prediction": ["1", "2"]})), encoding="utf-8")
    found = read_pairs(again, *read_pairs(file).columns)
    assert (found.sources, found.targets) == PAIRS
    assert "prediction" in again.read_text(encoding="utf-8") or name in ("a.tsv", "c.txt")


def test_columns_are_named_or_numbered(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("a,b,c\n1,2,3\n", encoding="utf-8")
    assert read_pairs(file, "c", "a").sources == ["3"]
    assert read_pairs(file, "2", "1").sources == ["2"]
    with pytest.raises(UsageError, match="has no column 'd'; it has 'a', 'b'"):
        read_pairs(file, "d")


def test_sources_alone_are_enough_to_predict(tmp_path: Path) -> None:
    file = tmp_path / "x.tsv"
    file.write_text("one cat\ntwo cats\n", encoding="utf-8")
    found = read_pairs(file, wanted=False)
    assert (found.sources, found.targets) == (["one cat", "two cats"], None)
    with pytest.raises(DataError, match="expected two sides in each line"):
        read_pairs(file)


def test_the_columns_of_training_are_read_again(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("id,en\n1,one cat\n", encoding="utf-8")
    assert read_pairs(file, wanted=False, learned=("en", "fr")).sources == ["one cat"]
    (tmp_path / "x.tsv").write_text("source\none cat\n", encoding="utf-8")
    assert read_pairs(tmp_path / "x.tsv", wanted=False, learned=("source", "target")).sources == ["one cat"]
    (tmp_path / "y.tsv").write_text("one cat\n", encoding="utf-8")
    assert read_pairs(tmp_path / "y.tsv", wanted=False, learned=("source", "target")).sources == ["one cat"]


BAD = {
    "one side": ("a\tb\nc\nd\te\n", "1 of 3 lines are no pairs: line 2 has one side where others have 2"),
    "three": ("a\tb\nc\td\te\nf\tg\n", "line 2 has 3 columns where others have 2"),
    "an empty side": ("a\tb\n\td\ne\t \n", "2 of 3 lines are no pairs: line 2 has nothing in column 1; line 3 has"),
    "nothing": ("\n\n", "is empty: expected pairs of texts"),
}


@pytest.mark.parametrize("name", BAD)
def test_lines_that_are_no_pairs_are_counted_and_named(tmp_path: Path, name: str) -> None:
    text, said = BAD[name]
    file = tmp_path / "x.tsv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_pairs(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


def test_json_that_is_none_or_lacks_a_side(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text('{"source": "a", "target": "b"}\n{"source": "c"}\n', encoding="utf-8")
    with pytest.raises(DataError, match="line 2 has no 'target'"):
        read_pairs(file)
    file.write_text('{"source": "a", "target": "b"}\nc\n', encoding="utf-8")
    with pytest.raises(DataError, match="line 2: expected a JSON object"):
        read_pairs(file)
