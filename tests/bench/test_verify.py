"""Verification finds every wrong pipeline: each test breaks a good one in one way."""

import ctypes
import dataclasses
from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np
import pytest

from bench.claims import NEEDLE_BYTES
from bench.verdict import Verified, WrongAnswer
from bench.verify import MOST_WINDOW, Decode, verify
from pipelines.ciphers.table import CIPHERS
from pipelines.codecs.decoder import Decoder
from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.formats.srtp.profiles import PROFILES
from pipelines.media import U8, EncodedFrame, PacketBatch, RawFrame, Unit
from pipelines.pipeline import Pipeline
from pipelines.registry import load_registry
from pipelines.session import HopSession, Session
from pipelines.stage import AuthenticationFailed, Malformed, Opener, Party, Stage, StageKind
from pipelines.stages.sealed_frame import OpenFrame, SealFrame
from pipelines.stages.srtp import SrtpProtect, SrtpUnprotect
from pipelines.stages.transport import Copy, Depacketize, Forward, Packetize

PIPELINES = load_registry(()).pipelines
SRTP = PIPELINES["srtp-aes-128-gcm"]
SEALED = PIPELINES["raw-aes-256-gcm"]
NULL = PIPELINES["null"]
GCM = CIPHERS["aes-256-gcm"]
WIDTH, HEIGHT = 64, 48

Units = Sequence[EncodedFrame]


def noise_units(count: int = 3, seed: int = 1) -> Units:
    """Raw frames of 64x48 whose every byte differs from its neighbours, as `raw` units."""
    random = np.random.default_rng(seed)
    size = WIDTH * HEIGHT * 3 // 2
    return [
        EncodedFrame(
            index=index,
            pts_ns=index,
            is_keyframe=True,
            codec="raw",
            payload=random.integers(0, 256, size, dtype=np.uint8),
        )
        for index in range(count)
    ]


UNITS = noise_units()


def raw_decoder() -> Decode:
    return Decoder("raw", WIDTH, HEIGHT).decode


def checked(
    pipeline: Pipeline,
    units: Units | None = None,
    make_decoder: Callable[[], Decode] = raw_decoder,
    decoded_frames: int = 2,
) -> Verified:
    return verify(
        pipeline,
        noise_units() if units is None else units,
        engine=CRYPTOGRAPHY,
        make_decoder=make_decoder,
        decoded_frames=decoded_frames,
    )


def wrong(pipeline: Pipeline, make_decoder: Callable[[], Decode] = raw_decoder) -> str:
    with pytest.raises(WrongAnswer) as found:
        checked(pipeline, make_decoder=make_decoder)
    return str(found.value)


class Around:
    """A stage that does what another does; subclasses do one thing wrong."""

    def __init__(self, inner: Stage) -> None:
        assert isinstance(inner, Opener)
        self.inner = inner
        self.name = inner.name
        self.kind = inner.kind
        self.authenticates = inner.authenticates
        self.window = inner.window

    def state(self) -> tuple[int, ...]:
        return self.inner.state()

    def __call__(self, unit: Unit, /) -> Unit:
        return self.inner(unit)


def good_opener(session: Session, *, key: bytes | None = None, window: int = 128) -> OpenFrame:
    media_key = session.media_key if key is None else key
    return OpenFrame(GCM, media_key[:32], session.engine, codec=session.codec, window=window)


class NoReplayProtection(Around):
    """A new opener for each message remembers none."""

    def __init__(self, session: Session) -> None:
        super().__init__(good_opener(session))
        self._session = session

    def __call__(self, unit: Unit, /) -> Unit:
        return good_opener(self._session)(unit)


def opened_by(make: Callable[[Session], Stage]) -> Pipeline:
    """Return the sealed-frame pipeline with another receiver."""
    return dataclasses.replace(SEALED, name="broken", receiver=lambda s: (make(s),))


def plain_bytes(unit: Unit) -> EncodedFrame:
    assert isinstance(unit, EncodedFrame)
    return unit


# What is right passes, and every check is counted.


