"""The embedded model: its weights, its card, and how it is opened."""
