"""Images of two sets, written out of arrays to the paths that the question files name."""
