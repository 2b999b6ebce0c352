"""A number for a sequence."""
