"""The readers of the released benchmark scripts, quirks and all, for the `official` reading."""
