"""What somebody who knows the field would look for and not find, and what happens instead."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported:
    """One feature: what it is called, where it is specified, and what a user meets here."""

    name: str
    source: str
    instead: str


UNSUPPORTED = (
    Unsupported(
        name="master key identifier (MKI)",
        source="RFC 3711 3.1",
        instead="One master key a session; a packet that carries an MKI fails authentication.",
    ),
    Unsupported(
        name="encryption of single header extensions",
        source="RFC 6904",
        instead="Cryptex (RFC 9335) encrypts all of them: pipelines srtp-*-cryptex.",
    ),
    Unsupported(
        name="unencrypted SRTCP, unencrypted or unauthenticated SRTP",
        source="RFC 3711 3.4, 4.1.3, 4.2",
        instead="Never sent; SRTCP whose E flag is clear is refused as malformed.",
    ),
    Unsupported(
        name="double encryption of SRTP",
        source="RFC 8723",
        instead="SFrame (RFC 9605) inside SRTP is end to end over hops: pipelines sframe-*+srtp-*.",
    ),
    Unsupported(
        name="cryptex or a first ROC above 0 in the engine libsrtp",
        source="RFC 9335, RFC 3711 3.3.1",
        instead="The case ends in an error; the engines libcrypto and cryptography have both.",
    ),
    Unsupported(
        name="interleaved packets of H.264 and H.265, PACI packets",
        source="RFC 6184 5.4, RFC 7798 4.4.4, 4.5",
        instead="One stream in decoding order, without DON; other packet types are malformed.",
    ),
    Unsupported(
        name="scalable VP9 (SVC)",
        source="RFC 9628",
        instead="One spatial and temporal layer is sent.",
    ),
)
"""In the order in which the README names them."""
