"""Every contender gives the right bytes and some time; one that is wrong gets no figure."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from bench.peers import workload
from bench.peers.aead import aead_contenders, evp_libraries
from bench.peers.cell import Contender, Direction, Memory, Part, WrongAnswer
from bench.peers.engines import present_engines
from bench.peers.floor import copy_contenders
from bench.peers.kernels import ready_kernels
from bench.peers.openssl_speed import parse_speed
from bench.peers.relay import relay_contenders
from bench.peers.rounds import measure_rounds
from bench.peers.session import measured_rows, verified
from bench.peers.sframe import sframe_contenders
from bench.peers.srtp import srtp_contenders
from bench.peers.verdicts import median, ratios, targets
from bench.peers.workload import Workload
from bench.progress import Silent


@pytest.fixture(scope="module")
def contenders() -> list[Contender]:
    ready_kernels()
    work, present = Workload(seed=7), present_engines()
    libraries, _ = evp_libraries()
    assert present.libcrypto is not None
    return [
        *copy_contenders(work, (172,)),
        *aead_contenders(work, (172,), libraries),
        *srtp_contenders(work, (172,), present.engines),
        *sframe_contenders(work, (65_536,), present.engines, present.libcrypto),
        *relay_contenders(work, (172,), present.libcrypto),
    ]


def test_every_answer_is_right_and_takes_time(contenders: list[Contender]) -> None:
    right, wrong = verified(contenders, Silent())
    assert wrong == []
    samples = measure_rounds(right, 2, seed=3, progress=Silent())
    rows = measured_rows(right, samples, seed=3)
    assert len(rows) == len(contenders)
    assert {row.part for row in rows} == set(Part)
    for row in rows:
        assert row.rounds == 2
        assert row.median_ns is not None
        assert row.median_ns.value > 1
        assert row.p25_ns <= row.p75_ns
    found = ratios(samples.ns, seed=3)
    measured = {claim.name for claim in targets() if "172 B" in claim.name or "65536" in claim.name}
    assert {ratio.name for ratio in found} == measured
    assert len(found) == 2 * len(measured)


def test_wrong_answer_becomes_a_row_without_a_figure(contenders: list[Contender]) -> None:
    def wrong() -> None:
        raise WrongAnswer("other bytes in burst 0")

    right, rows = verified([replace(contenders[0], verify=wrong)], Silent())
    assert right == []
    assert rows[0].median_ns is None
    assert rows[0].error == "WrongAnswer: other bytes in burst 0"


def test_cells_of_all_sizes_and_directions_are_filled(contenders: list[Contender]) -> None:
    srtp = [each for each in contenders if each.cell.part is Part.SRTP]
    cells = {(each.cell.cipher, each.cell.direction, each.cell.memory) for each in srtp}
    assert len(cells) == 3 * len(Direction) * len(Memory)
    for cell in {each.cell for each in srtp}:
        names = [each.name for each in srtp if each.cell == cell]
        assert len(names) == len(set(names)) == 7


def test_rounds_visit_every_contender_once_in_another_order(contenders: list[Contender]) -> None:
    visits: list[str] = []

    def visiting(name: str) -> Callable[[], float]:
        def one_pass() -> float:
            visits.append(name)
            return 1.0

        return one_pass

    cell = contenders[0].cell
    rivals = [
        replace(contenders[0], cell=cell, name=name, one_pass=visiting(name)) for name in "abcdef"
    ]
    samples = measure_rounds(rivals, 4, seed=1, progress=Silent())
    # A pass that another process interrupted is made again, so there may be more visits.
    assert len(visits) >= 24
    assert samples.passes == 24
    assert all(ns == [1.0] * 4 for ns in samples.ns.values())
    orders = {tuple(dict.fromkeys(visits[at : at + 6])) for at in range(0, 24, 6)}
    assert len(orders) > 1


def test_packets_are_distinct_in_order_and_leave_room() -> None:
    batch = Workload(seed=1).packets(172, 16)
    assert len(batch) == workload.MOST_UNITS
    assert batch.data.shape[1] == 12 + 172 + 16
    sequences = batch.data[:, 2].astype(int) << 8 | batch.data[:, 3]
    assert np.array_equal(sequences, np.arange(len(batch)))
    assert len({row.tobytes() for row in batch.rows()}) == len(batch)


@pytest.mark.parametrize(
    ("output", "ns"),
    [
        ("+H:1200\n+F:25:AES-128-GCM:1200000000.00\n", 1000.0),
        ("+H:1200\n", None),
        ("+F:25:AES-128-GCM:fast\n", None),
        ("+F:25:AES-128-GCM:0\n", None),
        ("", None),
    ],
)
def test_speed_output_gives_ns_per_unit_or_nothing(output: str, ns: float | None) -> None:
    assert parse_speed(output, 1200) == ns


def test_median_of_rounds_lies_in_its_interval() -> None:
    found = median([1.0, 1.2, 1.1, 5.0, 1.15], seed=1)
    assert found.value == 1.15
    assert found.low <= found.value <= found.high
