"""What membership costs per event: HPKE, signatures and messages of a pairwise session."""

import hashlib
import hmac
import importlib
import os
from collections.abc import Callable
from functools import partial
from importlib.metadata import version

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.calibrate.block import Block, BlockProbe, Run
from bench.calibrate.probe import Bench, ProbePlan
from bench.profile import keys
from bench.verdict import WrongAnswer
from pipelines.engines.engine import Engine

CALLS = 128
"""Calls of each block: half a millisecond of the fastest, twenty of the slowest."""

SECRET_BYTES = 32
SIGNED_BYTES = 200
MESSAGE_BYTES = 64


def primitive_plans() -> tuple[ProbePlan, ...]:
    """Return a plan each for HPKE, signatures and pairwise messages."""
    hpke = f"{SECRET_BYTES} bytes to one X25519 key, HKDF-SHA256, AES-128-GCM, base mode"
    signed = f"{SIGNED_BYTES} random bytes"
    message = (
        f"{MESSAGE_BYTES} bytes: HMAC-SHA256 twice (message key, next chain key), AES-256-GCM with "
        "a fresh key"
    )
    return (
        ProbePlan(
            name="hpke",
            on={keys.HPKE_SEAL: hpke, keys.HPKE_OPEN: hpke},
            open=_open_hpke,
            library=_cryptography,
        ),
        ProbePlan(
            name="ed25519",
            on={keys.SIGN: signed, keys.VERIFY: signed},
            open=_open_signatures,
            library=_cryptography,
        ),
        ProbePlan(
            name="pairwise messages",
            on={keys.MESSAGE: message},
            open=_open_messages,
            library=_cryptography,
        ),
    )


def _cryptography(_: Engine) -> str:
    return f"cryptography {version('cryptography')}"


def _many(call: Callable[[], bytes]) -> Run:
    def run() -> bytes:
        for _ in range(CALLS):
            result = call()
        return result

    return run


def _block(key: str, call: Callable[[], bytes], check: Callable[[bytes], None]) -> Block:
    return Block(key=key, calls=CALLS, prepare=lambda: _many(call), check=check)


def _expect(what: str, wanted: bytes, got: bytes) -> None:
    if got != wanted:
        raise WrongAnswer(f"{what}: other bytes came back")


def _open_hpke(bench: Bench) -> BlockProbe:
    """Raise ModuleNotFoundError where the installed cryptography has no HPKE."""
    try:
        # Imported here: cryptography has it since version 47, and one without is no reason to
        # fail elsewhere.
        hpke = importlib.import_module("cryptography.hazmat.primitives.hpke")
    except ModuleNotFoundError:
        raise ModuleNotFoundError(f"{_cryptography(bench.engine)} has no HPKE") from None
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_128_GCM)
    secret, private = os.urandom(SECRET_BYTES), X25519PrivateKey.generate()
    public, sealed = private.public_key(), suite.encrypt(secret, private.public_key())
    return BlockProbe(
        (
            _block(
                keys.HPKE_SEAL,
                partial(suite.encrypt, secret, public),
                lambda unit: _expect("HPKE", secret, suite.decrypt(unit, private)),
            ),
            _block(
                keys.HPKE_OPEN,
                partial(suite.decrypt, sealed, private),
                partial(_expect, "HPKE", secret),
            ),
        ),
        seed=bench.seed,
    )


def _open_signatures(bench: Bench) -> BlockProbe:
    private, signed = Ed25519PrivateKey.generate(), os.urandom(SIGNED_BYTES)
    public, signature = private.public_key(), private.sign(signed)

    def verify() -> bytes:
        public.verify(signature, signed)
        return signed

    return BlockProbe(
        (
            # RFC 8032 5.1.6: signatures are deterministic.
            _block(
                keys.SIGN, partial(private.sign, signed), partial(_expect, "Ed25519", signature)
            ),
            _block(keys.VERIFY, verify, partial(_expect, "Ed25519", signed)),
        ),
        seed=bench.seed,
    )


class PairwiseSender:
    """A chain of message keys as pairwise protocols step it: one key per message, never again."""

    def __init__(self, chain_key: bytes) -> None:
        self._chain_key = chain_key

    def step(self) -> bytes:
        """Return the next message key, and move the chain on."""
        message_key = hmac.digest(self._chain_key, b"\x01", hashlib.sha256)
        self._chain_key = hmac.digest(self._chain_key, b"\x02", hashlib.sha256)
        return message_key

    def seal(self, message: bytes) -> bytes:
        """Return ciphertext || tag under the next message key."""
        # Each key seals one message, so the nonce may be constant.
        return AESGCM(self.step()).encrypt(bytes(12), message, None)


def _open_messages(bench: Bench) -> BlockProbe:
    message, chain_key = os.urandom(MESSAGE_BYTES), os.urandom(32)
    sender, receiver = PairwiseSender(chain_key), PairwiseSender(chain_key)

    def check(sealed: bytes) -> None:
        for _ in range(CALLS - 1):
            receiver.step()
        _expect("pairwise", message, AESGCM(receiver.step()).decrypt(bytes(12), sealed, None))

    return BlockProbe(
        (_block(keys.MESSAGE, partial(sender.seal, message), check),), seed=bench.seed
    )
