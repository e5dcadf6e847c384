"""The pictures and files of a comparison, from a report that needs no measuring."""

import msgspec
import pytest

from bench.machine import describe_machine, read_conditions
from bench.peers.cell import Direction, Memory, Part
from bench.peers.cpu_masks import MASKS
from bench.peers.cpus import CpuRow, CpusReport, cpus_facts, cpus_tables, finding
from bench.peers.cpus_worker import WorkerResult
from bench.peers.plot import draw_cpus, draw_peers
from bench.peers.render import all_tables, facts
from bench.peers.rows import Absent, PeerRow, PeersReport
from bench.results import Estimate

MACHINE = describe_machine(with_scaling=False)
CONDITIONS = read_conditions()
PNG = b"\x89PNG\r\n\x1a\n"


def row(
    part: Part, cipher: str, size: int, contender: str, ns: float, *, memory: Memory = Memory.HOT
) -> PeerRow:
    return PeerRow(
        part=part,
        cipher=cipher,
        size_bytes=size,
        direction=Direction.SEAL,
        memory=memory,
        contender=contender,
        library="OpenSSL 3.5.4",
        batch=64,
        rounds=5,
        median_ns=Estimate(value=ns, low=ns, high=ns),
        p25_ns=ns * 0.9,
        p75_ns=ns * 1.1,
    )


@pytest.fixture
def report() -> PeersReport:
    rows = [
        *(row(Part.COPY, "memcpy", size, "memcpy", size / 40) for size in (172, 1200)),
        *(row(Part.AEAD, "aes-128-gcm", size, "EVP loop", 100 + size) for size in (172, 1200)),
        *(row(Part.SRTP, "aes-128-gcm", 1200, "libsrtp", 350, memory=memory) for memory in Memory),
    ]
    failed = msgspec.structs.replace(rows[-1], contender="wrong", median_ns=None, error="other")
    return PeersReport(
        command="peers --quick",
        sealbench_version="0.1.0",
        started_utc="2026-11-22T06:00:00Z",
        seconds=33.0,
        seed=1,
        rounds=5,
        pinned_core=1,
        disturbed_passes=2,
        passes=100,
        machine=MACHINE,
        conditions_before=CONDITIONS,
        conditions_after=CONDITIONS,
        clock_read_ns=MACHINE.clock.read_ns,
        rows=(*rows, failed),
        ratios=(),
        scaling=(),
        absent=(Absent(part="srtp", contender="engine libsrtp", reason="not installed"),),
    )


def test_each_part_that_was_measured_has_a_picture(report: PeersReport) -> None:
    drawn = draw_peers(report)
    assert list(drawn) == ["peers-srtp-1200", "peers-aead"]
    for png, svg in drawn.values():
        assert png.startswith(PNG)
        assert b"<svg" in svg


def test_report_survives_its_file(report: PeersReport) -> None:
    assert msgspec.json.decode(msgspec.json.encode(report), type=PeersReport) == report


def test_facts_name_the_machine_the_absent_and_the_failed(report: PeersReport) -> None:
    lines = facts(report)
    assert any(
        line.startswith("5 rounds in random order, pinned to core 1; 2 of 100") for line in lines
    )
    assert "absent: engine libsrtp: not installed" in lines
    assert "error: wrong, aes-128-gcm seal 1200 B cold: other" in lines
    assert [table.lines[-1][0] for table in all_tables(report)] == ["memcpy", "EVP loop", "wrong"]


def cpus_report(rows: tuple[CpuRow, ...], skipped: str | None = None) -> CpusReport:
    result = WorkerResult(
        settings={"libcrypto": "OPENSSL_ia32cap=0x0:0x0"}, measured=[], disturbed=0
    )
    return CpusReport(
        sealbench_version="0.1.0",
        started_utc="2026-11-22T06:00:00Z",
        seconds=25.0,
        seed=1,
        machine=MACHINE,
        conditions_before=CONDITIONS,
        conditions_after=CONDITIONS,
        masks=tuple(finding(mask, [result], None) for mask in MASKS[:2]),
        rows=rows,
        disturbed_passes=0,
        skipped=skipped,
    )


def test_crossing_is_told_and_drawn() -> None:
    times = {"this CPU": (100.0, 300.0), "no VAES": (900.0, 300.0)}
    found = cpus_report(
        tuple(
            CpuRow(mask=mask, row=row(Part.AEAD, cipher, 172, "EVP loop", ns))
            for mask, both in times.items()
            for cipher, ns in zip(("aes-256-gcm", "chacha20-poly1305"), both, strict=True)
        )
    )
    crossing = cpus_tables(found)[-1]
    assert [line[1:] for line in crossing.lines] == [
        ("0.33", "at no size"),
        ("3.00", "at every size"),
    ]
    assert "no VAES (AVX-512 as in Skylake-SP, 2017)" in "\n".join(cpus_facts(found))
    ((png, _),) = draw_cpus(found).values()
    assert png.startswith(PNG)


def test_other_architectures_get_one_line_and_no_picture() -> None:
    found = cpus_report((), skipped="OPENSSL_ia32cap exists on x86 only; this machine is aarch64")
    assert cpus_facts(found) == [found.skipped]
    assert cpus_tables(found) == []
    assert draw_cpus(found) == {}
