"""What costs and memory are called in a profile, and what a call, a packet and a byte are there.

Costs of frames depend on the picture: their keys end in its height in lines, of a 16:9 picture.
"""

HEIGHTS = (180, 360, 720, 994)
"""What codecs are calibrated at: rungs of the ladder, and the outdoor clip as it is (1768x994)."""

LIST_SIZES = (10_000, 100_000, 1_000_000)
"""Entries of the lists that look-ups are calibrated on."""

SEND_METHODS = ("send", "sendmmsg", "gso")
RECEIVE_METHODS = ("recv", "recvmmsg", "gro")

HANDSHAKE = "handshake/tls13-p256"
"""A call is one side of a mutual TLS 1.3 handshake (P-256), which stands for DTLS-SRTP's."""

HPKE_SEAL = "hpke/seal"
HPKE_OPEN = "hpke/open"
"""A call is one 32-byte secret to one X25519 key (RFC 9180, HKDF-SHA256, AES-128-GCM)."""

SIGN = "ed25519/sign"
VERIFY = "ed25519/verify"
"""A call is one signature over 200 bytes."""

MESSAGE = "pairwise/seal"
"""A call is one 64-byte message in an established pairwise session: one HMAC ratchet step, AEAD."""

AUDIO_ENCODE = "audio/encode"
AUDIO_DECODE = "audio/decode"
AUDIO_MIX = "audio/mix"
"""A call is 20 ms of Opus at 48 kHz mono; for the mix it is one stream added to a sum."""

SCAN_LUMA = "scan/luma"
"""A call hands the decoder's Y plane to a hash."""

HOP_SESSION = "session/hop"
"""Memory of one connection's SRTP contexts, receiving and sending."""

STREAM_BUFFER = "buffer/stream"
"""Memory that holds one second of one received stream of 1.8 Mbit/s, to send packets again."""


def encode(codec: str, height: int) -> str:
    """A call encodes one frame."""
    return f"encode/{codec}/{height}"


def decode(codec: str, height: int) -> str:
    """A call decodes one frame."""
    return f"decode/{codec}/{height}"


def compose(height: int) -> str:
    """A call scales one 720-line frame to `height` and puts it into a picture."""
    return f"compose/{height}"


def packetize(codec: str) -> str:
    """A call is one access unit, a packet one RTP packet, a byte one of the access unit."""
    return f"packetize/{codec}"


def depacketize(codec: str) -> str:
    """As `packetize`."""
    return f"depacketize/{codec}"


def srtp_protect(profile: str) -> str:
    """A call is the packets of one access unit, a byte one of RTP payload."""
    return f"srtp/protect/{profile}"


def srtp_unprotect(profile: str) -> str:
    """As `srtp_protect`."""
    return f"srtp/unprotect/{profile}"


def fan_out(profile: str) -> str:
    """A call is the packets of one access unit to all receivers; a packet is one that leaves.

    The packet is rewritten (SSRC, numbers) and protected for its receiver.
    """
    return f"srtp/fan-out/{profile}"


def sframe_encrypt(suite: str) -> str:
    """A call is one frame, a byte one of the frame."""
    return f"sframe/encrypt/{suite}"


def sframe_decrypt(suite: str) -> str:
    """As `sframe_encrypt`."""
    return f"sframe/decrypt/{suite}"


def aead_seal(cipher: str) -> str:
    """A packet is one sealed message (a tunnel's packet), a byte one of it."""
    return f"aead/seal/{cipher}"


def aead_open(cipher: str) -> str:
    """As `aead_seal`."""
    return f"aead/open/{cipher}"


def udp_send(method: str) -> str:
    """A call is one system call, a packet one datagram on loopback, a byte one of its payload.

    On loopback the sender's CPU does the kernel's part of receiving as well.
    """
    return f"udp/{method}"


def udp_receive(method: str) -> str:
    """As `udp_send`; only what the receiver's own system calls take."""
    return f"udp/{method}"


def scan_hash(scanner: str, height: int) -> str:
    """A call hashes one luma plane."""
    return f"scan/hash/{scanner}/{height}"


def scan_lookup(scanner: str, list_size: int) -> str:
    """A call looks one hash up."""
    return f"scan/lookup/{scanner}/{list_size}"


def encoder_memory(codec: str, height: int) -> str:
    """Memory of one open encoder."""
    return f"encoder/{codec}/{height}"


def decoder_memory(codec: str, height: int) -> str:
    """Memory of one open decoder."""
    return f"decoder/{codec}/{height}"
