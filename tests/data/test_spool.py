from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from seqloom.data.spool import Spool
from seqloom.data.unnamed import Unnamed
from seqloom.errors import StorageError

BYTES = np.dtype(np.uint8)


def test_what_is_written_is_read_in_place(tmp_path: Path):
    with Spool(np.dtype(np.uint16), tmp_path) as spool:
        for part in ([1, 2], [], [65_535]):
            spool.write(np.array(part, np.int64))
        found = spool.mapped()
    assert found.array.tolist() == [1, 2, 65_535]
    assert os.listdir(tmp_path) == []
    with pytest.raises(ValueError, match="read-only"):
        found.array[0] = 3


def test_nothing_written_is_an_empty_array(tmp_path: Path):
    with Spool(BYTES, tmp_path) as spool:
        assert spool.mapped().array.tolist() == []


def test_a_killed_process_leaves_nothing(tmp_path: Path):
    code = (
        "import os, signal, sys, numpy as np\nfrom pathlib import Path\nfrom seqloom.data.spool import Spool\n"
        "spool = Spool(np.dtype(np.uint8), Path(sys.argv[1])); spool.write(np.zeros(1 << 22, np.uint8))\n"
        "kept = spool.mapped(); os.kill(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("code", "message"), [(errno.ENOSPC, "No space left in .* bytes"), (errno.EROFS, "Cannot write .*Read-only")]
)
def test_no_space_and_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, message: str):
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    with Spool(BYTES, tmp_path) as spool, monkeypatch.context() as patch:
        patch.setattr(spool._file, "_file", type("Full", (), {"write": refuse, "close": lambda _: None})())
        with pytest.raises(StorageError, match=message):
            spool.write(np.zeros(3, np.uint8))


def test_a_folder_that_is_none(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="Cannot write the encoded text in"):
        Spool(BYTES, tmp_path / "file")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk(tmp_path: Path):
    with Spool(BYTES, tmp_path) as spool:
        with open("/dev/full", "wb") as full:
            os.dup2(full.fileno(), spool._file._file.fileno())
        with pytest.raises(StorageError, match=r"No space left .* bytes"):
            spool.write(np.zeros(1 << 21, np.uint8))


def test_no_temporary_folder_at_all(monkeypatch: pytest.MonkeyPatch):
    def refuse(**_: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    monkeypatch.setattr("tempfile.gettempdir", refuse)
    with pytest.raises(StorageError, match=r"in a temporary folder: No usable temporary directory found.* TMPDIR"):
        Spool(BYTES, None)


def test_readers_of_one_file_do_not_disturb_each_other():
    with Unnamed("the text", None) as file:
        file.write(b"abc" * 100_000)
        one, other = file.open(), file.open()
        assert one.read(4) == b"abca"
        assert other.read(2) == b"ab"
        assert (one.read(200_000) + one.read())[-3:] == b"abc"
        assert (other.seek(3), other.read(1), other.tell()) == (3, b"a", 4)
