"""Units to cut, packets to join, and memory that ends where it says."""

import ctypes
import mmap
import re
from collections.abc import Callable
from random import Random

import numpy as np
import pytest

from pipelines.media import U8, EncodedFrame

_PAGE = mmap.PAGESIZE
_NO_ACCESS = 0


def _h264_unit(random: Random, sizes: list[int]) -> bytes:
    unit = b""
    for place, size in enumerate(sizes):
        nal_type = random.choice((1, 5, 6, 8, 23) if place else (1, 5, 6, 7, 8, 9, 23))
        body = random.randbytes(size)
        if size > 3 and random.random() < 0.5:
            body = body[:1] + bytes(size // 2) + body[1 + size // 2 :]
        # Emulation prevention, and a last byte that is not zero (ITU-T H.264 7.4.1).
        body = re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", body)
        body = body[:-1] + b"\x80" if body else b""
        unit += b"\0\0\0\1" + bytes([random.randrange(4) << 5 | nal_type]) + body
    return unit


def _h265_unit(random: Random, sizes: list[int]) -> bytes:
    unit = b""
    for place, size in enumerate(sizes):
        # ITU-T H.265 7.3.1.2: F, type, layer and temporal ID in 16 bits; rarely of a layer above.
        nal_type = random.choice((0, 1, 19, 21, 34, 39, 47) if place else (1, 16, 19, 32, 33, 35))
        header = nal_type << 9 | (random.random() < 0.1) << 3 | random.randint(1, 7)
        body = header.to_bytes(2) + random.randbytes(size)
        body = re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", body)
        unit += b"\0\0\0\1" + (body if size == 0 else body[:-1] + b"\x80")
    return unit


def _leb128(value: int) -> bytes:
    octets = bytearray()
    while value >= 0x80:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*octets, value])


def _av1_unit(random: Random, sizes: list[int]) -> bytes:
    unit = b"\x12\x00"
    for size in sizes:
        has_extension = random.random() < 0.3
        header = random.choice((1, 3, 4, 5, 6, 7, 15)) << 3 | has_extension << 2 | 2
        extension = [random.randrange(2) << 5 | random.randrange(2) << 3] if has_extension else []
        unit += bytes([header, *extension]) + _leb128(size) + random.randbytes(size)
    return unit


def _any_unit(random: Random, sizes: list[int]) -> bytes:
    return random.randbytes(1 + sum(sizes))


_UNITS: dict[str, Callable[[Random, list[int]], bytes]] = {
    "h264": _h264_unit,
    "h265": _h265_unit,
    "av1": _av1_unit,
}


class Material:
    """What the tests of this folder are made of."""

    @staticmethod
    def unit(codec: str, random: Random, sizes: list[int], *, index: int = 0) -> EncodedFrame:
        """Return a well-formed access unit whose parts have about `sizes` bytes."""
        unit = _UNITS.get(codec, _any_unit)(random, sizes)
        return EncodedFrame(
            index=index,
            pts_ns=index * 33_333_333,
            is_keyframe=random.random() < 0.5,
            codec=codec,
            payload=np.frombuffer(unit, dtype=np.uint8),
        )

    @staticmethod
    def guarded(size: int) -> U8:
        """Return `size` bytes; reading or writing one behind them ends the process."""
        pages = -(-size // _PAGE) + 1
        memory = mmap.mmap(-1, pages * _PAGE)
        begin = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        protect = ctypes.CDLL(None, use_errno=True).mprotect
        protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        assert protect(begin + (pages - 1) * _PAGE, _PAGE, _NO_ACCESS) == 0
        end = (pages - 1) * _PAGE
        return np.frombuffer(memory, dtype=np.uint8)[end - size : end]


@pytest.fixture(scope="session")
def material() -> Material:
    return Material()
