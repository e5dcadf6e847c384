"""H.264 and H.265 byte streams with start codes of one length."""

LONG_START_CODE = b"\x00\x00\x00\x01"
SHORT_START_CODE = b"\x00\x00\x01"


def with_long_start_codes(unit: bytes) -> bytes:
    """Return `unit` with every start code four bytes long.

    x264 and x265 write three bytes before the second slice or SEI of an access unit. A NAL unit
    never ends in a zero byte (ITU-T H.264 7.4.1, H.265 7.4.2), so a zero before 00 00 01 belongs to
    the start code.
    """
    parts = unit.split(SHORT_START_CODE)
    if len(parts) == 1 + unit.count(LONG_START_CODE):
        return unit
    head, *nal_units = (part.rstrip(b"\x00") for part in parts)
    return head + b"".join(LONG_START_CODE + nal_unit for nal_unit in nal_units)
