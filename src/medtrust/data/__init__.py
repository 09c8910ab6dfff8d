"""Where samples come from: the published files and your own folder."""
