"""A small real run for tests of the report, and ways to change one on disk."""
