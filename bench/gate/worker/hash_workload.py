"""Luma planes through a perceptual hash."""

import hashlib
from collections.abc import Callable

import numpy as np

from pipelines.media import U8
from pipelines.scanning.hasher import Hasher
from pipelines.scanning.hashes.table import HASHERS

from .messages import HashSpec
from .workload import Absent, WrongAnswer


class HashWorkload:
    """One hasher and the planes it is given in turn; one unit is one plane."""

    unit = "hash"
    own_ns = 0

    def __init__(self, new_hasher: Callable[[], Hasher], planes: list[U8]) -> None:
        self._new_hasher = new_hasher
        self._hasher = new_hasher()
        self._planes = planes
        self.period = len(planes)
        self._expected = [_found(self._hasher, plane) for plane in planes]
        self.answer = hashlib.sha256(b"".join(self._expected)).hexdigest()
        self._last = 0

    def again(self) -> "HashWorkload":
        """Return another hasher for the same planes."""
        return HashWorkload(self._new_hasher, self._planes)

    def run(self, start: int, units: int) -> None:
        """Hash `units` planes from `start` on."""
        planes, period, find = self._planes, self.period, self._hasher.hash
        for at in range(start, start + units):
            find(planes[at % period])
        self._last = (start + units - 1) % period

    def check(self) -> None:
        """Raise WrongAnswer unless the last plane still has the hash that it had at first."""
        if _found(self._hasher, self._planes[self._last]) != self._expected[self._last]:
            raise WrongAnswer(f"plane {self._last}: another hash than at first")

    def facts(self, units: int) -> dict[str, float]:
        """Return nothing: no packets, no overhead."""
        del units
        return {}


def open_hash(spec: HashSpec) -> HashWorkload:
    """Return the benchmark `spec`. Raises Absent, or whatever the checkout raises."""
    if spec.hasher not in HASHERS:
        raise Absent(f"no hasher {spec.hasher!r}")
    planes = np.load(spec.material, allow_pickle=False)
    planes.flags.writeable = False
    return HashWorkload(HASHERS[spec.hasher], list(planes))


def _found(hasher: Hasher, plane: U8) -> bytes:
    fingerprint = hasher.hash(plane)
    return fingerprint.words.tobytes() + bytes([fingerprint.quality])
