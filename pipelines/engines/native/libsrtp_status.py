"""What libsrtp's status codes mean to a stage: srtp_err_status_t of libsrtp's srtp.h."""

from pipelines.stage import Rejected

OK = 0
AUTHENTICATION_FAILED = 7
CIPHER_FAILED = 8
REPLAYED = 9
REPLAYED_OLD = 10
INDEX_OLD = 26


def reason_of(status: int) -> Rejected:
    """Return the refusal for a `status` that no packet that was looked at before can give."""
    return Rejected(f"libsrtp status {status}: no reason that a packet can give")
