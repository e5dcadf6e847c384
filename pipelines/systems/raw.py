"""Decoded frames sealed whole by each cipher: the cipher itself, on the largest units."""

from pipelines.ciphers.aead import Cipher
from pipelines.ciphers.table import CIPHERS
from pipelines.pipeline import Pipeline
from pipelines.stage import Party
from pipelines.stages.sealed_frame import OpenFrame, SealFrame
from pipelines.stages.transport import Copy, Forward
from pipelines.systems.null import EVERYONE

RAW_CIPHERS = (
    "aes-128-gcm",
    "aes-256-gcm",
    "chacha20-poly1305",
    "aes-128-ctr-hmac-sha256-80",
    "aes-128-ecb",
)
"""Every cipher that can seal a frame by itself; one tag length stands for the three of CTR+HMAC."""


def sealing(cipher: Cipher) -> Pipeline:
    """Return the pipeline that seals decoded frames with `cipher`."""
    return Pipeline(
        name=f"raw-{cipher.name}",
        summary=f"Decoded frames sealed whole with {cipher.name}; the relay forwards them.",
        source=cipher.source,
        sender=lambda s: (SealFrame(cipher, s.media_key[: cipher.key_size], s.engine),),
        relay=lambda _: (Forward(),),
        receiver=lambda s: (
            OpenFrame(
                cipher,
                s.media_key[: cipher.key_size],
                s.engine,
                codec=s.codec,
                window=s.window,
            ),
        ),
        sees_plaintext=frozenset({Party.SENDER, Party.RECEIVER}),
        labels=cipher.labels,
        codecs=("raw",),
    )


RAW = (
    Pipeline(
        name="raw-null",
        summary="Decoded frames copied at each step: the floor under the raw pipelines.",
        source="memory bandwidth",
        sender=lambda _: (Copy(),),
        relay=lambda _: (Forward(),),
        receiver=lambda _: (Copy(),),
        sees_plaintext=EVERYONE,
        labels=("unauthenticated",),
        codecs=("raw",),
    ),
    *(sealing(CIPHERS[name]) for name in RAW_CIPHERS),
)
