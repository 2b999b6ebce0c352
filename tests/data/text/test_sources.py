"""Files, folders and standard input as one row of text."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from seqloom.data import Characters, Corpus, Document, Files, Texts, encode_corpus
from seqloom.data.text.sources import open_files, read_documents
from seqloom.errors import DataError, StorageError, UsageError

LETTERS = Characters("abcdefghijklmnopqrstuvwxyz \n")


def write(path: Path, content: str | bytes = "text") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def names(files: Files, folder: Path) -> list[str]:
    return [str(file.path.relative_to(folder)) for file in files.files]


def documents(files: Files, document: Document) -> list[str]:
    texts = [""]
    for piece in files.documents(document):
        texts[-1] += piece.text
        if piece.ends:
            texts.append("")
    assert texts.pop() == ""
    return texts


@pytest.fixture
def two(tmp_path: Path) -> Files:
    return Files.of([write(tmp_path / "b", "one\ntwo"), write(tmp_path / "a", "three\n\nfour\n")])


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (Document.FILE, ["one\ntwo", "three\n\nfour\n"]),
        (Document.LINE, ["one", "two", "three", "four"]),
        (Document.BLANK_LINE, ["one\ntwo", "three", "four"]),
    ],
)
def test_the_end_of_a_file_ends_a_document(two: Files, document: Document, expected: list[str]) -> None:
    assert documents(two, document) == expected


def test_one_file_is_one_stream(tmp_path: Path) -> None:
    one = Files.of(write(tmp_path / "a", "one\ntwo"))
    assert Files.of(one) is one
    assert [piece.text for piece in read_documents(tmp_path / "a", Document.LINE)] == ["one", "two", ""]


def test_a_corpus_covers_all_files(two: Files, tmp_path: Path) -> None:
    seen: list[int] = []
    corpus = encode_corpus(two, LETTERS, Document.FILE, tmp_path, lambda block: seen.append(len(block)))
    assert corpus.ids.tolist() == Corpus.from_texts(["one\ntwo", "three\n\nfour\n"], LETTERS).ids.tolist()
    assert corpus.documents == 2
    assert corpus.facts.source_sha256 == hashlib.sha256(b"one\ntwo\0three\n\nfour\n").hexdigest()
    assert sum(seen) == two.size


def test_the_fingerprint_tells_order_and_borders_and_is_that_of_a_single_file(tmp_path: Path) -> None:
    ab, c, a, bc = (write(tmp_path / text, text) for text in ("ab", "c", "a", "bc"))
    found = [
        encode_corpus(Files.of(paths), LETTERS, Document.FILE).facts.source_sha256
        for paths in ([ab, c], [c, ab], [a, bc], [ab])
    ]
    assert len(set(found)) == 4
    assert found[-1] == hashlib.sha256(b"ab").hexdigest()


def test_a_folder_is_its_text_files_in_natural_order(tmp_path: Path) -> None:
    for name in ("chapter10.txt", "chapter2.txt", "Chapter1.txt", "more/2", "more/10", "more/deep/er", "zoo"):
        write(tmp_path / name, name)
    files = Files.of(tmp_path)
    assert names(files, tmp_path) == [
        "Chapter1.txt",
        "chapter2.txt",
        "chapter10.txt",
        "more/2",
        "more/10",
        "more/deep/er",
        "zoo",
    ]
    assert files.remark() == ""


@pytest.fixture
def crowded(tmp_path: Path) -> Path:
    contents: dict[str, bytes] = {
        "mark.txt": b"\xef\xbb\xbf",
        "empty.txt": b"",
        "picture.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        "old.doc": b"some text\0more",
        "paper.pdf": b"%PDF-1.5\n%\xd0\xd4\xc5\xd8\n\x13\x14" + b"stream" * 100,
        ".DS_Store": b"hidden",
        ".git/HEAD": b"hidden",
        "model/README.md": b"of a model",
        "run/metrics.jsonl": b"of a model",
        "text": b"text",
    }
    for name, content in contents.items():
        write(tmp_path / name, content)
    manifest = json.dumps({"format": "seqloom", "version": 1, "files": {}}, indent=2)
    write(tmp_path / "model" / "manifest.json", manifest)
    write(tmp_path / "run" / "step-00000003" / "manifest.json", manifest)
    write(tmp_path / "extension" / "manifest.json", '{"name": "somebody\'s"}')
    return tmp_path


def test_what_is_no_text_in_a_folder_is_left_out_and_counted(crowded: Path) -> None:
    files = Files.of(crowded)
    assert names(files, crowded) == ["extension/manifest.json", "text"]
    assert files.left_out == {"hidden": 2, "empty": 2, "binary": 3, "of a model": 2}
    assert files.remark().startswith("Read 2 files; left out: ")


@pytest.mark.parametrize("name", ["empty.txt", "mark.txt", "old.doc", "paper.pdf", "picture.png"])
def test_the_same_file_named_outright_is_an_error(crowded: Path, name: str) -> None:
    with pytest.raises(DataError, match=name):
        documents(Files.of(crowded / name), Document.FILE)


@pytest.mark.parametrize("name", ["model", "run"])
def test_a_model_is_no_text(crowded: Path, name: str) -> None:
    with pytest.raises(DataError, match=f"{name} holds no text file to read; left out: 1 of a model"):
        Files.of(crowded / name)


def test_text_in_another_encoding_is_not_left_out_in_silence(tmp_path: Path) -> None:
    for encoding, message in (("utf-16", "UTF-16"), ("utf-16-le", "UTF-16LE"), ("latin-1", "not UTF-8")):
        write(tmp_path / "a", "thé au lait".encode(encoding))
        with pytest.raises(DataError, match=message):
            documents(Files.of(tmp_path), Document.FILE)


@pytest.mark.skipif(os.name == "nt", reason="needs links and pipes")
def test_links_pipes_and_loops(tmp_path: Path) -> None:
    (tmp_path / "folder" / "sub").mkdir(parents=True)
    write(tmp_path / "folder" / "text")
    (tmp_path / "folder" / "sub" / "loop").symlink_to(tmp_path / "folder")
    (tmp_path / "folder" / "broken").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder" / "linked").symlink_to(write(tmp_path / "elsewhere", "other"))
    (tmp_path / "folder" / "twice").symlink_to(tmp_path / "folder" / "text")
    os.mkfifo(tmp_path / "folder" / "pipe")
    files = Files.of(tmp_path / "folder")
    assert names(files, tmp_path) == ["folder/linked", "folder/text"]
    assert files.left_out == {"no files": 2, "behind a link": 1, "named before": 1}


@pytest.mark.skipif(os.name == "nt", reason="modes of files")
def test_unreadable_in_a_folder_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "text")
    secret, opened = write(tmp_path / "secret"), Path.open

    def refuse(path: Path, *rest: object, **named: object) -> object:
        if path == secret:
            raise PermissionError(13, "Permission denied")
        return opened(path, *rest, **named)  # type: ignore[arg-type,call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    assert Files.of(tmp_path).left_out == {"unreadable": 1}
    with pytest.raises(DataError, match=r"Cannot read .*secret: permission denied"):
        documents(Files.of(secret), Document.FILE)


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a")
    files = Files.of([path, tmp_path, str(path)])
    assert names(files, tmp_path) == ["a"]
    assert files.left_out == {"named before": 2}


def test_nothing_named(tmp_path: Path) -> None:
    for paths in ([], "", [""]):
        with pytest.raises(UsageError, match="Expected"):
            Files.of(paths)
    with pytest.raises(DataError, match="No such file"):
        Files.of([write(tmp_path / "a"), tmp_path / "b"])
    for name in ("x" * 5000, "a\0b"):
        with pytest.raises(DataError, match="Cannot read"):
            Files.of([name])


def test_texts_are_documents() -> None:
    assert [piece.text for piece in Texts(["a\nb", "", "c"]).documents(Document.LINE)] == ["a\nb", "c"]


class Piped:
    """A standard input of bytes, read once."""

    def __init__(self, content: bytes, error: OSError | None = None) -> None:
        self.buffer = self
        self._content, self._error = io.BytesIO(content), error

    def read(self, size: int) -> bytes:
        block = self._content.read(size)
        if not block and self._error is not None:
            raise self._error
        return block


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return tmp_path / "tmp"


def test_standard_input_is_read_as_often_as_needed_and_named_nowhere(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Piped(b"one\r\ntwo"))
    with open_files([str(write(tmp_path / "a", "first")), "-"]) as files:
        assert [documents(files, Document.FILE) for _ in range(2)] == [["first", "one\ntwo"]] * 2
        if os.name != "nt":
            assert list(temporary.iterdir()) == []
    assert list(temporary.iterdir()) == []


def test_standard_input_that_is_named_twice_is_read_once(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Piped(b"one"))
    with open_files(["-", "-"]) as files:
        assert documents(files, Document.FILE) == ["one"]
        assert files.remark() == "Read 1 file; left out: 1 named before."


def test_a_mistyped_file_is_told_before_standard_input_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Piped(b"", OSError(5, "it was read")))
    with pytest.raises(DataError, match="No such file: nowhere"), open_files(["-", "nowhere"]):
        pass


ENDS = ["SIGTERM", "SIGHUP", "SIGKILL", "SIGABRT", "os._exit"]


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("while_it_comes", [True, False], ids=["while it comes", "while it is read"])
def test_whatever_ends_the_process_no_copy_of_standard_input_is_left(
    tmp_path: Path, end: str, while_it_comes: bool
) -> None:
    ends = "os._exit(1)" if end == "os._exit" else f"os.kill(os.getpid(), signal.{end})"
    code = f"""
