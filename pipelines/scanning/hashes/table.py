"""The hashes that there are, by name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pipelines.scanning.hasher import Hasher
from pipelines.scanning.hashes.dhash import Dhash
from pipelines.scanning.hashes.pdq import Pdq
from pipelines.scanning.hashes.phash import Phash

HASHERS: Mapping[str, Callable[[], Hasher]] = MappingProxyType(
    {"pdq": Pdq, "phash": Phash, "dhash": Dhash}
)
"""How a hasher is made: one per stream, since it has its own buffers."""
