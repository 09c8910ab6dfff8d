"""Tasks on made images: every dimension of trust that a small local model can be asked about."""
