from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data import Bytes, Characters, Corpus, Document, Stream, Tokens, encode_corpus, learn_vocabulary
from seqloom.data.corpus_file import CorpusWriter
from seqloom.data.document import text_documents
from seqloom.data.vocabulary import Vocabulary
from seqloom.errors import DataError, StorageError
from tests.training.trees import everything

LETTERS = Characters("abcdefghijklmnopqrstuvwxyz \né")


def encoded(tmp_path: Path, text: str, vocabulary: Vocabulary = LETTERS, document: Document = Document.FILE) -> Corpus:
    (tmp_path / "text").write_text(text, encoding="utf-8", newline="")
    return encode_corpus(tmp_path / "text", vocabulary, document, tmp_path / "ids")


@given(st.lists(st.text("abé \n", max_size=9), min_size=1).filter(any), st.sampled_from(list(Tokens)))
def test_layout(texts: list[str], tokens: Tokens):
    vocabulary = learn_vocabulary(tokens, text_documents([*texts, "a"]), maximum_size=260)
    corpus = Corpus.from_texts(texts, vocabulary)
    expected = [vocabulary.eos]
    for text in filter(None, texts):
        expected += [*vocabulary.encode(text), vocabulary.eos]
    assert corpus.ids.tolist() == expected
    assert corpus.characters == sum(map(len, texts)) == corpus.stream().characters
    assert corpus.documents == sum(map(bool, texts))


@pytest.mark.parametrize("document", list(Document))
@pytest.mark.parametrize("tokens", list(Tokens))
def test_a_file_is_its_documents(tmp_path: Path, tokens: Tokens, document: Document):
    text = "one é two\n\n\nthree four\nfive"
    documents = {
        Document.FILE: [text],
        Document.LINE: ["one é two", "three four", "five"],
        Document.BLANK_LINE: ["one é two", "three four\nfive"],
    }[document]
    vocabulary = learn_vocabulary(tokens, text_documents([text]), maximum_size=270)
    corpus = encoded(tmp_path, text, vocabulary, document)
    again = Corpus.from_texts(documents, vocabulary)
    assert corpus.ids.tolist() == again.ids.tolist()
    assert (corpus.characters, corpus.documents) == (again.characters, again.documents)
    assert corpus.ids.dtype == (np.uint8 if vocabulary.size <= 256 else np.uint16)


def test_characters_of_a_part(tmp_path: Path):
    text = "word wörd! " * 3000
    for tokens in Tokens:
        vocabulary = learn_vocabulary(tokens, text_documents([text]), maximum_size=300)
        corpus = encoded(tmp_path, text, vocabulary)
        half = Stream(corpus, 1, 1 + len(corpus) // 2)
        decoded = len(vocabulary.decode(half.targets))
        slack = 4 if tokens is Tokens.WORDS else 0
        assert abs(half.characters - decoded) <= slack
        rest = Stream(corpus, half.stop, len(corpus))
        assert half.characters + rest.characters == corpus.characters == len(text)


def test_the_file_is_private_and_alone(tmp_path: Path):
    encoded(tmp_path, "abc")
    assert stat.S_IMODE((tmp_path / "ids").stat().st_mode) == 0o600
    assert sorted(os.listdir(tmp_path)) == ["ids", "text"]


def test_progress_counts_bytes(tmp_path: Path):
    (tmp_path / "text").write_text("aé" * 1_000_000, encoding="utf-8")
    seen: list[tuple[int, int]] = []
    encode_corpus(tmp_path / "text", LETTERS, Document.FILE, tmp_path / "ids", lambda *done: seen.append(done))
    assert seen[-1] == (3_000_000, 3_000_000)
    assert len(seen) == 3


def test_an_equal_target_is_used_again(tmp_path: Path):
    encoded(tmp_path, "abc\nde")
    first = (tmp_path / "ids").stat().st_ino
    encoded(tmp_path, "abc\nde")
    assert (tmp_path / "ids").stat().st_ino == first
    changes: list[tuple[str, Vocabulary, Document]] = [
        ("abc\ndf", LETTERS, Document.FILE),
        ("abc\ndf", LETTERS, Document.LINE),
        ("abc\ndf", Bytes(), Document.LINE),
    ]
    for text, vocabulary, document in changes:
        corpus = encoded(tmp_path, text, vocabulary, document)
        texts = text.split("\n") if document is Document.LINE else [text]
        assert corpus.ids.tolist() == Corpus.from_texts(texts, vocabulary).ids.tolist()


@pytest.mark.parametrize("kind", ["text", "empty", "folder", "link"])
def test_what_is_no_encoded_text_is_not_replaced_by_one(tmp_path: Path, kind: str):
    (tmp_path / "text.txt").write_text("abba")
    target = tmp_path / "text.ids"
    if kind == "link":
        (tmp_path / "other").write_bytes(b"mine")
        target.symlink_to(tmp_path / "other")
    elif kind == "folder":
        target.mkdir()
    else:
        target.write_bytes(b"mine" if kind == "text" else b"")
    before = everything(tmp_path)
    with pytest.raises(DataError, match="Move it elsewhere"):
        encode_corpus(tmp_path / "text.txt", Characters("ab"), Document.FILE, target)
    assert everything(tmp_path) == before


def test_foreign_and_damaged_files(tmp_path: Path):
    encoded(tmp_path, "abc")
    data = (tmp_path / "ids").read_bytes()
    path = tmp_path / "bad"
    for bad, message in [
        (b"", "is not an encoded text"),
        (b"PK\x03\x04" + data, "is not an encoded text"),
        (data[:18], "ends too early"),
        (data[:-5], "header cannot be read"),
        (data[:8] + bytes(8) + data[16:], "ends too early"),
        (data.replace(b'"count": 5', b'"count": 4'), "does not fit"),
        (data.replace(b'"count": 5', b'"count":-5'), "not a whole number"),
        (data.replace(b'"eos": 0', b'"eos":99'), "contradict"),
        (data.replace(b"uint8", b"int64"), "header cannot be read"),
        (data.replace(b'"eos"', b'"sos"'), "header cannot be read"),
    ]:
        path.write_bytes(bad)
        with pytest.raises(DataError, match=message):
            Corpus.open(path)
    with pytest.raises(DataError, match="Cannot read the encoded text"):
        Corpus.open(tmp_path / "nowhere")
    path.write_bytes(data[:-5])
    assert encode_corpus(tmp_path / "text", LETTERS, Document.FILE, path).ids.tolist() == [0, 2, 3, 4, 0]


def test_nothing_to_learn_from(tmp_path: Path):
    with pytest.raises(DataError, match="only empty lines"):
        encoded(tmp_path, "\n\n\n", document=Document.LINE)
    with pytest.raises(DataError, match="empty"):
        Corpus.from_texts(["", ""], LETTERS)
    assert os.listdir(tmp_path) == ["text"]


def test_a_bad_source_leaves_nothing_behind(tmp_path: Path):
    (tmp_path / "text").write_bytes(b"abc\xff")
    with pytest.raises(DataError, match="offset 3"):
        encode_corpus(tmp_path / "text", LETTERS, Document.FILE, tmp_path / "ids")
    with pytest.raises(DataError, match="No such file"):
        encode_corpus(tmp_path / "nowhere", LETTERS, Document.FILE, tmp_path / "ids")
    assert os.listdir(tmp_path) == ["text"]


@pytest.mark.parametrize(
    ("code", "message"), [(errno.ENOSPC, "No space left .* bytes"), (errno.EROFS, "Cannot write .*Read-only")]
)
def test_no_space_and_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, message: str):
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageError, match=message):
        encoded(tmp_path, "abc")
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["text"]
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="Cannot write"):
        encode_corpus(tmp_path / "text", LETTERS, Document.FILE, tmp_path / "file" / "below")


