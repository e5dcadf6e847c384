"""What a KID can carry besides being a number: RFC 9605 5.1 (sender keys) and 5.2 (MLS)."""

from dataclasses import dataclass

from pipelines.formats.sframe.header import LARGEST_FIELD

_KID_BITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class RatchetKidLayout:
    """Key generation above the low `step_bits` (R) bits of the ratchet step, RFC 9605 5.1."""

    step_bits: int

    def __post_init__(self) -> None:
        if not 0 <= self.step_bits <= _KID_BITS:
            raise ValueError(f"step_bits {self.step_bits}: needs 0 .. {_KID_BITS}")

    def encode(self, *, generation: int, step: int) -> int:
        """Return the KID; the high bits of `step` are not sent. ValueError beyond 64 bits."""
        return _kid((generation << self.step_bits) + step % (1 << self.step_bits))

    def decode(self, kid: int) -> tuple[int, int]:
        """Return (generation, low bits of the ratchet step)."""
        return kid >> self.step_bits, kid % (1 << self.step_bits)


@dataclass(frozen=True, slots=True, kw_only=True)
class MlsKidLayout:
    """Context, `index_bits` (S) of sender index and the low `epoch_bits` (E), RFC 9605 5.2."""

    index_bits: int
    epoch_bits: int

    def __post_init__(self) -> None:
        if min(self.index_bits, self.epoch_bits) < 0 or self._context_at > _KID_BITS:
            raise ValueError(
                f"index_bits {self.index_bits}, epoch_bits {self.epoch_bits}: "
                f"need >= 0 and together <= {_KID_BITS}"
            )

    def encode(self, *, sender_index: int, epoch: int, context: int = 0) -> int:
        """Return the KID; the high bits of `epoch` are not sent. ValueError beyond 64 bits."""
        if not 0 <= sender_index < 1 << self.index_bits:
            raise ValueError(f"sender_index {sender_index}: needs 0 .. 2^{self.index_bits} - 1")
        low_epoch = epoch % (1 << self.epoch_bits)
        return _kid((context << self._context_at) + (sender_index << self.epoch_bits) + low_epoch)

    def decode(self, kid: int) -> tuple[int, int, int]:
        """Return (context, sender index, low bits of the epoch)."""
        return (
            kid >> self._context_at,
            (kid >> self.epoch_bits) % (1 << self.index_bits),
            kid % (1 << self.epoch_bits),
        )

    @property
    def _context_at(self) -> int:
        return self.index_bits + self.epoch_bits


def _kid(value: int) -> int:
    if not 0 <= value <= LARGEST_FIELD:
        raise ValueError(f"KID {value}: needs 0 .. 2^{_KID_BITS} - 1")
    return value
