"""Two streams on two threads at once give what each gives alone."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np

from pipelines.engines.native.library import NativeLibrary
from pipelines.engines.native.srtp_protect import NativeSrtpSender
from pipelines.engines.native.srtp_unprotect import NativeSrtpReceiver
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.formats.srtp.sender import SrtpSender
from pipelines.media import PacketBatch

ROUNDS, ROWS = 30, 50


def packets(first: int) -> PacketBatch:
    batch = PacketBatch.empty(ROWS, 700)
    batch.data[:] = first & 0xFF
    batch.data[:, 0] = 0x80
    batch.data[:, 2:4] = (first + np.arange(ROWS)).astype(">u2").view(np.uint8).reshape(ROWS, 2)
    batch.data[:, 8:12] = 3
    batch.size[:] = 700 - np.arange(ROWS)
    return batch


def test_threads_do_not_disturb_each_other(library: NativeLibrary, profile: SrtpProfile) -> None:
    together = Barrier(2)

    def call(master: MasterKey) -> list[bytes]:
        sender = NativeSrtpSender(library, profile, master)
        receiver = NativeSrtpReceiver(library, profile, master)
        together.wait()
        wire = []
        for number in range(ROUNDS):
            batch = packets(number * ROWS)
            protected = sender.protect(batch)
            wire += [row.tobytes() for row in protected.rows()]
            opened = receiver.unprotect(protected)
            assert opened.rejected == ()
            assert [r.tobytes() for r in opened.packets.rows()] == [
                r.tobytes() for r in batch.rows()
            ]
        return wire

    masters = [MasterKey.fresh(profile) for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(call, masters))
    for master, outcome in zip(masters, outcomes, strict=True):
        alone = SrtpSender(profile, master)
        expected = [
            row.tobytes()
            for number in range(ROUNDS)
            for row in alone.protect(packets(number * ROWS)).rows()
        ]
        assert outcome == expected
