"""What H.264 and H.265 in RTP share, compiled: NAL units in byte streams, and in packets."""

from pipelines.compiled import step
from pipelines.formats.native.memory import byte_at, copy_bytes, first_start_code, put_half

# RFC 6184 5.8, RFC 7798 4.4.3: S|E, on top of an FU header.
FU_START = 0x80
FU_END = 0x40

START_CODE = 1
"""00 00 00 01 as a 32-bit word."""
START_CODE_BYTES = 4
LENGTH_BYTES = 2
"""Of the length before each NAL unit that shares a packet."""

_BLOCK = 64
_BLOCK_READS = 66


@step
def _next_start_code(unit: int, begin: int, size: int) -> int:
    """Return where 00 00 01 stands next, from byte `begin` on in `size` bytes; -1 for nowhere."""
    while begin + _BLOCK_READS <= size:
        ahead = first_start_code(unit + begin)
        if ahead < _BLOCK:
            return begin + ahead
        begin += _BLOCK
    while begin + 3 <= size:
        if byte_at(unit + begin + 2) > 1:
            begin += 3
        elif (
            byte_at(unit + begin + 2) == 1
            and byte_at(unit + begin) == 0
            and byte_at(unit + begin + 1) == 0
        ):
            return begin
        else:
            begin += 1
    return -1


@step
def nal_unit(unit: int, begin: int, size: int) -> tuple[int, int]:
    """Return where the NAL unit at `begin` ends (0 if it would not come back) and the next begins.

    The latter is 0 behind the last one.
    """
    found = _next_start_code(unit, begin, size)
    end = size if found < 0 else found - 1
    # An empty NAL unit, one that ends in a zero byte, or a 3-byte start code would not come back.
    if end <= begin or byte_at(unit + end - 1) == 0 or (found > 0 and byte_at(unit + end)):
        return 0, 0
    return end, found + 3 if found > 0 else 0


@step
def put_aggregated(to: int, nal: int, nal_bytes: int) -> None:
    """Write a NAL unit as part of an aggregation packet (RFC 6184 5.7.1, RFC 7798 4.4.2)."""
    put_half(to, nal_bytes)
    copy_bytes(to + LENGTH_BYTES, nal, nal_bytes)
