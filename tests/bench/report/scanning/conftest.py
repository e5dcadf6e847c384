"""Scanning rows with plausible numbers, from a formula: the same on every machine."""

from collections.abc import Sequence

import numpy as np
import pytest

from bench.cases import (
    Case,
    DriftCase,
    HashCase,
    LookupCase,
    PrivateCase,
    RecallCase,
)
from bench.report.plots import plots_of
from bench.report.published_plot import PublishedPlot
from bench.report.report_run import ReportRun
from bench.results import (
    DriftSummary,
    Estimate,
    HashSummary,
    HookSummary,
    LookupSummary,
    PacedSummary,
    PrivateSummary,
    RecallCounts,
    RecallSummary,
    Row,
    StageSummary,
)
from bench.samples import Samples, samples_dtype
from pipelines.scanning.hook import LEARNS, Hook, Mode, Point

CLIP = "outdoor->720p"
HOP_BY_HOP = "srtp-aes-128-gcm"
END_TO_END = "sframe-aes-256-gcm+srtp-aes-128-gcm"
REASON = "the relay of sframe-aes-256-gcm+srtp-aes-128-gcm holds no plaintext"

STEP_US = {
    "scan-sample": 0.2,
    "scan-reassemble": 2.0,
    "scan-decode": 900.0,
    "scan-luma": 0.6,
    "scan-hash": 81.0,
    "scan-gate": 0.1,
    "scan-lookup": 38.0,
    "scan-enqueue": 60.0,
    "scan-verdict": 0.3,
}
DECODES = {
    Point.SENDER_BEFORE_ENCODE: (),
    Point.SENDER_AFTER_ENCODE: ("scan-decode",),
    Point.RELAY: ("scan-reassemble", "scan-decode"),
    Point.RECEIVER: (),
}
WAY_US = 5200.0


def estimate(value: float, spread: float = 0.02) -> Estimate:
    return Estimate(value=value, low=value * (1 - spread), high=value * (1 + spread))


def steps_of(hook: Hook) -> dict[str, float]:
    steps = ["scan-sample", *DECODES[hook.point]]
    steps += ["scan-luma"] if hook.mode is Mode.INLINE else ["scan-enqueue"]
    if hook.mode is Mode.INLINE and hook.scanner != "noop":
        steps += ["scan-hash", "scan-gate"]
        if hook.list_size:
            steps += ["scan-lookup"]
        steps += ["scan-verdict"]
    kept = 1 / 30 if hook.sampling != "every-1" else 1.0
    size = (hook.list_size / 1e5) ** 0.7 if hook.list_size else 1.0
    share = {"scan-lookup": size, "scan-sample": 1 / kept}
    return {step: STEP_US[step] * 1e3 * kept * share.get(step, 1.0) for step in steps}


