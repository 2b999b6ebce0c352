"""Music that is learned from notes, and written back as notes."""
