"""What every receiving kernel does around the cipher: replays, refusals, what is kept of both."""

from pipelines.compiled import step
from pipelines.engines.native.calls import load_i64, store_i32, store_i64
from pipelines.engines.native.evp import Words
from pipelines.engines.native.srtp_batches import (
    BAD,
    GOOD,
    NEXT_ROW,
    RING,
    RING_WORDS,
    WINDOW,
)
from pipelines.engines.native.srtp_session import NOTE_WORDS, NOTES, SIZES, STREAMS
from pipelines.engines.native.srtp_streams import FULL, HIGHEST, insert
from pipelines.engines.native.srtp_window import forget_between, mark, was_seen

WAITING = -5
"""What an opened packet is where there is no room to remember its SSRC."""

# What is noted of each refused packet: row, why, and for a replay its index and how far behind.
_ROW, _WHY, _INDEX, _BEHIND = 0, 8, 16, 24
_NOTE_SIZE = 8 * NOTE_WORDS


@step
def begin(session: Words) -> int:
    """Return the row to begin with: where the batch had to wait for room, or the first."""
    if session[NEXT_ROW] == 0:
        session[GOOD], session[BAD] = 0, 0
    return int(session[NEXT_ROW])


@step
def refuse(session: Words, row: int, why: int, index: int, behind: int) -> int:
    """Note that `row` is refused, and return why."""
    note = session[NOTES] + session[BAD] * _NOTE_SIZE
    session[BAD] += 1
    store_i64(note + _ROW, row)
    store_i64(note + _WHY, why)
    store_i64(note + _INDEX, index)
    store_i64(note + _BEHIND, behind)
    return why


@step
def keep(session: Words, size: int) -> None:
    """Count a good packet of `size` bytes, which stands where the next result goes."""
    good = int(session[GOOD])
    store_i32(session[SIZES] + 4 * good, size)
    session[GOOD] = good + 1


@step
def is_replay(session: Words, entry: int, index: int) -> bool:
    """Return whether `index` was accepted before or lies behind the window (RFC 3711 3.3.2)."""
    if entry == 0:
        return False
    behind = load_i64(entry + HIGHEST) - index
    if behind < 0:
        return False
    return behind >= session[WINDOW] or was_seen(entry + RING, session[RING_WORDS], index)


@step
def accept(session: Words, entry: int, ssrc: int, index: int) -> bool:
    """Remember an authentic packet; False where a new SSRC finds no room.

    RFC 3711 3.3.1, 3.3.2: ROC, s_l and the replay list move only for such a one.
    """
    if entry == 0:
        entry = insert(session[STREAMS], ssrc)
        if entry == FULL:
            return False
        store_i64(entry + HIGHEST, index)
    elif index > load_i64(entry + HIGHEST):
        forget_between(entry + RING, session[RING_WORDS], load_i64(entry + HIGHEST), index)
        store_i64(entry + HIGHEST, index)
    mark(entry + RING, session[RING_WORDS], index)
    return True
