"""A noisy neighbour: bursts of copying and hashing at uneven times, for as long as it lives.

Run as a program, one process for each CPU that it shall disturb: `python -P neighbour.py SEED`.
"""

import hashlib
import random
import sys
import time

MEMORY_BYTES = 32 * 1024 * 1024
LEAST_BURST_S, MOST_BURST_S = 0.005, 0.3
LEAST_REST_S, MOST_REST_S = 0.005, 0.4


def disturb(seed: int) -> None:
    """Burn CPU time and memory bandwidth, in turns with resting, without end."""
    draws = random.Random(seed)  # noqa: S311 - uneven, not secret
    memory, other = bytearray(MEMORY_BYTES), bytearray(MEMORY_BYTES)
    while True:
        end = time.monotonic() + draws.uniform(LEAST_BURST_S, MOST_BURST_S)
        hashing = draws.random() < 0.5
        while time.monotonic() < end:
            if hashing:
                hashlib.sha256(memory[: 1 << 20]).digest()
            else:
                other[:] = memory
        time.sleep(draws.uniform(LEAST_REST_S, MOST_REST_S))


if __name__ == "__main__":
    disturb(int(sys.argv[1]))
