"""What tasks over the rows of a table share: columns, claims, rows kept for testing, predictions row by row."""
