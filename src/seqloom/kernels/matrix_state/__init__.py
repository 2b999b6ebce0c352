"""Recurrences whose state is a matrix per head, each with its naive, chunked and step forms in one file."""
