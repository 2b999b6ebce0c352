"""Learn from sequences: one protocol for every recurrence, from the file to the trained, streamed model."""

__version__ = "0.1.0"
