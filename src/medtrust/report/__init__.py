"""What people read of a run: tables on a terminal, Markdown, JSON, CSV and one HTML page."""
