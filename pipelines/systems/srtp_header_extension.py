"""SRTP whose packets carry a header extension: readable by the network, or under cryptex."""

from pipelines.formats.srtp.profiles import CRYPTEX_PROFILES, PROFILES, SrtpProfile
from pipelines.pipeline import Pipeline
from pipelines.stage import Party
from pipelines.stages.header_extension import ExtendHeader, StripHeader, mid_extension
from pipelines.stages.srtp import SrtpProtect, SrtpUnprotect
from pipelines.stages.transport import Depacketize, Packetize

_HOLDERS = frozenset({Party.SENDER, Party.RELAY, Party.RECEIVER})


def with_header_extension(name: str, profile: SrtpProfile) -> Pipeline:
    """Return the hop-by-hop pipeline whose every packet names its stream in an extension."""
    way = "encrypted with the payload" if profile.cryptex else "readable by the network"
    return Pipeline(
        name=name,
        summary=f"Hop-by-hop packets, {profile.registry_name}; their header extension is {way}.",
        source=f"{profile.source}, RFC 8285",
        sender=lambda s: (
            Packetize(s.codec, ssrc=s.ssrc, mtu=s.mtu),
            ExtendHeader(mid_extension(s.ssrc)),
            SrtpProtect(profile, s.uplink, s.engine),
        ),
        relay=lambda s: (
            SrtpUnprotect(profile, s.uplink, s.engine, window=s.window),
            SrtpProtect(profile, s.downlink, s.engine),
        ),
        receiver=lambda s: (
            SrtpUnprotect(profile, s.downlink, s.engine, window=s.window),
            StripHeader(mid_extension(s.ssrc)),
            Depacketize(s.codec),
        ),
        sees_plaintext=_HOLDERS,
        sees_extensions=_HOLDERS if profile.cryptex else frozenset(Party),
    )


_COMPARED = ("aes-128-gcm", "aes-cm-128-hmac-sha1-80")

SRTP_HEADER_EXTENSION = tuple(
    pipeline
    for name in _COMPARED
    for pipeline in (
        with_header_extension(f"srtp-{name}-extension", PROFILES[name]),
        with_header_extension(f"srtp-{name}-cryptex", CRYPTEX_PROFILES[f"{name}-cryptex"]),
    )
)
