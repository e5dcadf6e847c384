"""SFrame over SRTP: end-to-end frames inside hop-by-hop packets, every pair of the two."""

from pipelines.formats.sframe.suites import SUITES, SframeSuite
from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.media import OPAQUE
from pipelines.pipeline import Pipeline
from pipelines.stage import Party
from pipelines.stages.sframe import SframeDecrypt, SframeEncrypt
from pipelines.stages.srtp import SrtpProtect, SrtpUnprotect
from pipelines.stages.transport import Depacketize, Packetize


def end_to_end_over_hops(suite: SframeSuite, profile: SrtpProfile) -> Pipeline:
    """Return the pipeline whose relay re-protects packets of ciphertext it cannot read."""
    return Pipeline(
        name=f"sframe-{suite.name}+srtp-{profile.name}",
        summary=(
            f"End-to-end frames (SFrame suite {suite.value}) over hop-by-hop"
            f" {profile.registry_name}; the relay re-protects ciphertext."
        ),
        source=f"RFC 9605, {profile.source}",
        sender=lambda s: (
            SframeEncrypt(suite, s.media_key, s.engine),
            Packetize(OPAQUE, ssrc=s.ssrc, mtu=s.mtu),
            SrtpProtect(profile, s.uplink, s.engine),
        ),
        relay=lambda s: (
            SrtpUnprotect(profile, s.uplink, s.engine, window=s.window),
            SrtpProtect(profile, s.downlink, s.engine),
        ),
        receiver=lambda s: (
            SrtpUnprotect(profile, s.downlink, s.engine, window=s.window),
            Depacketize(OPAQUE),
            SframeDecrypt(suite, s.media_key, s.engine, codec=s.codec, window=s.window),
        ),
        sees_plaintext=frozenset({Party.SENDER, Party.RECEIVER}),
        labels=suite.labels,
    )


SFRAME_OVER_SRTP = tuple(
    end_to_end_over_hops(suite, profile)
    for suite in SUITES.values()
    for profile in PROFILES.values()
)