def test_a_sealed_frame_pipeline_passes_every_check() -> None:
    checks = checked(SEALED).checks
    # Frames repeat until the window of 128 is overrun: 131 messages.
    assert checks["byte-exact access units"] == 131
    assert checks["equal decoded frames"] == 2
    assert checks["plaintext claims"] == 2
    # Two messages: 64 edge bytes with 8 bits each, 64 bits between, eight cuts, one added byte.
    assert checks["tampered messages rejected"] == 2 * (64 * 8 + 64 + 8 + 1)
    assert checks["replays rejected"] == 1
    assert checks["late messages accepted"] == 1
    assert checks["messages beyond the window rejected"] == 1
    assert checks["wrong keys rejected"] == 1
    assert "wrong keys open nothing" not in checks


def test_every_opener_of_relay_and_receiver_is_attacked(
    access_units: Mapping[str, Units],
) -> None:
    units = access_units["h264"]

    def decoder() -> Decode:
        return Decoder("h264", 320, 180).decode

    hop, both = (
        checked(PIPELINES[name], units, decoder, len(units)).checks
        for name in ("srtp-aes-128-gcm", "sframe-aes-256-gcm+srtp-aes-128-gcm")
    )
    assert (hop["replays rejected"], both["replays rejected"]) == (2, 3)
    assert (hop["wrong keys rejected"], both["wrong keys rejected"]) == (2, 3)
    assert hop["equal decoded frames"] == len(units)


@pytest.mark.parametrize("name", ["null", "raw-null"])
def test_a_pipeline_without_crypto_is_only_asked_for_its_bytes(name: str) -> None:
    assert checked(PIPELINES[name]).checks == {
        "byte-exact access units": 3,
        "equal decoded frames": 2,
        "plaintext claims": 2,
    }


def test_an_insecure_cipher_must_still_need_its_key() -> None:
    checks = checked(PIPELINES["raw-aes-128-ecb"]).checks
    assert checks["wrong keys open nothing"] == 1
    assert "tampered messages rejected" not in checks
    assert "replays rejected" not in checks


@pytest.mark.parametrize("size", [1, NEEDLE_BYTES - 1, NEEDLE_BYTES, 40])
def test_tiny_units_pass(size: int) -> None:
    unit = msgspec.structs.replace(noise_units()[0], payload=np.arange(size, dtype=np.uint8))
    checks = verify(
        NULL, [unit], engine=CRYPTOGRAPHY, make_decoder=raw_decoder, decoded_frames=0
    ).checks
    assert checks == {"byte-exact access units": 1, "plaintext claims": 2}


# What comes out is not what went in.


class Alters(Copy):
    """Changes what it copies."""

    def __init__(self, change: Callable[[EncodedFrame], EncodedFrame]) -> None:
        super().__init__()
        self._change = change

    def __call__(self, unit: Unit, /) -> EncodedFrame:
        return self._change(super().__call__(unit))


def ending_with(change: Callable[[EncodedFrame], EncodedFrame]) -> Pipeline:
    raw_null = PIPELINES["raw-null"]
    return dataclasses.replace(raw_null, name="broken", receiver=lambda _: (Alters(change),))


def test_one_byte_that_differs_is_found() -> None:
    def last_byte(unit: EncodedFrame) -> EncodedFrame:
        unit.payload[-1] ^= 1
        return unit

    size = len(noise_units()[0].payload)
    assert wrong(ending_with(last_byte)) == (
        f"frame 0: {size} bytes went in, {size} other bytes came out"
    )


def test_a_unit_that_lost_its_end_is_found() -> None:
    shorter = wrong(ending_with(lambda unit: unit.with_payload(unit.payload[:-1], unit.codec)))
    assert shorter.startswith("frame 0: ")
    assert shorter.endswith(" other bytes came out")


def test_a_wrong_codec_is_found() -> None:
    assert wrong(ending_with(lambda unit: unit.with_payload(unit.payload, "vp8"))) == (
        "frame 0: codec raw went in, vp8 came out"
    )


def test_a_receiver_that_ends_with_packets_is_found() -> None:
    broken = dataclasses.replace(NULL, receiver=lambda _: (Forward(),))
    assert wrong(broken) == "frame 0: the receiver ends with a PacketBatch"


def test_a_later_frame_that_differs_is_found_and_named() -> None:
    def third_only(unit: EncodedFrame) -> EncodedFrame:
        unit.payload[0] ^= unit.index == 2
        return unit

    assert wrong(ending_with(third_only)).startswith("frame 2: ")


