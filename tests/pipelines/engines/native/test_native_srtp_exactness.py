"""Same bytes, same verdicts, same state as the per-call engine and as libsrtp."""

import ctypes
from dataclasses import dataclass
from itertools import pairwise

import pylibsrtp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi

from pipelines.engines.native.library import best_library
from pipelines.engines.native.srtp_protect import NativeSrtpSender
from pipelines.engines.native.srtp_unprotect import NativeSrtpReceiver
from pipelines.formats.rtp import RtpHeader
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.formats.srtp.receiver import SrtpReceiver, Unprotected
from pipelines.formats.srtp.sender import SrtpSender
from pipelines.media import PacketBatch
from pipelines.stage import NonceExhausted

OFFERED = {
    "aes-cm-128-hmac-sha1-80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "aes-cm-128-hmac-sha1-32": Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
    "aes-128-gcm": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "aes-256-gcm": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}
LIBSRTP = ctypes.CDLL(pylibsrtp._binding.__file__)
LIBRARY = best_library()
NAMES = st.sampled_from(sorted(PROFILES))

# Of each packet: stream, sequence number's step, payload bytes, CSRCs, words of extension.
PACKETS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.sampled_from([1, 1, 1, 1, 2, 3, 60, 700, 30_000]),
        st.one_of(st.integers(0, 40), st.integers(0, 1500)),
        st.sampled_from([0, 0, 0, 1, 7, 15]),
        st.sampled_from([None, None, 0, 1, 9]),
    ),
    min_size=1,
    max_size=60,
)


@dataclass(frozen=True)
class Stream:
    """RTP packets of several SSRCs, and what is done to them on the way."""

    packets: list[bytes]
    cuts: list[int]
    arrival: list[int]
    flips: dict[int, int]

    def batches(self, wire: list[bytes]) -> list[PacketBatch]:
        """Return `wire` cut into batches."""
        edges = sorted({0, len(wire), *(cut % (len(wire) + 1) for cut in self.cuts)})
        return [PacketBatch.of(wire[first:last]) for first, last in pairwise(edges)]

    def delivered(self, wire: list[bytes]) -> list[bytes]:
        """Return `wire` as it arrives: thinned, doubled, out of order and damaged."""
        arrived = []
        for place, number in enumerate(self.arrival):
            packet = wire[number]
            if place in self.flips and packet:
                bit = self.flips[place] % (8 * len(packet))
                packet = (int.from_bytes(packet) ^ 1 << bit).to_bytes(len(packet))
            arrived.append(packet)
        return arrived


