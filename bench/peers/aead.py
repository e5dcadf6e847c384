"""Bare AEADs: a loop over each libcrypto's EVP functions, and `cryptography` one call at a time."""

import ctypes.util
import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from bench.peers.cell import (
    Cell,
    Contender,
    Direction,
    Memory,
    Missing,
    Part,
    WrongAnswer,
    cells,
    timed_ns,
)
from bench.peers.kernels import (
    AAD_SIZE,
    NONCE_SIZE,
    TAG_SIZE,
    Words,
    evp_addresses,
    open_rows,
    seal_rows,
)
from bench.peers.workload import Workload, evict, per_call_units, rows_for
from pipelines.engines.native.evp import KeyedContext
from pipelines.engines.native.library import (
    PATH_VARIABLE,
    NativeLibrary,
    NoNativeLibrary,
    load,
    pylibsrtp_module,
)
from pipelines.media import U8

OPENS = 1 << 62
"""Nonces of the units that are only opened start here, far from those that sealing counts up to."""

VERIFIED_UNITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class AeadCipher:
    """A cipher by the names that the libraries have for it."""

    name: str
    evp: str
    key_size: int
    one_shot: Callable[[bytes], AESGCM | ChaCha20Poly1305]


CIPHERS = (
    AeadCipher(name="aes-128-gcm", evp="aes_128_gcm", key_size=16, one_shot=AESGCM),
    AeadCipher(name="aes-256-gcm", evp="aes_256_gcm", key_size=32, one_shot=AESGCM),
    AeadCipher(
        name="chacha20-poly1305", evp="chacha20_poly1305", key_size=32, one_shot=ChaCha20Poly1305
    ),
)
"""What all compare: the two that SRTP and SFrame use, and the one for CPUs without AES."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """One cipher with a key, and the nonces that it has not used yet."""

    cipher: AeadCipher
    key: bytes = field(repr=False)
    counter: Iterator[int] = field(repr=False)

    @classmethod
    def fresh(cls, cipher: AeadCipher) -> "Keyed":
        """Return `cipher` with a random key: no (key, nonce) ever repeats, here or elsewhere."""
        return cls(cipher=cipher, key=os.urandom(cipher.key_size), counter=itertools.count(0, 4096))

    def sealed(self, rows: U8, first: int) -> U8:
        """Return ciphertext || tag of each of `rows` by `cryptography`."""
        one_shot = self.cipher.one_shot(self.key)
        out = np.empty((len(rows), rows.shape[1] + TAG_SIZE), dtype=np.uint8)
        for index, row in enumerate(rows):
            sealed = one_shot.encrypt(nonce(first + index), row.tobytes(), AAD)
            out[index] = np.frombuffer(sealed, dtype=np.uint8)
        return out


AAD = bytes(range(AAD_SIZE))


def nonce(counter: int) -> bytes:
    """Return the nonce that the compiled loops make of `counter`."""
    return counter.to_bytes(NONCE_SIZE)


def evp_libraries() -> tuple[list[NativeLibrary], list[Missing]]:
    """Return every libcrypto to compare, and what is not there."""
    found: list[NativeLibrary] = []
    missing: list[Missing] = []
    named = os.environ.get(PATH_VARIABLE)
    places = (
        *([(f"{PATH_VARIABLE}'s libcrypto", named)] if named else []),
        ("pylibsrtp's libcrypto", pylibsrtp_module()),
        ("the system's libcrypto", ctypes.util.find_library("crypto")),
    )
    for name, path in places:
        if path is None:
            missing.append(
                Missing(part=Part.AEAD, name=f"EVP loop, {name}", reason="not installed")
            )
            continue
        try:
            library = load(path, name)
            evp_addresses(library)
        except NoNativeLibrary as reason:
            missing.append(Missing(part=Part.AEAD, name=f"EVP loop, {name}", reason=str(reason)))
        else:
            found.append(library)
    return found, missing


def cryptography_library() -> str:
    """Return the `cryptography` package with the OpenSSL it carries."""
    openssl = backend.openssl_version_text().split()[1]
    return f"cryptography {version('cryptography')} with OpenSSL {openssl}"


def aead_contenders(
    work: Workload,
    sizes: tuple[int, ...],
    libraries: list[NativeLibrary],
    memories: tuple[Memory, ...] = tuple(Memory),
) -> Iterator[Contender]:
    """Yield every contender for every cipher and size."""
    for cipher in CIPHERS:
        keyed = Keyed.fresh(cipher)
        loops = [
            (
                library,
                evp_addresses(library),
                KeyedContext(library, cipher.evp, keyed.key, encrypting=True),
                KeyedContext(library, cipher.evp, keyed.key, encrypting=False),
            )
            for library in libraries
        ]
        for size in sizes:
            payloads = work.payloads(size)
            sealed = keyed.sealed(payloads, OPENS)
            out = np.empty((len(payloads), size + TAG_SIZE), dtype=np.uint8)
            for cell in cells(Part.AEAD, cipher.name, size, memories):
                task = _Task(keyed=keyed, cell=cell, payloads=payloads, sealed=sealed, out=out)
                for library, functions, sealer, opener in loops:
                    loop = _EvpLoop(task, functions, sealer if task.sealing else opener)
                    yield Contender(
                        cell=cell,
                        name=f"EVP loop, {library.name}",
                        library=f"OpenSSL {library.version}",
                        batch=len(payloads),
                        verify=partial(task.verify, loop.do),
                        one_pass=partial(task.timed_pass, loop.do, len(payloads)),
                    )
                yield _one_shot(task)


def one_shot_contender(keyed: Keyed, cell: Cell, payloads: U8) -> Contender:
    """Return `cryptography` on the bare payload, for a cell with more around it."""
    sealing = cell.direction is Direction.SEAL
    return _one_shot(
        _Task(
            keyed=keyed,
            cell=cell,
            payloads=payloads,
            sealed=payloads[:0] if sealing else keyed.sealed(payloads, OPENS),
            out=np.empty((len(payloads), payloads.shape[1] + TAG_SIZE), dtype=np.uint8),
        )
    )


def _one_shot(task: "_Task") -> Contender:
    calls = _OneShotCalls(task)
    return Contender(
        cell=task.cell,
        name=ONE_SHOT[task.cell.direction],
        library=cryptography_library(),
        batch=1,
        verify=partial(task.verify, calls.do),
        one_pass=calls.timed_pass,
    )


ONE_SHOT = {
    Direction.SEAL: "cryptography, encrypt_into per unit",
    Direction.OPEN: "cryptography, decrypt_into per unit",
}
"""The names of `cryptography`'s contenders."""


