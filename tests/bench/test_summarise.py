import math

import numpy as np
import pytest

from bench.cases import Case
from bench.results import Row
from bench.samples import Samples, samples_dtype
from bench.summarise import bare_row, summarise
from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.registry import load_registry

PIPELINES = load_registry(()).pipelines
KINDS = {"sender/copy": "crypto", "relay/forward": "packets", "receiver/copy": "crypto"}
FRAMES, ROUNDS = 40, 4


def case_of(model: str = "stage", media: str = "cached", deadline_ms: float = 0.0) -> Case:
    return Case(
        why="because",
        model="paced" if model == "paced" else "stage",
        media="live" if media == "live" else "cached",
        clip="webcam-360p",
        codec="h264",
        pipeline="null",
        seconds=1.0,
        rounds=ROUNDS,
        deadline_ms=deadline_ms,
    )


def samples_of(late_ns: int = 0) -> Samples:
    """Return 40 frames in four rounds; frame n takes 1000 + n, 200 and 300 ns in the stages."""
    samples = np.zeros(FRAMES, dtype=samples_dtype(list(KINDS)))
    n = np.arange(FRAMES)
    samples["round"] = n // (FRAMES // ROUNDS)
    samples["frame"] = n
    samples["unit_bytes"] = 500 + n
    samples["wire_bytes"] = 530 + n + n % 2
    samples["packets"] = 1 + n % 2
    samples["start_ns"] = 10_000_000 + n * 100_000
    samples["due_ns"] = samples["start_ns"] - late_ns
    samples["sender/copy"] = samples["start_ns"] + 1000 + n
    samples["relay/forward"] = samples["sender/copy"] + 200
    samples["receiver/copy"] = samples["relay/forward"] + 300
    return samples


def row_of(case: Case, samples: Samples) -> Row:
    bare = bare_row(case, PIPELINES["null"], CRYPTOGRAPHY)
    return summarise(bare, case, samples, KINDS, fps=25.0, seed=7)


def by_rank(values: np.ndarray[tuple[int], np.dtype[np.int64]], p: float) -> int:
    """Return the smallest value that at least a share `p` of the values does not exceed."""
    return int(np.sort(values)[math.ceil(p * len(values)) - 1])


def test_a_bare_row_says_what_would_have_been_measured() -> None:
    row = bare_row(case_of(), PIPELINES["null"], CRYPTOGRAPHY, error="Boom: x")
    assert (row.case, row.why) == ("stage/webcam-360p/h264/null", "because")
    assert (row.model, row.media, row.clip, row.codec) == (
        "stage",
        "cached",
        "webcam-360p",
        "h264",
    )
    assert (row.pipeline, row.labels, row.engine) == (
        "null",
        ("unauthenticated",),
        "cryptography",
    )
    assert "OpenSSL" in row.library
    assert row.sees_plaintext == ("network", "receiver", "relay", "sender")
    assert (row.error, row.frames, row.stages, row.roles) == ("Boom: x", 0, (), ())


def test_counts_and_sizes_are_those_of_the_samples() -> None:
    row = row_of(case_of(), samples_of())
    assert (row.frames, row.rounds, row.fps) == (FRAMES, ROUNDS, 25.0)
    assert row.unit_bytes_mean == pytest.approx(500 + 19.5)
    assert row.wire_bytes_mean == pytest.approx(530 + 19.5 + 0.5)
    assert row.overhead_bytes_mean == pytest.approx(30.5)
    assert row.packets_mean == pytest.approx(1.5)
    assert row.error is None
    assert row.paced is None
    assert row.harness_ns_per_frame > 0


def test_a_live_case_has_no_overhead_since_a_picture_entered() -> None:
    assert row_of(case_of(media="live"), samples_of()).overhead_bytes_mean == 0.0


def test_the_statistics_of_a_stage_are_those_counted_by_hand() -> None:
    row = row_of(case_of(), samples_of())
    sender_ns = 1000 + np.arange(FRAMES)
    stage = row.stages[0]
    assert [(s.role, s.stage, s.kind) for s in row.stages] == [
        ("sender", "copy", "crypto"),
        ("relay", "forward", "packets"),
        ("receiver", "copy", "crypto"),
    ]
    for p, estimate in ((0.5, stage.p50_ns), (0.95, stage.p95_ns), (0.99, stage.p99_ns)):
        assert estimate.value == by_rank(sender_ns, p)
        assert estimate.low <= estimate.value <= estimate.high
    assert stage.mean_ns.value == pytest.approx(1019.5)
    assert row.stages[1].mean_ns.value == row.stages[1].p99_ns.high == 200


def test_the_rates_of_a_role_are_those_counted_by_hand() -> None:
    row = row_of(case_of(), samples_of())
    assert [role.role for role in row.roles] == ["sender", "relay", "receiver"]
    relay = row.roles[1]
    assert relay.frames_per_s_core.value == pytest.approx(1e9 / 200)
    assert relay.gbit_per_s_core.value == pytest.approx(8 * 519.5 / 200)


@pytest.mark.parametrize(
    ("deadline_ms", "deadline_ns", "misses"),
    [
        (0.0, 40_000_000, 0),
        # Latency is 5000 (late) + 1500 + n ns: 6539 ns at most.
        (0.0065, 6500, 39),
        (0.006539, 6539, 0),
    ],
)
def test_a_paced_row_counts_from_the_due_time(
    deadline_ms: float, deadline_ns: int, misses: int
) -> None:
    row = row_of(case_of("paced", deadline_ms=deadline_ms), samples_of(late_ns=5000))
    assert row.paced is not None
    assert row.paced.deadline_ns == deadline_ns
    assert row.paced.deadline_misses == misses
    assert row.paced.max_ns == 6539
    assert row.paced.frame_interval_ns == 40_000_000
    assert row.paced.p50_ns.value == by_rank(6500 + np.arange(FRAMES), 0.5)


def test_the_same_seed_gives_the_same_row() -> None:
    assert row_of(case_of(), samples_of()).stages == row_of(case_of(), samples_of()).stages
