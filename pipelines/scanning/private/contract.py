"""The contract of a private look-up: two parties, and the bytes that pass between them.

A server holds a list, a client a hash. The client learns whether its hash is listed; what else
either of them learns is part of a protocol's value, in words.

Both are taken to follow the protocol and to be curious about what they see. What a party that
deviates can learn is said in the same words, where it is known.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pipelines.scanning.hasher import U64


class PrivateServer(Protocol):
    """Who holds the list, made ready for many clients and many questions."""

    @property
    def setup(self) -> bytes:
        """The message that a client needs once, before its first question."""

    def answer(self, request: bytes) -> bytes:
        """Return the answer to one request. Raises BadMessage."""


class PrivateClient(Protocol):
    """Who holds the hash, with keys of its own that appear in no message, repr or log."""

    def request(self, words: U64) -> bytes:
        """Return the question for one hash, uint64 of shape (words,)."""

    def read(self, answer: bytes) -> bool:
        """Return whether the list holds an entry within the radius. Raises BadMessage."""


def never(entries: int) -> float:  # noqa: ARG001 - the shape of `false_positive_rate`
    """Return 0: no hash that is not listed is ever said to be."""
    return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateProtocol:
    """A private look-up by name.

    `new_server` takes the hashes, uint64 of shape (entries, words), and the radius; `new_client`
    takes the server's set-up message. Both raise NotInstalled without the package `library`, the
    first ValueError for a list or a radius that it cannot take, the second BadMessage. One that is
    `exact_only` finds bit-identical hashes, so its radius is 0. `false_positive_rate` is the
    largest chance that a hash which is not listed is said to be, by the number of entries; one that
    is listed is always found.
    """

    name: str
    summary: str
    source: str
    library: str
    exact_only: bool
    client_learns: str
    server_learns: str
    new_server: Callable[[U64, int], PrivateServer]
    new_client: Callable[[bytes], PrivateClient]
    false_positive_rate: Callable[[int], float] = never


def check_hashes(hashes: U64) -> None:
    """Raise ValueError where `hashes` are not rows of words, or there are none."""
    if hashes.ndim != 2 or not hashes.size:
        raise ValueError(
            f"a private list is at least one row of words, not an array of shape {hashes.shape}"
        )
