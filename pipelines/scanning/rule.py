"""When a stream is flagged: not for one picture that matched, but for some of the last ones."""


class FlagRule:
    """A stream is flagged while `n` of its last `m` sampled frames matched.

    One frame may match by chance, and a re-encoded one may be missed: n-of-m weighs the two. Raises
    ValueError unless 1 <= n <= m.
    """

    def __init__(self, n: int, m: int) -> None:
        if not 1 <= n <= m:
            raise ValueError(f"flagged at {n} of {m} sampled frames: 1 <= n <= m is needed")
        self.n = n
        self.m = m
        self._last = [False] * m
        self._at = 0
        self._matches = 0

    def after(self, *, matched: bool) -> bool:
        """Return whether the stream is flagged once the next sampled frame `matched` or did not."""
        at = self._at
        self._matches += matched - self._last[at]
        self._last[at] = matched
        self._at = at + 1 if at + 1 < self.m else 0
        return self._matches >= self.n
