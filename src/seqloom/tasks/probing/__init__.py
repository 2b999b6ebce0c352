"""Probes: what a layer can and cannot do, measured on problems whose answer is known."""
