"""Sentences as tokens with tags: files in columns, a token a line, as CoNLL and CoNLL-U have them."""

from __future__ import annotations

from seqloom.data.tagged.sentences import TaggedSentences, read_tagged

__all__ = ["TaggedSentences", "read_tagged"]
