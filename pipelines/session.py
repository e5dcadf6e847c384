"""What the parties of one call share: a relay's view holds no media key."""

import secrets
from dataclasses import dataclass, field
from typing import Self

from pipelines.engines.engine import Engine
from pipelines.stages.srtp import ANY_KEYING_MATERIAL_BYTES

MEDIA_KEY_BYTES = 48
"""Enough for every cipher: the longest is AES-128-CTR with its 32-byte HMAC key, 48 bytes."""

DEFAULT_MTU = 1200
"""RTP payload budget in bytes; leaves room for headers and tags below a 1280-byte path MTU."""

DEFAULT_WINDOW = 128
"""Replay window in packets or frames (RFC 3711 3.3.2 asks for at least 64)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HopSession:
    """What a relay holds: the keys of its hops, never the media key.

    `uplink` and `downlink` are keying material as DTLS-SRTP would export it (RFC 5764 4.2).
    """

    codec: str
    ssrc: int
    engine: Engine
    uplink: bytes = field(repr=False)
    downlink: bytes = field(repr=False)
    mtu: int = DEFAULT_MTU
    window: int = DEFAULT_WINDOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(HopSession):
    """What sender and receiver hold: the hop keys and the media key of this stream."""

    media_key: bytes = field(repr=False)

    @classmethod
    def fresh(cls, *, codec: str, engine: Engine) -> Self:
        """Return a session with new random keys, so that no (key, nonce) pair ever repeats."""
        return cls(
            codec=codec,
            ssrc=secrets.randbits(32),
            engine=engine,
            uplink=secrets.token_bytes(ANY_KEYING_MATERIAL_BYTES),
            downlink=secrets.token_bytes(ANY_KEYING_MATERIAL_BYTES),
            media_key=secrets.token_bytes(MEDIA_KEY_BYTES),
        )

    def hop(self) -> HopSession:
        """Return the relay's view of this session."""
        return HopSession(
            codec=self.codec,
            ssrc=self.ssrc,
            engine=self.engine,
            uplink=self.uplink,
            downlink=self.downlink,
            mtu=self.mtu,
            window=self.window,
        )
