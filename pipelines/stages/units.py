"""What a stage expects to be handed: a clear error where pipelines are composed wrongly."""

from pipelines.media import EncodedFrame, PacketBatch, RawFrame, Unit


def access_unit(unit: Unit) -> EncodedFrame:
    """Return `unit` as an access unit. Raises TypeError where it is something else."""
    if isinstance(unit, EncodedFrame):
        return unit
    raise TypeError(f"expected an EncodedFrame, got a {type(unit).__name__}")


def packets(unit: Unit) -> PacketBatch:
    """Return `unit` as packets. Raises TypeError where it is something else."""
    if isinstance(unit, PacketBatch):
        return unit
    raise TypeError(f"expected a PacketBatch, got a {type(unit).__name__}")


def raw_frame(unit: Unit) -> RawFrame:
    """Return `unit` as a decoded frame. Raises TypeError where it is something else."""
    if isinstance(unit, RawFrame):
        return unit
    raise TypeError(f"expected a RawFrame, got a {type(unit).__name__}")
