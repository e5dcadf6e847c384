"""Hamming distances to a whole list under encryption (BFV), for any radius.

With q the client's bits and l an entry's, the distance is sum(l) + sum(q (1 - 2 l)): linear in q.
The client sends each bit of its hash encrypted on its own, as a constant polynomial. The server
holds, for each bit, polynomials whose coefficients are 1 - 2 l of as many entries; multiplied and
added they give the distances to all those entries, one a coefficient. No ciphertexts are multiplied
with each other, so the server needs no evaluation keys and the client may encrypt with its secret.

The noise grows by at most POLY_DEGREE x bits = 2^19 for 256 bits, of the 2^40 that SEAL reports as
the budget of a fresh ciphertext.

Fan and Vercauteren, "Somewhat practical fully homomorphic encryption" (2012).
"""

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.media import U8
from pipelines.scanning.hasher import U64
from pipelines.scanning.private.contract import PrivateProtocol, check_hashes
from pipelines.scanning.private.messages import BadMessage, join, split, unwrap, wrap
from pipelines.scanning.private.seal import MOST_BITS, PLAIN_MODULUS, POLY_DEGREE, Seal

_SETUP = struct.Struct("<III")
"""Entries, bits of a hash, radius: all that a client needs besides the fixed parameters."""


class BfvServer:
    """The list as transformed polynomials: 8 bytes for each bit of each entry."""

    def __init__(self, hashes: U64, radius: int) -> None:
        check_hashes(hashes)
        self._bits = 64 * hashes.shape[1]
        if self._bits > MOST_BITS:
            raise ValueError(f"hashes of {self._bits} bits; BFV here takes up to {MOST_BITS}")
        if not 0 <= radius < self._bits:
            raise ValueError(f"radius {radius} of hashes of {self._bits} bits")
        self._seal = Seal()
        self._setup = wrap("bfv setup", _SETUP.pack(len(hashes), self._bits, radius))
        self._blocks = [
            _Block(self._seal, hashes[start : start + POLY_DEGREE])
            for start in range(0, len(hashes), POLY_DEGREE)
        ]

    @property
    def setup(self) -> bytes:
        """The size of the list, and how to ask."""
        return self._setup

    def answer(self, request: bytes) -> bytes:
        """Return the encrypted distances to all entries. Raises BadMessage."""
        seal = self._seal
        parts = split("bfv request", unwrap("bfv request", request), self._bits)
        bits = _loaded(seal, "bfv request", parts)
        for bit in bits:
            seal.evaluator.transform_to_ntt_inplace(bit)
        answers = seal.saved(block.distances(seal, bits) for block in self._blocks)
        return wrap("bfv answer", join(answers))


