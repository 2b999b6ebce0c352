"""``manifest.json``: which files seqloom wrote into a directory, and the size and SHA-256 of each."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Mapping
from typing import Any

import torch

import seqloom
from seqloom.errors import ModelFileError

__all__ = ["FORMAT_VERSION", "MANIFEST", "MOST_MANIFEST_BYTES", "is_unedited", "listed_files", "make_manifest"]

MANIFEST = "manifest.json"
FORMAT_VERSION = 1
MOST_MANIFEST_BYTES = 1 << 20

_FORMAT = "seqloom"
_KEYS = ["format", "version", "files", "versions"]
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PICKLES = (".bin", ".ckpt", ".joblib", ".npy", ".npz", ".pickle", ".pkl", ".pt", ".pth")
_MOST_FILES = 64


def make_manifest(files: Mapping[str, bytes]) -> bytes:
    """Return the manifest of the files of a directory.

    >>> sorted(listed_files(make_manifest({"config.json": b"{}"}))["config.json"])
    ['sha256', 'size']
    """
    listing = {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()} for name, content in files.items()
    }
    versions = {"seqloom": seqloom.__version__, "torch": torch.__version__, "python": platform.python_version()}
    return _to_bytes({"format": _FORMAT, "version": FORMAT_VERSION, "files": listing, "versions": versions})


def listed_files(content: bytes) -> dict[str, dict[str, Any]]:
    """Return name → {"size", "sha256"}; raise ``ModelFileError`` with the reason why a manifest cannot be used."""
    try:
        manifest = json.loads(content)
    except (ValueError, RecursionError):
        raise ModelFileError(f"{MANIFEST} is damaged, it is not JSON") from None
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise ModelFileError(f"{MANIFEST} was not written by seqloom")
    version = manifest.get("version")
    if isinstance(version, bool) or not isinstance(version, int):
        raise ModelFileError(f"{MANIFEST} is damaged, its version is {version!r}")
    if version > FORMAT_VERSION:
        raise ModelFileError(
            f"{MANIFEST} has format version {version}, this seqloom reads up to {FORMAT_VERSION};"
            " install a newer seqloom"
        )
    files = manifest.get("files")
    if not isinstance(files, dict) or not 0 < len(files) <= _MOST_FILES:
        raise ModelFileError(f"{MANIFEST} is damaged, it lists no files")
    for name, entry in files.items():
        if not _NAME.fullmatch(name) or name == MANIFEST:
            raise ModelFileError(f"{MANIFEST} lists {name!r}, which is not a plain file name")
        if name.lower().endswith(_PICKLES):
            raise ModelFileError(f"{name} looks like a pickle, which could run code; seqloom never reads one")
        if not _is_entry(entry):
            raise ModelFileError(f"{MANIFEST} is damaged, its entry for {name} has no size and sha256")
    return files


def is_unedited(content: bytes) -> bool:
    """Whether a manifest that can be read is laid out as ``make_manifest`` does it, to the byte."""
    manifest = json.loads(content)
    return list(manifest) == _KEYS and _to_bytes(manifest) == content


def _to_bytes(manifest: Mapping[str, Any]) -> bytes:
    return json.dumps(manifest, indent=2).encode() + b"\n"


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and type(entry.get("size")) is int
        and isinstance(entry.get("sha256"), str)
        and _SHA256.fullmatch(entry["sha256"]) is not None
    )
