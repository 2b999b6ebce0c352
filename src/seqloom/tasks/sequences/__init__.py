"""What all tasks share that give one answer for a whole sequence: a text, or a series of numbers."""
