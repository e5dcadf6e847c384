"""One worker of the scaling measurement: seals blocks for a span whenever it is told to.

Run as a program, so that it starts alike on every platform. It prints `ready`, then answers each
line `SECONDS` on stdin with `BLOCKS NS`, the blocks sealed and the time they took.
"""

import sys
import time

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

BLOCK_BYTES = 64 * 1024
_BATCH = 32


def seal_blocks(seconds: float) -> tuple[int, int]:
    """Seal 64 KiB blocks with AES-256-GCM for `seconds`; return how many, and the ns it took."""
    cipher = AESGCM(bytes(32))
    block = bytes(BLOCK_BYTES)
    # One key, one nonce, one plaintext: nothing here is ever sent.
    nonce = bytes(12)
    sealed = 0
    began_ns = time.perf_counter_ns()
    end_ns = began_ns + round(seconds * 1e9)
    while (now_ns := time.perf_counter_ns()) < end_ns:
        for _ in range(_BATCH):
            cipher.encrypt(nonce, block, None)
        sealed += _BATCH
    return sealed, now_ns - began_ns


def main() -> None:
    """Answer every span on stdin, until it closes."""
    seal_blocks(0.02)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        blocks, took_ns = seal_blocks(float(line))
        sys.stdout.write(f"{blocks} {took_ns}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
