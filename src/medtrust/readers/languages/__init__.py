"""The phrases of each language, one file a language; the readers hold the mechanism."""
