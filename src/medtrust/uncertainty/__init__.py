"""Estimators: stored signals of one answer to one number, high = uncertain."""