def hooked(
    hook: Hook,
    *,
    pipeline: str = HOP_BY_HOP,
    codec: str = "h264",
    model: str = "stage",
    error: str | None = None,
    labels: Sequence[str] = (),
) -> Row:
    """Return the row of a hooked pipeline; with `error` it knows little more than its id."""
    case = Case(
        model="paced" if model == "paced" else "stage",
        media="live",
        codec=codec,
        pipeline=pipeline,
        hook=hook,
        clip=CLIP,
        seconds=3.0,
        rounds=6,
        why="a test",
    )
    if error is not None:
        return Row(
            case=case.id,
            why="a test",
            model=model,
            media="live",
            clip=CLIP,
            codec=codec,
            pipeline=pipeline,
            error=error,
        )
    steps = steps_of(hook)
    role = str(LEARNS[hook.point][0])
    mean_ns = sum(steps.values())
    is_async = hook.mode is Mode.ASYNC
    worker_ns = 120e3 if is_async else 0.0
    way_ns = (WAY_US * 1e3, WAY_US * 1.6e3)
    paced = PacedSummary(
        p50_ns=estimate(way_ns[0] + mean_ns),
        p95_ns=estimate(way_ns[0] * 1.3 + mean_ns),
        p99_ns=estimate(way_ns[1] + mean_ns * 1.2),
        max_ns=20_000_000,
        deadline_ns=33_333_333,
        deadline_misses=0,
        frame_interval_ns=33_333_333,
    )
    return Row(
        case=case.id,
        why="a test",
        model=model,
        media="live",
        clip=CLIP,
        codec=codec,
        pipeline=pipeline,
        labels=tuple(labels),
        engine="libcrypto",
        library="OpenSSL 3.5.4",
        sees_plaintext=("sender", "receiver") if "sframe" in pipeline else ("sender", "relay"),
        width=1280,
        height=720,
        fps=30.0,
        frames=300,
        rounds=6,
        processes=1,
        stages=tuple(
            StageSummary(
                role=role,
                stage=step,
                kind="scan",
                p50_ns=estimate(time_ns),
                p95_ns=estimate(time_ns * 1.2),
                p99_ns=estimate(time_ns * 1.4),
                mean_ns=estimate(time_ns),
            )
            for step, time_ns in steps.items()
        ),
        paced=paced if model == "paced" else None,
        hook=HookSummary(
            point=str(hook.point),
            scanner=hook.scanner,
            hasher="pdq",
            index="multi-index" if hook.list_size else "",
            list_entries=hook.list_size,
            index_bytes=hook.list_size * 100,
            list_origin="frames of a harmless clip among random hashes" if hook.list_size else "",
            sampling=hook.sampling,
            mode=str(hook.mode),
            learns=tuple(map(str, LEARNS[hook.point])),
            mean_ns=estimate(mean_ns),
            core_share=estimate((mean_ns + worker_ns) * 30 / 1e9),
            added_p50_ns=estimate(mean_ns),
            added_p99_ns=estimate(mean_ns * 1.2, 0.1),
            sampled=300 if hook.sampling == "every-1" else 10,
            matched=12 if hook.list_size else 0,
            dropped=2 if is_async else 0,
            flagged_frames=3 if hook.list_size else 0,
            worker_ns=estimate(worker_ns) if is_async else None,
            lag_p50_ns=estimate(180e3) if is_async else None,
            lag_p99_ns=estimate(2.4e6, 0.3) if is_async else None,
        ),
        samples=f"samples/{len(case.id)}.npy",
    )


def way_samples(_: Row) -> Samples:
    """Return samples of a hundred frames that take WAY_US and, each tenth, 1.6 times that."""
    samples = np.zeros(100, dtype=samples_dtype(["sender/encode"]))
    samples["sender/encode"] = int(WAY_US * 1e3)
    samples["sender/encode"][::10] = int(WAY_US * 1.6e3)
    return samples


def scan(
    point: Point,
    scanner: str = "pdq",
    list_size: int = 100_000,
    *,
    sampling: str = "every-1",
    mode: Mode = Mode.INLINE,
) -> Hook:
    return Hook(point=point, scanner=scanner, list_size=list_size, sampling=sampling, mode=mode)


def hook_rows() -> list[Row]:
    rows = [hooked(scan(point)) for point in Point]
    rows += [hooked(scan(point, "noop", 0)) for point in Point]
    rows += [hooked(scan(point, "pdq-hash-only", 0)) for point in Point]
    rows += [
        hooked(scan(Point.SENDER_BEFORE_ENCODE), pipeline=END_TO_END),
        hooked(scan(Point.RECEIVER), pipeline=END_TO_END),
        hooked(scan(Point.RELAY), pipeline=END_TO_END, error=f"ScanRefused: {REASON}"),
        hooked(scan(Point.SENDER_BEFORE_ENCODE, "pdq", 1_000_000)),
        hooked(scan(Point.SENDER_BEFORE_ENCODE, "pdq", 10_000)),
        hooked(scan(Point.RELAY, sampling="key-frames")),
        hooked(
            scan(Point.SENDER_BEFORE_ENCODE, "pdq-faiss"),
            error="NotInstalled: faiss: pip install 'sealbench[scan]'",
        ),
        hooked(scan(Point.SENDER_BEFORE_ENCODE, "phash"), error="ValueError: broken"),
        hooked(scan(Point.RELAY), codec="vp8"),
    ]
    rows += [hooked(scan(Point.SENDER_BEFORE_ENCODE, mode=mode), model="paced") for mode in Mode]
    return rows


