"""The baseline: the same way through the system with copies where the crypto would be."""

from pipelines.pipeline import Pipeline
from pipelines.stage import Party
from pipelines.stages.transport import Copy, Depacketize, Forward, Packetize

EVERYONE = frozenset(Party)

NULL = Pipeline(
    name="null",
    summary="No encryption: copy, packetize, forward, reassemble, copy. What the rest costs.",
    source="RFC 3550",
    sender=lambda s: (Copy(), Packetize(s.codec, ssrc=s.ssrc, mtu=s.mtu)),
    relay=lambda _: (Forward(),),
    receiver=lambda s: (Depacketize(s.codec), Copy()),
    sees_plaintext=EVERYONE,
    labels=("unauthenticated",),
)
