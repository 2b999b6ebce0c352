"""Music that is learned as events: several instruments, their loudness, and notes that are struck again."""
