import pytest

from bench.sizing.model.overheads import (
    datagram_bytes,
    payload_header_bytes,
    sframe_bytes,
    srtcp_bytes,
    srtp_tag_bytes,
    tunnel_bytes,
    wire_bytes,
)
from pipelines.formats.payloads.table import FORMATS
from pipelines.formats.srtp.profiles import PROFILES


def test_tags_are_those_of_the_profiles() -> None:
    assert srtp_tag_bytes("none") == 0
    # RFC 7714 13.2, RFC 3711 5.2.
    assert srtp_tag_bytes("aes-256-gcm") == 16
    assert srtp_tag_bytes("aes-cm-128-hmac-sha1-80") == 10
    assert srtp_tag_bytes("aes-cm-128-hmac-sha1-32") == 4
    assert all(srtcp_bytes(name) in {14, 20} for name in PROFILES)
    assert srtcp_bytes("none") == 0


def test_a_packet_on_the_wire_has_rtp_srtp_udp_ip_and_esp_around_it() -> None:
    assert datagram_bytes("none") == 12
    assert wire_bytes("none") == 12 + 8 + 20
    assert wire_bytes("aes-128-gcm") == 12 + 16 + 8 + 20
    # Outer IP, SPI and sequence, IV, trailer with padding of 0 to 3 bytes, ICV.
    assert tunnel_bytes("aes-256-gcm") == 20 + 8 + 8 + 2 + 1.5 + 16
    assert tunnel_bytes("none") == 0


def test_sframe_adds_header_and_tag() -> None:
    # RFC 9605 4.3: the config byte holds the KID; 30 frames a second are 18,000 after ten minutes,
    # two bytes, 50 audio packets 30,000. 4.5: tags of 16 or 10 bytes.
    assert sframe_bytes("none", 30) == 0
    assert sframe_bytes("aes-128-gcm", 30) == 1 + 2 + 16
    assert sframe_bytes("aes-128-ctr-hmac-sha256-80", 50) == 1 + 2 + 10
    assert sframe_bytes("aes-256-gcm", 400) == 1 + 3 + 16


@pytest.mark.parametrize("codec", sorted(FORMATS))
def test_every_payload_format_has_a_small_header(codec: str) -> None:
    assert 1 <= payload_header_bytes(codec) <= 4
