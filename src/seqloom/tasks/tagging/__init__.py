"""Tags for the steps of a sequence: parts of speech, names in a sentence, states of a machine."""
