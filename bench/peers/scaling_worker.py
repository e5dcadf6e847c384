"""One process of the scaling measurement: threads that protect packets for a span.

Prints `ready`, then answers each line `THREADS SECONDS` on stdin with packets per second.
"""

import sys
import threading
import time
from collections.abc import Callable

from bench.peers.kernels import ready_kernels, renumber
from bench.peers.workload import BURST, Workload
from pipelines.engines.native.library import best_library
from pipelines.engines.native.srtp_protect import NativeSrtpSender
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import PROFILES
from pipelines.media import PacketBatch

PAYLOAD_BYTES = 1200
PROFILE = PROFILES["aes-128-gcm"]


class Sender:
    """One thread's stream: bursts whose sequence numbers go on for ever."""

    def __init__(self) -> None:
        ready_kernels()
        self._packets = packets = Workload(seed=1).packets(PAYLOAD_BYTES, 0)
        self._bursts = [
            PacketBatch(data=packets.data[at : at + BURST], size=packets.size[at : at + BURST])
            for at in range(0, len(packets), BURST)
        ]
        self._sender = NativeSrtpSender(best_library(), PROFILE, MasterKey.fresh(PROFILE))

    def packets_until(self, end_ns: int) -> int:
        """Protect bursts until the clock says `end_ns`; return how many packets."""
        sent = 0
        while True:
            for burst in self._bursts:
                self._sender.protect(burst)
                sent += BURST
                if time.perf_counter_ns() >= end_ns:
                    self._renumber()
                    return sent
            self._renumber()

    def _renumber(self) -> None:
        # A step of one table keeps every number ahead of those used, and wraps into the next ROC.
        renumber(self._packets.data, len(self._packets))


def packets_per_s(senders: list[Sender], seconds: float) -> float:
    """Return what `senders` do together, one thread each, in `seconds`."""
    began_ns = time.perf_counter_ns()
    end_ns = began_ns + round(seconds * 1e9)
    sent: list[int] = []
    work: Callable[[Sender], None] = lambda sender: sent.append(sender.packets_until(end_ns))  # noqa: E731 - typed
    threads = [threading.Thread(target=work, args=(sender,)) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(sent) / (time.perf_counter_ns() - began_ns) * 1e9


def main() -> None:
    """Answer every line on stdin, until it closes."""
    senders = [Sender(), Sender()]
    packets_per_s(senders, 0.05)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        threads, seconds = line.split()
        sys.stdout.write(f"{packets_per_s(senders[: int(threads)], float(seconds))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