def test_a_unit_the_receiver_refuses_is_a_wrong_answer() -> None:
    class Refuses(Copy):
        def __call__(self, unit: Unit, /) -> EncodedFrame:
            if plain_bytes(unit).index == 1:
                raise Malformed("no")
            return super().__call__(unit)

    broken = dataclasses.replace(PIPELINES["raw-null"], receiver=lambda _: (Refuses(),))
    assert wrong(broken) == "frame 1: Malformed: no"


@pytest.mark.parametrize(("plane", "name"), [(0, "Y"), (1, "U"), (2, "V")])
def test_a_decoded_plane_that_differs_is_found(plane: int, name: str) -> None:
    decoders = 0

    def every_second_decoder_errs() -> Decode:
        nonlocal decoders
        decoders += 1
        decode, errs = raw_decoder(), decoders % 2 == 0

        def decoded(unit: EncodedFrame) -> RawFrame:
            frame = decode(unit)
            planes = [each.copy() for each in frame.planes]
            planes[plane][-1, -1] ^= errs and unit.index == 1
            return msgspec.structs.replace(frame, planes=(planes[0], planes[1], planes[2]))

        return decoded

    assert wrong(PIPELINES["raw-null"], make_decoder=every_second_decoder_errs) == (
        f"frame 1: plane {name} differs from the unencrypted path"
    )


# Who writes into what went in: it would pass for right beside its own damage.


class Writes:
    """Writes zeros into what it is given by `write`, and hands it on."""

    name = "vandal"
    kind = StageKind.CRYPTO

    def __init__(self, write: Callable[[U8], None]) -> None:
        self._write = write

    def __call__(self, unit: Unit, /) -> Unit:
        self._write(plain_bytes(unit).payload)
        return unit


def by_numpy(payload: U8) -> None:
    payload[:] = 0


def by_address(payload: U8) -> None:
    ctypes.memset(payload.ctypes.data, 0, len(payload))


def by_buffer(payload: U8) -> None:
    payload.data[:4] = bytes(4)


def by_base(payload: U8) -> None:
    base = payload if payload.base is None else payload.base
    np.asarray(base)[:] = 0


def by_unlocking(payload: U8) -> None:
    payload.setflags(write=True)
    payload[-1] ^= 1


WRITERS = [by_numpy, by_address, by_buffer, by_base, by_unlocking]


@pytest.mark.parametrize("write", WRITERS)
def test_a_sender_that_writes_into_the_frame_is_found(write: Callable[[U8], None]) -> None:
    units = noise_units()
    before = [unit.payload.copy() for unit in units]
    broken = dataclasses.replace(
        PIPELINES["raw-null"], name="vandal", sender=lambda _: (Writes(write), Copy())
    )
    with pytest.raises(WrongAnswer) as found:
        checked(broken, units)
    assert str(found.value) == (
        "frame 0: sender/vandal wrote into the frame that went in, which others read too"
    )
    assert all(np.array_equal(unit.payload, was) for unit, was in zip(units, before, strict=True))


def test_a_writer_at_the_far_end_of_stages_that_hand_on_what_they_got_is_found() -> None:
    broken = dataclasses.replace(
        PIPELINES["raw-null"],
        sender=lambda _: (),
        relay=lambda _: (),
        receiver=lambda _: (Writes(by_numpy),),
        sees_plaintext=frozenset(Party),
    )
    assert wrong(broken).startswith("frame 0: receiver/vandal wrote into the frame that went in")


def test_a_stage_may_work_in_place_on_what_another_made() -> None:
    class InPlace(Around):
        def __call__(self, unit: Unit, /) -> Unit:
            opened = plain_bytes(self.inner(unit))
            sealed = plain_bytes(unit).payload
            sealed[: len(opened.payload)] = opened.payload
            return opened.with_payload(sealed[: len(opened.payload)], opened.codec)

    checked(opened_by(lambda session: InPlace(good_opener(session))))


def test_an_opener_in_place_without_replay_protection_is_found() -> None:
    class InPlace(NoReplayProtection):
        def __call__(self, unit: Unit, /) -> Unit:
            opened = super().__call__(unit)
            plain_bytes(unit).payload[:] = 0
            return opened

    assert wrong(opened_by(InPlace)) == "receiver/open: a replay was accepted"