def hash_rows() -> list[Row]:
    costs = {
        "pdq": 0.09,
        "phash": 0.05,
        "dhash": 0.02,
        "pdqhash.compute": 14.0,
        "imagehash.phash": 6.0,
        "imagehash.dhash": 4.0,
    }
    rows: list[Row] = []
    for clip, width, height in (("webcam-360p", 640, 360), (CLIP, 1280, 720)):
        for hasher, cost in costs.items():
            time_ns = cost * 1e6 * width * height / (1280 * 720)
            rows.append(
                Row(
                    case=HashCase(why="a test", clip=clip, seconds=1, rounds=5, hasher=hasher).id,
                    why="a test",
                    model="hash",
                    clip=clip,
                    width=width,
                    height=height,
                    fps=30.0,
                    frames=500,
                    rounds=5,
                    hash=HashSummary(
                        hasher=hasher,
                        bits=256 if "pdq" in hasher else 64,
                        p50_ns=estimate(time_ns),
                        p99_ns=estimate(time_ns * 1.5, 0.1),
                        mean_ns=estimate(time_ns * 1.05),
                        quality_mean=93.0,
                    ),
                )
            )
    return rows


def lookup_case(index: str, entries: int, batch: int = 1) -> str:
    return LookupCase(
        why="a test",
        clip=CLIP,
        seconds=1,
        rounds=8,
        hasher="pdq",
        index=index,
        list_size=entries,
        radius=31,
        batch=batch,
    ).id


def lookup_rows() -> list[Row]:
    costs = {
        "multi-index": (9.0, 0.45),
        "flat": (20.0, 0.9),
        "faiss-flat": (29.0, 0.85),
        "faiss-multi-hash": (64.0, 0.7),
    }
    rows: list[Row] = []
    for batch, sizes in ((1, (10_000, 100_000, 1_000_000)), (64, (100_000,))):
        for entries in sizes:
            for index, (at_1e4, slope) in costs.items():
                time_ns = at_1e4 * 1e3 * (entries / 1e4) ** slope
                rows.append(
                    Row(
                        case=lookup_case(index, entries, batch),
                        why="a test",
                        model="lookup",
                        clip=CLIP,
                        lookup=LookupSummary(
                            hasher="pdq",
                            index=index,
                            exact=index != "faiss-multi-hash",
                            radius=31,
                            list_entries=entries,
                            index_bytes=entries * 100,
                            build_s=entries / 1e6,
                            batch=batch,
                            p50_ns=estimate(time_ns),
                            p99_ns=estimate(time_ns * 2, 0.1),
                            mean_ns=estimate(time_ns * 1.1),
                            found_mean=0.2,
                        ),
                    )
                )
    return rows


def private_row(protocol: str, entries: int, error: str | None = None) -> Row:
    case = PrivateCase(
        why="a test",
        clip=CLIP,
        seconds=30,
        rounds=1,
        protocol=protocol,
        list_size=entries,
        queries=8,
    ).id
    if error is not None:
        return Row(case=case, why="a test", model="private", clip=CLIP, error=error)
    is_psi = protocol.startswith("psi")
    mean_ns = 0.9e6 if is_psi else 7e9 * entries / 1e5
    return Row(
        case=case,
        why="a test",
        model="private",
        clip=CLIP,
        private=PrivateSummary(
            protocol=protocol,
            library="openmined-psi 2.0.6" if is_psi else "tenseal 0.3.16",
            list_entries=entries,
            radius=0 if is_psi else 31,
            setup_s=17.0 * entries / 1e5 if is_psi else 0.4,
            setup_bytes=400_000 if is_psi else 1_000,
            p50_ns=estimate(mean_ns),
            mean_ns=estimate(mean_ns, 0.05),
            client_ns=mean_ns * 0.4,
            server_ns=mean_ns * 0.6,
            up_bytes=120.0 if is_psi else 22e6,
            down_bytes=90.0 if is_psi else 3e6,
            plaintext_ns=300.0 if is_psi else 41_000.0,
            plaintext_radius=0 if is_psi else 31,
            client_learns="which of its hashes are listed" if is_psi else "every distance",
            server_learns="how many hashes were asked for.",
        ),
    )


