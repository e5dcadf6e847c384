"""The few calls of Microsoft SEAL, as TenSEAL brings it, that encrypted distances need.

TenSEAL's own vectors would put one entry of the list in each slot of a batch, which asks for a
large prime plaintext modulus, so for rings of degree 4096 and more, and transforms every factor
anew. The library below them lets the coefficients of a polynomial be the slots, and keeps the list
transformed: with 10^5 entries a question took about a tenth of the time, measured in turns, and a
sixth of the bytes up.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.not_installed import NotInstalled

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in it of our own, for this user only
"""Where Linux keeps files in memory."""

POLY_DEGREE = 2048
"""Coefficients of a polynomial, and so entries of the list that one ciphertext serves.

With the 54-bit modulus that SEAL takes for it, this is the row n = 2048 for 128 bits of security
and a ternary secret in table 1 of the Homomorphic Encryption Security Standard (Albrecht et al.
2018). SEAL refuses a context of less.
"""

PLAIN_MODULUS = 512
"""Distances of up to 511 bits fit. No batching, so it need not be prime."""

MOST_BITS = 448
"""Longest hash in whole words whose distances stay below the plain modulus."""


class Seal:
    """The public parameters, which both sides build for themselves."""

    def __init__(self) -> None:
        api = _api()
        parameters = api.EncryptionParameters(api.SCHEME_TYPE.BFV)
        parameters.set_poly_modulus_degree(POLY_DEGREE)
        security = api.SEC_LEVEL_TYPE.TC128
        parameters.set_coeff_modulus(api.CoeffModulus.BFVDefault(POLY_DEGREE, security))
        parameters.set_plain_modulus(PLAIN_MODULUS)
        self.api = api
        self.context = api.SEALContext(parameters, True, security)  # noqa: FBT003 - its signature
        if not self.context.parameters_set():
            raise ValueError(f"SEAL: {self.context.parameters_error_message()}")
        self.evaluator = api.Evaluator(self.context)

    def saved(self, ciphertexts: Iterable[Any]) -> list[bytes]:
        """Return ciphertexts as SEAL writes them."""
        with _file() as path:
            return [_saved(ciphertext, path) for ciphertext in ciphertexts]

    def loaded(self, parts: Iterable[bytes]) -> list[Any]:
        """Return the ciphertexts in `parts`.

        SEAL checks each of them and raises RuntimeError or ValueError.
        """
        with _file() as path:
            return [self._loaded(part, path) for part in parts]

    def _loaded(self, part: bytes, path: Path) -> Any:
        path.write_bytes(part)
        ciphertext = self.api.Ciphertext()
        ciphertext.load(self.context, str(path))
        return ciphertext

    def for_products(self, plaintext: Any) -> Any:
        """Return `plaintext` transformed, as `evaluator.multiply_plain` takes it fast."""
        transformed = self.api.Plaintext()
        self.evaluator.transform_to_ntt(plaintext, self.context.first_parms_id(), transformed)
        return transformed


def _api() -> Any:
    try:
        from tenseal import sealapi  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise NotInstalled("tenseal: pip install 'sealbench[private]'") from error
    return sealapi


@contextmanager
def _file() -> Iterator[Path]:
    """Name a file for a while: the binding saves and loads by path only. No key is ever saved."""
    # On a disk, saving and loading a ciphertext took 400 us more; encrypting it takes 280.
    memory = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="sealbench-", dir=memory) as folder:
        yield Path(folder) / "ciphertext"


def _saved(ciphertext: Any, path: Path) -> bytes:
    ciphertext.save(str(path))
    return path.read_bytes()