def test_a_sender_that_keeps_what_it_was_lent_is_found() -> None:
    class OneBehind:
        """Sends the frame before, which it kept without a copy."""

        name = "behind"
        kind = StageKind.CRYPTO

        def __init__(self) -> None:
            self._kept: U8 | None = None

        def __call__(self, unit: Unit, /) -> Unit:
            before, self._kept = self._kept, plain_bytes(unit).payload
            return unit if before is None else plain_bytes(unit).with_payload(before, "raw")

    sizes = [
        msgspec.structs.replace(unit, payload=unit.payload[: 900 - unit.index]) for unit in UNITS
    ]
    broken = dataclasses.replace(PIPELINES["raw-null"], sender=lambda _: (OneBehind(), Copy()))
    with pytest.raises(WrongAnswer, match="frame 1: 899 bytes went in, 900 other bytes came out"):
        checked(broken, sizes, decoded_frames=0)


# What travels beside the bytes.


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"pts_ns": 0}, "frame 1: sent at 33000000 ns of its stream, it says 0 ns"),
        ({"is_keyframe": False}, "frame 0: a key frame went in, no key frame came out"),
        ({"index": 0}, "frame 1: it comes out as frame 0"),
    ],
)
def test_a_receiver_that_loses_what_travels_beside_the_bytes_is_found(
    change: Mapping[str, object], told: str
) -> None:
    units = [msgspec.structs.replace(unit, pts_ns=unit.index * 33_000_000) for unit in UNITS]
    broken = ending_with(lambda unit: msgspec.structs.replace(unit, **change))
    with pytest.raises(WrongAnswer, match=told):
        checked(broken, units)


def test_an_opener_whose_state_shows_nothing_is_found() -> None:
    class Blank(Around):
        def state(self) -> tuple[int, ...]:
            return (0,)

    assert wrong(opened_by(lambda session: Blank(good_opener(session)))) == (
        "receiver/open: state() does not show that a message was accepted"
    )


@pytest.mark.parametrize("window", [-1, MOST_WINDOW + 1, 10**12, 2.5, True])
def test_a_window_that_cannot_be_is_refused_at_once(window: int) -> None:
    class Wide(Around):
        def __init__(self, session: Session) -> None:
            super().__init__(good_opener(session))
            self.window = window

    assert wrong(opened_by(Wide)).startswith(f"receiver/open: a window of {window!r}: ")


# Who can read the media is not who is said to.


def test_a_relay_that_reads_while_it_is_said_not_to_is_found(
    access_units: Mapping[str, Units],
) -> None:
    lying = dataclasses.replace(
        SRTP, sees_plaintext=frozenset({Party.SENDER, Party.RECEIVER}), name="lying"
    )
    with pytest.raises(WrongAnswer) as found:
        checked(lying, access_units["h264"], decoded_frames=0)
    assert str(found.value) == (
        "it is claimed that the relay sees no plaintext, and the media was found there"
    )


def test_plaintext_on_the_wire_is_found() -> None:
    lying = dataclasses.replace(
        PIPELINES["raw-null"],
        sees_plaintext=frozenset({Party.SENDER, Party.RELAY, Party.RECEIVER}),
    )
    assert wrong(lying) == (
        "it is claimed that the network sees no plaintext, and the media was found there"
    )


def test_a_relay_that_passes_plaintext_on_is_found() -> None:
    class Strips:
        """Opens what it has no business opening, and forwards it in the clear."""

        name = "strips"
        kind = StageKind.CRYPTO

        def __call__(self, unit: Unit, /) -> Unit:
            frame = plain_bytes(unit)
            return frame.with_payload(frame.payload ^ np.uint8(0x5A), frame.codec)

    broken = dataclasses.replace(
        PIPELINES["raw-null"],
        sender=lambda _: (Strips(),),
        relay=lambda _: (Strips(),),
        sees_plaintext=frozenset({Party.SENDER, Party.RECEIVER}),
    )
    assert wrong(broken) == (
        "it is claimed that the network sees no plaintext, and the media was found there"
    )


def test_a_party_that_is_said_to_read_and_cannot_is_found() -> None:
    modest = dataclasses.replace(
        SEALED, sees_plaintext=frozenset({Party.SENDER, Party.RELAY, Party.RECEIVER})
    )
    assert wrong(modest) == (
        "it is claimed that the relay sees plaintext, and the media was not found there"
    )


