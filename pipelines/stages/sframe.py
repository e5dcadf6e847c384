"""SFrame stages (RFC 9605): end to end, one call per access unit."""

from pipelines.engines.engine import Engine
from pipelines.formats.sframe.suites import SframeSuite
from pipelines.media import OPAQUE, EncodedFrame, Unit
from pipelines.stage import StageKind
from pipelines.stages.units import access_unit

KID = 0
"""One sender, one key: the KID of every measured stream (RFC 9605 4.3: sits in the config byte)."""


class SframeEncrypt:
    """Access unit to SFrame ciphertext."""

    name = "sframe-encrypt"
    kind = StageKind.CRYPTO

    def __init__(self, suite: SframeSuite, base_key: bytes, engine: Engine) -> None:
        self._encryptor = engine.sframe_encryptor(suite, base_key, KID)

    def __call__(self, unit: Unit, /) -> EncodedFrame:
        """Return the sealed unit."""
        frame = access_unit(unit)
        return frame.with_payload(self._encryptor.encrypt(frame.payload), OPAQUE)


class SframeDecrypt:
    """SFrame ciphertext to access unit."""

    name = "sframe-decrypt"
    kind = StageKind.CRYPTO
    authenticates = True

    def __init__(
        self, suite: SframeSuite, base_key: bytes, engine: Engine, *, codec: str, window: int
    ) -> None:
        self._decryptor = engine.sframe_decryptor(suite, {KID: base_key}, window)
        self._codec = codec
        self.window = window

    def state(self) -> tuple[int, ...]:
        """Return the replay state."""
        return self._decryptor.state()

    def __call__(self, unit: Unit, /) -> EncodedFrame:
        """Return the access unit. Raises Rejected."""
        frame = access_unit(unit)
        return frame.with_payload(self._decryptor.decrypt(frame.payload), self._codec)
