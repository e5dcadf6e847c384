"""VP8, VP9 and opaque units, compiled: equal fragments behind a descriptor of at most 4 bytes.

The same packets as those of `payloads.vp8`, `payloads.vp9` and `payloads.opaque`, where the layout
of a descriptor is explained. Here a descriptor is a 32-bit word with its first byte on top.
"""

# ruff: noqa: PLR0917 - compiled code takes addresses and numbers, not objects

from pipelines.compiled import kernel, step
from pipelines.formats.native.contract import BEGINS_UNIT, KEYFRAME, NOT_TAKEN, Sizes
from pipelines.formats.native.headers import run_of, write_headers
from pipelines.formats.native.memory import byte_at, copy_bytes, put_word
from pipelines.formats.rtp import FIXED_SIZE
from pipelines.media import U8

_VP8_EXTENDED = 0x80
_VP8_START = 0x10
_VP8_PARTITION = 0x07
_VP8_ONLY_PICTURE_ID = 0x80
_LONG_PICTURE_ID = 0x80

_VP9_PICTURE_ID = 0x80
_VP9_PREDICTED = 0x40
_VP9_BEGIN = 0x08
_VP9_END = 0x04
_VP9_UNUSUAL = 0x32
"""Layer indices, flexible mode and scalability structure: left to `payloads.vp9`."""

_START = 0x80
_END = 0x40
_KEYFRAME = 0x20


