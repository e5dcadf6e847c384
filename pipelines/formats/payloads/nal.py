"""Access units of NAL units, as H.264 and H.265 have them: the byte stream, and its RTP pieces.

Access units are byte streams (annex B of ITU-T H.264 and H.265) with 4-byte start codes only, which
is what makes the way back byte-exact: a start code's length does not travel.
"""

from collections.abc import Callable, Iterator

from pipelines.stage import Incomplete, Malformed

START_CODE = b"\x00\x00\x00\x01"
_SHORT_START_CODE = START_CODE[1:]

# RFC 6184 5.8, RFC 7798 4.4.3: S|E, on top of an FU header.
FU_START = 0x80
FU_END = 0x40

LENGTH_SIZE = 2
"""Bytes of the length before each NAL unit that shares a packet (RFC 6184 5.7.1, 7798 4.4.2)."""

Parts = list[bytes | memoryview]


def normalise(name: str, data: bytes) -> bytes:
    """Return `data` with 4-byte start codes only and no zero bytes between NAL units.

    Returns `data` itself where it is so already. Raises Malformed where it does not begin with a
    start code or holds an empty NAL unit.
    """
    # Emulation prevention keeps 00 00 01 out of NAL units, and none ends with a zero byte.
    before, *nals = data.split(_SHORT_START_CODE)
    if not nals or before.strip(b"\x00"):
        raise Malformed(f"{name} access unit does not begin with a start code")
    nals = [nal.rstrip(b"\x00") for nal in nals]
    if not all(nals):
        raise Malformed(f"{name} access unit with an empty NAL unit")
    normal = b"".join([START_CODE + nal for nal in nals])
    return data if normal == data else normal


def nal_units(name: str, unit: bytes) -> Iterator[memoryview]:
    """Yield the NAL units of `unit`. Raises Malformed where they would not come back so."""
    if not unit.startswith(START_CODE):
        raise Malformed(f"{name} access unit does not begin with a 4-byte start code")
    view = memoryview(unit)
    begin = len(START_CODE)
    while begin:
        found = unit.find(_SHORT_START_CODE, begin)
        end = len(unit) if found < 0 else found - 1
        if end <= begin:
            raise Malformed(f"{name} NAL unit at byte {begin} is empty")
        if unit[end - 1] == 0 or (found > 0 and unit[end] != 0):
            raise Malformed(
                f"{name} NAL unit at byte {begin} ends in a zero byte or a 3-byte start code: "
                "normalise_annex_b() first"
            )
        yield view[begin:end]
        begin = found + len(_SHORT_START_CODE) if found > 0 else 0


def packed(
    nals: Iterator[memoryview],
    *,
    mtu: int,
    header_size: int,
    aggregate: Callable[[list[memoryview]], Parts],
    fragments: Callable[[memoryview, int], Iterator[Parts]],
) -> list[Parts]:
    """Return the payloads that carry `nals` in order: small ones together, large ones cut up.

    An aggregation packet has a header of `header_size` bytes.
    """
    packets: list[Parts] = []
    together: list[memoryview] = []
    together_size = header_size

    def close() -> None:
        if together:
            packets.append(aggregate(together) if len(together) > 1 else [together[0]])
        together.clear()

    for nal in nals:
        if together_size + LENGTH_SIZE + len(nal) > mtu:
            close()
            together_size = header_size
        if len(nal) > mtu:
            packets += fragments(nal, mtu)
        else:
            together.append(nal)
            together_size += LENGTH_SIZE + len(nal)
    close()
    return packets


def pieces(nal: memoryview, header_size: int, room: int) -> Iterator[tuple[int, memoryview]]:
    """Yield the bits of the FU header and the part of `nal` for each of its fragments.

    The NAL unit's own header does not travel as such.
    """
    last = header_size + (len(nal) - header_size - 1) // room * room
    for begin in range(header_size, len(nal), room):
        flags = (FU_START if begin == header_size else 0) | (FU_END if begin == last else 0)
        yield flags, nal[begin : begin + room]


def aggregated(name: str, payload: memoryview, header_size: int) -> Iterator[memoryview]:
    """Yield the NAL units that share `payload`, behind its header. Raises Malformed."""
    begin = header_size
    while begin < len(payload):
        nal_begin = begin + LENGTH_SIZE
        begin = nal_begin + int.from_bytes(payload[begin:nal_begin])
        if not nal_begin < begin <= len(payload):
            raise Malformed(f"{name} with an empty NAL unit, or one longer than the packet")
        yield payload[nal_begin:begin]
    if begin == header_size:
        raise Malformed(f"{name} without a NAL unit")


class AccessUnit:
    """An access unit being written; `headers` are those of its NAL units so far, as numbers."""

    def __init__(self, name: str, memory: memoryview) -> None:
        self.headers: list[int] = []
        self.size = 0
        self._name = name
        self._memory = memory
        self._open_header = -1

    def _write(self, part: bytes | memoryview) -> None:
        end = self.size + len(part)
        self._memory[self.size : end] = part
        self.size = end

    def add(self, header: int, nal: memoryview | bytes) -> None:
        """Write a whole NAL unit."""
        self.close()
        self.headers.append(header)
        self._write(START_CODE)
        self._write(nal)

    def add_fragment(self, header: bytes, flags: int, data: memoryview) -> None:
        """Write `data` of the NAL unit with `header`; `flags` are the bits of the FU header."""
        number = int.from_bytes(header)
        if flags & FU_START:
            if flags & FU_END:
                raise Malformed(f"{self._name} fragment starts and ends a NAL unit at once")
            self.add(number, header)
        elif not self.headers:
            raise Incomplete("the packet that starts the first NAL unit is missing")
        elif number != self._open_header:
            raise Malformed(f"{self._name} fragment continues a NAL unit that is not open")
        self._write(data)
        self._open_header = -1 if flags & FU_END else number

    def close(self) -> None:
        """Make sure that no fragmented NAL unit is open."""
        if self._open_header >= 0:
            raise Malformed(f"{self._name} fragmented NAL unit without its end")
