"""Files of tagged words: read, refused with their lines, written back."""

from __future__ import annotations

import gzip
import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.tagged import blocks
from seqloom.data.tagged.sentences import read_tagged
from seqloom.errors import DataError

CONLL = "-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\nPeter NNP B-NP B-PER\n"
UNIVERSAL = (
    "# sent_id = 1\n# text = I don't know.\n"
    "1\tI\tI\tPRON\tPRP\t_\t4\tnsubj\t_\t_\n"
    "2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_\n"
    "2\tdo\tdo\tAUX\tVBP\t_\t4\taux\t_\t_\n"
    "3\tn't\tnot\tPART\tRB\t_\t4\tadvmod\t_\t_\n"
    "3.1\tthen\t_\tADV\t_\t_\t_\t_\t_\t_\n"
    "4\tknow\tknow\tVERB\tVB\t_\t0\troot\t_\tSpaceAfter=No\n"
    "5\t.\t.\tPUNCT\t.\t_\t4\tpunct\t_\t_\n\n"
)
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def saved(folder: Path, text: str | bytes, name: str = "words.conll") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_conll(tmp_path: Path) -> None:
    found = read_tagged(saved(tmp_path, CONLL))
    assert found.tokens == [["EU", "rejects"], ["Peter"]]
    assert found.tags == {"4": [["B-ORG", "O"], ["B-PER"]]}
    assert found.place(1).endswith("words.conll, line 6")
    assert len(found) == 2


def test_several_columns_of_tags(tmp_path: Path) -> None:
    found = read_tagged(saved(tmp_path, CONLL), tags=[3, 2])
    assert found.tags == {"3": [["B-NP", "B-VP"], ["B-NP"]], "2": [["NNP", "VBZ"], ["NNP"]]}


@pytest.mark.parametrize("packed", [False, True])
def test_conllu(tmp_path: Path, packed: bool) -> None:
    data, name = UNIVERSAL.encode(), "words.conllu"
    path = saved(tmp_path, gzip.compress(data, mtime=0), f"{name}.gz") if packed else saved(tmp_path, data, name)
    found = read_tagged(path)
    assert found.tokens == [["I", "do", "n't", "know", "."]]
    assert found.tags == {"UPOS": [["PRON", "AUX", "PART", "VERB", "PUNCT"]]}
    assert found.place(0, 1).endswith(", line 5")
    other = "".join(found.written({"UPOS": [["A", "B", "C", "D", "E"]]}))
    assert other == UNIVERSAL.replace("PRON", "A").replace("AUX", "B").replace("PART", "C").replace(
        "VERB", "D"
    ).replace("PUNCT", "E")


def test_a_file_without_tags_gets_columns(tmp_path: Path) -> None:
    found = read_tagged(saved(tmp_path, "a\nb\n\nc"))
    assert (found.tokens, found.tags) == ([["a", "b"], ["c"]], {})
    assert "".join(found.written({"x": [["X", "Y"], ["Z"]], "y": [["1", "2"], ["3"]]})) == "a X 1\nb Y 2\n\nc Z 3"
    some = read_tagged(saved(tmp_path, "a\tNN\n"), tags=())
    assert "".join(some.written({"x": [["X"]]})) == "a\tNN\tX\n"


@pytest.mark.parametrize(
    "text",
    [
        CONLL,
        CONLL.replace("\n", "\r\n"),
        "\ufeff" + CONLL,
        CONLL + "\n\n",
        CONLL.rstrip("\n"),
        "\n\n" + CONLL.replace("\n\n", "\n \t\n\n"),
        UNIVERSAL,
        "# one\n\n" + UNIVERSAL + "# the end\n",
        "#dog\tO\n#cat\tB\n",
    ],
)
def test_its_own_tags_give_the_file_as_it_was(tmp_path: Path, text: str) -> None:
    found = read_tagged(saved(tmp_path, text))
    assert "".join(found.written(found.tags)) == text


