"""The blocks of today's recurrences, as in their papers: norms, projections and gates around a recurrence."""
