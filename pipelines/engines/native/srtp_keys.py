"""The session keys of one SRTP master key as compiled code uses them: seal or open one body."""

# ruff: noqa: PLR0917 - compiled code takes addresses and sizes, not objects

from pipelines.compiled import step
from pipelines.engines.native import hmac
from pipelines.engines.native.calls import copy_bytes, load_i64, own_words, store_be32, store_be64
from pipelines.engines.native.evp import (
    KeyedContext,
    Words,
    apply_keystream,
    new_scratch,
    seal,
    unseal,
)
from pipelines.engines.native.library import NativeLibrary
from pipelines.formats.srtp.kdf import MasterKey, SessionKeys, session_keys
from pipelines.formats.srtp.profiles import SrtpProfile

# Where the parts lie in the block of a key, in bytes. AAD has room for the twelve of SRTCP.
IS_AEAD, CONTEXT, HMAC = 0, 8, 16
_SALT_HIGH, _SALT_LOW = 24, 32
TAG_SIZE = 40
"""Offset of the tag's size in bytes."""

IV, _ROC, SCRATCH, AAD = 48, 64, 72, 168
KEY_WORDS = 24
"""Words of the block: three cache lines, the last of which holds what the library writes."""


class SrtpKeys:
    """Session keys of RTP, or of RTCP, in contexts of `library`, and the words that lead to them.

    The block holds a salt and addresses, and is written to by each packet: one thread at a time.
    """

    __slots__ = ("_context", "_hmac", "block")

    def __init__(
        self,
        library: NativeLibrary,
        profile: SrtpProfile,
        master: MasterKey | SessionKeys,
        *,
        encrypting: bool,
        rtcp: bool = False,
    ) -> None:
        derived = session_keys(profile, master)
        keys, cipher = (
            (derived.rtcp, profile.rtcp_cipher) if rtcp else (derived.rtp, profile.cipher)
        )
        bits = 8 * profile.key_size
        self.block: Words = own_words(KEY_WORDS)
        self.block[SCRATCH // 8 : SCRATCH // 8 + len(new_scratch())] = new_scratch()
        self.block[IS_AEAD // 8] = profile.is_aead
        self.block[TAG_SIZE // 8] = cipher.tag_size
        self._hmac: hmac.KeyedHmac | None = None
        if profile.is_aead:
            self._context = KeyedContext(
                library, f"aes_{bits}_gcm", keys.key, encrypting=encrypting
            )
            high, low = keys.salt[:4], keys.salt[4:]
        else:
            self._context = KeyedContext(library, f"aes_{bits}_ctr", keys.key, encrypting=True)
            self._hmac = hmac.KeyedHmac(library, hmac.SHA1, keys.auth_key)
            self.block[HMAC // 8] = self._hmac.address
            high, low = keys.salt[:8], keys.salt[8:] + bytes(2)
        self.block[CONTEXT // 8] = self._context.address
        self.block[_SALT_HIGH // 8] = int.from_bytes(high, signed=True)
        self.block[_SALT_LOW // 8] = int.from_bytes(low, signed=True)


@step
def write_iv(key: int, ssrc: int, index: int) -> None:
    """Have the IV of a packet in the key's block; for RTCP the index has 31 bits."""
    high, low = load_i64(key + _SALT_HIGH), load_i64(key + _SALT_LOW)
    if load_i64(key + IS_AEAD):
        # RFC 7714 8.1, and 9.1 for RTCP: (00 00 || SSRC || ROC || SEQ) XOR salt, 12 bytes.
        store_be32(key + IV, high ^ (ssrc >> 16))
        store_be64(key + IV + 4, low ^ (ssrc << 48 | index))
    else:
        # RFC 3711 4.1.1: IV = (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16), 16 bytes.
        store_be64(key + IV, high ^ ssrc)
        store_be64(key + IV + 8, low ^ (index << 16))


@step
def authenticate(key: int, packet: int, size: int, index: int) -> None:
    """Have the HMAC of an SRTP packet without its tag: to finish, or to compare."""
    # RFC 3711 4.2: the tag covers header || ciphertext || ROC.
    keyed = load_i64(key + HMAC)
    hmac.begin(keyed)
    hmac.update(keyed, packet, size)
    store_be32(key + _ROC, index >> 16)
    hmac.update(keyed, key + _ROC, 4)


@step
def seal_body(
    functions: Words,
    key: int,
    header: int,
    body: int,
    source: int,
    size: int,
    index: int,
    ssrc: int,
) -> bool:
    """Write ciphertext || tag of the `size` bytes at `source` behind the header, `body` bytes long.

    `key` is the address of a key's block; the header stands where the packet is to go, and is
    associated data. Returns whether the library did it.
    """
    write_iv(key, ssrc, index)
    context, iv, scratch = load_i64(key + CONTEXT), key + IV, key + SCRATCH
    out, tag_size = header + body, load_i64(key + TAG_SIZE)
    if load_i64(key + IS_AEAD):
        return seal(functions, context, iv, header, body, source, size, out, tag_size, scratch)
    good = apply_keystream(functions, context, iv, source, size, out, scratch)
    authenticate(key, header, body + size, index)
    copy_bytes(out + size, hmac.finish(load_i64(key + HMAC)), tag_size)
    return good


@step
def open_body(
    functions: Words, key: int, header: int, body: int, size: int, out: int, index: int, ssrc: int
) -> bool:
    """Write the plaintext of the packet at `header`, whose body has `size` bytes and a tag behind.

    Returns whether the tag fits; after False, what stands in `out` must not be used.
    """
    write_iv(key, ssrc, index)
    context, iv, scratch = load_i64(key + CONTEXT), key + IV, key + SCRATCH
    sealed, tag_size = header + body, load_i64(key + TAG_SIZE)
    tag = sealed + size
    if load_i64(key + IS_AEAD):
        return unseal(
            functions, context, iv, header, body, sealed, size, tag, tag_size, out, scratch
        )
    authenticate(key, header, body + size, index)
    if not hmac.fits(load_i64(key + HMAC), tag, tag_size):
        return False
    return apply_keystream(functions, context, iv, sealed, size, out, scratch)
