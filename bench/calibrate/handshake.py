"""One side of a mutual TLS 1.3 handshake in memory, which stands for DTLS-SRTP's of a connection.

DTLS 1.2 and 1.3 exchange the same signatures and keys; Python has no DTLS of its own.
"""

import datetime as dt
import ssl
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bench.calibrate.probe import Bench, ProbePlan, Reading
from bench.profile import keys
from bench.verdict import WrongAnswer

HANDSHAKES = 24
"""Handshakes of each reading: some tens of milliseconds."""

_MOST_FLIGHTS = 8


def handshake_plan() -> ProbePlan:
    """Return the plan of the accepting side, as a relay is to those who join."""
    return ProbePlan(
        name="handshake",
        on={
            keys.HANDSHAKE: "the accepting side of TLS 1.3 in memory, P-256 ECDSA certificates on "
            "both sides, P-256 key exchange, no tickets; without DTLS's framing and network"
        },
        open=_open,
        library=lambda _: ssl.OPENSSL_VERSION,
    )


def _open(_: Bench) -> "HandshakeProbe":
    return HandshakeProbe()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Identity:
    certificate: bytes
    key: bytes


class HandshakeProbe:
    """Handshakes between two sides that each trust the other's certificate alone."""

    def __init__(self) -> None:
        server, client = _new_identity("relay"), _new_identity("participant")
        self._server = _context(ssl.PROTOCOL_TLS_SERVER, server, trusted=client)
        self._client = _context(ssl.PROTOCOL_TLS_CLIENT, client, trusted=server)
        handshake_ns(self._server, self._client)

    def measure(self) -> Sequence[Reading]:
        """Return the CPU time of the accepting side of some handshakes."""
        spent = sum(handshake_ns(self._server, self._client) for _ in range(HANDSHAKES))
        return [
            Reading(key=keys.HANDSHAKE, calls=HANDSHAKES, packets=0, size_bytes=0, cpu_ns=spent)
        ]

    def close(self) -> None:
        """Hold nothing but memory."""


def handshake_ns(server: ssl.SSLContext, client: ssl.SSLContext) -> int:
    """Do one handshake and return the accepting side's CPU time in ns.

    Raises WrongAnswer where it does not end on both sides in TLS 1.3 with the peer's certificate.
    """
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    connecting = client.wrap_bio(to_client, to_server, server_hostname="relay")
    began_ns = time.thread_time_ns()
    accepting = server.wrap_bio(to_server, to_client, server_side=True)
    spent_ns = time.thread_time_ns() - began_ns
    ended = {"accepting": False, "connecting": False}
    for _ in range(_MOST_FLIGHTS):
        ended["connecting"] = _advance(connecting)
        began_ns = time.thread_time_ns()
        ended["accepting"] = _advance(accepting)
        spent_ns += time.thread_time_ns() - began_ns
        if all(ended.values()):
            break
    for name, side in (("accepting", accepting), ("connecting", connecting)):
        if not ended[name] or side.version() != "TLSv1.3" or not side.getpeercert():
            raise WrongAnswer(f"handshake: the {name} side did not authenticate its peer")
    return spent_ns


def _advance(side: ssl.SSLObject) -> bool:
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def _context(protocol: "ssl._SSLMethod", own: _Identity, *, trusted: _Identity) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_ecdh_curve("prime256v1")
    context.load_verify_locations(cadata=trusted.certificate.decode())
    if protocol is ssl.PROTOCOL_TLS_SERVER:
        # DTLS-SRTP resumes nothing.
        context.num_tickets = 0
    # Python reads an identity from a file only.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "identity.pem"
        path.touch(mode=0o600)
        path.write_bytes(own.key + own.certificate)
        context.load_cert_chain(path)
    return context


def _new_identity(name: str) -> _Identity:
    """Return a fresh P-256 key with a certificate it signed itself, valid for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _Identity(
        certificate=certificate.public_bytes(Encoding.PEM),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )
