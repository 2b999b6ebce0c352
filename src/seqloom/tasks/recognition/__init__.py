"""What is said in a sound, or written in another series: a text for a sequence that is longer than it."""
