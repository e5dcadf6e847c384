"""The check of published points as a table of text."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.sizing.published.values import CheckedPoint, Estimate, PublishedCheck

NONE = "-"

HEAD = (
    "published point",
    "host, software",
    "published",
    "this machine",
    "off by",
    "scalar",
    "predicted",
    "error",
    "inside",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedTable:
    """A titled table: every row has as many cells as the head; `notes` are sentences under it."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def published_table(check: PublishedCheck) -> PublishedTable:
    """Return `check` as text: one row per point, then what was assumed, and the sources."""
    scalars = {host.host: host.scalar for host in check.hosts}
    alone = {host.host for host in check.hosts if host.points == 1}
    return PublishedTable(
        title=f"Published points, predicted from micro-measurements on {check.machine}"
        " (busy cores, 90 % intervals)",
        head=HEAD,
        rows=tuple(_row(p, scalars[p.host], alone=p.host in alone) for p in check.points),
        notes=tuple(_notes(check)),
    )


def _row(point: CheckedPoint, scalar: Estimate | None, *, alone: bool) -> tuple[str, ...]:
    return (
        point.name,
        f"{point.host}; {point.software}",
        _cores(point.published_cores),
        _with_interval(point.unfitted_cores),
        _error(point.unfitted_error_percent),
        NONE if scalar is None else _cores(scalar.value),
        _predicted(point, alone=alone),
        _error(point.error_percent),
        NONE if point.within is None else ("yes" if point.within else "no"),
    )


def _predicted(point: CheckedPoint, *, alone: bool) -> str:
    if point.part == "impossible":
        return "no figure"
    if point.part == "fitted":
        return "fitted, alone" if alone else "fitted"
    return _with_interval(point.predicted_cores)


def _notes(check: PublishedCheck) -> Iterator[str]:
    yield _found(check)
    yield check.rule
    yield (
        "This machine's cores are the model's before any fit, and off by so much. The scalar says"
        " how many cores of that host, with that software, do what one core of this machine does in"
        " our stages. A host with one point stands alone: it has a scalar, and nothing left to"
        " predict. Inside: the published figure lies in the predicted interval."
    )
    for title in dict.fromkeys(point.title for point in check.points):
        of_source = [point for point in check.points if point.title == title]
        yield f"Source of {title}: {of_source[0].document}, {of_source[0].url}"
        yield from _told(of_source, "Note", lambda point: point.notes)
        yield from _told(of_source, "No figure", lambda point: filter(None, [point.problem]))
        yield from _told(of_source, "Assumed", _assumptions)


def _found(check: PublishedCheck) -> str:
    found = check.summary
    if found.median_error_percent is None or found.worst_error_percent is None:
        return f"None of {found.points} points could be predicted."
    text = (
        f"{found.predicted} of {found.points} points were predicted: median absolute error"
        f" {found.median_error_percent:.1f} %, worst {found.worst_error_percent:+.0f} %"
        f" ({found.worst}). {found.within} lie in the interval, which holds what the calibration is"
        " unsure of: neither the published figures' own noise (about 5 %) nor our assumptions."
    )
    if found.same_software_median_error_percent is None or found.same_software == found.predicted:
        return text
    return (
        f"{text} Where fitted and predicted point ran the same software ({found.same_software}"
        f" points): {found.same_software_median_error_percent:.1f} %."
    )


def _told(
    points: Sequence[CheckedPoint], kind: str, texts: Callable[[CheckedPoint], Iterable[str]]
) -> Iterator[str]:
    """Yield each text once, with the points that it is said of unless it is all of them."""
    names: dict[str, list[str]] = {}
    for point in points:
        for text in texts(point):
            names.setdefault(text, []).append(point.name)
    for text, of in names.items():
        whom = "" if len(of) == len(points) else f" for {', '.join(of)}"
        yield f"{kind}{whom}: {text}"


def _assumptions(point: CheckedPoint) -> Iterator[str]:
    for each in point.assumed:
        value = each.value if isinstance(each.value, str) else f"{each.value:,.10g}"
        yield f"{each.input} = {value}. {each.why}"


def _with_interval(estimate: Estimate | None) -> str:
    if estimate is None:
        return NONE
    value, low, high = (_cores(each) for each in (estimate.value, estimate.low, estimate.high))
    # What the scalar cancels leaves no interval worth its digits.
    return value if value == low == high else f"{value} [{low}, {high}]"


def _error(percent: float | None) -> str:
    if percent is None:
        return NONE
    return f"{percent:+.1f} %" if abs(percent) < 10 else f"{percent:+.0f} %"


def _cores(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"
