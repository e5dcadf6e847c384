"""Every stage refuses the wrong kind of unit by name: a pipeline composed wrongly says so."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from pipelines.ciphers.table import CIPHERS
from pipelines.codecs.decoder import Decoder
from pipelines.codecs.encoder import Encoder
from pipelines.codecs.settings import conference_settings
from pipelines.formats.sframe.suites import SUITES
from pipelines.formats.srtp.profiles import PROFILES
from pipelines.media import EncodedFrame, PacketBatch, RawFrame, Unit
from pipelines.session import Session
from pipelines.stage import Stage
from pipelines.stages.codec import Decode, Encode
from pipelines.stages.sealed_frame import OpenFrame, SealFrame
from pipelines.stages.sframe import SframeDecrypt, SframeEncrypt
from pipelines.stages.srtp import SrtpProtect, SrtpUnprotect
from pipelines.stages.transport import Copy, Depacketize, Packetize

GCM = CIPHERS["aes-128-gcm"]
PROFILE = PROFILES["aes-128-gcm"]

New = Callable[[Session], Stage]

TAKES: dict[type[RawFrame | EncodedFrame | PacketBatch], tuple[New, ...]] = {
    RawFrame: (lambda _: Encode(Encoder(conference_settings("h264", 64, 64, Fraction(30)))),),
    EncodedFrame: (
        lambda _: Decode(Decoder("h264", 64, 64)),
        lambda _: Copy(),
        lambda s: Packetize(s.codec, ssrc=s.ssrc, mtu=s.mtu),
        lambda s: SealFrame(GCM, s.media_key[:16], s.engine),
        lambda s: OpenFrame(GCM, s.media_key[:16], s.engine, codec=s.codec, window=s.window),
        lambda s: SframeEncrypt(SUITES[4], s.media_key, s.engine),
        lambda s: SframeDecrypt(SUITES[4], s.media_key, s.engine, codec=s.codec, window=s.window),
    ),
    PacketBatch: (
        lambda s: Depacketize(s.codec),
        lambda s: SrtpProtect(PROFILE, s.uplink, s.engine),
        lambda s: SrtpUnprotect(PROFILE, s.uplink, s.engine, window=s.window),
    ),
}

PLANE = np.zeros((2, 2), dtype=np.uint8)
UNITS: tuple[Unit, ...] = (
    RawFrame(index=0, pts_ns=0, planes=(PLANE, PLANE[:1, :1], PLANE[:1, :1])),
    EncodedFrame(index=0, pts_ns=0, is_keyframe=True, codec="h264", payload=PLANE.reshape(-1)),
    PacketBatch.of([bytes(20)]),
)


@pytest.mark.parametrize(
    ("new", "expected", "unit"),
    [
        (new, expected, unit)
        for expected, stages in TAKES.items()
        for new in stages
        for unit in UNITS
        if not isinstance(unit, expected)
    ],
)
def test_the_wrong_kind_of_unit_is_a_type_error_that_names_both_kinds(
    new: New, expected: type[Unit], unit: Unit, session: Session
) -> None:
    stage = new(session)
    given = type(unit).__name__
    with pytest.raises(TypeError, match=f"expected an? {expected.__name__}, got a {given}"):
        stage(unit)
