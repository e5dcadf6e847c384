"""The run in a few sentences, for a reader who will look at no table."""

from collections.abc import Sequence

from bench.report.case_tables import live_rows, relayed_streams_per_core, typical_codec_ns
from bench.report.grouping import Group, Kind, role_of, rung
from bench.report.outcome import failure
from bench.report.quantities import (
    count,
    duration,
    half_interval_percent,
    number,
    percent,
)
from bench.report.report_run import ReportRun, printable
from bench.report.scanning.scanning_sentences import scanning_sentences
from bench.results import Row

_PREFERRED = (
    "sframe-aes-256-gcm+srtp-aes-256-gcm",
    "sframe-aes-256-gcm+srtp-aes-128-gcm",
    "sframe-aes-128-gcm+srtp-aes-128-gcm",
    "sframe-aes-256-gcm",
    "srtp-aes-256-gcm",
    "srtp-aes-128-gcm",
)
"""Which pipeline stands for the rest: the strongest that people deploy, else the nearest to it."""


def sentences(run: ReportRun, groups: Sequence[Group]) -> tuple[str, ...]:
    """Return at most three findings of pipelines, four of scanning, and how many cases failed."""
    candidates = (
        _sender_cost(groups),
        _relay_capacity(groups),
        _real_time(groups),
        _bytes_on_the_wire(groups),
    )
    found = [sentence for sentence in candidates if sentence is not None][:3]
    found += scanning_sentences(run)
    failed = sum(failure(row) is not None for row in run.rows)
    if failed:
        found.append(
            f"{failed:,} of {count(len(run.rows), 'case')} failed; each is shown with its error."
        )
    if not run.rows:
        found.append("No case of this run has finished, so there is nothing to conclude.")
    return tuple(found)


def _representative(group: Group) -> Row | None:
    by_name = {row.pipeline: row for row in reversed(group.finished)}
    return next((by_name[name] for name in _PREFERRED if name in by_name), None)


def _cached(groups: Sequence[Group]) -> Group | None:
    """Return the cached group to speak of: encoded video that was also measured live, if any."""
    cached = [
        group
        for group in groups
        if group.kind is Kind.CACHED and group.codec != "raw" and _representative(group)
    ]
    with_live = [group for group in cached if _encode_ns(group, groups)]
    return max(
        with_live or cached,
        key=lambda group: (group.finished[0].height, group.codec == "h264"),
        default=None,
    )


def _encode_ns(group: Group, groups: Sequence[Group]) -> float | None:
    video = (group.clip, group.codec)
    live = live_rows(other for other in groups if (other.clip, other.codec) == video)
    return typical_codec_ns(live, "sender")


def _what(row: Row) -> str:
    labels = f" ({', '.join(printable(label) for label in row.labels)})" if row.labels else ""
    return printable(row.pipeline).replace("+", " + ") + labels


def _sender_cost(groups: Sequence[Group]) -> str | None:
    group = _cached(groups)
    row = _representative(group) if group else None
    sender = role_of(row, "sender") if row else None
    if group is None or row is None or sender is None:
        return None
    baseline = group.baseline_of(row)
    floor = role_of(baseline, "sender") if baseline else None
    added_ns = sender.p50_ns.value - (floor.p50_ns.value if floor else 0.0)
    encode_ns = _encode_ns(group, groups)
    if encode_ns:
        scale = f"{percent(added_ns / encode_ns)} of the {duration(encode_ns)} that encoding takes"
    else:
        scale = f"{percent(added_ns * row.fps / 1e9)} of the time between two frames"
    over = " more than sending it in the clear" if floor else ""
    return (
        f"Protecting one {rung(row)} {group.codec} frame with {_what(row)} costs the sender "
        f"{duration(added_ns)}{over}: {scale} (median)."
    )


def _relay_capacity(groups: Sequence[Group]) -> str | None:
    group = _cached(groups)
    row = _representative(group) if group else None
    streams = relayed_streams_per_core(row) if row else None
    if row is None or streams is None:
        return None
    return (
        f"A relay that did nothing else could pass on {number(streams.value)} such streams "
        f"per core ({half_interval_percent(streams)}) with {_what(row)}; receiving and sending "
        "packets, which costs a real relay more than the ciphers do, is not in this figure."
    )


def _real_time(groups: Sequence[Group]) -> str | None:
    paced = [row for group in groups if group.kind is Kind.PACED for row in group.finished]
    timed = [(row, row.paced) for row in paced if row.paced is not None]
    if not timed:
        return None
    frames = sum(row.frames for row, _ in timed)
    missed = sum(summary.deadline_misses for _, summary in timed)
    worst, summary = max(timed, key=lambda pair: pair[1].p99_ns.value)
    return (
        f"In real time {missed:,} of {count(frames, 'frame')} missed their deadline; the slowest "
        f"case was {_what(worst)} on {printable(worst.clip)}, {printable(worst.codec)}: 99 % of "
        f"its frames were done within {duration(summary.p99_ns.value)} of being due."
    )


def _bytes_on_the_wire(groups: Sequence[Group]) -> str | None:
    group = _cached(groups)
    row = _representative(group) if group else None
    if row is None or group is None or not row.unit_bytes_mean:
        return None
    return (
        f"On the wire {_what(row)} adds {number(row.overhead_bytes_mean)} bytes to a frame, "
        f"RTP headers included: {percent(row.overhead_bytes_mean / row.unit_bytes_mean)} of "
        f"the {rung(row)} {group.codec} stream."
    )
