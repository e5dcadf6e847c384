"""Rows and samples with plausible numbers, from a formula: the same on every machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from bench.report.plots import plots_of
from bench.report.published_plot import PublishedPlot
from bench.report.report_run import ReportRun
from bench.results import Estimate, PacedSummary, RoleSummary, Row, StageSummary
from bench.samples import Samples, latency_ns, samples_dtype, stage_durations_ns

GCM = (800.0, 0.11)
"""Fixed ns per call, ns per byte: AES-GCM through `cryptography`."""

COSTS: Mapping[str, tuple[float, float]] = {
    "copy": (300.0, 0.02),
    "forward": (700.0, 0.03),
    "packetize": (1500.0, 0.35),
    "depacketize": (1800.0, 0.30),
    "encode": (1.2e6, 250.0),
    "decode": (4.0e5, 60.0),
    "gcm": GCM,
    "chacha20": (900.0, 0.62),
    "ctr": (2600.0, 0.80),
    "cm": (2600.0, 0.95),
    "ecb": (700.0, 0.09),
}

SIZES = {"demo-144p": (176, 144), "outdoor->720p": (1280, 720), "webcam-360p": (640, 360)}

LABELS = {
    "null": ("unauthenticated",),
    "raw-null": ("unauthenticated",),
    "raw-aes-128-ecb": ("insecure", "unauthenticated"),
    "sframe-chacha20-poly1305": ("private suite",),
}

SFRAME = (
    "aes-128-gcm",
    "aes-256-gcm",
    "aes-128-ctr-hmac-sha256-80",
    "aes-128-ctr-hmac-sha256-64",
    "aes-128-ctr-hmac-sha256-32",
    "chacha20-poly1305",
)
SRTP = (
    "aes-cm-128-hmac-sha1-80",
    "aes-cm-128-hmac-sha1-32",
    "aes-cm-256-hmac-sha1-80",
    "aes-cm-256-hmac-sha1-32",
    "aes-128-gcm",
    "aes-256-gcm",
)
RAW = ("null", "aes-128-gcm", "aes-256-gcm", "chacha20-poly1305", "aes-128-ecb")
EVERY_PIPELINE = (
    "null",
    *(f"raw-{cipher}" for cipher in (*RAW, "aes-128-ctr-hmac-sha256-80")),
    *(f"srtp-{profile}" for profile in SRTP),
    *(f"sframe-{cipher}" for cipher in SFRAME),
    *(f"sframe-{cipher}+srtp-{profile}" for cipher in SFRAME for profile in SRTP),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A row and the samples it was made from."""

    row: Row
    samples: Samples


def stages_for(pipeline: str, media: str) -> tuple[tuple[str, str, str, str], ...]:
    """Return (role, stage, kind, cost) as the built-in pipelines have them."""
    roles = raw_stages(pipeline) if pipeline.startswith("raw-") else packet_stages(pipeline)
    if media == "live":
        roles["sender"].insert(0, ("encode", "codec", "encode"))
        roles["receiver"].append(("decode", "codec", "decode"))
    return tuple((role, *stage) for role, stages in roles.items() for stage in stages)


Roles = dict[str, list[tuple[str, str, str]]]


def raw_stages(pipeline: str) -> Roles:
    """Return the stages of a pipeline that seals decoded frames whole."""
    cipher = pipeline.removeprefix("raw-")
    copy = ("copy", "crypto", "copy")
    sealed = cipher != "null"
    return {
        "sender": [("seal", "crypto", cost_of(cipher)) if sealed else copy],
        "relay": [("forward", "packets", "forward")],
        "receiver": [("open", "crypto", cost_of(cipher)) if sealed else copy],
    }


def packet_stages(pipeline: str) -> Roles:
    """Return the stages of a pipeline that ends in packets."""
    parts = dict(part.split("-", 1) for part in pipeline.split("+") if "-" in part)
    sender = [("packetize", "packets", "packetize")]
    receiver = [("depacketize", "packets", "depacketize")]
    relay = [("forward", "packets", "forward")]
    if "sframe" in parts:
        sender.insert(0, ("sframe-encrypt", "crypto", cost_of(parts["sframe"])))
        receiver.append(("sframe-decrypt", "crypto", cost_of(parts["sframe"])))
    if "srtp" in parts:
        protect = ("srtp-protect", "crypto", cost_of(parts["srtp"]))
        unprotect = ("srtp-unprotect", "crypto", cost_of(parts["srtp"]))
        sender.append(protect)
        relay = [unprotect, protect]
        receiver.insert(0, unprotect)
    if not parts:
        sender.insert(0, ("copy", "crypto", "copy"))
        receiver.append(("copy", "crypto", "copy"))
    return {"sender": sender, "relay": relay, "receiver": receiver}


def cost_of(cipher: str) -> str:
    """Return the key of COSTS that `cipher` goes by."""
    return next(key for key in ("gcm", "chacha20", "ctr", "cm", "ecb") if key in cipher)


