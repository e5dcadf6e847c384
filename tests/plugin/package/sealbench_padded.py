"""Frames padded to whole blocks before they are encrypted, so that sizes tell an eavesdropper less.

Two stages of its own (one each way) among those of sealbench; the entry point in pyproject.toml
names `PADDED`.
"""

import numpy as np

from pipelines.formats.sframe.suites import suite_named
from pipelines.formats.srtp.profiles import PROFILES
from pipelines.media import OPAQUE, EncodedFrame, Unit
from pipelines.pipeline import Pipeline
from pipelines.stage import Malformed, Party, StageKind
from pipelines.stages.sframe import SframeDecrypt, SframeEncrypt
from pipelines.stages.srtp import SrtpProtect, SrtpUnprotect
from pipelines.stages.transport import Depacketize, Packetize
from pipelines.stages.units import access_unit

BLOCK_BYTES = 256
SIZE_BYTES = 4


class Pad:
    """Access unit to size(4) || access unit || zeros, a whole number of blocks."""

    name = "pad"
    kind = StageKind.PACKETS

    def __call__(self, unit: Unit, /) -> EncodedFrame:
        """Return the padded access unit."""
        frame = access_unit(unit)
        size = len(frame.payload)
        padded = np.zeros(-(-(SIZE_BYTES + size) // BLOCK_BYTES) * BLOCK_BYTES, dtype=np.uint8)
        padded[:SIZE_BYTES] = np.frombuffer(size.to_bytes(SIZE_BYTES, "big"), dtype=np.uint8)
        padded[SIZE_BYTES : SIZE_BYTES + size] = frame.payload
        return frame.with_payload(padded, frame.codec)


class Unpad:
    """Padded access unit back to the access unit."""

    name = "unpad"
    kind = StageKind.PACKETS

    def __call__(self, unit: Unit, /) -> EncodedFrame:
        """Return the access unit. Raises Malformed."""
        frame = access_unit(unit)
        size = int.from_bytes(frame.payload[:SIZE_BYTES].tobytes(), "big")
        if SIZE_BYTES + size > len(frame.payload):
            raise Malformed(f"{size} bytes are said to be in a frame of {len(frame.payload)}")
        return frame.with_payload(frame.payload[SIZE_BYTES : SIZE_BYTES + size], frame.codec)


SUITE = suite_named("aes-128-gcm")
PROFILE = PROFILES["aes-128-gcm"]

PADDED = Pipeline(
    name="padded-sframe+srtp",
    summary=f"Frames padded to whole blocks of {BLOCK_BYTES} bytes, then SFrame and SRTP.",
    source="this plug-in; RFC 9605, RFC 7714",
    sender=lambda s: (
        Pad(),
        SframeEncrypt(SUITE, s.media_key, s.engine),
        Packetize(OPAQUE, ssrc=s.ssrc, mtu=s.mtu),
        SrtpProtect(PROFILE, s.uplink, s.engine),
    ),
    relay=lambda s: (
        SrtpUnprotect(PROFILE, s.uplink, s.engine, window=s.window),
        SrtpProtect(PROFILE, s.downlink, s.engine),
    ),
    receiver=lambda s: (
        SrtpUnprotect(PROFILE, s.downlink, s.engine, window=s.window),
        Depacketize(OPAQUE),
        SframeDecrypt(SUITE, s.media_key, s.engine, codec=s.codec, window=s.window),
        Unpad(),
    ),
    sees_plaintext=frozenset({Party.SENDER, Party.RECEIVER}),
    labels=("example",),
)
