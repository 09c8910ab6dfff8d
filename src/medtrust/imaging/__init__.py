"""Pixels: reading image files, altering them, and making the bytes a model gets."""