def estimate(value: float, spread: float = 0.01) -> Estimate:
    """Return `value` with an interval of plus and minus `spread` of it."""
    return Estimate(value=value, low=value * (1 - spread), high=value * (1 + spread))


def samples_of(pipeline: str, codec: str, media: str, clip: str, frames: int) -> Samples:
    """Return samples of `frames` frames, with key frames, jitter and a slow tail."""
    width, height = SIZES.get(clip, (1280, 720))
    index = np.arange(frames, dtype=np.int64)
    jitter = ((index * 7919) % 97) / 97.0
    tail = np.where(index % 53 == 0, 2.2, 1.0)
    mean_bytes = width * height * 3 // 2 if codec == "raw" else width * height // 120
    unit_bytes = np.full(frames, mean_bytes, dtype=np.int64)
    if codec != "raw":
        unit_bytes = (mean_bytes * (0.4 + 1.2 * jitter)).astype(np.int64)
        unit_bytes[::60] *= 8
    stages = stages_for(pipeline, media)
    samples = np.zeros(frames, dtype=samples_dtype([f"{role}/{name}" for role, name, *_ in stages]))
    per_packet = 0 if codec == "raw" else 12 + 16 * ("srtp" in pipeline)
    packets = np.ones(frames, dtype=np.int64) if codec == "raw" else unit_bytes // 1200 + 1
    samples["round"] = index * 5 // frames
    samples["frame"] = index
    samples["is_keyframe"] = index % 60 == 0
    samples["unit_bytes"] = unit_bytes
    samples["wire_bytes"] = unit_bytes + packets * per_packet + 18 * ("sframe" in pipeline)
    samples["packets"] = packets
    samples["due_ns"] = samples["start_ns"] = clock = index * 33_333_333
    for place, (role, name, _, cost) in enumerate(stages):
        fixed, per_byte = COSTS[cost]
        calls = packets if name.startswith("srtp") else 1
        took = (fixed * calls + per_byte * unit_bytes) * (0.95 + 0.1 * np.roll(jitter, place))
        clock = clock + (took * np.roll(tail, 3 * place)).astype(np.int64)
        samples[f"{role}/{name}"] = clock
    return samples


def _quantiles(times_ns: npt.NDArray[np.int64]) -> dict[str, Estimate]:
    return {
        "p50_ns": estimate(float(np.quantile(times_ns, 0.50))),
        "p95_ns": estimate(float(np.quantile(times_ns, 0.95)), 0.03),
        "p99_ns": estimate(float(np.quantile(times_ns, 0.99)), 0.08),
        "mean_ns": estimate(float(times_ns.mean())),
    }


def measured(
    pipeline: str,
    *,
    codec: str = "h264",
    clip: str = "outdoor->720p",
    media: str = "cached",
    model: str = "stage",
    frames: int = 300,
    labels: Sequence[str] = (),
) -> Measured:
    """Return a finished case."""
    samples = samples_of(pipeline, codec, media, clip, frames)
    kinds = stages_for(pipeline, media)
    durations = stage_durations_ns(samples)
    stages = tuple(
        StageSummary(role=role, stage=name, kind=kind, **_quantiles(durations[f"{role}/{name}"]))
        for role, name, kind, _ in kinds
    )
    roles: list[RoleSummary] = []
    for role in ("sender", "relay", "receiver"):
        own = [durations[f"{role}/{name}"] for each, name, *_ in kinds if each == role]
        total = np.sum(own, axis=0)
        per_s = 1e9 / float(total.mean())
        rate = float(samples["unit_bytes"].mean()) * 8 * per_s / 1e9
        roles.append(
            RoleSummary(
                role=role,
                **_quantiles(total),
                frames_per_s_core=estimate(per_s, 0.02),
                gbit_per_s_core=estimate(rate, 0.02),
            )
        )
    latency = latency_ns(samples)
    times = _quantiles(latency)
    paced = PacedSummary(
        p50_ns=times["p50_ns"],
        p95_ns=times["p95_ns"],
        p99_ns=times["p99_ns"],
        max_ns=int(latency.max()),
        deadline_ns=33_333_333,
        deadline_misses=int((latency > 33_333_333).sum()),
        frame_interval_ns=33_333_333,
    )
    width, height = SIZES.get(clip, (1280, 720))
    parts = set(pipeline.split("+"))
    own_labels = [label for part in parts for label in LABELS.get(part, ())]
    sees = ["sender", "receiver"]
    if "sframe" not in pipeline and "raw-a" not in pipeline and "raw-c" not in pipeline:
        sees.append("relay")
    if pipeline.endswith("null"):
        sees.append("network")
    mean_bytes = float(samples["unit_bytes"].mean())
    row = Row(
        case=f"{model}/{clip}/{codec}/{pipeline}",
        why="a test",
        model=model,
        media=media,
        clip=clip,
        codec=codec,
        pipeline=pipeline,
        labels=tuple(dict.fromkeys([*own_labels, *labels])),
        engine="cryptography",
        library="cryptography 50.0.2 with OpenSSL 4.0.3",
        sees_plaintext=tuple(sees),
        clip_note="scaled from 1768x994" if "->" in clip else "native",
        width=width,
        height=height,
        fps=30.0,
        bitrate_bps=mean_bytes * 8 * 30,
        frames=frames,
        rounds=5,
        processes=1,
        unit_bytes_mean=mean_bytes,
        wire_bytes_mean=float(samples["wire_bytes"].mean()),
        overhead_bytes_mean=float((samples["wire_bytes"] - samples["unit_bytes"]).mean()),
        packets_mean=float(samples["packets"].mean()),
        stages=stages,
        roles=tuple(roles),
        paced=paced if model == "paced" else None,
        harness_ns_per_frame=21.0,
        samples=f"samples/{model}-{clip}-{codec}-{media}-{pipeline}.npy",
    )
    return Measured(row=row, samples=samples)


