"""Published figures through our own contract: NIST, RFCs and the files of cryptography_vectors."""

import hashlib
import hmac
from collections.abc import Iterator

import cryptography_vectors
import numpy as np
import pytest

from pipelines.ciphers.aead import Cipher
from pipelines.ciphers.aes_ctr_hmac import _AesCtrHmac
from pipelines.ciphers.table import cipher_named
from pipelines.stage import AuthenticationFailed

Fields = dict[str, str]


def cases_of(filename: str) -> Iterator[Fields]:
    """Yield the paragraphs of a vector file that hold a key, with the [headings] that apply."""
    heading: Fields = {}
    with cryptography_vectors.open_vector_file(filename, "r") as file:
        paragraphs = file.read().split("\n\n")
    for paragraph in paragraphs:
        case: Fields = {}
        for line in paragraph.splitlines():
            name, _, value = line.partition("=")
            if line.startswith("["):
                heading[name.strip("[ ")] = value.strip("] ")
            elif line and not line.startswith("#"):
                case[name.strip().lower()] = value.strip()
        if "key" in case:
            yield heading | case


def unhex_or_quoted(value: str) -> bytes:
    return value[1:-1].encode() if value.startswith('"') else bytes.fromhex(value)


def seal(cipher: Cipher, key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
    out = np.empty(cipher.sealed_size(len(plaintext)), dtype=np.uint8)
    assert cipher.new(key).seal_into(nonce, aad, plaintext, out) == len(out)
    return out.tobytes()


def opened(cipher: Cipher, key: bytes, nonce: bytes, aad: bytes, sealed: bytes) -> bytes:
    out = np.empty(len(sealed), dtype=np.uint8)
    return out[: cipher.new(key).open_into(nonce, aad, sealed, out)].tobytes()


def gcm_cases(filename: str) -> list[tuple[Fields, bytes, bytes, bytes, bytes]]:
    """Return (case, key, nonce, aad, sealed) of the cases with our sizes of nonce and tag."""
    return [
        (
            case,
            bytes.fromhex(case["key"]),
            bytes.fromhex(case["iv"]),
            bytes.fromhex(case["aad"]),
            bytes.fromhex(case["ct"] + case["tag"]),
        )
        for case in cases_of(f"ciphers/AES/GCM/{filename}")
        if case["IVlen"] == "96" and case["Taglen"] == "128"
    ]


@pytest.mark.parametrize("bits", [128, 256])
def test_nist_gcm_encrypts(bits: int) -> None:
    cipher = cipher_named(f"aes-{bits}-gcm")
    cases = gcm_cases(f"gcmEncryptExtIV{bits}.rsp")
    assert len(cases) == 375
    for case, key, nonce, aad, sealed in cases:
        assert seal(cipher, key, nonce, aad, bytes.fromhex(case["pt"])) == sealed


@pytest.mark.parametrize("bits", [128, 256])
def test_nist_gcm_decrypts_and_refuses(bits: int) -> None:
    cipher = cipher_named(f"aes-{bits}-gcm")
    refused = 0
    for case, key, nonce, aad, sealed in gcm_cases(f"gcmDecrypt{bits}.rsp"):
        if "fail" in case:
            refused += 1
            with pytest.raises(AuthenticationFailed):
                opened(cipher, key, nonce, aad, sealed)
        else:
            assert opened(cipher, key, nonce, aad, sealed) == bytes.fromhex(case["pt"])
    assert refused > 100


def test_chacha20_poly1305_of_boringssl_and_rfc_8439() -> None:
    cipher = cipher_named("chacha20-poly1305")
    cases = list(cases_of("ciphers/ChaCha20Poly1305/boringssl.txt"))
    assert len(cases) == 66
    for case in cases:
        plaintext, aad = unhex_or_quoted(case["in"]), unhex_or_quoted(case["ad"])
        key, nonce = unhex_or_quoted(case["key"]), unhex_or_quoted(case["nonce"])
        sealed = unhex_or_quoted(case["ct"]) + unhex_or_quoted(case["tag"])
        assert seal(cipher, key, nonce, aad, plaintext) == sealed
        assert opened(cipher, key, nonce, aad, sealed) == plaintext


def test_chacha20_poly1305_of_openssl_with_refusals() -> None:
    cipher = cipher_named("chacha20-poly1305")
    seen = {"refused": 0, "sealed": 0}
    for case in cases_of("ciphers/ChaCha20Poly1305/openssl.txt"):
        key, nonce, aad, plaintext = (
            bytes.fromhex(case[name]) for name in ("key", "iv", "aad", "plaintext")
        )
        if len(nonce) != cipher.nonce_size:
            continue
        sealed = bytes.fromhex(case["ciphertext"] + case["tag"])
        if case.get("result") == "CIPHERFINAL_ERROR":
            seen["refused"] += 1
            with pytest.raises(AuthenticationFailed):
                opened(cipher, key, nonce, aad, sealed)
        else:
            seen["sealed"] += 1
            assert seal(cipher, key, nonce, aad, plaintext) == sealed
            assert opened(cipher, key, nonce, aad, sealed) == plaintext
    assert min(seen.values()) > 0


# NIST SP 800-38A appendix F: one plaintext for all modes.
SP800_38A_PLAINTEXT = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
SP800_38A_KEY_128 = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
SP800_38A_KEY_256 = bytes.fromhex(
    "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
)
SP800_38A_COUNTER = bytes.fromhex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")


def test_sp800_38a_ecb_f_1_1() -> None:
    cipher = cipher_named("aes-128-ecb")
    sealed = seal(cipher, SP800_38A_KEY_128, bytes(12), b"", SP800_38A_PLAINTEXT)
    assert sealed[:64] == bytes.fromhex(
        "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"
        "43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4"
    )
    assert opened(cipher, SP800_38A_KEY_128, bytes(12), b"", sealed) == SP800_38A_PLAINTEXT


# F.5.1 and F.5.5
SP800_38A_CTR_128 = (
    "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
    "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee"
)
SP800_38A_CTR_256 = (
    "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
    "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6"
)


@pytest.mark.parametrize(
    ("name", "key", "ciphertext"),
    [
        ("aes-cm-128-hmac-sha1-80", SP800_38A_KEY_128, SP800_38A_CTR_128),
        ("aes-cm-256-hmac-sha1-80", SP800_38A_KEY_256, SP800_38A_CTR_256),
    ],
)
def test_sp800_38a_ctr(name: str, key: bytes, ciphertext: str) -> None:
    cipher = cipher_named(name)
    sealed = seal(cipher, key + bytes(20), SP800_38A_COUNTER + bytes(4), b"", SP800_38A_PLAINTEXT)
    assert sealed[: -cipher.tag_size].hex() == ciphertext


@pytest.mark.parametrize("bits", [128, 256])
def test_rfc_3686_ctr(bits: int) -> None:
    cipher = cipher_named(f"aes-cm-{bits}-hmac-sha1-32")
    cases = list(cases_of(f"ciphers/AES/CTR/aes-{bits}-ctr.txt"))
    assert len(cases) == 3
    for case in cases:
        key, counter, plaintext, ciphertext = (
            bytes.fromhex(case[name]) for name in ("key", "iv", "plaintext", "ciphertext")
        )
        sealed = seal(cipher, key + bytes(20), counter + bytes(4), b"", plaintext)
        assert sealed[:-4] == ciphertext


def test_rfc_3711_b_2_keystream() -> None:
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    counter = bytes.fromhex("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000")
    cipher = cipher_named("aes-cm-128-hmac-sha1-80")
    sealed = seal(cipher, key + bytes(20), counter + bytes(4), b"", bytes(32))
    assert sealed[:32].hex() == "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab"


@pytest.mark.parametrize("filename", ["ECBMMT128.rsp", "ECBVarKey128.rsp", "ECBGFSbox128.rsp"])
def test_nist_ecb(filename: str) -> None:
    cipher = cipher_named("aes-128-ecb")
    cases = list(cases_of(f"ciphers/AES/ECB/{filename}"))
    assert cases
    for case in cases:
        key, plaintext, ciphertext = (
            bytes.fromhex(case[name]) for name in ("key", "plaintext", "ciphertext")
        )
        assert seal(cipher, key, bytes(12), b"", plaintext)[:-16] == ciphertext


def hmac_key(key: bytes, digest: str, size: int) -> bytes:
    """Return `size` bytes that HMAC treats like `key` (RFC 2104 2: hashed, zero padded)."""
    return (hashlib.new(digest, key).digest() if len(key) > 64 else key).ljust(size, b"\0")


def test_rfc_2202_hmac_sha1_is_the_srtp_tag() -> None:
    cipher = cipher_named("aes-cm-128-hmac-sha1-80")
    tried = 0
    for case in cases_of("HMAC/rfc-2202-sha1.txt"):
        auth_key = hmac_key(bytes.fromhex(case["key"]), "sha1", 20)
        message = bytes.fromhex(case["msg"])
        if len(auth_key) != 20:
            continue
        # RFC 3711 4.2: header || ciphertext || ROC, here with an empty ciphertext.
        header, roc = message[:-4], message[-4:]
        assert (
            seal(cipher, bytes(16) + auth_key, bytes(16) + roc, header, b"").hex()
            == (case["md"][:20])
        )
        tried += 1
    assert tried == 6


def test_rfc_4231_hmac_sha256_is_the_keyed_mac_of_sframe() -> None:
    tried = 0
    for case in cases_of("HMAC/rfc-4231-sha256.txt"):
        auth_key = hmac_key(bytes.fromhex(case["key"]), "sha256", 32)
        aead = cipher_named("aes-128-ctr-hmac-sha256-80").new(bytes(16) + auth_key)
        assert isinstance(aead, _AesCtrHmac)
        mac = aead._keyed_hmac.copy()
        mac.update(bytes.fromhex(case["msg"]))
        assert mac.finalize().hex() == case["md"]
        tried += 1
    assert tried == 6


@pytest.mark.parametrize(
    ("tag_bits", "tag"), [(80, "f0583e8081069cc60705"), (64, "6e93b7da076927bb"), (32, "09480509")]
)
def test_rfc_9605_c_2_ctr_hmac(tag_bits: int, tag: str) -> None:
    cipher = cipher_named(f"aes-128-ctr-hmac-sha256-{tag_bits}")
    key, nonce = bytes(range(48)), bytes(range(0x10, 0x1C))
    aad, plaintext = b"IETF SFrame WG", b"draft-ietf-sframe-enc"
    ciphertext = "6339af04ada1d064688a442b8dc69d5b6bfa40f4be"
    sealed = seal(cipher, key, nonce, aad, plaintext)
    assert sealed.hex() == ciphertext + tag
    assert opened(cipher, key, nonce, aad, sealed) == plaintext


@pytest.mark.parametrize("size", [0, 1, 16, 1000])
def test_tags_are_what_the_standard_library_computes(size: int) -> None:
    plaintext, aad = bytes(size), b"header"
    key = bytes(range(48))
    nonce = bytes(range(12))
    sealed = seal(cipher_named("aes-128-ctr-hmac-sha256-64"), key, nonce, aad, plaintext)
    lengths = b"".join(n.to_bytes(8, "big") for n in (len(aad), size, 8))
    message = lengths + nonce + aad + sealed[:size]
    assert sealed[size:] == hmac.digest(key[16:], message, "sha256")[:8]

    key, nonce = bytes(range(52)), bytes(range(20))
    sealed = seal(cipher_named("aes-cm-256-hmac-sha1-32"), key, nonce, aad, plaintext)
    message = aad + sealed[:size] + nonce[16:]
    assert sealed[size:] == hmac.digest(key[32:], message, "sha1")[:4]