def private_rows() -> list[Row]:
    return [
        *(private_row(name, size) for name in ("psi-gcs", "bfv") for size in (10_000, 100_000)),
        private_row(
            "psi-raw", 10_000, "NotInstalled: openmined-psi: pip install 'sealbench[private]'"
        ),
    ]


RECALL_CLIPS = ("webcam-360p", "head-360p", CLIP, "bunny")
RUNGS = {"360p": (800e3, 0.0), "360p@250k": (250e3, 0.03), "180p@60k": (60e3, 0.12)}
CHANGES = {"none": 0.0, "crop-5": 0.35, "mirror": 0.99}


def recall_row(clip: str, codec: str, rung: str, change: str) -> Row:
    place = RECALL_CLIPS.index(clip)
    target_bps, loss = RUNGS[rung]
    frames = 60
    lost = min(1.0, (loss + CHANGES[change]) * (1 + 0.1 * place))
    recalled = round(frames * (1 - lost))
    dihedral = round(frames * (1 - min(1.0, loss * (1 + 0.1 * place))))
    return Row(
        case=RecallCase(
            why="a test",
            clip=clip,
            seconds=0.5,
            rounds=1,
            codec=codec,
            rung=rung,
            change=change,
            hashers=("pdq", "dhash"),
            against=(),
        ).id,
        why="a test",
        model="recall",
        clip=clip,
        codec=codec,
        width=640,
        height=360,
        fps=30.0,
        frames=frames,
        recall=RecallSummary(
            change=change,
            rung=rung,
            target_bps=target_bps,
            achieved_bps=target_bps * (0.9 + 0.05 * place),
            counts=tuple(
                RecallCounts(
                    hasher=hasher,
                    radius=31 if hasher == "pdq" else 10,
                    frames=frames,
                    low_quality=1,
                    recalled=recalled,
                    recalled_dihedral=dihedral if change == "mirror" else recalled,
                    identical=recalled // 4,
                    false_matches=0 if hasher == "pdq" else place,
                    foreign_entries=900,
                    distances=(0.0, 2.0, 6.0, 12.0, 40.0),
                )
                for hasher in ("pdq", "dhash")
            ),
        ),
    )


def recall_rows() -> list[Row]:
    return [
        recall_row(clip, codec, rung, change)
        for clip in RECALL_CLIPS
        for codec in ("h264", "vp8")
        for rung in RUNGS
        for change in CHANGES
    ]


def drift_rows() -> list[Row]:
    return [
        Row(
            case=DriftCase(why="a test", clip=clip, seconds=2, rounds=1).id,
            why="a test",
            model="drift",
            clip=clip,
            frames=72,
            drift=DriftSummary(
                hasher="pdq",
                reference="pdqhash.compute",
                frames=72,
                good=70,
                mean_bits=1.1,
                quantile_bits=(0.0, 4.0, 10.0),
                quality_difference_mean=-0.4,
            ),
        )
        for clip in ("webcam-360p", "bunny")
    ]


def run_of(rows: Sequence[Row], name: str) -> ReportRun:
    return ReportRun(
        name=name,
        evidence=f"results/{name}",
        machine_line="AMD EPYC (2 cores, AES-NI, VAES; OpenSSL 4.0.3, FFmpeg 8.1)",
        rows=tuple(rows),
        load_samples=lambda row: way_samples(row) if row.samples else None,
    )


@pytest.fixture(scope="session")
def scanning_run() -> ReportRun:
    """What the suites `scanning` and `recall` leave, but fewer."""
    parts = (hook_rows, hash_rows, lookup_rows, private_rows, recall_rows, drift_rows)
    return run_of([row for part in parts for row in part()], "2026-11-22T1012-scanning")


@pytest.fixture(scope="session")
def scanning_plots(scanning_run: ReportRun) -> tuple[PublishedPlot, ...]:
    """The plots of `scanning_run`, drawn once: drawing is what takes time here."""
    return tuple(plots_of(scanning_run))


@pytest.fixture(scope="session")
def recall_run() -> ReportRun:
    return run_of(recall_rows(), "recall")


@pytest.fixture(scope="session")
def only_refused_run() -> ReportRun:
    return run_of([row for row in hook_rows() if row.error is not None], "refused")
