"""SFrame alone: end-to-end frames over plain RTP, every suite of RFC 9605 and one private."""

from pipelines.formats.sframe.suites import SUITES, SframeSuite
from pipelines.media import OPAQUE
from pipelines.pipeline import Pipeline
from pipelines.stage import Party
from pipelines.stages.sframe import SframeDecrypt, SframeEncrypt
from pipelines.stages.transport import Depacketize, Forward, Packetize


def end_to_end(suite: SframeSuite) -> Pipeline:
    """Return the pipeline that encrypts each access unit with `suite` and forwards it blindly."""
    return Pipeline(
        name=f"sframe-{suite.name}",
        summary=f"End-to-end frames, SFrame suite {suite.value}; the relay forwards ciphertext.",
        source="RFC 9605",
        sender=lambda s: (
            SframeEncrypt(suite, s.media_key, s.engine),
            Packetize(OPAQUE, ssrc=s.ssrc, mtu=s.mtu),
        ),
        relay=lambda _: (Forward(),),
        receiver=lambda s: (
            Depacketize(OPAQUE),
            SframeDecrypt(suite, s.media_key, s.engine, codec=s.codec, window=s.window),
        ),
        sees_plaintext=frozenset({Party.SENDER, Party.RECEIVER}),
        labels=suite.labels,
    )


SFRAME = tuple(end_to_end(suite) for suite in SUITES.values())
