"""Recordings: series of any number of channels and steps, with labels, in the files that people keep them in."""
