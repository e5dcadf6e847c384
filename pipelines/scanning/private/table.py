"""The private look-ups that come with sealbench."""

from collections.abc import Mapping
from types import MappingProxyType

from pipelines.scanning.private.bfv import BFV
from pipelines.scanning.private.contract import PrivateProtocol
from pipelines.scanning.private.psi import PSI_BLOOM, PSI_GCS, PSI_RAW

BUILTIN = (PSI_GCS, PSI_BLOOM, PSI_RAW, BFV)

PROTOCOLS: Mapping[str, PrivateProtocol] = MappingProxyType(
    {protocol.name: protocol for protocol in BUILTIN}
)
"""The private look-ups by name."""
