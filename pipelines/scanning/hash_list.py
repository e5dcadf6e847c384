"""A list of hashes to look for."""

from dataclasses import dataclass

from pipelines.scanning.hasher import U64


@dataclass(frozen=True, slots=True, kw_only=True)
class HashList:
    """Hashes of one algorithm, uint64 of shape (entries, bits / 64), and where they come from."""

    hasher: str
    bits: int
    origin: str
    hashes: U64

    def __post_init__(self) -> None:
        """Refuse hashes that are not of `bits` bits."""
        if self.bits <= 0 or self.bits % 64 or self.hashes.shape[1:] != (self.bits // 64,):
            raise ValueError(
                f"a list of {self.bits}-bit hashes holds rows of {self.bits // 64} words,"
                f" not an array of shape {self.hashes.shape}"
            )

    def __len__(self) -> int:
        return len(self.hashes)