import os, signal, sys
from seqloom.data import Document
from seqloom.data.text.sources import open_files

class Ending:
    read = lambda _, size: {ends} if {while_it_comes} and os.fstat(0).st_size == os.lseek(0, 0, 1) else os.read(0, size)

sys.stdin = type("Piped", (), {{"buffer": Ending()}})
with open_files(["-"]) as files:
    for piece in files.documents(Document.LINE):
        {ends}
"""
    folder = tmp_path / "tmp"
    folder.mkdir()
    with write(tmp_path / "text", b"secret\n" * (1 << 19)).open("rb") as text:
        done = subprocess.run(
            [sys.executable, "-c", code], stdin=text, env=os.environ | {"TMPDIR": str(folder)}, check=False
        )
    assert done.returncode == (1 if end == "os._exit" else -getattr(signal, end))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "empty"), (b"caf\xe9 ", "standard input is not UTF-8"), (b"some text\0more", "input is binary")],
)
def test_what_standard_input_cannot_be(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, message: str
) -> None:
    monkeypatch.setattr(sys, "stdin", Piped(content))
    with pytest.raises(DataError, match=message), open_files(["-"]) as files:
        documents(files, Document.FILE)
    assert list(temporary.iterdir()) == []


def test_no_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DataError, match="is closed"), open_files(["-"]):
        pass


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), io.UnsupportedOperation("not readable")])
def test_standard_input_that_cannot_be_read_is_not_blamed_on_the_disk(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    monkeypatch.setattr(sys, "stdin", Piped(b"text", error))
    with pytest.raises(DataError, match=r"Cannot read standard input: (input/output error|not readable)\."):
        open_files(["-"]).__enter__()
    assert list(temporary.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_no_room_for_a_copy_of_standard_input(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: open("/dev/full", "w+b", buffering=0))  # noqa: SIM115
    monkeypatch.setattr(sys, "stdin", Piped(b"text"))
    with (
        pytest.raises(StorageError, match=r"No space left in .*tmp for a copy of standard input.* Set TMPDIR"),
        open_files(["-"]),
    ):
        pass
