"""Bodies without a task, and the count models that stand beside them."""
