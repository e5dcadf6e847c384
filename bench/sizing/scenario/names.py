"""The ciphers, codecs and scanners that a scenario may name."""

from pipelines.ciphers.table import CIPHERS
from pipelines.formats.sframe.suites import SUITES
from pipelines.formats.srtp.profiles import PROFILES
from pipelines.media import CODECS

NONE = "none"

HOP_CIPHERS = (NONE, *PROFILES)
"""SRTP profiles."""

E2E_CIPHERS = (NONE, *(suite.name for suite in SUITES.values()))
"""SFrame suites."""

TUNNELS = (
    NONE,
    # What ESP takes (RFC 4106, RFC 7634): a tag of 16 bytes over a nonce of 12.
    *(
        cipher.name
        for cipher in CIPHERS.values()
        if cipher.authenticated and (cipher.tag_size, cipher.nonce_size) == (16, 12)
    ),
)
"""AEADs of an encrypted tunnel."""

VIDEO_CODECS = tuple(codec for codec in CODECS if codec != "raw")


def scanners() -> tuple[str, ...]:
    """Return the scanners that come with sealbench."""
    # Costs a third of a second (numba): only where a scenario names another than the default one.
    from pipelines.scanning.table import SCANNERS  # noqa: PLC0415 - see above

    return tuple(SCANNERS)
