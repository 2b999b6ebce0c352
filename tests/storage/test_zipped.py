from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqloom.errors import ModelFileError
from seqloom.storage.directory import write_directory
from seqloom.storage.versions import newest_files

FILES = {"config.json": b'{"layers": 1}', "model.safetensors": bytes(range(256)) * 4, "README.md": b"# A model"}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    write_directory(tmp_path / "model", FILES)
    return tmp_path / "model"


def packed(target: Path, folders: dict[str, Path], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(target, "w", method) as archive:
        for inside, folder in folders.items():
            for file in sorted(folder.iterdir()):
                archive.write(file, f"{inside}{file.name}")
    return target


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("inside", ["", "model/", "backup/of/model/"])
def test_a_packed_directory_is_read_like_the_directory(model: Path, inside: str, method: int) -> None:
    archive = packed(model.parent / "model.zip", {inside: model}, method)
    assert newest_files(archive) == (FILES, ())


def test_of_a_packed_run_the_newest_whole_checkpoint_is_read(tmp_path: Path) -> None:
    folders = {}
    for step in (8, 120, 99):
        write_directory(tmp_path / str(step), FILES | {"config.json": b"%d" % step})
        folders[f"run/step-{step:08d}/"] = tmp_path / str(step)
    assert newest_files(packed(tmp_path / "run.zip", folders))[0]["config.json"] == b"120"
    (tmp_path / "120" / "config.json").write_bytes(b"121")
    files, skipped = newest_files(packed(tmp_path / "run.zip", folders))
    assert files["config.json"] == b"99"
    assert "config.json is damaged" in skipped[0]


def test_several_models_are_named(model: Path) -> None:
    archive = packed(model.parent / "two.zip", {"a/": model, "b/": model})
    with pytest.raises(ModelFileError, match=r"several models: a, b"):
        newest_files(archive)


def test_what_a_person_added_does_not_matter(model: Path) -> None:
    archive = packed(model.parent / "model.zip", {"model/": model})
    with zipfile.ZipFile(archive, "a") as more:
        more.writestr("__MACOSX/model/manifest.json", "junk")
        more.writestr("model/.DS_Store", "junk")
        more.writestr("model/notes/manifest.txt", "junk")
    assert newest_files(archive)[0] == FILES


def altered(name: str, content: bytes | None) -> Callable[[zipfile.ZipFile, str, bytes], None]:
    def write(archive: zipfile.ZipFile, member: str, original: bytes) -> None:
        if member != name:
            archive.writestr(member, original)
        elif content is not None:
            archive.writestr(member, content)

    return write


def twice(archive: zipfile.ZipFile, member: str, original: bytes) -> None:
    for _ in range(1 + (member == "config.json")):
        archive.writestr(member, original)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (altered("manifest.json", None), "no manifest.json"),
        (altered("manifest.json", b" " * (1 << 21)), "more than any manifest"),
        (altered("manifest.json", b"{}"), "not written by seqloom"),
        (altered("config.json", None), "config.json is missing"),
        (altered("config.json", b'{"layers": 2}'), "config.json is damaged"),
        (altered("config.json", b""), "config.json is cut short"),
        (twice, "config.json is in the archive twice"),
    ],
)
def test_tampering_is_named(model: Path, change: Callable[..., None], reason: str) -> None:
    target = model.parent / "model.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w") as archive:
        warnings.simplefilter("ignore")  # of zipfile, for a name that comes twice
        for file in sorted(model.iterdir()):
            change(archive, file.name, file.read_bytes())
    with pytest.raises(ModelFileError, match=reason):
        newest_files(target)


def test_a_readme_that_was_edited_is_left_out(model: Path) -> None:
    (model / "README.md").write_text("mine")
    assert newest_files(packed(model.parent / "model.zip", {"": model}))[0].keys() == FILES.keys() - {"README.md"}


def test_an_archive_that_swells_is_refused_before_it_does(tmp_path: Path) -> None:
    write_directory(tmp_path / "model", FILES | {"model.safetensors": bytes(1 << 24)})
    with pytest.raises(ModelFileError, match=r"unpacks from [\d,]+ to 16,777,216 bytes"):
        newest_files(packed(tmp_path / "bomb.zip", {"": tmp_path / "model"}))


def test_an_encrypted_archive_is_named(model: Path) -> None:
    archive = packed(model.parent / "model.zip", {"": model})
    content = bytearray(archive.read_bytes())
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(header)
        while at >= 0:
            content[at + flags : at + flags + 2] = struct.pack("<H", 1)
            at = content.find(header, at + 4)
    archive.write_bytes(content)
    with pytest.raises(ModelFileError, match="cannot be unpacked"):
        newest_files(archive)


@pytest.fixture(scope="module")
def archive_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("zipped")
    write_directory(folder / "model", FILES)
    return packed(folder / "model.zip", {"model/": folder / "model"}).read_bytes()


@settings(max_examples=150)
@given(data=st.data())
def test_changed_bytes_give_the_files_or_a_refusal(
    data: st.DataObject, archive_bytes: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = io.BytesIO(archive_bytes)
    for _ in range(data.draw(st.integers(1, 3))):
        content.seek(data.draw(st.integers(0, len(archive_bytes) - 1)))
        content.write(bytes([data.draw(st.integers(0, 255))]))
    path = tmp_path_factory.getbasetemp() / "mutated.zip"
    path.write_bytes(content.getvalue())
    try:
        files, _ = newest_files(path)
    except ModelFileError:
        return
    assert {name: files[name] for name in files} == {name: FILES[name] for name in files}
