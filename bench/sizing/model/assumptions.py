"""Every number of the model that neither the scenario nor the profile gives, with its source."""

from typing import Final

SERVER_BASE_BYTES: Final = 1.0 * 2**30
"""Operating system and idle processes of one server: our estimate."""

BUFFERED_AT_BPS: Final = 1_800_000.0
"""The bit rate of which a second is calibrated as a received stream's buffer: it grows with it."""

WRITE_NS_PER_BYTE: Final = 0.5
"""CPU of handing recorded bytes to the file system, about 2 GB/s: our estimate."""

KEY_MESSAGE_BYTES: Final = 160.0
"""A sender key in a pairwise message: 64 bytes and as much again for header, counter, signature and
envelope. Our estimate."""

COMMIT_SHARE: Final = 0.5
"""HPKE seals in an MLS commit per other member, besides one for each level of the tree.

RFC 9420 7.5 needs one per level at best; joins and leaves blank nodes, whose subtrees then take a
seal for each member. arXiv 2502.18303 measures linear cost in practice; the share is our estimate.
"""

TREE_NS_PER_MEMBER: Final = 1_000.0
"""Work on the tree per member and commit (its hash, RFC 9420 7.8: about two hashes of a node each).
Our estimate; arXiv 2502.18303 finds it linear in members."""

COMMIT_BYTES: Final = 400.0
"""A commit without its path: framing, proposal, leaf node, signature and tag. Our estimate from
RFC 9420 6, 12.4."""

COMMIT_BYTES_PER_SEAL: Final = 32.0 + 2 + 48 + 2
"""One HPKECiphertext of a commit: X25519 share, a sealed path secret of 32 bytes, two lengths (RFC
9420 5.1.3, 7.6)."""

WELCOME_BYTES: Final = 700.0
"""A welcome without the tree: our estimate from RFC 9420 12.4.3."""

TREE_BYTES_PER_MEMBER: Final = 250.0
"""A member's leaf and half of a parent node in the tree that a welcome carries: our estimate."""

PRIVATE_LISTS: Final = (10_000, 100_000)
PRIVATE_CLIENT_NS: Final = (304_267.0, 1_141_406.0)
PRIVATE_SERVER_NS: Final = (92_794.0, 104_007.0)
PRIVATE_UP_BYTES: Final = 41.0
PRIVATE_DOWN_BYTES: Final = 39.0
"""One private look-up on lists of `PRIVATE_LISTS` entries: measured in results/reference-scanning
(openmined-psi 2.0.6, psi-gcs), on the machine named there."""
