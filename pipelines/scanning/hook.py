"""Where a scanner is hooked in, how often it looks, and who learns what it found."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated

import msgspec

from pipelines.stage import Party


class Point(StrEnum):
    """Where in a pipeline a hook sits."""

    SENDER_BEFORE_ENCODE = "sender-before-encode"
    SENDER_AFTER_ENCODE = "sender-after-encode"
    RELAY = "relay"
    RECEIVER = "receiver"


class Mode(StrEnum):
    """Whether a frame waits for its verdict."""

    INLINE = "inline"
    ASYNC = "async"


LEARNS: Mapping[Point, tuple[Party, ...]] = MappingProxyType(
    {
        Point.SENDER_BEFORE_ENCODE: (Party.SENDER,),
        Point.SENDER_AFTER_ENCODE: (Party.SENDER,),
        Point.RELAY: (Party.RELAY,),
        Point.RECEIVER: (Party.RECEIVER,),
    }
)
"""Whose machine knows the verdict first. Whom it tells is policy, and measured nowhere here."""


class ScanRefused(Exception):  # noqa: N818 - what happened
    """A hook cannot be where it is asked for; the message says why."""


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """One way to scan one stream.

    `sampling` is `every-K` (each K-th frame), `key-frames` or `scene-changes`. A stream is flagged
    when `flag_n` of its last `flag_m` sampled frames matched. `queue` is the most frames that wait
    in mode async; the oldest is dropped for a newer one.
    """

    point: Point
    scanner: str
    list_size: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] = 0
    sampling: str = "every-1"
    mode: Mode = Mode.INLINE
    queue: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 4
    flag_n: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    flag_m: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1

    @property
    def id(self) -> str:
        """Name of the hook in the ids of cases."""
        entries = f"-{size_name(self.list_size)}" if self.list_size else ""
        parts = [str(self.point), self.scanner + entries]
        if self.sampling != "every-1":
            parts.append(self.sampling)
        if self.mode is not Mode.INLINE:
            parts.append(str(self.mode))
        return ",".join(parts)


def size_name(entries: int) -> str:
    """Return how a list's size is written in names: `1e5` for a power of ten, else `12345`."""
    digits = str(entries)
    if entries >= 1000 and digits.rstrip("0") == "1":
        return f"1e{len(digits) - 1}"
    return digits
