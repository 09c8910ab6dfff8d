"""CARES (arXiv 2406.06007): trustfulness, fairness, safety, privacy, robustness."""
