"""A gate with a finding of every verdict, and its blocks, from a formula: the same everywhere."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from bench.clock import ClockOverhead
from bench.gate.blocks import Blocks
from bench.gate.design import Comparison, Design
from bench.gate.result import CountChange, Finding, GateResult, Verdict
from bench.gate.statistics.decide import overall
from bench.machine import Machine
from bench.results import Estimate

MACHINE = Machine(
    slug="epyc-2c",
    cpu_model="AMD EPYC",
    architecture="x86_64",
    logical_cores=2,
    physical_cores=2,
    usable_cores=2,
    isa=("aes", "vaes", "avx512f", "sha_ni"),
    virtual=True,
    caches=None,
    ram_bytes=None,
    governors=None,
    kernel="Linux 6.18.44",
    os="Debian GNU/Linux 12 (bookworm)",
    python="CPython 3.11.7",
    libraries={
        "numpy": "2.4.6",
        "numba": "0.68.1",
        "cryptography": "50.0.2",
        "cryptography/openssl": "OpenSSL 4.0.3 29 Sep 2026",
        "pylibsrtp/libsrtp": "libsrtp2 2.7.0",
        "pylibsrtp/openssl": "OpenSSL 3.5.4 30 Sep 2025",
        "av/ffmpeg": "8.1.2",
        "tenseal": None,
    },
    git_revision=None,
    clock=ClockOverhead(
        read_ns=Estimate(value=43.0, low=42.0, high=44.0),
        resolution_ns=30,
    ),
    scaling=None,
)


def estimate(value: float, half: float) -> Estimate:
    return Estimate(value=value, low=value - half, high=value + half)


def comparison(
    change: float, *, control: float = 0.001, half: float = 0.005, restarts: int = 4
) -> Comparison:
    return Comparison(
        ratio=estimate(1 + change, half),
        control=estimate(1 + control, 0.003),
        above_p=0.4,
        below_p=0.6,
        restarts=restarts,
        rounds=60 * restarts,
        dropped=3,
    )


def finding(
    benchmark: str,
    verdict: Verdict = Verdict.PASS,
    *,
    reason: str = "",
    compared: Comparison | None = None,
    unit: str = "access unit",
    confirmed: bool = False,
    threads: bool = False,
    p_value: float | None = None,
    changes: tuple[CountChange, ...] = (),
) -> Finding:
    return Finding(
        benchmark=benchmark,
        verdict=verdict,
        reason=reason,
        unit=unit,
        ns_per_unit=None if compared is None else 12_345.6,
        units_per_block=32,
        threads=threads,
        threshold=0.03 if threads else 0.015,
        comparison=compared,
        confirmed=confirmed,
        p_value=p_value,
        counts={"bytes_copied": 3612.0, "packets": 3.25},
        changes=changes,
        seconds=2.25,
    )


def gate(*findings: Finding, notes: tuple[str, ...] = ()) -> GateResult:
    return GateResult(
        base="1f3c9aa",
        head="working tree",
        suite="gate",
        started_utc="2026-11-22T09:12:00Z",
        seconds=134.4,
        seed=7,
        sealbench_version="0.1.0",
        machine=MACHINE,
        design=Design(),
        pressure_percent=0.42,
        verdict=overall(each.verdict for each in findings),
        findings=findings,
        notes=notes,
    )


REGRESSION = finding(
    "sframe-aes-256-gcm+srtp-aes-128-gcm h264 outdoor->720p",
    Verdict.REGRESSION,
    reason="+4.1 % (+3.6 to +4.6)",
    compared=comparison(0.041, restarts=8),
    confirmed=True,
    p_value=0.00002,
    changes=(
        CountChange(counter="bytes_copied", base=2412.0, head=3612.0),
        CountChange(counter="allocations", base=3.5, head=4.5),
    ),
)
IMPROVED = finding(
    "pdq hash 640x360",
    Verdict.IMPROVED,
    reason="-12.3 % (-12.8 to -11.8)",
    compared=comparison(-0.123, restarts=8),
    unit="hash",
    confirmed=True,
    p_value=0.0123,
)
NOISY = finding(
    "scan async, threads",
    Verdict.INCONCLUSIVE,
    reason="two copies of the base differ by 2.2 %",
    compared=comparison(0.024, control=0.022, half=0.03, restarts=8),
    confirmed=True,
    threads=True,
    p_value=0.3,
)
UNMEASURED = finding(
    "tests/perf/test_cost_of_a_burst_of_packets.py::test_protecting_a_burst[aes-128-gcm-1200]",
    Verdict.INCONCLUSIVE,
    reason="too few undisturbed rounds to compare",
    unit="call",
)
WRONG = finding(
    "srtp-aes-cm-128-hmac-sha1-80 vp8 webcam-360p",
    Verdict.WRONG_ANSWER,
    reason="access unit 3 came out other than it went in",
)
AGAIN = finding(
    "srtp-aes-128-gcm h264 webcam-360p",
    reason="first look +2.3 %, not confirmed: +0.4 %",
    compared=comparison(0.004, restarts=8),
    confirmed=True,
    p_value=0.61,
)


def passed(count: int) -> list[Finding]:
    return [
        finding(
            f"look-up of {number} hashes",
            unit="look-up",
            compared=comparison(number / 5000 - 0.003),
        )
        for number in range(count)
    ]


def restarts_of(each: Finding, count: int) -> list[Blocks]:
    """Return blocks whose head is off by as much as `each` says, with jitter and a slow tail."""
    change = 0.0 if each.comparison is None else each.comparison.ratio.value - 1
    rng = np.random.default_rng(len(each.benchmark))
    made = []
    for restart in range(count):
        level = 400_000 * (1 + 0.002 * restart)
        base, head, twin = (
            (level * factor * (1 + 0.006 * rng.standard_normal(60) + 0.1 * (rng.random(60) > 0.97)))
            for factor in (1.0, 1 + change, 1.001)
        )
        made.append(
            Blocks(
                base_ns=base.astype(np.int64),
                head_ns=head.astype(np.int64),
                twin_ns=twin.astype(np.int64),
                interrupted=rng.random(60) > 0.98,
            )
        )
    return made


def blocks_of(result: GateResult) -> Mapping[str, list[Blocks]]:
    return {
        each.benchmark: restarts_of(each, 12 if each.confirmed else 4)
        for each in result.findings
        if each.comparison is not None
    }


KNOWN = {
    "again": AGAIN,
    "improved": IMPROVED,
    "noisy": NOISY,
    "passed": passed(1)[0],
    "regression": REGRESSION,
    "unmeasured": UNMEASURED,
    "wrong": WRONG,
}


@pytest.fixture(scope="session")
def known() -> Mapping[str, Finding]:
    """A finding of each kind by name; `again` passed the second look."""
    return KNOWN


@pytest.fixture(scope="session")
def make_finding() -> Callable[..., Finding]:
    return finding


@pytest.fixture(scope="session")
def make_comparison() -> Callable[..., Comparison]:
    return comparison


@pytest.fixture(scope="session")
def make_passed() -> Callable[[int], list[Finding]]:
    return passed


@pytest.fixture(scope="session")
def make_gate() -> Callable[..., GateResult]:
    return gate


@pytest.fixture(scope="session")
def make_restarts() -> Callable[[Finding, int], list[Blocks]]:
    return restarts_of


@pytest.fixture(scope="session")
def make_blocks() -> Callable[[GateResult], Mapping[str, list[Blocks]]]:
    return blocks_of


@pytest.fixture(scope="session")
def full_gate() -> GateResult:
    """A gate with a finding of every verdict, and more that passed than are shown."""
    return gate(
        AGAIN,
        *passed(13),
        IMPROVED,
        NOISY,
        UNMEASURED,
        REGRESSION,
        WRONG,
        notes=("core has 3 cases that are paced: no gate can hold them",),
    )


@pytest.fixture(scope="session")
def full_blocks(full_gate: GateResult) -> Mapping[str, Sequence[Blocks]]:
    """The blocks of all that was measured in `full_gate`."""
    return blocks_of(full_gate)
