"""One text, or series, into another text."""
