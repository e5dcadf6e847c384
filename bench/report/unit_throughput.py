"""Throughput of each cipher against the size of the unit it sealed, from the raw samples."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from bench.report.grouping import BASELINE, stages_of
from bench.report.hooked import plain_rows
from bench.report.report_run import ReportRun, printable
from bench.results import Row
from bench.samples import stage_durations_ns, stage_field
from pipelines.stage import Role

BINS_PER_DECADE = 5
FEWEST_PER_BIN = 12
"""Fewer frames than this in a bin say nothing of its quartiles."""

Floats = npt.NDArray[np.float64]


class Path(StrEnum):
    """How a cipher meets the media: one call for the frame, or one for each packet."""

    FRAME = "frame"
    PACKETS = "packets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One cipher: quartiles of Gbit/s in each bin of unit sizes."""

    name: str
    path: Path
    labels: tuple[str, ...]
    frames: int
    unit_bytes: Floats
    low_gbit_per_s: Floats
    median_gbit_per_s: Floats
    high_gbit_per_s: Floats


@dataclass(frozen=True, slots=True)
class _Key:
    path: Path
    cipher: str
    engine: str


def series_of(run: ReportRun) -> tuple[Series, ...]:
    """Return one series per cipher and path over all clips and codecs of `run`.

    Each sample is one frame: the bits of the access unit over the time of the sender's crypto
    stage. The null copy is the series called `null`.
    """
    points: dict[_Key, list[tuple[Floats, Floats]]] = {}
    labels: dict[_Key, tuple[str, ...]] = {}
    for row in plain_rows(run.rows):
        # A live row's unit is the decoded frame; what was sealed is the access unit.
        if row.error is not None or row.model != "stage" or row.media != "cached":
            continue
        for key, sizes, times_ns in _sealed(row, run):
            points.setdefault(key, []).append((sizes, times_ns))
            # A label of one case (a synthetic clip) belongs to the cipher only if all have it.
            known = labels.get(key, row.labels)
            labels[key] = tuple(label for label in known if label in row.labels)
    engines = {key.engine for key in points}
    series = [
        _binned(key, labels[key], pairs, with_engine=len(engines) > 1)
        for key, pairs in sorted(points.items(), key=lambda item: (item[0].path, item[0].cipher))
    ]
    return tuple(each for each in series if len(each.unit_bytes))


def _sealed(row: Row, run: ReportRun) -> Iterable[tuple[_Key, Floats, Floats]]:
    stages = [stage.stage for stage in stages_of(row, "sender") if stage.kind == "crypto"]
    samples = run.load_samples(row) if stages else None
    if samples is None:
        return
    durations_ns = stage_durations_ns(samples)
    for stage in stages:
        times_ns = durations_ns.get(stage_field(Role.SENDER, stage))
        if times_ns is None:
            continue
        used = (times_ns > 0) & (samples["unit_bytes"] > 0)
        yield (
            _key(row, stage),
            samples["unit_bytes"][used].astype(np.float64),
            times_ns[used].astype(np.float64),
        )


def _key(row: Row, stage: str) -> _Key:
    stem = stage.split("-", 1)[0]
    path = Path.PACKETS if stem == "srtp" else Path.FRAME
    parts = row.pipeline.split("+")
    part = next((part for part in parts if part.startswith(f"{stem}-")), parts[0])
    if stem == "copy":
        return _Key(path, BASELINE, row.engine)
    cipher = part.split("-", 1)[-1]
    return _Key(path, cipher, row.engine)


def _binned(
    key: _Key,
    labels: tuple[str, ...],
    pairs: list[tuple[Floats, Floats]],
    *,
    with_engine: bool,
) -> Series:
    sizes = np.concatenate([size for size, _ in pairs])
    rates = 8 * sizes / np.concatenate([time_ns for _, time_ns in pairs])
    bins = np.floor(np.log10(sizes) * BINS_PER_DECADE).astype(np.int64)
    full = [place for place in np.unique(bins) if (bins == place).sum() >= FEWEST_PER_BIN]
    quartiles = np.array(
        [np.quantile(rates[bins == place], (0.25, 0.5, 0.75)) for place in full]
    ).reshape(-1, 3)
    name = f"{key.cipher} [{key.engine}]" if with_engine else key.cipher
    return Series(
        name=printable(name),
        path=key.path,
        labels=tuple(printable(label) for label in labels),
        frames=len(sizes),
        unit_bytes=np.array([np.median(sizes[bins == place]) for place in full]),
        low_gbit_per_s=quartiles[:, 0],
        median_gbit_per_s=quartiles[:, 1],
        high_gbit_per_s=quartiles[:, 2],
    )