@step
def _cut(
    unit: U8,
    rows: U8,
    sizes: Sizes,
    mtu: int,
    descriptor_size: int,
    descriptor: int,
    start: int,
    end: int,
) -> int:
    """Write the fragments; `start` and `end` are bits of the first and the last descriptor."""
    size = len(unit)
    room = mtu - descriptor_size
    if room < 1 or rows.shape[1] < FIXED_SIZE + max(4, mtu) or (size and unit.strides[0] != 1):
        return 0
    count = max(1, (size + room - 1) // room)
    if count > len(sizes):
        return -count
    source = unit.ctypes.data
    to = rows.ctypes.data + FIXED_SIZE
    for index in range(count):
        word = descriptor
        if index == 0:
            word |= start
        if index == count - 1:
            word |= end
        # A descriptor of fewer than 4 bytes: the fragment overwrites the rest of the word.
        put_word(to, word)
        part = min(room, size)
        copy_bytes(to + descriptor_size, source, part)
        sizes[index] = FIXED_SIZE + descriptor_size + part
        size -= part
        source += part
        to += rows.strides[0]
    return count


@kernel
def split_vp8(
    unit: U8,
    rows: U8,
    sizes: Sizes,
    mtu: int,
    is_keyframe: int,  # noqa: ARG001 - one shape for all formats
    picture_id: int,
    first_word: int,
    sequence_number: int,
    timestamp: int,
    ssrc: int,
) -> int:
    """Write the packets of one VP8 frame."""
    if not len(unit):
        return 0
    descriptor = _VP8_EXTENDED << 24 | _VP8_ONLY_PICTURE_ID << 16 | 0x8000 | picture_id
    count = _cut(unit, rows, sizes, mtu, 4, descriptor, _VP8_START << 24, 0)
    return write_headers(rows, count, first_word, sequence_number, timestamp, ssrc)


@kernel
def split_vp9(
    unit: U8,
    rows: U8,
    sizes: Sizes,
    mtu: int,
    is_keyframe: int,
    picture_id: int,
    first_word: int,
    sequence_number: int,
    timestamp: int,
    ssrc: int,
) -> int:
    """Write the packets of one VP9 frame or superframe."""
    if not len(unit):
        return 0
    flags = _VP9_PICTURE_ID if is_keyframe else _VP9_PICTURE_ID | _VP9_PREDICTED
    descriptor = flags << 24 | (0x8000 | picture_id) << 8
    count = _cut(unit, rows, sizes, mtu, 3, descriptor, _VP9_BEGIN << 24, _VP9_END << 24)
    return write_headers(rows, count, first_word, sequence_number, timestamp, ssrc)


@kernel
def split_opaque(
    unit: U8,
    rows: U8,
    sizes: Sizes,
    mtu: int,
    is_keyframe: int,
    picture_id: int,  # noqa: ARG001 - one shape for all formats
    first_word: int,
    sequence_number: int,
    timestamp: int,
    ssrc: int,
) -> int:
    """Write the packets of one opaque unit; an empty one is one packet."""
    descriptor = _KEYFRAME << 24 if is_keyframe else 0
    count = _cut(unit, rows, sizes, mtu, 1, descriptor, _START << 24, _END << 24)
    return write_headers(rows, count, first_word, sequence_number, timestamp, ssrc)


@step
def _vp8_descriptor(address: int, size: int) -> tuple[int, int]:
    """Return (bytes, picture ID) of a descriptor with a picture ID alone; else 0 bytes."""
    if size < 4 or not byte_at(address) & _VP8_EXTENDED:
        return 0, 0
    if byte_at(address + 1) != _VP8_ONLY_PICTURE_ID:
        return 0, 0
    picture_id = byte_at(address + 2)
    if picture_id & _LONG_PICTURE_ID:
        return 4, (picture_id & 0x7F) << 8 | byte_at(address + 3)
    return 3, picture_id


@kernel
def join_vp8(packets: U8, sizes: Sizes, out: U8) -> tuple[int, int, int, int]:
    """Write the VP8 frame whose fragments lie in sequence."""
    count, total, first_word, timestamp = run_of(packets, sizes)
    if not count:
        return NOT_TAKEN
    if total > len(out):
        return -total, 0, 0, 0
    source = packets.ctypes.data + FIXED_SIZE
    begin = out.ctypes.data
    to = begin
    expected = 0
    for index in range(count):
        size = sizes[index] - FIXED_SIZE
        head, picture_id = _vp8_descriptor(source, size)
        if not 0 < head < size:
            return NOT_TAKEN
        starts = byte_at(source) & (_VP8_START | _VP8_PARTITION) == _VP8_START
        if index == 0:
            expected = picture_id
        if starts != (index == 0) or picture_id != expected:
            return NOT_TAKEN
        copy_bytes(to, source + head, size - head)
        to += size - head
        source += packets.strides[0]
    # RFC 7741 4.3: bit 0 of the frame is 0 for a key frame.
    flags = BEGINS_UNIT if byte_at(begin) & 1 else BEGINS_UNIT | KEYFRAME
    return to - begin, first_word, timestamp, flags


@step
def _vp9_descriptor(address: int, size: int) -> tuple[int, int]:
    """Return (bytes, picture ID or -1) of a descriptor with no field but that; 0 bytes else."""
    if size < 4 or byte_at(address) & _VP9_UNUSUAL:
        return 0, 0
    if not byte_at(address) & _VP9_PICTURE_ID:
        return 1, -1
    picture_id = byte_at(address + 1)
    if picture_id & _LONG_PICTURE_ID:
        return 3, (picture_id & 0x7F) << 8 | byte_at(address + 2)
    return 2, picture_id


@kernel
def join_vp9(packets: U8, sizes: Sizes, out: U8) -> tuple[int, int, int, int]:
    """Write the VP9 frame whose fragments lie in sequence."""
    count, total, first_word, timestamp = run_of(packets, sizes)
    if not count:
        return NOT_TAKEN
    if total > len(out):
        return -total, 0, 0, 0
    source = packets.ctypes.data + FIXED_SIZE
    begin = out.ctypes.data
    to = begin
    first = 0
    expected = 0
    for index in range(count):
        size = sizes[index] - FIXED_SIZE
        head, picture_id = _vp9_descriptor(source, size)
        if not 0 < head < size:
            return NOT_TAKEN
        bits = byte_at(source)
        if index == 0:
            first = bits
            expected = picture_id
        if (
            bool(bits & _VP9_BEGIN) != (index == 0)
            or bool(bits & _VP9_END) != (index == count - 1)
            or (bits ^ first) & _VP9_PREDICTED
            or picture_id != expected
        ):
            return NOT_TAKEN
        copy_bytes(to, source + head, size - head)
        to += size - head
        source += packets.strides[0]
    flags = BEGINS_UNIT if first & _VP9_PREDICTED else BEGINS_UNIT | KEYFRAME
    return to - begin, first_word, timestamp, flags


@kernel
def join_opaque(packets: U8, sizes: Sizes, out: U8) -> tuple[int, int, int, int]:
    """Write the opaque unit whose fragments lie in sequence."""
    count, total, first_word, timestamp = run_of(packets, sizes)
    if not count:
        return NOT_TAKEN
    if total > len(out):
        return -total, 0, 0, 0
    source = packets.ctypes.data + FIXED_SIZE
    begin = out.ctypes.data
    to = begin
    key = 0
    for index in range(count):
        size = sizes[index] - FIXED_SIZE
        if size < 1:
            return NOT_TAKEN
        bits = byte_at(source)
        if index == 0:
            key = bits & _KEYFRAME
        expected = key
        if index == 0:
            expected |= _START
        if index == count - 1:
            expected |= _END
        if bits != expected:
            return NOT_TAKEN
        copy_bytes(to, source + 1, size - 1)
        to += size - 1
        source += packets.strides[0]
    return to - begin, first_word, timestamp, BEGINS_UNIT | KEYFRAME if key else BEGINS_UNIT
