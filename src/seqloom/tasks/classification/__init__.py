"""One class for a sequence, or several labels."""
