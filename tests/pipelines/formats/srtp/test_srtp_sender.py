"""What an SRTP sender refuses so that no nonce repeats, and how it uses its memory."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ciphers.aead import Aead, Bytes
from pipelines.formats.rtp import RtpHeader
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.packet import PAYLOAD_LIMIT
from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.formats.srtp.receiver import SrtpReceiver
from pipelines.formats.srtp.sender import SrtpSender
from pipelines.media import U8, PacketBatch
from pipelines.stage import Malformed, NonceExhausted

LAST_ROC = 0xFFFFFFFF


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> SrtpProfile:
    return PROFILES[request.param]


def rtp_packet(sequence: int, payload: bytes = b"payload", ssrc: int = 7) -> bytes:
    header = RtpHeader(
        marker=False, payload_type=96, sequence_number=sequence & 0xFFFF, timestamp=0, ssrc=ssrc
    )
    return header.to_bytes() + payload


def batch_of(*sequences: int, ssrc: int = 7) -> PacketBatch:
    return PacketBatch.of(rtp_packet(sequence, ssrc=ssrc) for sequence in sequences)


class NonceWitness:
    """A real cipher beside which every nonce it seals with is written down."""

    def __init__(self, cipher: Aead, nonces: list[bytes]) -> None:
        self.cipher = cipher
        self.nonces = nonces

    def seal_into(self, nonce: Bytes, aad: Bytes, plaintext: Bytes, out: U8) -> int:
        self.nonces.append(bytes(nonce))
        return self.cipher.seal_into(nonce, aad, plaintext, out)

    def open_into(self, nonce: Bytes, aad: Bytes, sealed: Bytes, out: U8) -> int:
        return self.cipher.open_into(nonce, aad, sealed, out)


@given(
    name=st.sampled_from(sorted(PROFILES)),
    roc=st.sampled_from([0, 1, LAST_ROC]),
    batches=st.lists(
        st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(1, 2)), max_size=5), max_size=15
    ),
)
@settings(max_examples=100, deadline=None)
def test_no_nonce_ever_repeats_whatever_is_asked(
    name: str, roc: int, batches: list[list[tuple[int, int]]]
) -> None:
    profile, nonces = PROFILES[name], list[bytes]()
    new = profile.cipher.new
    cipher = replace(profile.cipher, new=lambda key: NonceWitness(new(key), nonces))
    sender = SrtpSender(replace(profile, cipher=cipher), MasterKey.fresh(profile), initial_roc=roc)
    for wanted in batches:
        batch = PacketBatch.of(rtp_packet(sequence, ssrc=ssrc) for sequence, ssrc in wanted)
        before = sender.state(), len(nonces)
        try:
            sender.protect(batch)
        except NonceExhausted:
            assert (sender.state(), len(nonces)) == before
    assert len(set(nonces)) == len(nonces)


@pytest.mark.parametrize("again", [100, 99, 65_500])
def test_a_sequence_number_that_does_not_move_forward_is_refused(
    profile: SrtpProfile, again: int
) -> None:
    sender = SrtpSender(profile, MasterKey.fresh(profile), initial_roc=1)
    sender.protect(batch_of(100))
    before = sender.state()
    # Refused as a batch: the packet before the offender is not protected, its index not spent.
    with pytest.raises(NonceExhausted, match=f"0x00000007: sequence number {again} after 101"):
        sender.protect(batch_of(101, again))
    assert sender.state() == before
    sender.protect(batch_of(101))


def test_another_ssrc_counts_for_itself(profile: SrtpProfile) -> None:
    sender = SrtpSender(profile, MasterKey.fresh(profile))
    sender.protect(batch_of(100))
    sender.protect(batch_of(100, ssrc=8))
    assert sender.state() == (7, 100, 8, 100)


def test_the_key_ends_with_the_last_index(profile: SrtpProfile) -> None:
    sender = SrtpSender(profile, MasterKey.fresh(profile), initial_roc=LAST_ROC)
    sender.protect(batch_of(0xFFFE, 0xFFFF))
    before = sender.state()
    assert before == (7, (1 << 48) - 1)
    for sequence in (0, 1, 0x7FFE, 0xFFFF):
        with pytest.raises(NonceExhausted):
            sender.protect(batch_of(sequence))
    assert sender.state() == before


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        bytes(11),
        b"\x40" + bytes(30),  # version 1
        b"\x8f" + bytes(30),  # 15 CSRCs, but room for 4
        b"\x90" + bytes(13) + b"\xff\xff",  # an extension of 65535 words
    ],
)
def test_what_is_not_rtp_is_refused_and_spends_nothing(bad: bytes) -> None:
    profile = PROFILES["aes-128-gcm"]
    sender = SrtpSender(profile, MasterKey.fresh(profile))
    with pytest.raises(Malformed):
        sender.protect(PacketBatch.of([rtp_packet(1), bad]))
    assert sender.state() == ()


def test_a_payload_beyond_the_keystream_of_one_iv_is_refused() -> None:
    profile = PROFILES["aes-cm-128-hmac-sha1-80"]
    sender = SrtpSender(profile, MasterKey.fresh(profile))
    sender.protect(PacketBatch.of([rtp_packet(1, bytes(PAYLOAD_LIMIT))]))
    with pytest.raises(Malformed, match="beyond 1048576"):
        sender.protect(PacketBatch.of([rtp_packet(2, bytes(PAYLOAD_LIMIT + 1))]))


def test_the_packets_handed_in_stay_as_they_were(profile: SrtpProfile) -> None:
    batch = batch_of(1, 2, 3)
    kept = batch.copy()
    batch.data.flags.writeable = False
    SrtpSender(profile, MasterKey.fresh(profile)).protect(batch)
    assert batch.data.tobytes() == kept.data.tobytes()
    assert batch.size.tolist() == kept.size.tolist()


def test_memory_is_used_again_and_grows_only_for_a_larger_batch(profile: SrtpProfile) -> None:
    sender = SrtpSender(profile, MasterKey.fresh(profile))
    large = sender.protect(batch_of(1, 2, 3)).data.ctypes.data
    assert sender.protect(batch_of(4)).data.ctypes.data == large
    assert sender.protect(batch_of(5, 6, 7)).data.ctypes.data == large


def test_wire_sizes_are_packet_plus_tag(profile: SrtpProfile) -> None:
    packets = [rtp_packet(i, bytes(i)) for i in range(5)]
    wire = SrtpSender(profile, MasterKey.fresh(profile)).protect(PacketBatch.of(packets))
    tag_size = profile.cipher.tag_size
    assert wire.size.tolist() == [len(packet) + tag_size for packet in packets]
    assert wire.size.dtype.name == "int32"


def test_an_empty_batch_protects_to_an_empty_one(profile: SrtpProfile) -> None:
    assert len(SrtpSender(profile, MasterKey.fresh(profile)).protect(batch_of())) == 0


def test_a_batch_that_is_not_contiguous_protects_too() -> None:
    profile = PROFILES["aes-128-gcm"]
    master = MasterKey.fresh(profile)
    every_other = batch_of(1, 2, 3, 4)
    view = PacketBatch(data=every_other.data[::2], size=every_other.size[::2])
    opened = SrtpReceiver(profile, master).unprotect(SrtpSender(profile, master).protect(view))
    assert [row.tobytes() for row in opened.packets.rows()] == [rtp_packet(1), rtp_packet(3)]
