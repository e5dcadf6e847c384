"""How fast this machine is right now, at work of the class that is measured."""

import time

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.clock import now

PACKETS = 24
PACKET_BYTES = 1200
BULK_BYTES = 64 * 1024
_TAG_BYTES = 16

BURSTS = 40
BURST_NS = 1_000_000
PAUSE_S = 0.004
"""40 bursts of 1 ms, 4 ms apart: 0.2 s, so that no single disturbance lies on all of them."""


def calibration_ns() -> float:
    """Return the least time in ns that a fixed piece of work takes now; takes about 0.2 s.

    The work is AES-256-GCM over 24 packets of 1200 bytes and one block of 64 KiB, some 25 us on a
    server of 2022: C code of the same class as what is benchmarked, with the same share of calls.
    A virtual machine's speed may change by a factor of two between minutes; two times that are
    minutes apart can only be compared as multiples of this one.
    """
    # One key, one nonce, known plaintext: nothing here is ever sent or kept, only its time is.
    cipher, nonce = AESGCM(bytes(32)), bytes(12)
    packet, packet_out = bytes(PACKET_BYTES), bytearray(PACKET_BYTES + _TAG_BYTES)
    bulk, bulk_out = bytes(BULK_BYTES), bytearray(BULK_BYTES + _TAG_BYTES)
    times_ns: list[int] = []
    for _ in range(BURSTS):
        end_ns = now() + BURST_NS
        began_ns = now()
        while began_ns < end_ns:
            for _ in range(PACKETS):
                cipher.encrypt_into(nonce, packet, None, packet_out)
            cipher.encrypt_into(nonce, bulk, None, bulk_out)
            ended_ns = now()
            times_ns.append(ended_ns - began_ns)
            began_ns = ended_ns
        time.sleep(PAUSE_S)
    return float(min(times_ns))
