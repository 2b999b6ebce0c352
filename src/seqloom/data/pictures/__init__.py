"""Pictures and videos in the files that people keep them in, as uint8, decoded when they are asked for."""

from __future__ import annotations

from seqloom.data.pictures.decoding import Kind, kind_of, read_picture
from seqloom.data.pictures.pictures import Pictures, find_pictures
from seqloom.data.pictures.video import read_video

__all__ = ["Kind", "Pictures", "find_pictures", "kind_of", "read_picture", "read_video"]
