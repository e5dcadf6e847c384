"""SRTP alone: hop-by-hop packets; the relay opens each and protects it anew."""

from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.pipeline import Pipeline
from pipelines.stage import Party
from pipelines.stages.srtp import SrtpProtect, SrtpUnprotect
from pipelines.stages.transport import Depacketize, Packetize


def hop_by_hop(profile: SrtpProfile) -> Pipeline:
    """Return the pipeline that protects each packet with `profile` on each hop."""
    return Pipeline(
        name=f"srtp-{profile.name}",
        summary=f"Hop-by-hop packets, {profile.registry_name}; the relay holds plaintext.",
        source=profile.source,
        sender=lambda s: (
            Packetize(s.codec, ssrc=s.ssrc, mtu=s.mtu),
            SrtpProtect(profile, s.uplink, s.engine),
        ),
        relay=lambda s: (
            SrtpUnprotect(profile, s.uplink, s.engine, window=s.window),
            SrtpProtect(profile, s.downlink, s.engine),
        ),
        receiver=lambda s: (
            SrtpUnprotect(profile, s.downlink, s.engine, window=s.window),
            Depacketize(s.codec),
        ),
        sees_plaintext=frozenset({Party.SENDER, Party.RELAY, Party.RECEIVER}),
    )


SRTP = tuple(hop_by_hop(profile) for profile in PROFILES.values())
