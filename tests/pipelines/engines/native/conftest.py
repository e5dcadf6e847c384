"""What the tests of the compiled engine share."""

from collections.abc import Callable

import pytest

from pipelines.engines.native.library import NativeLibrary, best_library
from pipelines.formats.rtp import RtpHeader
from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile

PacketMaker = Callable[..., bytes]


@pytest.fixture(scope="session")
def library() -> NativeLibrary:
    return best_library()


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> SrtpProfile:
    return PROFILES[request.param]


@pytest.fixture(scope="session")
def rtp_packet() -> PacketMaker:
    """Return what makes an RTP packet; a session's fixture, so that hypothesis may use it too."""

    def make(
        sequence: int,
        payload: bytes = b"payload",
        *,
        ssrc: int = 7,
        csrcs: int = 0,
        extension_words: int | None = None,
        timestamp: int = 0,
    ) -> bytes:
        extension = None
        if extension_words is not None:
            extension = (0xBEDE, b"\x10\xff\0\0" * extension_words)
        header = RtpHeader(
            marker=sequence % 2 == 0,
            payload_type=96,
            sequence_number=sequence & 0xFFFF,
            timestamp=timestamp,
            ssrc=ssrc,
            csrcs=tuple(range(csrcs)),
            extension=extension,
        )
        return header.to_bytes() + payload

    return make
