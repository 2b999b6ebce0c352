"""What comes next in numbers, and how sure that is."""
