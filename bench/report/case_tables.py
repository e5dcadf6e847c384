"""The tables of a group: service times from the cache, live with the codec, and in real time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from types import MappingProxyType

from bench.report.grouping import Group, Kind, is_baseline, role_of, stages_of
from bench.report.outcome import failure, remark
from bench.report.quantities import (
    MISSING,
    half_interval_percent,
    microseconds,
    milliseconds,
    number,
    percent,
    with_interval,
)
from bench.report.table_value import Column, Line, Table
from bench.results import Estimate, Row, StageSummary

Cells = Callable[[Group, Row], tuple[str, ...]]

_CACHED_COLUMNS = (
    Column(head="sender", sub="p50 µs"),
    Column(head="", sub="±%", priority=4),
    Column(head="sender", sub="p99 µs", priority=1),
    Column(head="times", sub="null", priority=5),
    Column(head="relay", sub="p50 µs", priority=3),
    Column(head="receiver", sub="p50 µs", priority=2),
    Column(head="overhead", sub="B/frame", priority=1),
    Column(head="relayed streams", sub="per core"),
)

_LIVE_COLUMNS = (
    Column(head="encode", sub="p50 ms"),
    Column(head="protect", sub="p50 µs"),
    Column(head="of encode", sub="%", priority=1),
    Column(head="decode", sub="p50 ms", priority=3),
    Column(head="open", sub="p50 µs", priority=4),
    Column(head="of decode", sub="%", priority=2),
)

_PACED_COLUMNS = (
    Column(head="latency", sub="p50 ms"),
    Column(head="", sub="p95 ms", priority=2),
    Column(head="", sub="p99 ms"),
    Column(head="", sub="max ms", priority=1),
    Column(head="deadline", sub="ms", priority=3),
    Column(head="missed", sub="frames"),
)


def _cached_cells(group: Group, row: Row) -> tuple[str, ...]:
    sender, relay, receiver = (role_of(row, name) for name in ("sender", "relay", "receiver"))
    baseline = group.baseline_of(row)
    floor = role_of(baseline, "sender") if baseline else None
    ratio = (
        number(sender.p50_ns.value / floor.p50_ns.value)
        if sender and floor and floor.p50_ns.value and row is not baseline
        else MISSING
    )
    return (
        microseconds(sender.p50_ns.value) if sender else MISSING,
        half_interval_percent(sender.p50_ns).removeprefix("±").removesuffix(" %")
        if sender
        else MISSING,
        microseconds(sender.p99_ns.value) if sender else MISSING,
        ratio,
        microseconds(relay.p50_ns.value) if relay else MISSING,
        microseconds(receiver.p50_ns.value) if receiver else MISSING,
        number(row.overhead_bytes_mean),
        with_interval(_streams(relay.frames_per_s_core, row.fps)) if relay and row.fps else MISSING,
    )


def _streams(frames_per_s: Estimate, fps: float) -> Estimate:
    return Estimate(
        value=frames_per_s.value / fps, low=frames_per_s.low / fps, high=frames_per_s.high / fps
    )


def relayed_streams_per_core(row: Row) -> Estimate | None:
    """Return how many such streams one core could relay if it did nothing else."""
    relay = role_of(row, "relay")
    return _streams(relay.frames_per_s_core, row.fps) if relay and row.fps else None


def codec_p50_ns(row: Row, role: str) -> float | None:
    """Return the median time of the codec stages of `role` in ns, or None where it has none."""
    times_ns = [stage.p50_ns.value for stage in stages_of(row, role) if stage.kind == "codec"]
    return sum(times_ns) if times_ns else None


def _other_p50_ns(row: Row, role: str) -> float:
    return sum(stage.p50_ns.value for stage in stages_of(row, role) if not _is_codec(stage))


def _is_codec(stage: StageSummary) -> bool:
    return stage.kind == "codec"


def _live_cells(_: Group, row: Row) -> tuple[str, ...]:
    cells: list[str] = []
    encode_ns, decode_ns = codec_p50_ns(row, "sender"), codec_p50_ns(row, "receiver")
    send_ns, open_ns = _other_p50_ns(row, "sender"), _other_p50_ns(row, "receiver")
    cells += [milliseconds(encode_ns) if encode_ns else MISSING, microseconds(send_ns)]
    cells += [_share(send_ns, encode_ns), milliseconds(decode_ns) if decode_ns else MISSING]
    cells += [microseconds(open_ns), _share(open_ns, decode_ns)]
    return tuple(cells)


def _share(part_ns: float, whole_ns: float | None) -> str:
    return number(100 * part_ns / whole_ns, 2) if whole_ns else MISSING


def _paced_cells(_: Group, row: Row) -> tuple[str, ...]:
    paced = row.paced
    if paced is None:
        return (MISSING,) * len(_PACED_COLUMNS)
    return (
        milliseconds(paced.p50_ns.value),
        milliseconds(paced.p95_ns.value),
        milliseconds(paced.p99_ns.value),
        milliseconds(paced.max_ns),
        milliseconds(paced.deadline_ns),
        f"{paced.deadline_misses:,} of {row.frames:,}",
    )


_LAYOUTS: Mapping[Kind, tuple[str, tuple[Column, ...], Cells]] = MappingProxyType(
    {
        Kind.CACHED: (
            "per frame, access units from the cache: crypto and packets only",
            _CACHED_COLUMNS,
            _cached_cells,
        ),
        Kind.LIVE: (
            "per frame, encoded and decoded live: protection beside the codec",
            _LIVE_COLUMNS,
            _live_cells,
        ),
        Kind.PACED: (
            "one stream in real time: latency from the moment the frame was due",
            _PACED_COLUMNS,
            _paced_cells,
        ),
    }
)


def live_rows(groups: Iterable[Group]) -> tuple[Row, ...]:
    """Return the finished rows of `groups` that ran with the codec."""
    return tuple(row for group in groups if group.media == "live" for row in group.finished)


def table_of(group: Group, live: Sequence[Row]) -> Table:
    """Return the table of `group`; `live` are the live rows of the same clip and codec."""
    title, columns, cells = _LAYOUTS[group.kind]
    if group.kind is Kind.PACED:
        title = f"{title} ({'with the codec' if group.media == 'live' else 'from the cache'})"
    return Table(
        title=title,
        name_head="pipeline",
        columns=columns,
        lines=tuple(
            Line(
                name=group.display_name(row),
                cells=cells(group, row) if row.error is None else (),
                labels=group.own_labels(row),
                error=failure(row),
                remark=remark(row),
                is_baseline=is_baseline(row),
            )
            for row in group.rows
        ),
        notes=_notes(group, live),
    )


def _notes(group: Group, live: Sequence[Row]) -> tuple[str, ...]:
    if group.kind is Kind.LIVE:
        return ("protect: all the sender does but encode; open: all the receiver does but decode",)
    return _scale_note(live) if group.kind is Kind.CACHED else ()


def _scale_note(live: Sequence[Row]) -> tuple[str, ...]:
    encode_ns = typical_codec_ns(live, "sender")
    decode_ns = typical_codec_ns(live, "receiver")
    if encode_ns is None or decode_ns is None:
        return ()
    return (
        (
            f"for scale: encoding this frame takes {milliseconds(encode_ns)} ms, "
            f"decoding it {milliseconds(decode_ns)} ms"
        ),
    )


def typical_codec_ns(live: Iterable[Row], role: str) -> float | None:
    """Return the median over the rows of `live` of their codec time in `role`, in ns."""
    times_ns = [time for row in live if (time := codec_p50_ns(row, role)) is not None]
    return median(times_ns) if times_ns else None


def share_of_baseline(row: Row) -> str:
    """Return what the harness adds to `row` as a percentage of its measured time."""
    measured_ns = sum(role.mean_ns.value for role in row.roles)
    return percent(row.harness_ns_per_frame / measured_ns) if measured_ns else MISSING
