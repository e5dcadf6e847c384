"""One process of the relay's scaling: fans bursts out and sends them, whenever it is told to.

Run with the engine's name. Prints `ready`, then answers each line `START_NS SECONDS` on stdin, by
the system's monotonic clock, with packets per second of CPU time.
"""

import sys
import time
from contextlib import ExitStack

import numpy as np

from bench.calibrate.datagrams.loopback import loopback_pair
from bench.calibrate.datagrams.receive import DatagramReceiver
from bench.calibrate.datagrams.send import DatagramSender
from bench.verdict import WrongAnswer
from pipelines.engines.engine import Engine
from pipelines.engines.libcrypto import LibcryptoEngine
from pipelines.engines.native.relay import Rewrite
from pipelines.engines.table import choose_engine
from pipelines.formats.rtp import FIXED_SIZE
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import PROFILES
from pipelines.media import PacketBatch

RECEIVERS = 16
BURST = 4
"""Packets of a burst; 64 leave for each, in one system call."""

PAYLOAD_BYTES = 1100
PROFILE = PROFILES["aes-128-gcm"]


class Relay:
    """A relay's work on one core: protect for each receiver, send, and take it off the wire."""

    def __init__(self, engine: Engine, stack: ExitStack) -> None:
        masters = [MasterKey.fresh(PROFILE) for _ in range(RECEIVERS)]
        if isinstance(engine, LibcryptoEngine):
            rewrites = [Rewrite(ssrc=number) for number in range(RECEIVERS)]
            self._protectors = [engine.srtp_fanout(PROFILE, masters, rewrites).protect]
        else:
            self._protectors = [engine.srtp_protector(PROFILE, each).protect for each in masters]
        size = FIXED_SIZE + PAYLOAD_BYTES
        self._burst = PacketBatch.empty(BURST, size)
        self._burst.data[:] = 0
        self._burst.data[:, 0] = 0x80
        self._burst.size[:] = size
        self._next = 0
        pair = stack.enter_context(loopback_pair())
        leaving = RECEIVERS * BURST
        self._sender = DatagramSender(pair.sender, "sendmmsg", leaving)
        self._receiver = DatagramReceiver(
            pair.receiver,
            "recvmmsg",
            leaving,
            stride=size + PROFILE.cipher.tag_size,
            room=leaving,
        )

    def relay_burst(self) -> int:
        """Forward one burst to all; return how many packets left. Raises WrongAnswer for a loss."""
        numbers = np.arange(self._next, self._next + BURST).astype(">u2")
        self._burst.data[:, 2:4] = numbers.view(np.uint8).reshape(BURST, 2)
        self._next = (self._next + BURST) & 0xFFFF
        for protect in self._protectors:
            self._sender.send(protect(self._burst))
        arrived = len(self._receiver.receive(RECEIVERS * BURST))
        if arrived != RECEIVERS * BURST:
            raise WrongAnswer(f"{arrived} of {RECEIVERS * BURST} datagrams arrived")
        return arrived

    def packets_per_cpu_s(self, start_ns: int, seconds: float) -> float:
        """Wait for `start_ns`, relay for `seconds`, and return the rate per second of CPU time.

        Not of wall time: what another program takes of a core is no loss that more cores bring.
        """
        time.sleep(max(0, start_ns - time.monotonic_ns()) / 1e9)
        end_ns = time.monotonic_ns() + round(seconds * 1e9)
        began_ns = time.process_time_ns()
        relayed = self.relay_burst()
        while time.monotonic_ns() < end_ns:
            relayed += self.relay_burst()
        return relayed / (time.process_time_ns() - began_ns) * 1e9


def main() -> None:
    """Answer every line on stdin, until it closes."""
    with ExitStack() as stack:
        relay = Relay(choose_engine(sys.argv[1]).engine, stack)
        relay.packets_per_cpu_s(time.monotonic_ns(), 0.05)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        for line in sys.stdin:
            start_ns, seconds = line.split()
            sys.stdout.write(f"{relay.packets_per_cpu_s(int(start_ns), float(seconds))}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