def test_a_full_disk(tmp_path: Path):
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    (tmp_path / "text").write_text("abc")

    def fill() -> None:
        with CorpusWriter(tmp_path / "ids", np.dtype(np.uint8), tmp_path / "text") as writer:
            with open("/dev/full", "wb") as full:
                os.dup2(full.fileno(), writer._file.fileno())
            writer.write(np.zeros(1 << 21, np.uint8))

    with pytest.raises(StorageError, match=r"No space left .* bytes"):
        fill()
    assert os.listdir(tmp_path) == ["text"]


def test_streams():
    corpus = Corpus.from_texts(["abc"], LETTERS)
    part = Stream(corpus, 2, 4)
    assert (part.inputs.tolist(), part.targets.tolist(), part.ids.tolist()) == ([2, 3], [3, 4], [2, 3, 4])
    assert (len(part), part.eos) == (2, 0)
    for start, stop in [(0, 2), (3, 2), (1, 6)]:
        with pytest.raises(ValueError, match="Expected 1 <= start <= stop <= 5"):
            Stream(corpus, start, stop)


_MEASURE = """
import sys, threading
from pathlib import Path
from seqloom.data import *

def anonymous():
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["RssAnon"].split()[0]) // 1024

def watch():
    while not done.wait(0.02):
        seen.append(anonymous())

seen, done = [anonymous()], threading.Event()
watcher = threading.Thread(target=watch)
watcher.start()
path, tokens, document = Path(sys.argv[1]), Tokens(sys.argv[2]), Document(sys.argv[3])
vocabulary = learn_vocabulary(tokens, read_documents(path, document), maximum_size=2000)
corpus = encode_corpus(path, vocabulary, document, path.with_suffix(".ids"))
lanes = Lanes(split(corpus)[0], 32, 64, reset=document is Document.LINE)
for i in range(0, len(lanes), max(1, len(lanes) // 1000)):
    lanes[i]
done.set()
watcher.join()
print(max(seen), len(corpus))
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs Linux")
@pytest.mark.parametrize(
    ("tokens", "document"),
    [("characters", "file"), ("characters", "line"), ("bytes", "blank-line"), ("words", "file"), ("bpe", "file")],
)
def test_memory_is_bounded(tmp_path: Path, tokens: str, document: str):
    """200 MB: one line without end, or many; bpe, the slowest, reads 40 MB."""
    path = tmp_path / "text"
    end = " " if document == "file" else "\n"
    block = (f"the quick brown fox jumps over the lazy dog, é?{end}" * 21_000).encode()
    with path.open("wb") as file:
        for _ in range(40 if tokens == "bpe" else 200):
            file.write(block)
    run = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path), tokens, document], capture_output=True, text=True, check=True
    )
    anonymous, tokens_found = map(int, run.stdout.split())
    assert tokens_found > 1_000_000
    assert anonymous < 600
