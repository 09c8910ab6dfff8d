"""Rate of one thread on a 4096-square float32 product, in 10^9 operations a CPU second.

Run by mining.py in a process of its own: the core type is chosen when numpy is loaded. Prints JSON:
the kernel, and the rate of each product after one to warm up.
"""

from __future__ import annotations

import json
import time

import numpy as np

from medtrust.mining.kernel import loaded_kernel

SIDE = 4096
PRODUCTS = 4

if __name__ == "__main__":
    generator = np.random.default_rng(0)
    left, right, out = (generator.standard_normal((SIDE, SIDE), dtype=np.float32) for _ in range(3))
    np.matmul(left, right, out=out)
    rates = []
    for _ in range(PRODUCTS):
        started = time.process_time()
        np.matmul(left, right, out=out)
        rates.append(2e-9 * SIDE**3 / (time.process_time() - started))
    print(json.dumps({"kernel": loaded_kernel(), "rates": rates}))
