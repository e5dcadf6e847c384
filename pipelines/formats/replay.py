"""The replay window that SRTP (RFC 3711 3.3.2) and SFrame (RFC 9605 9.3) receivers keep."""

from pipelines.stage import Replayed

_SMALLEST = 64  # RFC 3711 3.3.2: the window is at least 64 counters wide


def replayed(counter: int, behind: int, size: int) -> Replayed:
    """Return the refusal of `counter`, which lies `behind` the highest, by a window of `size`."""
    if behind < size:
        return Replayed(f"counter {counter}: accepted before")
    return Replayed(f"counter {counter}: {behind} behind the highest, the window is {size}")


class ReplayWindow:
    """Remembers which of the last `size` counters were accepted; counters are integers >= 0.

    `check` before authenticating, `commit` only after: a forged counter must not move the window.
    """

    __slots__ = ("_highest", "_mask", "_seen", "_size")

    def __init__(self, size: int) -> None:
        if size < _SMALLEST:
            raise ValueError(f"replay window of {size} counters, needs at least {_SMALLEST}")
        self._size = size
        self._mask = (1 << size) - 1
        self._highest = -1
        self._seen = 0  # bit n: highest - n was accepted

    @property
    def size(self) -> int:
        """Counters the window spans: one that is `size` behind the highest is too old."""
        return self._size

    def check(self, counter: int) -> None:
        """Raise Replayed if `counter` was committed before or is older than the window."""
        behind = self._highest - counter
        if behind < 0:
            return
        if behind >= self._size or self._seen >> behind & 1:
            raise replayed(counter, behind, self._size)

    def commit(self, counter: int) -> None:
        """Record that the unit with `counter` was authentic; raises Replayed as `check` does."""
        ahead = counter - self._highest
        if ahead <= 0:
            self.check(counter)
            self._seen |= 1 << -ahead
            return
        # A jump beyond the window forgets it all; shifting by a forged 2^64 would eat the memory.
        kept = self._seen << ahead if ahead < self._size else 0
        self._seen = (kept | 1) & self._mask
        self._highest = counter

    def state(self) -> tuple[int, ...]:
        """Return (highest counter accepted or -1, bit mask of the accepted ones below it)."""
        return (self._highest, self._seen)