FAULTS = {
    "a missing column": (
        "a\tO\nb\nc\tO\n\nd\n",
        "2 problems in .*:\n  line 2: expected 2 columns .*\n  line 5: expected",
    ),
    "a column too many": ("a O\nb O O\n", "line 2: expected 2 columns parted by spaces, got 3: 'b O O'"),
    "cut off in a line": ("a NN O\nb N", "line 2: expected 3 columns.*\n  its end: the last line does not end"),
    "an illegal character": ("a O\nb\x07 O\n", r"line 2: illegal character U\+0007"),
    "two encodings": ("a O\n\né O\n".encode() + "thé O\n".encode("latin-1"), "line 4: not UTF-8: byte 0xe9"),
    "nothing": ("", "is empty"),
    "blank lines": ("\n \n\t\n", "found none"),
    "remarks alone": ("# one two\n# three four five\n", "found none"),
    "a document alone": ("-DOCSTART-\n\n", "found none"),
    "no word": ("a\tO\n\tO\n", "line 2: column 1 is empty"),
    "no tag": ("a\tO\nb\t \n", "line 2: column 2 is empty"),
    "nine columns": (UNIVERSAL.replace("\t_\t_\n", "\t_\n"), "6 problems .*\n  line 3: expected 10 columns"),
    "a number left out": (UNIVERSAL.replace("4\tknow", "5\tknow"), "line 8: expected token 4, got 5"),
    "no number": (UNIVERSAL.replace("4\tknow", "x\tknow"), "line 8: expected the number of a token .* got 'x'"),
    "a range out of order": (UNIVERSAL.replace("2-3\t", "3-4\t"), "line 4: expected 2-… for words in one, got 3-4"),
    "a range that ends too late": (UNIVERSAL.replace("2-3\t", "2-9\t"), "line 10: expected tokens up to 9, got 5"),
    "a node out of order": (UNIVERSAL.replace("3.1\t", "4.1\t"), "line 7: expected 3.… for an empty node, got 4.1"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_faults_are_named_with_file_and_line(tmp_path: Path, kind: str) -> None:
    text, message = FAULTS[kind]
    path = saved(tmp_path, text, "words.conllu" if "\t_" in str(text) else "words.conll")
    with pytest.raises(DataError, match=f"(?s){message}") as error:
        read_tagged(path)
    assert str(path) in str(error.value)


def test_many_faults_are_counted(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        read_tagged(saved(tmp_path, "a O\n" * 60 + "b\n" * 50))
    assert str(error.value).startswith("50 problems in ")
    assert str(error.value).endswith("and 40 more.")


def test_a_packed_file_that_is_cut_off(tmp_path: Path) -> None:
    packed = gzip.compress(random.Random(1).randbytes(200_000).hex().encode())
    with pytest.raises(DataError, match=r"words.conllu.gz, after line 0: the packed file is cut off"):
        read_tagged(saved(tmp_path, packed[:-1000], "words.conllu.gz"))


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 2: expected at most 1,048,576 characters"):
        read_tagged(saved(tmp_path, gzip.compress(b"a O\n" + b"a" * 5_000_000, mtime=0), "words.gz"))


def test_a_file_without_blank_lines_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_LONGEST", 10)
    with pytest.raises(DataError, match="line 11: expected a sentence within 10 lines"):
        read_tagged(saved(tmp_path, "a O\n" * 30))


def test_many_rows_of_nothing_are_refused_early(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a token a line with its tags, found none in 10,000 lines"):
        read_tagged(saved(tmp_path, gzip.compress(b"\n" * 3_000_000, mtime=0)))
    with pytest.raises(DataError, match="line 100,003: expected a sentence within 100,000 lines"):
        read_tagged(saved(tmp_path, gzip.compress(b"a O\n" + b"\n" * 3_000_000, mtime=0)))


WORD = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=6).filter(
    lambda word: not word.startswith(("#", "-DOC"))
)


@given(
    st.lists(st.lists(st.tuples(WORD, WORD, WORD), min_size=1, max_size=4), min_size=1, max_size=4),
    st.sampled_from(["\t", " ", "   "]),
)
def test_any_sentences_come_back(tmp_path_factory: pytest.TempPathFactory, rows: list, separator: str) -> None:
    text = "\n".join("".join(separator.join(row) + "\n" for row in sentence) for sentence in rows)
    found = read_tagged(saved(tmp_path_factory.getbasetemp(), text, "any.conll"))
    assert found.tokens == [[row[0] for row in sentence] for sentence in rows]
    assert found.tags == {"3": [[row[2] for row in sentence] for sentence in rows]}
    assert "".join(found.written(found.tags)) == text


@given(st.sampled_from([CONLL, UNIVERSAL]), st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3)), max_size=4))
def test_mutated_files_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str, changes: list[tuple[int, bytes]]
) -> None:
    data = bytearray(text.encode())
    for place, piece in changes:
        data[place : place + 2] = piece
    path = saved(tmp_path_factory.getbasetemp(), bytes(data), "mutated.conll")
    with suppress(DataError):
        found = read_tagged(path)
        for tags in found.tags.values():
            assert [len(row) for row in tags] == [len(row) for row in found.tokens]
        assert "".join(found.written(found.tags)).split() == data.decode(found.lines.read_as).split()


@pytest.mark.skipif(not SHARED.exists(), reason=f"the data of {SHARED} is not here")
@pytest.mark.parametrize(
    ("name", "count"), [("wnut17/dev.conll", 1009), ("ud_english_ewt/en_ewt-ud-dev.conllu.gz", 2001)]
)
def test_real_files(name: str, count: int) -> None:
    path = SHARED / name
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    found = read_tagged(path)
    assert len(found) == count
    assert "".join(found.written(found.tags)) == data.decode()


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8-sig"])
@pytest.mark.parametrize("packed", [False, True])
def test_other_encodings(tmp_path: Path, encoding: str, packed: bool) -> None:
    data = "Hélène B-PER\r\nici O\r\n\r\n".encode(encoding)
    path = saved(tmp_path, gzip.compress(data) if packed else data, "a.conll.gz" if packed else "a.conll")
    found = read_tagged(path)
    assert found.tokens == [["Hélène", "ici"]]
    assert len(found.remarks) == (encoding == "cp1252")
    assert read_tagged(path, encoding=encoding).remarks == []
