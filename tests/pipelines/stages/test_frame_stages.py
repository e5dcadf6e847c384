"""The stages that seal and open whole frames: SFrame's and those of the raw pipelines."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from pipelines.ciphers.aead import Cipher
from pipelines.ciphers.table import CIPHERS
from pipelines.formats.sframe.suites import SUITES, SframeSuite
from pipelines.media import OPAQUE, EncodedFrame
from pipelines.session import Session
from pipelines.stage import AuthenticationFailed, Malformed, Replayed
from pipelines.stages.sealed_frame import OpenFrame, SealFrame
from pipelines.stages.sframe import SframeDecrypt, SframeEncrypt

Seals = SealFrame | SframeEncrypt
Opens = OpenFrame | SframeDecrypt


@dataclass(frozen=True)
class Pair:
    name: str
    authenticates: bool
    overhead_bytes: int
    sealer: Callable[[Session], Seals]
    opener: Callable[[Session], Opens]


def sframe(suite: SframeSuite) -> Pair:
    return Pair(
        f"sframe-{suite.name}",
        authenticates=True,
        overhead_bytes=1 + suite.cipher.tag_size,  # RFC 9605 4.3: KID and CTR below 8
        sealer=lambda s: SframeEncrypt(suite, s.media_key, s.engine),
        opener=lambda s: SframeDecrypt(
            suite, s.media_key, s.engine, codec=s.codec, window=s.window
        ),
    )


def sealed(cipher: Cipher) -> Pair:
    return Pair(
        f"raw-{cipher.name}",
        authenticates=cipher.authenticated,
        overhead_bytes=8 + cipher.tag_size,
        sealer=lambda s: SealFrame(cipher, s.media_key[: cipher.key_size], s.engine),
        opener=lambda s: OpenFrame(
            cipher, s.media_key[: cipher.key_size], s.engine, codec=s.codec, window=s.window
        ),
    )


PAIRS = [
    *(sframe(suite) for suite in SUITES.values()),
    *(sealed(cipher) for cipher in CIPHERS.values() if cipher.key_size <= 48),
]
AUTHENTIC = [pair for pair in PAIRS if pair.authenticates]

every_pair = pytest.mark.parametrize("pair", PAIRS, ids=[pair.name for pair in PAIRS])
every_authentic_pair = pytest.mark.parametrize(
    "pair", AUTHENTIC, ids=[pair.name for pair in AUTHENTIC]
)


def copied(frame: EncodedFrame) -> EncodedFrame:
    return frame.with_payload(frame.payload.copy(), frame.codec)


@every_pair
def test_a_sealed_frame_is_opaque_and_keeps_what_is_not_payload(
    pair: Pair, session: Session, frames: tuple[EncodedFrame, ...]
) -> None:
    seal = pair.sealer(session)
    for frame in frames[:3]:
        result = seal(frame)
        assert result.codec == OPAQUE
        assert (result.index, result.pts_ns) == (frame.index, frame.pts_ns)
        assert result.is_keyframe == frame.is_keyframe
        padding = len(result.payload) - len(frame.payload) - pair.overhead_bytes
        assert 1 <= padding <= 16 if pair.name == "raw-aes-128-ecb" else padding == 0


@every_pair
def test_an_opened_frame_is_the_access_unit_again(
    pair: Pair, session: Session, frames: tuple[EncodedFrame, ...]
) -> None:
    seal, opener = pair.sealer(session), pair.opener(session)
    for frame in frames:
        result = opener(seal(frame))
        assert result.payload.tobytes() == frame.payload.tobytes()
        assert (result.codec, result.index, result.pts_ns, result.is_keyframe) == (
            (frame.codec, frame.index, frame.pts_ns, frame.is_keyframe)
        )


@every_pair
def test_a_frame_is_opened_once_and_the_window_may_be_used_up(
    pair: Pair, session: Session, frames: tuple[EncodedFrame, ...]
) -> None:
    seal, opener = pair.sealer(session), pair.opener(session)
    units = [copied(seal(frames[1])) for _ in range(session.window + 1)]
    for unit in reversed(units[1:]):
        opener(unit)
    before = opener.state()
    for late in (units[0], units[1], units[-1]):
        with pytest.raises(Replayed):
            opener(late)
    assert opener.state() == before


@every_authentic_pair
def test_a_tampered_frame_is_refused_and_no_state_moves(
    pair: Pair, session: Session, frames: tuple[EncodedFrame, ...]
) -> None:
    seal, opener = pair.sealer(session), pair.opener(session)
    opener(seal(frames[0]))
    unit = copied(seal(frames[1]))
    before = opener.state()
    broken = copied(unit)
    broken.payload[100] ^= np.uint8(1)
    with pytest.raises(AuthenticationFailed):
        opener(broken)
    with pytest.raises((AuthenticationFailed, Malformed)):
        opener(unit.with_payload(unit.payload[:5], OPAQUE))
    assert opener.state() == before
    assert opener(unit).payload.tobytes() == frames[1].payload.tobytes()


@every_pair
def test_results_are_views_until_the_next_call(
    pair: Pair, session: Session, frames: tuple[EncodedFrame, ...]
) -> None:
    seal, opener = pair.sealer(session), pair.opener(session)
    first = seal(frames[0])
    held = first.payload.tobytes()
    opened = opener(first)
    assert first.payload.tobytes() == held, "opening leaves its input alone"
    second = seal(frames[1])
    assert np.shares_memory(first.payload, second.payload)
    assert opened.payload.tobytes() == frames[0].payload.tobytes()
    assert np.shares_memory(opened.payload, opener(second).payload)


@every_pair
def test_opener_says_what_it_does(pair: Pair, session: Session) -> None:
    opener = pair.opener(session)
    assert opener.authenticates == pair.authenticates
    assert opener.window == session.window
