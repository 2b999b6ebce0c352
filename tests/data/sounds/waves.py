"""Wav files of every width as bytes, written without the code that reads them."""

from __future__ import annotations

import struct

import numpy as np

GUID = bytes.fromhex("000000001000800000aa00389b71")
WIDTHS = [(1, 8), (1, 16), (1, 24), (1, 32), (3, 32), (3, 64)]


def wav(values, rate=8000, tag=1, bits=16, extensible=False, before=b"", data_size=None, channels=None, frame=None):
    """Values (samples, channels) between −1 and 1; what is given besides takes the place of what would be right."""
    values = np.asarray(values, np.float64)
    values = values[:, None] if values.ndim == 1 else values
    wide = values.shape[1] if channels is None else channels
    data = packed(values, tag, bits)
    form = struct.pack("<HHIIHH", 0xFFFE if extensible else tag, wide, rate, 0, frame or wide * bits // 8, bits)
    if extensible:
        form += struct.pack("<HHIH", 22, bits, 0, tag) + GUID
    size = len(data) if data_size is None else data_size
    body = b"WAVE" + before + b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def packed(values, tag, bits):
    if tag == 3:
        return values.astype(f"<f{bits // 8}").tobytes()
    if tag != 1:
        return bytes(values.size)
    whole = np.clip(np.round(values * 2.0 ** (bits - 1)), -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1).astype(np.int64)
    if bits == 8:
        return (whole + 128).astype(np.uint8).tobytes()
    return b"".join(int(one).to_bytes(bits // 8, "little", signed=True) for one in whole.ravel())
