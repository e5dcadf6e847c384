"""The hashes that there are, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from pipelines.scanning.hashes.dhash import Dhash
from pipelines.scanning.hashes.pdq import Pdq
from pipelines.scanning.hashes.phash import Phash

HASHERS: Mapping[str, type[Pdq] | type[Phash] | type[Dhash]] = MappingProxyType(
    {"pdq": Pdq, "phash": Phash, "dhash": Dhash}
)
"""What a hasher is made of: one per stream, since it has its own buffers.

Name, length and radius are those of the class: whoever asks for them compiles nothing.
"""
