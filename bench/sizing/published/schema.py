"""Published points as they are written: what was sent, what it cost, and what we had to assume."""

from typing import Annotated, Literal

import msgspec

SCHEMA = 1

Kind = Literal["relay", "cipher", "mcu"]
"""What of a point is predicted: the whole CPU of a relay that forwards; only the difference that
a hop cipher makes to it; the whole CPU of a mixer that decodes, composes and encodes."""

Method = Literal["send", "sendmmsg", "gso"]
ReceiveMethod = Literal["recv", "recvmmsg", "gro"]
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e15)]
NotNegative = Annotated[float, msgspec.Meta(ge=0, le=1e15)]
AtLeastOne = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Text = Annotated[str, msgspec.Meta(min_length=1)]


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: fields by name, none that is not known."""


class Inputs(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a server did, as far as known; `..._per_s` of the whole server, `stream_...` of one.

    Packets, bytes and units (bursts: access units or audio packets) are given whole, or follow from
    streams times what one stream has; the whole goes first. `total_bps` is in and out together.
    `header_bytes` are those of each packet that the source counted and that are no RTP payload.
    Publishers and subscribers are for the reader. The last five are a mixer's: participants, and
    `pictures` that are composed and encoded for each.
    """

    publishers: NotNegative | None = None
    subscribers: NotNegative | None = None
    streams_in: Positive | None = None
    streams_out: Positive | None = None
    stream_bps: Positive | None = None
    stream_packets_per_s: Positive | None = None
    stream_units_per_s: Positive | None = None
    total_bps: Positive | None = None
    packets_in_per_s: Positive | None = None
    packets_out_per_s: Positive | None = None
    bytes_in_per_s: Positive | None = None
    bytes_out_per_s: Positive | None = None
    units_in_per_s: Positive | None = None
    units_out_per_s: Positive | None = None
    header_bytes: NotNegative | None = None
    hop_cipher: Text | None = None
    send_method: Method | None = None
    receive_method: ReceiveMethod | None = None
    participants: Positive | None = None
    pictures: Positive | None = None
    codec: Text | None = None
    height: Annotated[int, msgspec.Meta(ge=16, le=8192)] | None = None
    fps: Positive | None = None


class Assumed(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value that fills an input which the source leaves open, and why that one."""

    input: str
    value: int | float | str
    why: Text


class Point(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One published measurement: `cpu_percent` of `cpu_of_cores` cores of a host that has more.

    `cpu_plain_percent` is what the same load took without the hop cipher (kind "cipher" only).
    """

    name: Text
    host: Text
    host_cores: AtLeastOne
    software: Text
    kind: Kind
    cpu_percent: Positive
    cpu_of_cores: AtLeastOne
    published: Inputs
    cpu_plain_percent: Positive | None = None
    assumed: tuple[Assumed, ...] = ()
    note: str = ""

    @property
    def cores(self) -> float:
        """Cores of the host that what is predicted kept busy."""
        return (self.cpu_percent - (self.cpu_plain_percent or 0.0)) / 100 * self.cpu_of_cores

    @property
    def host_share(self) -> float:
        """How much of its host the whole measurement kept busy, 1 is all of it."""
        return self.cpu_percent / 100 * self.cpu_of_cores / self.host_cores


class PublishedFile(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source with its points. `assumed` holds for all of them."""

    schema: int
    title: Text
    document: Text
    url: Text
    point: Annotated[tuple[Point, ...], msgspec.Meta(min_length=1)]
    assumed: tuple[Assumed, ...] = ()
    note: str = ""
