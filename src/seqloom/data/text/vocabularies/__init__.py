"""What a token of text is: characters, bytes, words, byte pairs or symbols, and the numbers that they have."""
