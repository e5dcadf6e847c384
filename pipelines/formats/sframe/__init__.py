"""SFrame (RFC 9605): end-to-end encryption of each encoded access unit."""

from pipelines.formats.sframe.context import SframeReceiver, SframeSender
from pipelines.formats.sframe.header import (
    LARGEST_FIELD,
    LARGEST_HEADER_BYTES,
    decode_header,
    encode_header,
)
from pipelines.formats.sframe.kid import MlsKidLayout, RatchetKidLayout
from pipelines.formats.sframe.suites import (
    SUITES,
    SframeKeys,
    SframeSuite,
    derive,
    overhead_bytes,
    ratchet,
    suite_named,
)

__all__ = [
    "LARGEST_FIELD",
    "LARGEST_HEADER_BYTES",
    "SUITES",
    "MlsKidLayout",
    "RatchetKidLayout",
    "SframeKeys",
    "SframeReceiver",
    "SframeSender",
    "SframeSuite",
    "decode_header",
    "derive",
    "encode_header",
    "overhead_bytes",
    "ratchet",
    "suite_named",
]
