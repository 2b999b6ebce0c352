"""The blocks: a mixer over time and a network over features, in one frame; each family as in its paper."""
