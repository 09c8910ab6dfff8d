"""Questions about people's own images."""
