"""What reads pictures and sounds before the first layer: pixels or samples in, vectors at every step out."""
