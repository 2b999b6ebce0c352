"""Sentences as tokens with tags: files in columns, a token a line, as CoNLL and CoNLL-U have them."""