Do = Callable[[U8, int, int], int]
"""(rows, how many units, first nonce): do them into `out`; return how many were refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """The bytes of one cell, and what is right."""

    keyed: Keyed
    cell: Cell
    payloads: U8
    sealed: U8
    out: U8

    @property
    def sealing(self) -> bool:
        return self.cell.direction is Direction.SEAL

    @property
    def rows(self) -> U8:
        table = self.payloads if self.sealing else self.sealed
        return rows_for(table, self.cell.memory, self.cell.size_bytes)

    def first_nonce(self) -> int:
        return next(self.keyed.counter) if self.sealing else OPENS

    def timed_pass(self, do: Do, units: int) -> float:
        rows, first = self.rows, self.first_nonce()
        if self.cell.memory is Memory.COLD:
            rows = rows[:units]
            evict()
        else:
            do(rows, len(rows), self.first_nonce())
        return timed_ns(partial(do, rows, units, first)) / units

    def verify(self, do: Do) -> None:
        """Raise WrongAnswer where `do` does not give the bytes of `cryptography`."""
        first = self.first_nonce()
        rows = self.rows[:VERIFIED_UNITS]
        self.out[:] = 0
        refused = do(rows, len(rows), first)
        right = self.keyed.sealed(rows, first) if self.sealing else self.payloads[: len(rows)]
        got = self.out[: len(rows), : right.shape[1]]
        if refused or not np.array_equal(got, right):
            raise WrongAnswer(f"{self.cell}: {refused} of {len(rows)} refused, or other bytes")
        if not self.sealing:
            forged = rows.copy()
            forged[:, -1] ^= 1
            if do(forged, len(forged), first) != len(forged):
                raise WrongAnswer(f"{self.cell}: a forged tag was accepted")


class _EvpLoop:
    """A compiled loop over one library's EVP functions, keyed once."""

    def __init__(self, task: _Task, functions: Words, context: KeyedContext) -> None:
        self._task = task
        self._functions = functions
        self._context = context
        self._aad = np.frombuffer(AAD, dtype=np.uint8).copy()

    def do(self, rows: U8, units: int, first: int) -> int:
        loop = seal_rows if self._task.sealing else open_rows
        return loop(
            self._functions, self._context.address, self._aad, rows, units, first, self._task.out
        )


class _OneShotCalls:
    """`encrypt_into` or `decrypt_into` once for each unit, with everything else made before."""

    def __init__(self, task: _Task) -> None:
        self._task = task
        self._cipher = task.keyed.cipher.one_shot(task.keyed.key)

    def do(self, rows: U8, units: int, first: int) -> int:
        return self._run(*self._arguments(rows, units, first))

    def timed_pass(self) -> float:
        task = self._task
        units = per_call_units(len(task.payloads))
        rows, first = task.rows[:units], task.first_nonce()
        arguments = self._arguments(rows, units, first)
        if task.cell.memory is Memory.COLD:
            evict()
        else:
            self.do(rows, len(rows), task.first_nonce())
        return timed_ns(partial(self._run, *arguments)) / units

    def _arguments(
        self, rows: U8, units: int, first: int
    ) -> tuple[list[bytes], list[memoryview], list[memoryview]]:
        task, count = self._task, len(rows)
        size = rows.shape[1] + (TAG_SIZE if task.sealing else -TAG_SIZE)
        inputs = [rows[unit % count].data for unit in range(units)]
        outs = [task.out[unit % count, :size].data for unit in range(units)]
        # A sealed row has one nonce for good; a sealing one takes a new one each time.
        step = units if task.sealing else count
        return [nonce(first + unit % step) for unit in range(units)], inputs, outs

    def _run(self, nonces: list[bytes], inputs: list[memoryview], outs: list[memoryview]) -> int:
        call = self._cipher.encrypt_into if self._task.sealing else self._cipher.decrypt_into
        refused = 0
        for number, data, out in zip(nonces, inputs, outs, strict=True):
            try:
                call(number, data, AAD, out)
            except InvalidTag:
                refused += 1
        return refused