def test_a_sender_that_leaves_part_of_a_frame_in_the_clear_is_found() -> None:
    class SealsHead(SealFrame):
        """Seals the frame and appends a tenth of it in the clear."""

        def __call__(self, unit: Unit, /) -> EncodedFrame:
            sealed = super().__call__(unit)
            clear = plain_bytes(unit).payload
            return sealed.with_payload(
                np.concatenate([sealed.payload, clear[: len(clear) // 10]]), sealed.codec
            )

    class OpensHead(Around):
        def __call__(self, unit: Unit, /) -> Unit:
            frame = plain_bytes(unit)
            size = WIDTH * HEIGHT * 3 // 2
            clear = frame.payload[-(size // 10) :]
            opened = plain_bytes(
                self.inner(frame.with_payload(frame.payload[: -(size // 10)], frame.codec))
            )
            if not np.array_equal(opened.payload[: len(clear)], clear):
                raise AuthenticationFailed("the clear part differs")
            return opened

    broken = dataclasses.replace(
        SEALED,
        sender=lambda s: (SealsHead(GCM, s.media_key[:32], s.engine),),
        receiver=lambda s: (OpensHead(good_opener(s)),),
    )
    assert wrong(broken) == (
        "it is claimed that the network sees no plaintext, and the media was found there"
    )


# The receiver accepts what it must refuse, or refuses what it must accept.


def test_a_receiver_that_ignores_the_tag_is_found() -> None:
    class IgnoresTag(Around):
        """AES-GCM is CTR underneath: decrypts without looking at the tag."""

        def __init__(self, session: Session) -> None:
            super().__init__(good_opener(session))
            self._last = np.zeros(1, dtype=np.uint8)

        def __call__(self, unit: Unit, /) -> Unit:
            try:
                opened = plain_bytes(self.inner(unit))
            except AuthenticationFailed:
                frame = plain_bytes(unit)
                return frame.with_payload(self._last, "raw")
            self._last = opened.payload.copy()
            return opened

    message = wrong(opened_by(IgnoresTag))
    assert message.startswith("receiver/open: bit ")
    assert message.endswith(" flipped was accepted")


def test_a_receiver_that_checks_only_half_the_tag_is_found() -> None:
    class HalfTag(Around):
        """Accepts a message whose last eight bytes are anything."""

        def __init__(self, session: Session) -> None:
            super().__init__(good_opener(session))
            self._genuine: dict[bytes, bytes] = {}

        def __call__(self, unit: Unit, /) -> Unit:
            frame = plain_bytes(unit)
            try:
                return self.inner(frame)
            except AuthenticationFailed:
                head = frame.payload[:-8].tobytes()
                for bit in range(64):  # finds any single flipped bit of the tag's second half
                    tail = bytearray(frame.payload[-8:].tobytes())
                    tail[bit // 8] ^= 1 << bit % 8
                    whole = np.frombuffer(head + bytes(tail), dtype=np.uint8)
                    try:
                        return self.inner(frame.with_payload(whole, frame.codec))
                    except AuthenticationFailed:
                        continue
                raise

    assert wrong(opened_by(HalfTag)).endswith(" flipped was accepted")


def test_a_receiver_that_accepts_a_cut_message_is_found() -> None:
    class Forgiving(Around):
        def __call__(self, unit: Unit, /) -> Unit:
            try:
                return self.inner(unit)
            except Malformed:
                return plain_bytes(unit)

    assert wrong(opened_by(lambda s: Forgiving(good_opener(s)))).endswith(
        "receiver/open: cut to 0 of 4632 bytes was accepted"
    )


def test_a_state_that_moves_on_a_rejected_message_is_found() -> None:
    class Counts(Around):
        calls = 0

        def state(self) -> tuple[int, ...]:
            return (*self.inner.state(), self.calls)

        def __call__(self, unit: Unit, /) -> Unit:
            self.calls += 1
            return self.inner(unit)

    message = wrong(opened_by(lambda s: Counts(good_opener(s))))
    assert message.startswith("receiver/open: bit 0 of byte 0 of ")
    assert message.endswith(" flipped was rejected, but it moved the state")


def test_a_receiver_that_an_attack_locks_out_is_found() -> None:
    class LocksOut(Around):
        """Refuses everything after ten forgeries, and hides it from its state."""

        forgeries = 0

        def __call__(self, unit: Unit, /) -> Unit:
            if self.forgeries == 10:
                raise AuthenticationFailed("locked")
            try:
                return self.inner(unit)
            except AuthenticationFailed:
                self.forgeries += 1
                raise

    assert wrong(opened_by(lambda s: LocksOut(good_opener(s)))) == (
        "receiver/open: the genuine message after the attack was rejected:"
        " AuthenticationFailed: locked"
    )


def test_missing_replay_protection_is_found() -> None:
    assert wrong(opened_by(NoReplayProtection)) == "receiver/open: a replay was accepted"


def test_a_window_that_never_ends_is_found() -> None:
    class Remembers(NoReplayProtection):
        """Refuses exact replays only, however old a new message is."""

        def __init__(self, session: Session) -> None:
            super().__init__(session)
            self._seen: set[bytes] = set()

        def state(self) -> tuple[int, ...]:
            return (len(self._seen),)

        def __call__(self, unit: Unit, /) -> Unit:
            sealed = plain_bytes(unit).payload.tobytes()
            if sealed in self._seen:
                raise AuthenticationFailed("seen")
            opened = super().__call__(unit)
            self._seen.add(sealed)
            return opened

    assert wrong(opened_by(Remembers)) == (
        "receiver/open: a message older than the window was accepted"
    )


def test_a_late_message_that_is_refused_is_found() -> None:
    class InOrderOnly(Around):
        highest = -1

        def __call__(self, unit: Unit, /) -> Unit:
            counter = int.from_bytes(plain_bytes(unit).payload[:8].tobytes(), "big")
            if counter <= self.highest:
                raise AuthenticationFailed("late")
            opened = self.inner(unit)
            self.highest = counter
            return opened

    assert wrong(opened_by(lambda s: InOrderOnly(good_opener(s)))) == (
        "receiver/open: a late message inside the window was rejected: AuthenticationFailed: late"
    )


def test_a_window_smaller_than_it_is_said_to_be_is_found() -> None:
    class Boasts(Around):
        """Says 256 and keeps 64."""

        def __init__(self, session: Session) -> None:
            super().__init__(good_opener(session, window=64))
            self.window = 256

    message = wrong(opened_by(Boasts))
    assert message.startswith("receiver/open: a late message inside the window was rejected: ")


def test_a_key_that_is_not_used_is_found() -> None:
    fixed = bytes(32)
    broken = dataclasses.replace(
        SEALED,
        sender=lambda s: (SealFrame(GCM, fixed, s.engine),),
        receiver=lambda s: (good_opener(s, key=fixed),),
    )
    assert wrong(broken) == "receiver/open: another key was accepted"


def test_an_insecure_cipher_that_needs_no_key_is_found() -> None:
    ecb = CIPHERS["aes-128-ecb"]
    fixed = bytes(16)
    broken = dataclasses.replace(
        PIPELINES["raw-aes-128-ecb"],
        sender=lambda s: (SealFrame(ecb, fixed, s.engine),),
        receiver=lambda s: (OpenFrame(ecb, fixed, s.engine, codec=s.codec, window=s.window),),
    )
    assert wrong(broken) == "receiver/open: another key opened the message"


def test_a_relay_that_accepts_forgeries_is_found_by_its_name() -> None:
    class Trusts(Around):
        def __call__(self, unit: Unit, /) -> Unit:
            try:
                return self.inner(unit)
            except AuthenticationFailed:
                assert isinstance(unit, PacketBatch)
                return unit

    def relay(hop: HopSession) -> tuple[Stage, ...]:
        first, *others = SRTP.relay(hop)
        return (Trusts(first), *others)

    broken = dataclasses.replace(SRTP, relay=relay)
    assert wrong(broken).startswith("relay/srtp-unprotect: bit ")


# A claim about authentication that nothing backs.


@pytest.mark.parametrize("name", ["null", "raw-null", "raw-aes-128-ecb"])
def test_a_missing_unauthenticated_label_is_found(name: str) -> None:
    unlabelled = dataclasses.replace(PIPELINES[name], labels=())
    assert wrong(unlabelled) == (
        "no stage of the receiver authenticates, and the label 'unauthenticated' is missing"
    )


# A blind relay, and what only some frames give away.


def test_an_end_to_end_layer_that_does_not_authenticate_is_found_under_one_that_does() -> None:
    inner, hop = PIPELINES["sframe-aes-256-gcm"], PIPELINES["sframe-aes-256-gcm+srtp-aes-128-gcm"]
    ecb = CIPHERS["aes-128-ecb"]
    broken = dataclasses.replace(
        hop,
        sender=lambda s: (
            SealFrame(ecb, s.media_key[:16], s.engine),
            Packetize("opaque", ssrc=s.ssrc, mtu=s.mtu),
            SrtpProtect(PROFILES["aes-128-gcm"], s.uplink, s.engine),
        ),
        receiver=lambda s: (
            SrtpUnprotect(PROFILES["aes-128-gcm"], s.downlink, s.engine, window=s.window),
            Depacketize("opaque"),
            OpenFrame(ecb, s.media_key[:16], s.engine, codec=s.codec, window=s.window),
        ),
    )
    assert wrong(broken).startswith("a relay that changed what it holds was not noticed")
    assert checked(inner).checks["changes by a relay rejected"] == 3
    assert checked(hop).checks["changes by a relay rejected"] == 3


class LeaksAllButTheFirst(SealFrame):
    """Puts the plaintext of each later frame behind the sealed one."""

    seen = 0

    def __call__(self, unit: Unit, /) -> EncodedFrame:
        sealed = super().__call__(unit)
        self.seen += 1
        if self.seen == 1:
            return sealed
        both = np.concatenate([sealed.payload, plain_bytes(unit).payload])
        return sealed.with_payload(both, sealed.codec)


class OpensTheFront(OpenFrame):
    """Opens what stands before the plaintext that was put behind it."""

    def __call__(self, unit: Unit, /) -> EncodedFrame:
        frame = plain_bytes(unit)
        size = 8 + WIDTH * HEIGHT * 3 // 2 + GCM.tag_size
        return super().__call__(frame.with_payload(frame.payload[:size], frame.codec))


def test_plaintext_is_found_in_whichever_frame_it_leaks() -> None:
    leaking = dataclasses.replace(
        SEALED,
        sender=lambda s: (LeaksAllButTheFirst(GCM, s.media_key[:32], s.engine),),
        receiver=lambda s: (
            OpensTheFront(GCM, s.media_key[:32], s.engine, codec=s.codec, window=s.window),
        ),
    )
    assert "the network sees no plaintext, and the media was found" in wrong(leaking)


# Header extensions


CRYPTEX = PIPELINES["srtp-aes-128-gcm-cryptex"]
EXTENSION = PIPELINES["srtp-aes-128-gcm-extension"]


@pytest.mark.parametrize("pipeline", [CRYPTEX, EXTENSION], ids=lambda pipeline: pipeline.name)
def test_who_reads_header_extensions_is_proven(pipeline: Pipeline) -> None:
    assert checked(pipeline).checks["header extension claims"] == 2


@pytest.mark.parametrize("name", ["srtp-aes-128-gcm", "srtp-aes-cm-128-hmac-sha1-80"])
def test_an_extension_that_the_network_reads_is_found_where_cryptex_is_claimed(name: str) -> None:
    pretended = dataclasses.replace(
        PIPELINES[f"{name}-extension"], sees_extensions=PIPELINES[f"{name}-cryptex"].sees_extensions
    )
    assert wrong(pretended) == (
        "header extensions were found at the network, and the opposite is claimed"
    )


def test_an_extension_that_is_encrypted_is_none_that_the_network_reads() -> None:
    pretended = dataclasses.replace(CRYPTEX, sees_extensions=frozenset(Party))
    assert wrong(pretended) == (
        "header extensions were not found at the network, and the opposite is claimed"
    )


def test_a_relay_that_is_said_to_read_no_extension_does() -> None:
    pretended = dataclasses.replace(CRYPTEX, sees_extensions=frozenset({Party.RECEIVER}))
    assert "were found at the relay" in wrong(pretended)


def test_an_extension_that_nobody_sends_proves_nothing() -> None:
    pretended = dataclasses.replace(SRTP, sees_extensions=frozenset({Party.RELAY}))
    assert wrong(pretended) == "header extensions are claimed to be sent, and none was found"
