"""Estimators: the tasks that a user has."""
