"""Decoders that know an encoder's outputs, their memory: by one vector, by attention, or as a Transformer does."""
