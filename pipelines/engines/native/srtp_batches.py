"""What drives the compiled loops of SRTP and SRTCP, whichever library executes them.

A kernel takes a batch as it is, and returns where it needs Python: for more memory, for a plain
copy of an odd table, or for the words of a refusal.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from numba.core.errors import NumbaError

from pipelines.engines.native.evp import Words
from pipelines.engines.native.srtp_plan import BAD_ROW, ENTRY_WORDS, LAST
from pipelines.engines.native.srtp_session import (
    NO_ROOM,
    ODD_LAYOUT,
    OVERLAPPING,
    OWN,
    REFUSED,
    STREAMS_FULL,
    SessionWords,
)
from pipelines.engines.native.srtp_streams import HIGHEST, MORE, StreamTable
from pipelines.engines.native.srtp_window import ring_words, seen_mask
from pipelines.formats.batch import checked_row, own_table, results_again
from pipelines.formats.replay import replayed
from pipelines.formats.srtp.packet import of_row
from pipelines.formats.srtp.receiver import Unprotected
from pipelines.media import U8, PacketBatch
from pipelines.stage import AuthenticationFailed, Malformed, Rejected

Kernel = Callable[[Words, U8, npt.NDArray[np.int32]], int]

# Words of the receiving side. The first two are where a batch stands that had to wait for room.
NEXT_ROW, GOOD, BAD, WINDOW, RING_WORDS = OWN, OWN + 1, OWN + 2, OWN + 3, OWN + 4
UNPROTECT_WORDS = 5

RING = MORE
"""Where in an entry its replay window begins."""

# Why a packet was refused. What stands below OTHER is the code of a library that has its own.
MALFORMED, REPLAYED, FORGED, OTHER = -1, -2, -3, -1000


class ProtectorTable(StreamTable):
    """What a sender remembers of each SSRC: SSRC, highest index used."""

    def __init__(self) -> None:
        super().__init__(more_words=ENTRY_WORDS)

    def state(self) -> tuple[int, ...]:
        """Return (SSRC, highest index used) of every stream, flat, in order of first use."""
        return tuple(self.entries()[:, : MORE // 8].ravel().tolist())


class BatchProtector:
    """A sender: `kernel` protects a batch, `why_not` says why a packet is refused.

    `why_not` is given the packet and the highest index of its stream. One thread at a time.
    """

    def __init__(
        self,
        kernel: Kernel,
        session: SessionWords[PacketBatch],
        streams: ProtectorTable,
        why_not: Callable[[U8, int], Exception],
    ) -> None:
        self._kernel = kernel
        self._session = session
        self._streams = streams
        self._why_not = why_not
        self._words, self._results = session.words, session.results

    def protect(self, batch: PacketBatch) -> PacketBatch:
        """Return every packet protected; a view, valid until the next call.

        Raises Malformed or NonceExhausted for the first packet that cannot be protected, and
        ValueError or TypeError for a batch that is no table of packets or lies where results go.
        Then no packet of the batch was protected and no index was spent.
        """
        try:
            while code := self._kernel(self._words, batch.data, batch.size):
                batch = self._settle(code, batch)
        except (TypeError, NumbaError):
            return self.protect(own_table(batch))
        shape = batch.data.shape
        found = self._results.get(shape)
        if found is None:
            found = self._session.remember(shape, self._session.view(*shape))
        return found

    def _settle(self, code: int, batch: PacketBatch) -> PacketBatch:
        """Do what compiled code asks for, and return the batch to go on with."""
        if code == NO_ROOM:
            self._session.make_room(*batch.data.shape)
        elif code == STREAMS_FULL:
            self._streams.grow()
        elif code == ODD_LAYOUT:
            return self._session.regular(batch)
        elif code == OVERLAPPING:
            raise results_again()
        elif code == REFUSED:
            raise self._refusal(batch, int(self._words[BAD_ROW]))
        else:
            raise RuntimeError("the library failed to encrypt")
        return batch

    def _refusal(self, batch: PacketBatch, row: int) -> Exception:
        try:
            packet = checked_row(batch, row)
        except Malformed as reason:
            return of_row(row, reason)
        return of_row(row, self._why_not(packet, int(self._words[LAST])))

    def state(self) -> tuple[int, ...]:
        """Return (SSRC, highest index used) of every stream, flat, in order of first use."""
        return self._streams.state()


class BatchUnprotector:
    """A receiver: `kernel` opens a batch, `check` raises Malformed for what cannot be a packet.

    `cipher` is named where a tag does not fit, `window` spans the replay window. `other` says what
    a code of the library's own means. Memory for an SSRC is taken only when its first packet was
    found authentic. One thread at a time.
    """

    def __init__(
        self,
        kernel: Kernel,
        session: SessionWords[Unprotected],
        streams: StreamTable,
        check: Callable[[U8], object],
        *,
        cipher: str,
        window: int,
        other: Callable[[int], Rejected] | None = None,
    ) -> None:
        self.window = window
        self._kernel = kernel
        self._session = session
        self._streams = streams
        self._check = check
        self._cipher = cipher
        self._other = other
        self._words, self._results = session.words, session.results
        self._words[WINDOW] = window
        self._words[RING_WORDS] = ring_words(window)

    def unprotect(self, batch: PacketBatch) -> Unprotected:
        """Return the packets that are authentic and new; never raises Rejected itself.

        Each row is judged for itself: a bad one changes no state and harms no other. Raises
        ValueError or TypeError for a batch that is no table of packets or lies where results go.
        """
        try:
            while (bad := self._kernel(self._words, batch.data, batch.size)) < 0:
                batch = self._settle(bad, batch)
        except (TypeError, NumbaError):
            return self.unprotect(own_table(batch))
        shape = batch.data.shape
        if bad:
            packets = self._session.view(shape[0] - bad, shape[1])
            return Unprotected(packets=packets, rejected=self._reasons(batch, bad))
        found = self._results.get(shape)
        if found is None:
            clean = Unprotected(packets=self._session.view(*shape), rejected=())
            found = self._session.remember(shape, clean)
        return found

    def _settle(self, code: int, batch: PacketBatch) -> PacketBatch:
        """Do what compiled code asks for, and return the batch to go on with."""
        if code == NO_ROOM:
            self._session.make_room(*batch.data.shape)
        elif code == STREAMS_FULL:
            try:
                self._streams.grow()
            except BaseException:
                # This batch waits no more: the next one begins at its own first row.
                self._words[NEXT_ROW] = 0
                raise
        elif code == OVERLAPPING:
            raise results_again()
        else:
            return self._session.regular(batch)
        return batch

    def _reasons(self, batch: PacketBatch, count: int) -> tuple[tuple[int, Rejected], ...]:
        return tuple(
            (row, self._reason(batch, row, why, index, behind))
            for row, why, index, behind in self._session.notes[:count].tolist()
        )

    def _reason(self, batch: PacketBatch, row: int, why: int, index: int, behind: int) -> Rejected:
        if why == FORGED:
            return AuthenticationFailed(f"{self._cipher}: tag does not fit")
        if why == REPLAYED:
            return replayed(index, behind, self.window)
        if why <= OTHER and self._other is not None:
            return self._other(OTHER - why)
        try:
            self._check(checked_row(batch, row))
        except Malformed as reason:
            # Without its traceback, which would keep frames and buffers alive in a cycle.
            return Malformed(*reason.args)
        raise AssertionError(f"compiled code refused packet {row}, which is well formed")

    def state(self) -> tuple[int, ...]:
        """Return (SSRC, replay window's state) of every stream, flat, in order of appearance."""
        return tuple(
            number
            for entry in self._streams.entries()
            for number in (
                int(entry[0]),
                int(entry[HIGHEST // 8]),
                seen_mask(entry[RING // 8 :], int(entry[HIGHEST // 8]), self.window),
            )
        )
