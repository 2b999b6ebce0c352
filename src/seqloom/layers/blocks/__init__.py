"""The blocks of today's recurrences, as in their papers: norms, projections, gates, convolutions around a recurrence."""
