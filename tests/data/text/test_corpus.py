from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data import Characters, Corpus, Document, Tokens, TokenStream, encode_corpus, learn_vocabulary
from seqloom.data.text.document import text_documents
from seqloom.data.text.vocabularies.vocabulary import Vocabulary
from seqloom.errors import DataError

LETTERS = Characters("abcdefghijklmnopqrstuvwxyz \né")


def encoded(tmp_path: Path, text: str, vocabulary: Vocabulary = LETTERS, document: Document = Document.FILE) -> Corpus:
    (tmp_path / "text").write_text(text, encoding="utf-8", newline="")
    return encode_corpus(tmp_path / "text", vocabulary, document, tmp_path)


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
        half = TokenStream(corpus, 1, 1 + len(corpus) // 2)
        decoded = len(vocabulary.decode(half.targets))
        assert half.characters == decoded
        rest = TokenStream(corpus, half.stop, len(corpus))
        assert half.characters + rest.characters == corpus.characters == len(text)


def test_nothing_lies_beside_the_text_while_it_is_read(tmp_path: Path):
    corpus = encoded(tmp_path, "abc")
    assert os.listdir(tmp_path) == ["text"]
    assert corpus.ids.tolist() == [0, 2, 3, 4, 0]


def test_every_block_that_is_read_can_be_seen(tmp_path: Path):
    (tmp_path / "text").write_text("aé" * 1_000_000, encoding="utf-8")
    seen: list[int] = []
    encode_corpus(tmp_path / "text", LETTERS, Document.FILE, tmp_path, lambda block: seen.append(len(block)))
    assert (sum(seen), len(seen)) == (3_000_000, 3)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=40), st.data())
def test_a_part_counts_its_documents(sizes: list[int], data: st.DataObject):
    corpus = Corpus.from_texts(["a" * (size + 1) for size in sizes], LETTERS)
    start = data.draw(st.integers(1, len(corpus)))
    part = TokenStream(corpus, start, data.draw(st.integers(start, len(corpus))))
    pieces = "".join("|" if i == corpus.eos else "a" for i in part.targets.tolist()).split("|")
    assert part.documents == len(pieces) - (pieces[-1] == "")
    assert corpus.stream().documents == len(sizes)


def test_nothing_to_learn_from(tmp_path: Path):
    with pytest.raises(DataError, match="only empty lines"):
        encoded(tmp_path, "\n\n\n", document=Document.LINE)
    with pytest.raises(DataError, match="empty"):
        Corpus.from_texts(["", ""], LETTERS)
    assert os.listdir(tmp_path) == ["text"]


def test_a_bad_source_leaves_nothing_behind(tmp_path: Path):
    (tmp_path / "text").write_bytes(b"abc\xff")
    with pytest.raises(DataError, match="offset 3"):
        encode_corpus(tmp_path / "text", LETTERS, Document.FILE, tmp_path)
    with pytest.raises(DataError, match="No such file"):
        encode_corpus(tmp_path / "nowhere", LETTERS, Document.FILE, tmp_path)
    assert os.listdir(tmp_path) == ["text"]


def test_characters_of_words_without_spaces(tmp_path: Path):
    """Held back segments once moved the count: 703 instead of 2,847."""
    text = "".join(chr(0x4E00 + (7 * k) % 2000) for k in range(30_000))
    vocabulary = learn_vocabulary(Tokens.WORDS, text_documents([text]))
    corpus = encoded(tmp_path, text, vocabulary)
    for start, stop in ((1, 2), (1, len(corpus) // 2), (len(corpus) - 50, len(corpus))):
        part = TokenStream(corpus, start, stop)
        assert part.characters == len(vocabulary.decode(part.targets))


def test_releasing_the_pages_changes_nothing(tmp_path: Path):
    corpus = encoded(tmp_path, "abc " * 100_000)
    before = corpus.ids.tolist()
    corpus.release()
    assert corpus.ids.tolist() == before


def test_streams():
    corpus = Corpus.from_texts(["abc"], LETTERS)
    part = TokenStream(corpus, 2, 4)
    assert (part.inputs.tolist(), part.targets.tolist(), part.ids.tolist()) == ([2, 3], [3, 4], [2, 3, 4])
    assert (len(part), part.eos) == (2, 0)
    for start, stop in [(0, 2), (3, 2), (1, 6)]:
        with pytest.raises(ValueError, match="Expected 1 <= start <= stop <= 5"):
            TokenStream(corpus, start, stop)


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
corpus = encode_corpus(path, vocabulary, document, path.parent)
lanes = Lanes(split(corpus)[0], 32, 64, Boundaries(document is Document.LINE))
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
