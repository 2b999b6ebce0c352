"""From text to batches: reader, documents, vocabularies, corpus, split, lanes."""
