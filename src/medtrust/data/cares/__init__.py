"""The seven question files of the CARES repository."""
