"""The scanners that come with sealbench."""

from collections.abc import Mapping
from types import MappingProxyType

from pipelines.scanning.hashes.dhash import Dhash
from pipelines.scanning.hashes.pdq import Pdq
from pipelines.scanning.hashes.phash import Phash
from pipelines.scanning.index.faiss_binary import FAISS_FLAT
from pipelines.scanning.index.flat import FLAT
from pipelines.scanning.index.multi_index import MULTI_INDEX
from pipelines.scanning.scanner import Scanner

PDQ_SOURCE = "Meta ThreatExchange, PDQ image hashing (2019)"

NOOP = Scanner(
    name="noop",
    summary="Looks at the plane and does nothing: what a hook itself costs.",
    source="",
)
PDQ_HASH_ONLY = Scanner(
    name="pdq-hash-only",
    summary="Hashes with PDQ and looks nothing up: what the hash costs.",
    source=PDQ_SOURCE,
    new_hasher=Pdq,
)
PDQ = Scanner(
    name="pdq",
    summary="PDQ, 256 bits, looked up exactly within 31 bits by multi-index hashing.",
    source=PDQ_SOURCE,
    new_hasher=Pdq,
    index=MULTI_INDEX,
)

BUILTIN = (
    NOOP,
    PDQ_HASH_ONLY,
    PDQ,
    Scanner(
        name="pdq-flat",
        summary="PDQ, compared with every entry of the list.",
        source=PDQ_SOURCE,
        new_hasher=Pdq,
        index=FLAT,
    ),
    Scanner(
        name="pdq-faiss",
        summary="PDQ, compared with every entry of the list by faiss.",
        source=f"{PDQ_SOURCE}; faiss IndexBinaryFlat",
        new_hasher=Pdq,
        index=FAISS_FLAT,
    ),
    Scanner(
        name="phash",
        summary="pHash, 64 bits: a cosine transform of a small picture; as ImageHash computes it.",
        source="ImageHash 4.3, phash",
        new_hasher=Phash,
        index=MULTI_INDEX,
    ),
    Scanner(
        name="dhash",
        summary="dHash, 64 bits: which of two neighbours is brighter; as ImageHash computes it.",
        source="ImageHash 4.3, dhash",
        new_hasher=Dhash,
        index=MULTI_INDEX,
    ),
)

SCANNERS: Mapping[str, Scanner] = MappingProxyType({scanner.name: scanner for scanner in BUILTIN})
"""The built-in scanners by name; plug-ins come in beside them (`pipelines/registry.py`)."""
