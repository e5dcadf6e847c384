"""Cryptex (RFC 9335) in compiled code: as `pipelines.formats.srtp.cryptex`, where it is explained.

While it is encrypted or decrypted a packet lies with its contributing sources behind the four bytes
of the extension's header: so what stays readable is one piece, and what is encrypted another.
"""

# ruff: noqa: PLR0917 - compiled code takes addresses and sizes, not objects

from pipelines.compiled import step
from pipelines.engines.native import hmac
from pipelines.engines.native.calls import (
    copy_bytes,
    load_be16,
    load_i32,
    load_i64,
    load_u8,
    store_be16,
    store_i32,
    store_u8,
)
from pipelines.engines.native.evp import Words, apply_keystream, seal, unseal
from pipelines.engines.native.srtp_keys import (
    CONTEXT,
    HMAC,
    IS_AEAD,
    IV,
    SCRATCH,
    TAG_SIZE,
    authenticate,
    write_iv,
)
from pipelines.engines.native.srtp_packet import (
    CLEAR_SIZE,
    ONE_BYTE,
    ONE_BYTE_HIDDEN,
    TWO_BYTE,
    TWO_BYTE_HIDDEN,
)
from pipelines.formats.rtp import FIXED_SIZE
from pipelines.formats.srtp.cryptex import EXTENSION_HEADER

_EXTENSION_BIT = 0x10


@step
def seal_cryptex(
    functions: Words, key: int, out: int, packet: int, size: int, index: int, ssrc: int
) -> int:
    """Write the SRTP packet of the `size` bytes at `packet` to `out`; return its size without tag.

    The packet has contributing sources or an extension of RFC 8285. 0 where the library failed.
    """
    first = load_u8(packet)
    sources = 4 * (first & 0x0F)
    copy_bytes(out, packet, FIXED_SIZE)
    extension = packet + FIXED_SIZE + sources
    if first & _EXTENSION_BIT:
        shown = load_be16(extension)
        store_be16(out + FIXED_SIZE, ONE_BYTE_HIDDEN if shown == ONE_BYTE else TWO_BYTE_HIDDEN)
        store_be16(out + FIXED_SIZE + 2, load_be16(extension + 2))
        rest = extension + EXTENSION_HEADER
        total = size
    else:
        # RFC 9335 5.1: sources without an extension get an empty one, which says so.
        store_u8(out, first | _EXTENSION_BIT)
        store_be16(out + FIXED_SIZE, ONE_BYTE_HIDDEN)
        store_be16(out + FIXED_SIZE + 2, 0)
        rest = extension
        total = size + EXTENSION_HEADER
    copy_bytes(out + CLEAR_SIZE, packet + FIXED_SIZE, sources)
    copy_bytes(out + CLEAR_SIZE + sources, rest, packet + size - rest)
    write_iv(key, ssrc, index)
    context, iv, scratch = load_i64(key + CONTEXT), key + IV, key + SCRATCH
    body, length, tag_size = out + CLEAR_SIZE, total - CLEAR_SIZE, load_i64(key + TAG_SIZE)
    if load_i64(key + IS_AEAD):
        # RFC 9335 6.2: fixed header and extension header are the associated data.
        good = seal(functions, context, iv, out, CLEAR_SIZE, body, length, body, tag_size, scratch)
        _sources_first(out, sources)
    else:
        good = apply_keystream(functions, context, iv, body, length, body, scratch)
        _sources_first(out, sources)
        authenticate(key, out, total, index)
        copy_bytes(out + total, hmac.finish(load_i64(key + HMAC)), tag_size)
    return total if good else 0


@step
def open_cryptex(
    functions: Words, key: int, packet: int, size: int, out: int, index: int, ssrc: int
) -> bool:
    """Write the RTP packet of the `size` bytes and a tag at `packet` to `out`.

    Its extension says that it is encrypted. Returns whether the tag fits; after False, what stands
    in `out` must not be used.
    """
    tag_size = load_i64(key + TAG_SIZE)
    is_aead = load_i64(key + IS_AEAD)
    if not is_aead:
        authenticate(key, packet, size, index)
        if not hmac.fits(load_i64(key + HMAC), packet + size, tag_size):
            return False
    sources = 4 * (load_u8(packet) & 0x0F)
    extension = packet + FIXED_SIZE + sources
    rest = extension + EXTENSION_HEADER
    copy_bytes(out, packet, FIXED_SIZE)
    store_i32(out + FIXED_SIZE, load_i32(extension))
    copy_bytes(out + CLEAR_SIZE, packet + FIXED_SIZE, sources)
    copy_bytes(out + CLEAR_SIZE + sources, rest, packet + size - rest)
    write_iv(key, ssrc, index)
    context, iv, scratch = load_i64(key + CONTEXT), key + IV, key + SCRATCH
    body, length, tag = out + CLEAR_SIZE, size - CLEAR_SIZE, packet + size
    if is_aead:
        good = unseal(
            functions, context, iv, out, CLEAR_SIZE, body, length, tag, tag_size, body, scratch
        )
    else:
        good = apply_keystream(functions, context, iv, body, length, body, scratch)
    hidden = load_be16(out + FIXED_SIZE)
    store_be16(out + FIXED_SIZE, ONE_BYTE if hidden == ONE_BYTE_HIDDEN else TWO_BYTE)
    _sources_first(out, sources)
    return good


@step
def _sources_first(out: int, sources: int) -> None:
    """Put `sources` bytes of contributing sources before the header of the extension, in place."""
    extension = load_i32(out + FIXED_SIZE)
    for offset in range(0, sources, 4):
        store_i32(out + FIXED_SIZE + offset, load_i32(out + CLEAR_SIZE + offset))
    store_i32(out + FIXED_SIZE + sources, extension)