class BfvClient:
    """A secret key that is nowhere else, and what it takes to ask with it."""

    def __init__(self, setup: bytes) -> None:
        body = unwrap("bfv setup", setup)
        if len(body) != _SETUP.size:
            raise BadMessage(f"bfv setup: {len(body)} bytes, not {_SETUP.size}")
        self._entries, self._bits, self._radius = _SETUP.unpack(body)
        if not self._entries or not self._radius < self._bits <= MOST_BITS:
            raise BadMessage(
                f"bfv setup: {self._entries} entries of {self._bits} bits, radius {self._radius}"
            )
        self._seal = seal = Seal()
        key = seal.api.KeyGenerator(seal.context).secret_key()
        self._encryptor = seal.api.Encryptor(seal.context, key)
        self._decryptor = seal.api.Decryptor(seal.context, key)
        self._constants = (seal.api.Plaintext("0"), seal.api.Plaintext("1"))

    def request(self, words: U64) -> bytes:
        """Return the bits of the hash, each encrypted. Raises ValueError for a wrong width."""
        bits = _bits_of(words[None, :])[0]
        if len(bits) != self._bits:
            raise ValueError(f"a hash of {len(bits)} bits in a list of {self._bits}-bit ones")
        encrypt = self._encryptor.encrypt_symmetric
        # Encrypted with the secret, half of a ciphertext is random and goes as its seed.
        encrypted = self._seal.saved(encrypt(self._constants[bit]) for bit in bits.tolist())
        return wrap("bfv request", join(encrypted))

    def read(self, answer: bytes) -> bool:
        """Return whether an entry lies within the radius. Raises BadMessage."""
        return bool((self.distances(answer) <= self._radius).any())

    def distances(self, answer: bytes) -> npt.NDArray[np.int64]:
        """Return the distance to each entry, shape (entries,): what the key holder really sees.

        Raises BadMessage where the answer was not made for this client's key: a wrong key decrypts
        to noise, and noise exceeds the length of a hash.
        """
        seal = self._seal
        blocks = -(-self._entries // POLY_DEGREE)
        parts = split("bfv answer", unwrap("bfv answer", answer), blocks)
        distances = np.zeros((blocks, POLY_DEGREE), dtype=np.int64)
        for row, encrypted in zip(distances, _loaded(seal, "bfv answer", parts), strict=True):
            if self._decryptor.invariant_noise_budget(encrypted) == 0:
                raise BadMessage("bfv answer: not made for this key, or too noisy to decrypt")
            plain = seal.api.Plaintext()
            self._decryptor.decrypt(encrypted, plain)
            # Leading zeros are not kept.
            row[: plain.coeff_count()] = [plain[i] for i in range(plain.coeff_count())]
        flat = distances.reshape(-1)[: self._entries]
        if int(flat.max()) > self._bits:
            raise BadMessage(f"bfv answer: distance {flat.max()} of {self._bits} bits")
        return flat


class _Block:
    """Up to POLY_DEGREE entries: per bit a polynomial of 1 - 2 l, and one of the sums of l."""

    def __init__(self, seal: Seal, hashes: U64) -> None:
        bits = _bits_of(hashes)
        plain = seal.api.Plaintext
        signs = np.where(bits == 1, PLAIN_MODULUS - 1, 1)
        self._signs = [seal.for_products(plain(_polynomial(column))) for column in signs.T]
        self._weights = plain(_polynomial(bits.sum(axis=1, dtype=np.int64)))

    def distances(self, seal: Seal, bits: list[Any]) -> Any:
        """Return the encrypted distances; `bits` are transformed ciphertexts, one a bit."""
        evaluator = seal.evaluator
        total, product = seal.api.Ciphertext(), seal.api.Ciphertext()
        evaluator.multiply_plain(bits[0], self._signs[0], total)
        for bit, signs in zip(bits[1:], self._signs[1:], strict=True):
            evaluator.multiply_plain(bit, signs, product)
            evaluator.add_inplace(total, product)
        evaluator.transform_from_ntt_inplace(total)
        evaluator.add_plain_inplace(total, self._weights)
        return total


def _loaded(seal: Seal, label: str, parts: list[bytes]) -> list[Any]:
    try:
        return seal.loaded(parts)
    except (RuntimeError, ValueError) as error:
        raise BadMessage(f"{label}: {error}") from None


def _bits_of(hashes: U64) -> U8:
    """Return the bits of hashes of shape (n, words), uint8 of shape (n, bits)."""
    octets = np.ascontiguousarray(hashes, dtype="<u8").view(np.uint8)
    return np.unpackbits(octets, axis=1, bitorder="little")


def _polynomial(coefficients: npt.NDArray[np.int64]) -> str:
    """Return a polynomial as SEAL reads it, highest power first: `001x^0002 + 1FFx^0000`."""
    highest = len(coefficients) - 1
    text = np.empty((len(coefficients), len(_TERM)), dtype=np.uint8)
    text[:] = np.frombuffer(_TERM, dtype=np.uint8)
    powers = np.arange(highest, -1, -1)
    for place, shift in enumerate((8, 4, 0)):
        text[:, place] = _HEX[(coefficients[::-1] >> shift) & 15]
    for place, unit in enumerate((1000, 100, 10, 1)):
        text[:, 5 + place] = _HEX[powers // unit % 10]
    return text.tobytes()[: -len(_PLUS)].decode()


_PLUS = b" + "
_TERM = b"000x^0000" + _PLUS
_HEX = np.frombuffer(b"0123456789ABCDEF", dtype=np.uint8)

BFV = PrivateProtocol(
    name="bfv",
    summary="Encrypted Hamming distances to every entry (BFV); the client decrypts them all.",
    source="Fan, Vercauteren 2012; Homomorphic Encryption Security Standard 2018",
    library="tenseal",
    exact_only=False,
    client_learns=(
        "the distance of each hash it asks about to every entry, in the list's order, and the size"
        " of the list; some 256 different questions, honest ones too, give it the list itself"
    ),
    server_learns="how many questions were asked, and when; neither the hashes nor what was found",
    new_server=BfvServer,
    new_client=BfvClient,
)
