from collections.abc import Callable, Sequence

import numpy as np
import pytest

from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.media import EncodedFrame, PacketBatch
from pipelines.session import Session
from pipelines.stage import AuthenticationFailed, Malformed, NonceExhausted, Rejected, Replayed
from pipelines.stages.srtp import SrtpProtect, SrtpUnprotect, master_key
from pipelines.stages.transport import Packetize

every_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
GCM = PROFILES["aes-128-gcm"]

Batches = Callable[[], PacketBatch]


@pytest.fixture
def batches(session: Session, frames: Sequence[EncodedFrame]) -> Batches:
    """Call it for the RTP packets of the next access unit, in memory of their own."""
    packetize = Packetize(session.codec, ssrc=session.ssrc, mtu=session.mtu)
    units = iter(frames)
    return lambda: packetize(next(units)).copy()


def protect(profile: SrtpProfile, session: Session) -> SrtpProtect:
    return SrtpProtect(profile, session.uplink, session.engine)


def unprotect(profile: SrtpProfile, session: Session) -> SrtpUnprotect:
    return SrtpUnprotect(profile, session.uplink, session.engine, window=session.window)


def rows(batch: PacketBatch) -> list[bytes]:
    return [packet.tobytes() for packet in batch.rows()]


@every_profile
def test_protected_packets_keep_their_header_and_grow_by_the_tag(
    profile: SrtpProfile, session: Session, batches: Batches
) -> None:
    stage = protect(profile, session)
    for _ in range(3):
        plain = batches()
        sealed = stage(plain)
        assert (sealed.size - plain.size == profile.cipher.tag_size).all()
        for before, after in zip(rows(plain), rows(sealed), strict=True):
            assert after[:12] == before[:12]
            assert before[12:] not in after


@every_profile
def test_unprotected_packets_are_the_ones_that_were_protected(
    profile: SrtpProfile, session: Session, batches: Batches
) -> None:
    there, back = protect(profile, session), unprotect(profile, session)
    for _ in range(3):
        plain = batches()
        assert rows(back(there(plain))) == rows(plain)


@every_profile
def test_a_bad_packet_is_dropped_and_the_others_are_kept(
    profile: SrtpProfile, session: Session, batches: Batches
) -> None:
    there, back = protect(profile, session), unprotect(profile, session)
    plain = batches()
    sealed = there(plain)
    bad = 1
    genuine = sealed.row(bad).copy()
    sealed.row(bad)[40] ^= np.uint8(4)
    assert rows(back(sealed)) == [row for i, row in enumerate(rows(plain)) if i != bad]
    # It was not taken for received either: the genuine packet may still come.
    assert rows(back(PacketBatch.of([genuine.tobytes()]))) == [rows(plain)[bad]]


@every_profile
def test_where_no_packet_is_good_the_unit_is_refused_and_no_state_moves(
    profile: SrtpProfile, session: Session, batches: Batches
) -> None:
    there, back = protect(profile, session), unprotect(profile, session)
    back(there(batches()))
    sealed = there(batches())
    genuine = sealed.copy()
    before = back.state()
    for packet in sealed.rows():
        packet[-1] ^= np.uint8(1)
    with pytest.raises(AuthenticationFailed, match="packet 0: "):
        back(sealed)
    assert back.state() == before
    assert len(back(genuine)) == len(genuine)
    assert back.state() != before


def test_the_refusal_names_the_first_packet_and_keeps_its_kind_and_cause(
    session: Session, batches: Batches
) -> None:
    there, back = protect(GCM, session), unprotect(GCM, session)
    sealed = there(batches()).copy()
    back(sealed)
    with pytest.raises(Replayed, match="packet 0: counter 0: accepted before") as refused:
        back(sealed)
    assert isinstance(refused.value.__cause__, Replayed)
    with pytest.raises(Malformed, match="packet 0: "):
        back(PacketBatch.of([b"not RTP at all"]))


def test_no_packets_at_all_are_no_reason_to_refuse(session: Session) -> None:
    assert len(unprotect(GCM, session)(PacketBatch.empty(0, 0))) == 0
    assert len(protect(GCM, session)(PacketBatch.empty(0, 0))) == 0


def test_packets_may_come_in_any_order_within_the_window(
    session: Session, batches: Batches
) -> None:
    there, back = protect(GCM, session), unprotect(GCM, session)
    plain = batches()
    order = list(reversed(range(len(plain))))
    assert rows(back(there(plain).take(order))) == [rows(plain)[i] for i in order]


def test_the_other_hops_keys_open_nothing(session: Session, batches: Batches) -> None:
    there = protect(GCM, session)
    other = SrtpUnprotect(GCM, session.downlink, session.engine, window=session.window)
    with pytest.raises(AuthenticationFailed):
        other(there(batches()))


def test_a_sequence_number_is_protected_once(session: Session, batches: Batches) -> None:
    there = protect(GCM, session)
    plain = batches()
    there(plain)
    with pytest.raises(NonceExhausted):
        there(plain)


def test_results_are_views_until_the_next_call(session: Session, batches: Batches) -> None:
    there, back = protect(GCM, session), unprotect(GCM, session)
    big, small = batches(), batches()
    sealed = there(big)
    held = sealed.copy()
    opened = back(sealed)
    kept = rows(opened)
    assert rows(sealed) == rows(held), "opening leaves its input alone"
    next_sealed = there(small)
    assert np.shares_memory(sealed.data, next_sealed.data)
    assert rows(opened) == kept
    assert np.shares_memory(opened.data, back(next_sealed).data)


@every_profile
def test_keying_material_is_key_then_salt(profile: SrtpProfile) -> None:
    master = master_key(profile, bytes(range(46)))
    assert master.key == bytes(range(profile.key_size))
    assert master.salt == bytes(range(profile.key_size, profile.key_size + profile.salt_size))


@every_profile
def test_opener_says_what_it_does(profile: SrtpProfile, session: Session) -> None:
    stage = unprotect(profile, session)
    assert stage.authenticates
    assert stage.window == session.window
    assert stage.state() == ()
    with pytest.raises(Rejected):
        stage(PacketBatch.of([b""]))
    assert stage.state() == ()
