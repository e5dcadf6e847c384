"""Stages that seal a whole frame with a cipher and nothing around it."""

from pipelines.ciphers.aead import Cipher
from pipelines.engines.engine import Engine
from pipelines.formats.sealed_frame import FrameOpener, FrameSealer
from pipelines.media import OPAQUE, EncodedFrame, Unit
from pipelines.stage import StageKind
from pipelines.stages.units import access_unit


class SealFrame:
    """Frame to counter || ciphertext || tag."""

    name = "seal"
    kind = StageKind.CRYPTO

    def __init__(self, cipher: Cipher, key: bytes, engine: Engine) -> None:
        self._sealer = FrameSealer(cipher, engine.aead(cipher, key))

    def __call__(self, unit: Unit, /) -> EncodedFrame:
        """Return the sealed frame."""
        frame = access_unit(unit)
        return frame.with_payload(self._sealer.seal(frame.payload), OPAQUE)


class OpenFrame:
    """Counter || ciphertext || tag back to the frame."""

    name = "open"
    kind = StageKind.CRYPTO

    def __init__(
        self, cipher: Cipher, key: bytes, engine: Engine, *, codec: str, window: int
    ) -> None:
        self._opener = FrameOpener(cipher, engine.aead(cipher, key), window)
        self._codec = codec
        self.window = window
        self.authenticates = cipher.authenticated

    def state(self) -> tuple[int, ...]:
        """Return the replay state."""
        return self._opener.state()

    def __call__(self, unit: Unit, /) -> EncodedFrame:
        """Return the frame. Raises Rejected."""
        frame = access_unit(unit)
        return frame.with_payload(self._opener.open(frame.payload), self._codec)
