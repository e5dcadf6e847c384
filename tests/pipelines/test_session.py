import dataclasses

import pytest

from pipelines.ciphers.table import CIPHERS
from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.formats.sframe.suites import SUITES
from pipelines.formats.srtp.profiles import PROFILES
from pipelines.session import HopSession, Session


def fresh() -> Session:
    return Session.fresh(codec="h264", engine=CRYPTOGRAPHY)


def keys_of(session: Session) -> set[bytes]:
    return {session.uplink, session.downlink, session.media_key}


def test_no_two_sessions_share_a_key_nor_two_hops_of_one() -> None:
    sessions = [fresh() for _ in range(50)]
    assert len(set().union(*map(keys_of, sessions))) == 3 * len(sessions)


def test_no_key_is_the_beginning_of_another() -> None:
    # Ciphers take the first bytes of a key, so equal beginnings would be equal keys.
    session = fresh()
    assert len({key[:16] for key in keys_of(session)}) == 3


def test_keys_are_long_enough_for_every_cipher_suite_and_profile() -> None:
    session = fresh()
    sealing = [c for c in CIPHERS.values() if not c.name.startswith("aes-cm-")]
    assert max(cipher.key_size for cipher in sealing) <= len(session.media_key)
    assert max(suite.cipher.key_size for suite in SUITES.values()) <= len(session.media_key)
    for profile in PROFILES.values():
        assert profile.key_size + profile.salt_size <= len(session.uplink)
        assert profile.key_size + profile.salt_size <= len(session.downlink)


def test_the_view_of_a_relay_is_the_session_without_its_media_key() -> None:
    session = dataclasses.replace(fresh(), mtu=900, window=64)
    hop = session.hop()
    assert type(hop) is HopSession
    names = {field.name for field in dataclasses.fields(HopSession)}
    assert {field.name for field in dataclasses.fields(Session)} - names == {"media_key"}
    assert all(getattr(hop, name) == getattr(session, name) for name in names)
    assert not hasattr(hop, "__dict__")


def test_no_key_is_in_a_repr() -> None:
    session = fresh()
    shown = repr(session) + repr(session.hop())
    for name in ("uplink", "downlink", "media_key"):
        assert name not in shown
    for key in keys_of(session):
        assert key[:8].hex() not in shown
        assert repr(key)[2:-1] not in shown


def test_a_session_cannot_be_changed_in_place() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        fresh().media_key = b""  # type: ignore[misc]  # what is tried


def test_two_streams_of_one_second_rarely_share_an_ssrc() -> None:
    ssrcs = [fresh().ssrc for _ in range(50)]
    assert len(set(ssrcs)) > 45
    assert all(0 <= ssrc < 2**32 for ssrc in ssrcs)