def failed(pipeline: str, error: str, *, clip: str = "outdoor->720p", codec: str = "h264") -> Row:
    """Return a case that ended in an error."""
    return Row(
        case=f"stage/{clip}/{codec}/{pipeline}",
        why="a test",
        model="stage",
        media="cached",
        clip=clip,
        codec=codec,
        pipeline=pipeline,
        engine="cryptography",
        library="cryptography 50.0.2 with OpenSSL 4.0.3",
        error=error,
    )


def run_of(cases: Sequence[Measured | Row], name: str = "2026-11-22T0912-epyc") -> ReportRun:
    """Return a run of `cases`."""
    rows = tuple(case if isinstance(case, Row) else case.row for case in cases)
    samples = {case.row.samples: case.samples for case in cases if isinstance(case, Measured)}
    return ReportRun(
        name=name,
        evidence=f"results/{name}",
        machine_line="AMD EPYC (2 cores, AES-NI, VAES; OpenSSL 4.0.3, FFmpeg 8.1)",
        machine_facts=(("CPU", "AMD EPYC 9R14"), ("cryptography", "50.0.2 (OpenSSL 4.0.3)")),
        conditions=(("load before", "0.3"), ("seed", "7")),
        clock_overhead_ns=58.0,
        rows=rows,
        load_samples=lambda row: samples.get(row.samples),
    )


def small_cases() -> list[Measured | Row]:
    """Return a few cases of every kind of table."""
    combined = "sframe-aes-256-gcm+srtp-aes-128-gcm"
    return [
        measured(combined),
        measured("srtp-aes-128-gcm"),
        measured("null"),
        measured("srtp-aes-cm-128-hmac-sha1-80"),
        measured("sframe-chacha20-poly1305"),
        failed("sframe-aes-128-gcm", "InvalidTag at frame 7"),
        measured("null", media="live"),
        measured(combined, media="live"),
        measured("null", model="paced"),
        measured(combined, model="paced"),
        measured("raw-null", codec="raw", clip="webcam-360p", labels=["synthetic"]),
        measured("raw-aes-256-gcm", codec="raw", clip="webcam-360p", labels=["synthetic"]),
        measured("raw-aes-128-ecb", codec="raw", clip="webcam-360p", labels=["synthetic"]),
    ]


@pytest.fixture(scope="session")
def small_run() -> ReportRun:
    return run_of(small_cases())


@pytest.fixture(scope="session")
def small_plots(small_run: ReportRun) -> tuple[PublishedPlot, ...]:
    """The plots of `small_run`, drawn once: drawing is what takes time here."""
    return tuple(plots_of(small_run))


@pytest.fixture(scope="session")
def empty_run() -> ReportRun:
    return run_of([], name="empty")


@pytest.fixture(scope="session")
def failed_run() -> ReportRun:
    return run_of([failed("null", "CodecError: no encoder"), failed("srtp-x", "boom")], "failed")


@pytest.fixture(scope="session")
def full_run() -> ReportRun:
    """Every built-in pipeline on one clip, as the suite `full` has them."""
    return run_of([measured(pipeline, frames=120) for pipeline in EVERY_PIPELINE])


@pytest.fixture(scope="session")
def hostile_run() -> ReportRun:
    """A clip and an error that try to be markup, terminal commands and formulas."""
    clip = "<script>alert(1)</script>|`$x_$`\x1b[31m[red]&amp;日本"
    return run_of(
        [
            measured("null", clip=clip, frames=60),
            measured("srtp-aes-128-gcm", clip=clip, frames=60, labels=["<b>odd</b>"]),
            failed("sframe-aes-128-gcm", "</td><script>x</script> $\\frac$ | \x07", clip=clip),
        ],
        name="<i>run</i>",
    )
