"""What the compiled look-ups share: queries in, matches out, and the memory of these."""

import numpy as np

from pipelines.scanning.hasher import U64
from pipelines.scanning.index.contract import Matches
from pipelines.scanning.index.shapes import check_batch, check_query
from pipelines.scanning.native.matches import DISTANCE, ENTRY, I64, QUERY, ROOM, Search

_ROOM = 256  # matches that there is room for from the start


class CompiledIndex:
    """A kernel and its state. The matches are views of memory that grows to the largest answer."""

    exact = True

    def __init__(self, search: Search, state: I64, *, words: int) -> None:
        self._search = search
        self._state = state
        self._words = words
        self._shape = (words,)
        self._make_room(_ROOM)

    def query(self, words: U64) -> Matches:
        """Return the entries within the radius of one hash."""
        if words.shape != self._shape:
            check_query(words, self._words)
        return self._look_up(words)

    def query_batch(self, batch: U64) -> Matches:
        """Return the same for each of several hashes."""
        check_batch(batch, self._words)
        return self._look_up(batch.reshape(-1))

    def _look_up(self, queries: U64) -> Matches:
        found = self._search(queries, self._state)
        if found > self._room:
            self._make_room(2 * found)
            self._search(queries, self._state)
        # Most frames find nothing, and the neighbours of one that does find as many as it: views
        # that show the same part of the same arrays need not be made again.
        if found != self._shown:
            self._show(found)
        return self._matches

    def _make_room(self, matches: int) -> None:
        self._query = np.zeros(matches, dtype=np.int64)
        self._entry = np.zeros(matches, dtype=np.int64)
        self._distance = np.zeros(matches, dtype=np.int32)
        self._state[QUERY] = self._query.ctypes.data
        self._state[ENTRY] = self._entry.ctypes.data
        self._state[DISTANCE] = self._distance.ctypes.data
        self._state[ROOM] = self._room = matches
        self._show(0)

    def _show(self, found: int) -> None:
        self._shown = found
        self._matches = Matches(
            query=self._query[:found], entry=self._entry[:found], distance=self._distance[:found]
        )
