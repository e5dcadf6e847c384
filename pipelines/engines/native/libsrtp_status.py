"""What libsrtp's status codes mean to a stage."""

from collections.abc import Mapping
from types import MappingProxyType

from pipelines.stage import AuthenticationFailed, Malformed, Rejected, Replayed

OK = 0
REPLAY_FAIL = 9
REPLAY_OLD = 10
KEY_EXPIRED = 15
PARSE_ERR = 21

NONCE_SPENT = frozenset({REPLAY_FAIL, REPLAY_OLD, KEY_EXPIRED})
"""On the sending side: the packet's index was used before, or the key has no index left."""

# srtp_err_status_t of libsrtp's srtp.h; what is not here cannot come from a packet.
REASONS: Mapping[int, tuple[type[Rejected], str]] = MappingProxyType(
    {
        7: (AuthenticationFailed, "authentication failure"),
        8: (AuthenticationFailed, "cipher failure"),
        REPLAY_FAIL: (Replayed, "index accepted before"),
        REPLAY_OLD: (Replayed, "index older than the window"),
        13: (AuthenticationFailed, "no key for this SSRC"),
        PARSE_ERR: (Malformed, "not an SRTP packet of version 2 with header and tag"),
        26: (Replayed, "index too old to consider"),
    }
)
"""Why a packet was refused, by status code."""


def reason_of(status: int) -> Rejected:
    """Return why libsrtp refused a packet with `status`, which is not OK."""
    kind, text = REASONS.get(status, (Rejected, "no reason that a packet can give"))
    return kind(f"libsrtp status {status}: {text}")
