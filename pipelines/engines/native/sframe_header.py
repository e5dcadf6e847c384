"""The SFrame header (RFC 9605 4.3) in compiled code: as `pipelines.formats.sframe.header`.

KID and CTR are unsigned 64-bit numbers in int64: those from 2^63 on appear as negative here.
"""

from pipelines.compiled import step
from pipelines.engines.native.calls import load_u8, store_u8

NO_HEADER = 0
"""What `read_header` returns for bytes that do not begin with a header in its shortest form."""

_EXTENDED = 8  # X in the upper half of the config byte, Y in the lower
_LOW_56_BITS = (1 << 56) - 1


@step
def _put_field(end: int, value: int) -> int:
    """Write `value` so that it ends before `end`; return its bytes, 0 if the config byte has it."""
    if 0 <= value < _EXTENDED:
        return 0
    count = 0
    while True:
        count += 1
        store_u8(end - count, value)
        value = value >> 8 & _LOW_56_BITS
        if value == 0:
            return count


@step
def put_header(end: int, kid: int, ctr: int) -> int:
    """Write the header of (`kid`, `ctr`) to end before the address `end`; return its bytes.

    There is room for 17 bytes before `end`.
    """
    ctr_bytes = _put_field(end, ctr)
    kid_bytes = _put_field(end - ctr_bytes, kid)
    low = _EXTENDED | (ctr_bytes - 1) if ctr_bytes else ctr
    high = _EXTENDED | (kid_bytes - 1) if kid_bytes else kid
    count = 1 + kid_bytes + ctr_bytes
    store_u8(end - count, high << 4 | low)
    return count


@step
def _read_field(bits: int, unit: int, at: int, size: int) -> tuple[int, int]:
    """Return (value, where the next field begins, NO_HEADER if there is no value)."""
    if bits < _EXTENDED:
        return bits, at
    end = at + (bits & 7) + 1
    if end > size or load_u8(unit + at) == 0:
        return 0, NO_HEADER
    value = 0
    while at < end:
        value = value << 8 | load_u8(unit + at)
        at += 1
    return value, NO_HEADER if 0 <= value < _EXTENDED else end


@step
def read_header(unit: int, size: int) -> tuple[int, int, int]:
    """Return (bytes of the header, KID, CTR) of the unit at the address `unit`.

    Reads no byte past `size`.
    """
    if size < 1:
        return NO_HEADER, 0, 0
    config = load_u8(unit)
    kid, at = _read_field(config >> 4, unit, 1, size)
    if at == NO_HEADER:
        return NO_HEADER, 0, 0
    ctr, at = _read_field(config & 15, unit, at, size)
    return at, kid, ctr
