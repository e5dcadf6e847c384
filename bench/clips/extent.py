"""Whether a video file is shorter than it says itself: its index or its outermost elements.

Counts of frames and durations in headers say nothing of that: edit lists, dropped frames and long
last frames make them differ from what is shown in files that are whole.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

import av

MAX_ELEMENTS = 100_000
"""More outermost elements than any file has: a fragmented MP4 has two for each fragment."""

TAIL_BYTES = 4096

Element = Callable[[IO[bytes], int], int | None]
"""From the place of an outermost element to that behind it; None where that cannot be known."""


def ends_early(path: Path, container: av.container.InputContainer) -> bool:
    """Return whether the file ends before what it announces. Raises OSError."""
    size = path.stat().st_size
    for stream in container.streams:
        entries = stream.index_entries
        # Entries stand in the order of time, and so, all but a few, do their places in the file.
        if len(entries) and entries[len(entries) - 1].pos + entries[len(entries) - 1].size > size:
            return True
    kind = container.format.name
    if kind == "image2":
        # One picture; the format is that of its codec.
        kind = container.streams.video[0].codec_context.name
    with path.open("rb") as file:
        if kind in _ENDINGS:
            file.seek(max(0, size - TAIL_BYTES))
            return not _ENDINGS[kind](file.read())
        return kind in _ELEMENTS and _last_element_end(file, size, _ELEMENTS[kind]) > size


def is_cut_short(path: Path) -> bool:
    """Return whether a file that nobody can read ends within an element that says how long it is.

    Raises OSError.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        # Those that are told by what stands in them.
        return any(_last_element_end(file, size, each) > size for each in (_box, _ebml, _riff))


def _last_element_end(file: IO[bytes], size: int, element: Element) -> int:
    end = 0
    for _ in range(MAX_ELEMENTS):
        if end >= size:
            break
        file.seek(end)
        behind = element(file, end)
        if behind is None:
            break
        end = behind
    return end


def _riff(file: IO[bytes], place: int) -> int | None:
    """AVI: `RIFF`, and more of them in files of over a gigabyte."""
    head = file.read(8)
    length = int.from_bytes(head[4:], "little")
    # What a recorder leaves that could not go back to write the length.
    if head[:4] != b"RIFF" or length in {0, 0xFFFFFFFF}:
        return None
    return place + 8 + length


def _box(file: IO[bytes], place: int) -> int | None:
    """ISO base media and QuickTime: boxes; what follows an unknown one may be anything."""
    head = file.read(16)
    length, kind = int.from_bytes(head[:4]), head[4:8]
    if kind not in _BOXES or length == 0:
        return None
    return place + (int.from_bytes(head[8:]) if length == 1 else max(length, 8))


_BOXES = {b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"sidx", b"meta"}
_BOXES |= {b"uuid", b"mfra", b"pnot", b"udta", b"prft", b"emsg", b"ssix"}


def _ebml(file: IO[bytes], place: int) -> int | None:
    """Matroska and WebM: an EBML head, then a segment that holds all else (RFC 8794 4, 6.2)."""
    head = file.read(12)
    if len(head) < 12 or head[:4] not in {b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"}:
        return None
    width = 9 - head[4].bit_length()
    length = int.from_bytes(head[4 : 4 + width]) & ((1 << 7 * width) - 1)
    # All ones: not known, as a live recording has it.
    return None if length == (1 << 7 * width) - 1 else place + 4 + width + length


def _asf(file: IO[bytes], place: int) -> int | None:
    """WMV: objects, each a GUID and its length; the data's is 0 while it is being recorded."""
    head = file.read(24)
    length = int.from_bytes(head[16:], "little")
    return None if len(head) < 24 or length < 24 else place + length


def _klv(file: IO[bytes], place: int) -> int | None:
    """MXF: a universal label of 16 bytes, then a length in BER (SMPTE ST 377-1 6.3)."""
    head = file.read(25)
    if len(head) < 17 or head[:4] != b"\x06\x0e\x2b\x34":
        return None
    if head[16] < 0x80:
        return place + 17 + head[16]
    width = head[16] & 0x7F
    return place + 17 + width + int.from_bytes(head[17 : 17 + width])


def _flv(file: IO[bytes], place: int) -> int | None:
    """Flash: a head, then tags, each followed by its length."""
    head = file.read(11)
    if place == 0:
        return int.from_bytes(head[5:9]) + 4
    if head[0] & 0x1F not in {8, 9, 18}:
        return None
    return place + 11 + int.from_bytes(head[1:4]) + 4


def _ogg(file: IO[bytes], place: int) -> int | None:
    """Ogg: pages (RFC 3533 6)."""
    head = file.read(27)
    if head[:4] != b"OggS" or len(head) < 27:
        return None
    return place + 27 + head[26] + sum(file.read(head[26]))


_ELEMENTS: Mapping[str, Element] = {
    "avi": _riff,
    "mov,mp4,m4a,3gp,3g2,mj2": _box,
    "matroska,webm": _ebml,
    "asf": _asf,
    "mxf": _klv,
    "flv": _flv,
    "ogg": _ogg,
}


def _transport_packets(tail: bytes) -> bool:
    """Return whether a transport stream ends with whole packets: plain, on a disc, with checks."""
    return any(
        tail[-length + lead :][:1] == tail[-2 * length + lead :][:1] == b"\x47"
        for length, lead in ((188, 0), (192, 4), (204, 0))
    )


def _jpeg(tail: bytes) -> bool:
    return tail.rstrip(b"\0").endswith(b"\xff\xd9")


_ENDINGS: Mapping[str, Callable[[bytes], bool]] = {
    "mpegts": _transport_packets,
    "gif": lambda tail: tail.rstrip(b"\0").endswith(b";"),
    "mjpeg": _jpeg,
}
"""Formats without outermost elements: whether the file ends as whole ones do."""
