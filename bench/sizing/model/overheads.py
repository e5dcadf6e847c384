"""Bytes that go over the wire around what is sent, each by the section that defines it."""

import math

from pipelines.formats.sframe import overhead_bytes, suite_named
from pipelines.formats.srtp.profiles import PROFILES

NONE = "none"

RTP_BYTES = 12
"""RFC 3550 5.1: the fixed header; no extension, no contributing sources."""

UDP_IP_BYTES = 8 + 20
"""RFC 768 and RFC 791 3.1: UDP and IPv4 without options."""

SRTCP_WORD_BYTES = 4
"""RFC 3711 3.4, RFC 7714 9.2: the E flag and the SRTCP index."""

# RFC 4303 2, 2.1, 2.2: SPI and sequence number; 2.4, 2.6: pad length, next header, and padding to
# four bytes, 1.5 on average. RFC 4106 3.1, 6 (RFC 7634 2 alike): an explicit IV of 8 bytes and an
# ICV of 16. RFC 4301 5.1.2: tunnel mode has an IP header of its own outside.
ESP_TRAILER_BYTES = 2 + 1.5
ESP_BYTES = 20 + 8 + 8 + ESP_TRAILER_BYTES + 16

_PAYLOAD_BYTES = {"h264": 2, "h265": 3, "vp8": 4, "vp9": 3, "av1": 1}
_OTHER_PAYLOAD_BYTES = 1
_SFRAME_COUNTER_AFTER_S = 600.0
"""How old a key is when its counter's length is taken."""


def srtp_tag_bytes(hop_cipher: str) -> int:
    """Return the tag's bytes on each RTP packet (RFC 3711 5.2, RFC 7714 13.2), 0 for "none"."""
    return 0 if hop_cipher == NONE else PROFILES[hop_cipher].cipher.tag_size


def srtcp_bytes(hop_cipher: str) -> int:
    """Return what SRTCP adds to one RTCP packet: its index and its tag, 0 for "none"."""
    if hop_cipher == NONE:
        return 0
    return SRTCP_WORD_BYTES + PROFILES[hop_cipher].rtcp_cipher.tag_size


def datagram_bytes(hop_cipher: str) -> int:
    """Return what stands around an RTP payload within its UDP datagram."""
    return RTP_BYTES + srtp_tag_bytes(hop_cipher)


def tunnel_bytes(outer_tunnel: str) -> float:
    """Return what the outer tunnel adds to one IP packet: ESP in tunnel mode, 0 for "none"."""
    return 0.0 if outer_tunnel == NONE else ESP_BYTES


def wire_bytes(hop_cipher: str, outer_tunnel: str = NONE) -> float:
    """Return what stands around an RTP payload on the wire, IP headers included."""
    return datagram_bytes(hop_cipher) + UDP_IP_BYTES + tunnel_bytes(outer_tunnel)


def payload_header_bytes(codec: str) -> int:
    """Return the payload format's bytes in each packet of a frame that was cut up.

    H.264: FU indicator and header (RFC 6184 5.8); H.265: payload header of two bytes and FU header
    (RFC 7798 4.4.3); VP8: extended descriptor with a 15-bit picture
    id (RFC 7741 4.2), VP9 the same (RFC 9628 4.2); AV1: aggregation header (AV1 over RTP, 4.4).
    Any other takes the one byte of our own format.
    """
    return _PAYLOAD_BYTES.get(codec, _OTHER_PAYLOAD_BYTES)


def sframe_bytes(e2e_cipher: str, units_per_s: float) -> int:
    """Return header and tag of one SFrame (RFC 9605 4.3, 4.4.4), 0 for "none".

    The counter is as long as it has become ten minutes after the key changed; the KID is below 8.
    """
    if e2e_cipher == NONE:
        return 0
    counter = math.ceil(max(1.0, units_per_s * _SFRAME_COUNTER_AFTER_S))
    return overhead_bytes(suite_named(e2e_cipher), 0, counter)
