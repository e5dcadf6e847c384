"""From what a source gives to what the model takes: totals of streams, payload without headers."""

from typing import TypeVar

from bench.sizing.model.relay import RelayTraffic
from bench.sizing.published.schema import Inputs

T = TypeVar("T")


class MissingInput(Exception):  # noqa: N818 - what happened
    """An input is neither published nor assumed; the message names it and what would give it."""


def needed(name: str, value: T | None) -> T:
    """Return `value`. Raises MissingInput where there is none."""
    if value is None:
        raise MissingInput(f"{name}: neither published nor assumed")
    return value


def traffic_of(sent: Inputs) -> RelayTraffic:
    """Return the media that a relay forwarded, bytes as RTP payload. Raises MissingInput."""
    packets = (
        _whole("packets_in_per_s", sent.packets_in_per_s, _packets(sent, sent.streams_in)),
        _whole("packets_out_per_s", sent.packets_out_per_s, _packets(sent, sent.streams_out)),
    )
    counted = (
        _whole("bytes_in_per_s", sent.bytes_in_per_s, _bytes(sent, sent.streams_in)),
        _whole("bytes_out_per_s", sent.bytes_out_per_s, _bytes(sent, sent.streams_out)),
    )
    header = needed("header_bytes", sent.header_bytes)
    payload = tuple(of - header * count for of, count in zip(counted, packets, strict=True))
    if min(payload) <= 0:
        raise MissingInput(f"header_bytes: {header:g} leave nothing of the packets' bytes")
    return RelayTraffic(
        packets_in_per_s=packets[0],
        packets_out_per_s=packets[1],
        bytes_in_per_s=payload[0],
        bytes_out_per_s=payload[1],
        units_in_per_s=_whole("units_in_per_s", sent.units_in_per_s, _units(sent, sent.streams_in)),
        units_out_per_s=_whole(
            "units_out_per_s", sent.units_out_per_s, _units(sent, sent.streams_out)
        ),
    )


def _whole(name: str, given: float | None, of_streams: float | None) -> float:
    """Return what is given for the whole server, or what its streams come to."""
    if given is not None:
        return given
    if of_streams is None:
        raise MissingInput(f"{name}: neither published nor assumed, nor the streams' to make it of")
    return of_streams


def _packets(sent: Inputs, streams: float | None) -> float | None:
    return _times(streams, sent.stream_packets_per_s)


def _units(sent: Inputs, streams: float | None) -> float | None:
    return _times(streams, sent.stream_units_per_s)


def _bytes(sent: Inputs, streams: float | None) -> float | None:
    if sent.stream_bps is not None:
        return _times(streams, sent.stream_bps / 8)
    if sent.total_bps is None or sent.streams_in is None or sent.streams_out is None:
        return None
    # In and out together: every stream, coming or leaving, has the same share.
    return _times(streams, sent.total_bps / 8 / (sent.streams_in + sent.streams_out))


def _times(streams: float | None, each: float | None) -> float | None:
    return None if streams is None or each is None else streams * each
