"""Folders whose files have labels: by folder, by name, or by a table of labels; and the texts in them."""

from __future__ import annotations

from seqloom.data.folders.texts import LabelledTexts, read_labelled_texts

__all__ = ["LabelledTexts", "read_labelled_texts"]
