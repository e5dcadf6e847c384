"""SRTP stages (RFC 3711, RFC 7714): hop by hop, the packets of one access unit per call."""

from pipelines.engines.engine import Engine
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.media import PacketBatch, Unit
from pipelines.stage import StageKind
from pipelines.stages.units import packets


def master_key(profile: SrtpProfile, keying_material: bytes) -> MasterKey:
    """Return master key and salt from exported keying material (RFC 5764 4.2: key, then salt)."""
    end = profile.key_size + profile.salt_size
    return MasterKey(
        key=keying_material[: profile.key_size], salt=keying_material[profile.key_size : end]
    )


class SrtpProtect:
    """RTP packets to SRTP packets."""

    name = "srtp-protect"
    kind = StageKind.CRYPTO

    def __init__(self, profile: SrtpProfile, keying_material: bytes, engine: Engine) -> None:
        self._protector = engine.srtp_protector(profile, master_key(profile, keying_material))

    def __call__(self, unit: Unit, /) -> PacketBatch:
        """Return the protected packets."""
        return self._protector.protect(packets(unit))


class SrtpUnprotect:
    """SRTP packets to RTP packets.

    A bad packet is dropped and harms no other; only where no packet is good is the unit refused.
    """

    name = "srtp-unprotect"
    kind = StageKind.CRYPTO
    authenticates = True

    def __init__(
        self, profile: SrtpProfile, keying_material: bytes, engine: Engine, *, window: int
    ) -> None:
        self._unprotector = engine.srtp_unprotector(
            profile, master_key(profile, keying_material), window
        )
        self.window = window

    def state(self) -> tuple[int, ...]:
        """Return ROC and replay state."""
        return self._unprotector.state()

    def __call__(self, unit: Unit, /) -> PacketBatch:
        """Return the good packets. Raises the first packet's Rejected where none is good."""
        result = self._unprotector.unprotect(packets(unit))
        if result.rejected and not len(result.packets):
            row, reason = result.rejected[0]
            raise type(reason)(f"packet {row}: {reason}") from reason
        return result.packets


ANY_KEYING_MATERIAL_BYTES = 32 + 14
"""Enough keying material for every profile: the longest key and the longest salt."""
