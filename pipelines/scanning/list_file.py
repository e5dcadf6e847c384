"""Lists of hashes as files.

All numbers are little-endian. A file holds, without gaps:

    magic     8 bytes   b"SEALLIST"
    version   u32       1
    bits      u32       of one hash, a multiple of 64
    entries   u64
    hasher    u16 length, then as many bytes of UTF-8
    origin    u32 length, then as many bytes of UTF-8
    hashes    entries x bits / 64 words of 64 bits: bit i of a hash is bit i % 64 of word i // 64
    checksum  32 bytes  SHA-256 of everything before it
"""

import hashlib
import os
import struct
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from pipelines.files import open_plain, replace_file
from pipelines.scanning.hash_list import HashList

MAGIC = b"SEALLIST"
VERSION = 1
MOST_BITS = 4096
MOST_BYTES = 8_000_000_000
"""The most that is read: two hundred million hashes of 256 bits."""

_HEAD = struct.Struct("<IIQ")  # behind the magic
_HASHER_SIZE = struct.Struct("<H")
_ORIGIN_SIZE = struct.Struct("<I")
_WORD = np.dtype("<u8")
_DIGEST_SIZE = hashlib.sha256().digest_size


class ListFileError(Exception):
    """A file is no list that can be read, or a list cannot be written; the message says why."""


def write_list(path: Path, hash_list: HashList) -> None:
    """Write `hash_list` to `path`: readers see the old file or the whole new one.

    Raises ListFileError where a field does not fit in the format, and OSError.
    """
    head = _encode_head(path, hash_list)
    hashes = np.ascontiguousarray(hash_list.hashes, dtype=_WORD)
    body = hashes.reshape(-1).view(np.uint8).data
    digest = hashlib.sha256(head)
    digest.update(body)
    # What a link points to is written, and nothing that is no file is replaced.
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        raise ListFileError(f"{path}: not a regular file")

    def write(file: BinaryIO) -> None:
        file.write(head)
        file.write(body)
        file.write(digest.digest())

    replace_file(path, write)


def read_list(path: Path) -> HashList:
    """Return the list in the file at `path`.

    Raises ListFileError where it cannot be read, is no list, of a newer version, cut short, too
    long or changed. Memory is asked for only after the size of the file has been found to be right.
    """
    try:
        with open_plain(path, most_bytes=MOST_BYTES) as file:
            return _read(path, file)
    except OSError as error:
        raise ListFileError(f"{path}: {error.strerror or error}") from error


def _read(path: Path, file: BufferedReader) -> HashList:
    reader = _Reader(path, file)
    if reader.take(len(MAGIC), "magic") != MAGIC:
        raise ListFileError(f"{path}: no list of hashes: it begins otherwise than {MAGIC!r}")
    version, bits, entries = _HEAD.unpack(reader.take(_HEAD.size, "header"))
    _check_head(path, version, bits)
    (hasher_size,) = _HASHER_SIZE.unpack(reader.take(_HASHER_SIZE.size, "length of hasher"))
    hasher = reader.take(hasher_size, "hasher")
    (origin_size,) = _ORIGIN_SIZE.unpack(reader.take(_ORIGIN_SIZE.size, "length of origin"))
    origin = reader.take(origin_size, "origin")
    words = bits // 64
    reader.check_rest(entries * words * 8 + _DIGEST_SIZE, f"entries {entries} of {bits} bits")
    hashes = reader.take_words(entries * words)
    reader.check_digest()
    return HashList(
        hasher=_text(path, "hasher", hasher),
        bits=bits,
        origin=_text(path, "origin", origin),
        hashes=hashes.astype(np.uint64, copy=False).reshape(entries, words),
    )


class _Reader:
    """A file from front to back; no more is asked of it than it has."""

    def __init__(self, path: Path, file: BufferedReader) -> None:
        self._path = path
        self._file = file
        self._left = os.fstat(file.fileno()).st_size
        self._digest = hashlib.sha256()

    def take(self, size: int, field: str) -> bytes:
        """Return the next `size` bytes, which hold `field`."""
        data = self._file.read(size) if size <= self._left else b""
        if len(data) != size:
            raise ListFileError(
                f"{self._path}: {field}: cut short: {size} bytes expected, {self._left} there"
            )
        self._left -= size
        self._digest.update(data)
        return data

    def take_words(self, count: int) -> npt.NDArray[np.uint64]:
        """Return the next `count` words; `check_rest` has seen that they are there."""
        words = np.empty(count, dtype=_WORD)
        data = words.view(np.uint8).data
        if self._file.readinto(data) != len(data):
            raise ListFileError(f"{self._path}: hashes: cut short while they were read")
        self._digest.update(data)
        return words

    def check_rest(self, expected: int, field: str) -> None:
        """Raise ListFileError unless `expected` bytes follow."""
        if self._left < expected:
            missing = expected - self._left
            raise ListFileError(f"{self._path}: {field}: cut short by {missing} bytes")
        if self._left > expected:
            extra = self._left - expected
            raise ListFileError(f"{self._path}: {field}: {extra} bytes too many")

    def check_digest(self) -> None:
        """Raise ListFileError unless the checksum that follows is that of all that was read."""
        computed = self._digest.digest()
        stored = self._file.read(_DIGEST_SIZE)
        if stored != computed:
            raise ListFileError(
                f"{self._path}: checksum: {stored.hex()[:16]}... stored, but the content has"
                f" {computed.hex()[:16]}...: the file was changed"
            )


def _encode_head(path: Path, hash_list: HashList) -> bytes:
    """Return everything before the hashes."""
    hasher, origin = hash_list.hasher.encode(), hash_list.origin.encode()
    for field, size, most in (
        ("hasher", len(hasher), 2**16 - 1),
        ("origin", len(origin), 2**32 - 1),
        ("bits", hash_list.bits, MOST_BITS),
    ):
        if size > most:
            raise ListFileError(f"{path}: {field}: {size} is more than {most}")
    return b"".join(
        [
            MAGIC,
            _HEAD.pack(VERSION, hash_list.bits, len(hash_list)),
            *(_HASHER_SIZE.pack(len(hasher)), hasher),
            *(_ORIGIN_SIZE.pack(len(origin)), origin),
        ]
    )


def _check_head(path: Path, version: int, bits: int) -> None:
    if version != VERSION:
        raise ListFileError(f"{path}: version: {version}, but only {VERSION} is known")
    if not 0 < bits <= MOST_BITS or bits % 64:
        raise ListFileError(f"{path}: bits: {bits} is no multiple of 64 from 64 to {MOST_BITS}")


def _text(path: Path, field: str, data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise ListFileError(f"{path}: {field}: not UTF-8: {error.reason}") from error
    # It is somebody else's, and it goes to terminals and pages.
    if not text.isprintable():
        raise ListFileError(f"{path}: {field}: holds characters that are no visible text")
    return text
