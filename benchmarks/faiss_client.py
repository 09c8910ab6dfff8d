"""All pairs above a threshold with faiss: exact range search of every row among all rows.

Run by mining.py in an environment of its own (``pip install faiss-cpu``). Queries go in batches, so
that the products are made by BLAS and results stay small; one thread, which costs least CPU. Prints
JSON: pairs i < j, CPU seconds of adding and searching alone, versions.

    python faiss_client.py ROWS.npy THRESHOLD
"""

from __future__ import annotations

import json
import sys
import time

import faiss
import numpy as np

BATCH = 4096

if __name__ == "__main__":
    rows = np.load(sys.argv[1])
    threshold = float(sys.argv[2])
    faiss.omp_set_num_threads(1)
    started = time.process_time()
    index = faiss.IndexFlatIP(rows.shape[1])
    index.add(rows)
    pairs = 0
    for start in range(0, len(rows), BATCH):
        limits, _, found = index.range_search(rows[start : start + BATCH], threshold)
        queries = start + np.repeat(np.arange(len(limits) - 1), np.diff(limits.astype(np.int64)))
        pairs += int((found > queries).sum())
    spent = time.process_time() - started
    print(json.dumps({"pairs": pairs, "search_cpu_s": spent, "version": faiss.__version__}))
