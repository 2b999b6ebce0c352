"""Fronts: what makes vectors at every step of sounds and pictures."""