@st.composite
def streams(draw: st.DrawFn, *, damage: bool = True) -> Stream:
    shapes = draw(PACKETS)
    sequence = {ssrc: draw(st.sampled_from([0, 40_000, 65_500])) for ssrc in (1, 2, 3)}
    packets = []
    for number, (ssrc, step, payload, csrcs, words) in enumerate(shapes):
        sequence[ssrc] += step
        header = RtpHeader(
            marker=number % 3 == 0,
            payload_type=96,
            sequence_number=sequence[ssrc] & 0xFFFF,
            timestamp=number * 3000,
            ssrc=ssrc,
            csrcs=tuple(range(csrcs)),
            extension=None if words is None else (0xBEDE, b"\x10\xff\0\0" * words),
        )
        packets.append(header.to_bytes() + bytes([number & 0xFF]) * payload)
    numbers = st.integers(0, len(packets) - 1)
    delays = draw(st.lists(st.sampled_from([0, 0, 0, 1, 2, 9, 50]), max_size=len(packets)))
    delays += [0] * (len(packets) - len(delays))
    order = sorted(range(len(packets)), key=lambda number: number + delays[number])
    lost = draw(st.sets(numbers, max_size=len(packets) // 4))
    arrival = [number for number in order if number not in lost]
    for number in draw(st.lists(numbers, max_size=6)):
        arrival.insert(draw(st.integers(0, len(arrival))), number)
    flips: dict[int, int] = {}
    if damage and arrival:
        flips = draw(
            st.dictionaries(st.integers(0, len(arrival) - 1), st.integers(0, 20_000), max_size=4)
        )
    return Stream(packets, draw(st.lists(st.integers(0, 99), max_size=8)), arrival, flips)


def outcome(result: Unprotected) -> tuple[list[bytes], list[tuple[int, str]]]:
    reasons = [(row, repr(reason)) for row, reason in result.rejected]
    return [row.tobytes() for row in result.packets.rows()], reasons


def attempt(sender: SrtpSender | NativeSrtpSender, batch: PacketBatch) -> list[bytes] | str:
    """Return the protected packets, or the refusal as text."""
    try:
        wire = sender.protect(batch)
    except NonceExhausted as refusal:
        return repr(refusal)
    assert wire.size.tolist() == (batch.size + sender.profile.cipher.tag_size).tolist()
    return [row.tobytes() for row in wire.rows()]


@given(
    name=NAMES, stream=streams(), window=st.sampled_from([64, 65, 128, 200, 1024]),
    roc=st.sampled_from([0, 0, 1, 0xFFFFFFFF]),
)  # fmt: skip
@settings(max_examples=250, deadline=None)
def test_the_per_call_engine_sends_and_judges_alike(
    name: str, stream: Stream, window: int, roc: int
) -> None:
    profile, master = PROFILES[name], MasterKey.fresh(PROFILES[name])
    native = NativeSrtpSender(LIBRARY, profile, master, initial_roc=roc)
    per_call = SrtpSender(profile, master, initial_roc=roc)
    wire: list[bytes] = []
    for batch in stream.batches(stream.packets):
        expected, ours = attempt(per_call, batch), attempt(native, batch)
        assert ours == expected
        assert native.state() == per_call.state()
        wire += expected if isinstance(expected, list) else []
    if len(wire) < len(stream.packets):
        return
    receiver = NativeSrtpReceiver(LIBRARY, profile, master, window, initial_roc=roc)
    judge = SrtpReceiver(profile, master, window, initial_roc=roc)
    for batch in stream.batches(stream.delivered(wire)):
        assert outcome(receiver.unprotect(batch)) == outcome(judge.unprotect(batch))
        assert receiver.state() == judge.state()


def libsrtp(profile: SrtpProfile, master: MasterKey, direction: int) -> Session:
    """Return a libsrtp session with a window of 128 that takes packets of up to 4 KiB."""
    if profile.name in OFFERED:
        policy = Policy(ssrc_type=direction, srtp_profile=OFFERED[profile.name])
    else:
        # pylibsrtp has no name for AES-256-CM; its module still exports it.
        policy = Policy(ssrc_type=direction)
        for part, cipher in (("rtp", profile.cipher), ("rtcp", profile.rtcp_cipher)):
            set_policy = LIBSRTP[f"srtp_crypto_policy_set_{cipher.name.replace('-', '_')}"]
            set_policy.restype = None
            address = ffi.cast("uintptr_t", ffi.addressof(getattr(policy._policy, part)))
            set_policy(ctypes.c_void_p(int(address)))
    policy.key = master.key + master.salt
    policy.window_size = 128
    session = Session(policy)
    session._cdata = ffi.new("char[]", 4096)
    session._buffer = ffi.buffer(session._cdata)
    return session


@given(name=NAMES, stream=streams())
@settings(max_examples=120, deadline=None)
def test_libsrtp_sends_and_judges_alike(name: str, stream: Stream) -> None:
    profile, master = PROFILES[name], MasterKey.fresh(PROFILES[name])
    theirs = libsrtp(profile, master, Policy.SSRC_ANY_OUTBOUND)
    expected = [theirs.protect(packet) for packet in stream.packets]
    sender = NativeSrtpSender(LIBRARY, profile, master)
    wire = []
    for batch in stream.batches(stream.packets):
        wire += [row.tobytes() for row in sender.protect(batch).rows()]
    assert wire == expected
    # Both ends begin with each stream's first packet, and so with the same ROC.
    firsts = {packet[8:12]: packet for packet in reversed(wire)}
    arriving = [*firsts.values(), *stream.delivered(wire)]
    theirs = libsrtp(profile, master, Policy.SSRC_ANY_INBOUND)
    verdicts = []
    for packet in arriving:
        try:
            verdicts.append(theirs.unprotect(packet))
        except pylibsrtp.Error:
            continue
    receiver = NativeSrtpReceiver(LIBRARY, profile, master, 128)
    accepted = []
    for batch in stream.batches(arriving):
        accepted += outcome(receiver.unprotect(batch))[0]
    assert accepted == verdicts


@pytest.mark.parametrize("name", PROFILES)
def test_every_payload_length_up_to_1500_agrees(name: str) -> None:
    profile, master = PROFILES[name], MasterKey.fresh(PROFILES[name])
    header = bytes.fromhex("8060") + bytes(2) + bytes(4) + bytes(4)
    packets = [
        header[:2] + size.to_bytes(2) + header[4:] + bytes(range(256)) * 5 + bytes(220)
        for size in range(1501)
    ]
    packets = [packet[: 12 + size] for size, packet in enumerate(packets)]
    wire = NativeSrtpSender(LIBRARY, profile, master).protect(PacketBatch.of(packets))
    theirs = libsrtp(profile, master, Policy.SSRC_ANY_OUTBOUND)
    assert [row.tobytes() for row in wire.rows()] == [theirs.protect(packet) for packet in packets]
    opened = NativeSrtpReceiver(LIBRARY, profile, master).unprotect(wire)
    assert opened.rejected == ()
    assert [row.tobytes() for row in opened.packets.rows()] == packets
