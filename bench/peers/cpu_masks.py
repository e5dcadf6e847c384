"""Masks for OPENSSL_ia32cap that hide instruction sets of an x86 CPU from OpenSSL."""

import re
from dataclasses import dataclass

# Bits of OPENSSL_ia32cap(3): word 0 is CPUID.1 (EDX, then ECX), word 1 CPUID.7.0 (EBX, then ECX).
_AES_NI = (1 << (32 + 25)) | (1 << (32 + 1))  # AES and PCLMULQDQ, CPUID.1:ECX
_VAES = (1 << (32 + 9)) | (1 << (32 + 10))  # VAES and VPCLMULQDQ, CPUID.7.0:ECX
_AVX_512 = sum(1 << bit for bit in (16, 17, 21, 26, 27, 28, 30, 31)) | sum(
    1 << (32 + bit) for bit in (1, 6, 11, 12, 14)
)

CANNOT = (
    (
        "A mask hides instructions from OpenSSL only: clock rate, caches, execution units and the C"
        " library stay those of this CPU, so a real older CPU differs by more."
    ),
    (
        "SHA and AVX2 instructions stay visible; ChaCha20-Poly1305 falls back from AVX-512 to AVX2"
        " and no further."
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuMask:
    """One emulated CPU: which bits of the two words of OPENSSL_ia32cap are hidden."""

    name: str
    like: str
    hidden: tuple[int, int]

    @property
    def variable(self) -> str:
        """Return the value of OPENSSL_ia32cap, empty where nothing is hidden."""
        if not any(self.hidden):
            return ""
        return ":".join(f"~{word:#x}" if word else "" for word in self.hidden)

    def took_effect(self, settings: str) -> bool | None:
        """Return whether `settings`, OpenSSL's own account, shows none of the hidden bits.

        None where there are no words in it.
        """
        words = capability_words(settings)
        if len(words) < 2:
            return None
        return not any(word & hidden for word, hidden in zip(words, self.hidden, strict=False))


MASKS = (
    CpuMask(name="this CPU", like="as it is", hidden=(0, 0)),
    CpuMask(name="no VAES", like="AVX-512 as in Skylake-SP, 2017", hidden=(0, _VAES)),
    CpuMask(
        name="no AVX-512",
        like="AVX2 and AES-NI as in Haswell or Zen 2",
        hidden=(0, _VAES | _AVX_512),
    ),
    CpuMask(
        name="no AES-NI",
        like="AVX2 and no AES instructions, as some virtual machines show",
        hidden=(_AES_NI, _VAES | _AVX_512),
    ),
)
"""From everything to no AES instructions; each hides what the one before hides, and more."""


def capability_words(settings: str) -> list[int]:
    """Return the words of `OPENSSL_ia32cap=0x..:0x..` as OpenSSL tells them."""
    match = re.search(r"OPENSSL_ia32cap=((?:0x[0-9a-fA-F]+:?)+)", settings)
    return [int(word, 16) for word in match[1].split(":") if word] if match else []
