"""Small files that look as people's own, made from a seed: to try every command on, without a download."""
