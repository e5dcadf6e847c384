"""The back ends of the look-up, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from pipelines.scanning.index.contract import IndexKind
from pipelines.scanning.index.faiss_binary import FAISS_FLAT, FAISS_MULTI_HASH
from pipelines.scanning.index.flat import FLAT
from pipelines.scanning.index.multi_index import MULTI_INDEX

INDEXES: Mapping[str, IndexKind] = MappingProxyType(
    {kind.name: kind for kind in (FLAT, MULTI_INDEX, FAISS_FLAT, FAISS_MULTI_HASH)}
)
"""Every back end, ours first."""
