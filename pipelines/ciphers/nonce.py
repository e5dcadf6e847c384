"""Counters that nonces are made of."""

from pipelines.stage import NonceExhausted


class NonceCounter:
    """A counter of `width_bytes` bytes that hands out each value once, in rising order.

    It begins at `start` and ends before `limit`: by default where the width ends, lower where a
    format allows a key fewer uses (RFC 3711 9.2: 2^48 packets). Nothing sets it backwards.
    """

    __slots__ = ("_limit", "_next")

    def __init__(self, *, width_bytes: int, start: int = 0, limit: int | None = None) -> None:
        values = 1 << 8 * width_bytes
        self._limit = values if limit is None else limit
        self._next = start
        if not 0 <= start <= self._limit <= values:
            raise ValueError(
                f"start {start}, limit {self._limit}: "
                f"needs 0 <= start <= limit <= 2^{8 * width_bytes}"
            )

    @property
    def next(self) -> int:
        """The value that `take` hands out next; equal to the limit when there is none left."""
        return self._next

    def take(self) -> int:
        """Return the next value; raises NonceExhausted where it would wrap or pass the limit."""
        value = self._next
        if value >= self._limit:
            raise NonceExhausted(f"counter at its limit of {self._limit}: the key must be replaced")
        self._next = value + 1
        return value

    def skip_to(self, value: int) -> None:
        """Make `value` the next to be handed out; raises ValueError if that is a step backwards."""
        if not self._next <= value <= self._limit:
            raise ValueError(f"next value {value}: needs {self._next} <= next <= {self._limit}")
        self._next = value
