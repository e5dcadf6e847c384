import dataclasses
from functools import partial

import numpy as np
import pytest

from bench.cases import PrivateCase
from bench.progress import Silent
from bench.results import Row
from bench.trials.private import (
    COLUMNS,
    PrivateTrial,
    mixed_queries,
    most_false_positives,
    open_private,
)
from bench.verdict import WrongAnswer
from pipelines.scanning.hash_list import HashList
from pipelines.scanning.hasher import U64
from pipelines.scanning.lists import make_list, random_hashes
from pipelines.scanning.private.contract import PrivateProtocol, PrivateServer
from pipelines.scanning.private.table import PROTOCOLS

QUERIES = 8
RADIUS = 9
FRAMES = random_hashes(3, 64, np.random.default_rng(11))
LIST = make_list("pdq", 64, size=80, seed=12, planted=np.zeros((0, 1), dtype=np.uint64))
MIXED = mixed_queries(LIST, FRAMES, QUERIES, seed=13)


class Told(Silent):
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def begin(self, what: str, total: float) -> None:
        self.heard.append(f"begin {what} of {total}")

    def end(self) -> None:
        self.heard.append("end")


def case_of(name: str) -> PrivateCase:
    return PrivateCase(
        why="w", clip="c", seconds=1, rounds=1, protocol=name, list_size=80, queries=QUERIES
    )


def opened(protocol: PrivateProtocol, hash_list: HashList = LIST) -> PrivateTrial:
    return open_private(
        case_of(protocol.name),
        protocol,
        queries=MIXED,
        hash_list=hash_list,
        radius=RADIUS,
        progress=Silent(),
    )


def serves(protocol: PrivateProtocol, other: U64, hashes: U64, radius: int) -> PrivateServer:
    """Return a server of the wrong list."""
    assert hashes.shape != other.shape
    return protocol.new_server(other, radius)


@pytest.fixture(scope="module", params=["psi-gcs", "psi-raw", "bfv"])
def trial(request: pytest.FixtureRequest) -> PrivateTrial:
    return opened(PROTOCOLS[request.param])


def test_samples_hold_durations_bytes_and_what_was_found(trial: PrivateTrial) -> None:
    samples = trial.measure(0, QUERIES)
    assert samples.dtype.names == COLUMNS
    assert samples["query"].tolist() == list(range(QUERIES))
    for column in ("request_ns", "answer_ns", "read_ns", "setup_ns", "plaintext_ns"):
        assert (samples[column] > 0).all()
    assert (samples["setup_bytes"] == len(trial.server.setup)).all()
    request = trial.client.request(MIXED[0])
    # A compressed ciphertext is some bytes longer or shorter each time.
    assert samples["up_bytes"] == pytest.approx(len(request), rel=0.01)
    assert samples["down_bytes"] == pytest.approx(len(trial.server.answer(request)), rel=0.01)


def test_listed_hashes_are_found_and_near_ones_by_radius_only(trial: PrivateTrial) -> None:
    near = 0 if trial.protocol.exact_only else 1
    assert trial.measure(0, QUERIES)["found"].tolist() == [1, near, 1, 0, 1, near, 1, 0]


def test_row_says_what_a_query_costs_and_who_learns_what(trial: PrivateTrial) -> None:
    samples = trial.measure(0, QUERIES)
    bare = Row(case=trial.case.id, why="w", model="private", clip="c")
    row = trial.row(bare, samples, seed=1)
    summary = row.private
    assert summary is not None
    assert (row.frames, row.rounds) == (QUERIES, 1)
    assert row.library.startswith(trial.protocol.library + " ")
    assert summary.client_ns + summary.server_ns == pytest.approx(summary.mean_ns.value)
    assert summary.radius == summary.plaintext_radius == (0 if trial.protocol.exact_only else 9)
    assert summary.list_entries == 80
    assert summary.setup_bytes == len(trial.server.setup)
    assert summary.plaintext_ns < summary.mean_ns.value
    assert (summary.client_learns, summary.server_learns) == (
        trial.protocol.client_learns,
        trial.protocol.server_learns,
    )


def test_trial_is_one_round_of_the_queries(trial: PrivateTrial) -> None:
    assert (trial.compared_with, trial.fit, trial.period) == ((), QUERIES, QUERIES)


def test_server_of_a_list_that_lacks_an_entry_is_found_out() -> None:
    protocol = PROTOCOLS["psi-gcs"]
    lacking = LIST.hashes[(LIST.hashes != MIXED[2]).any(axis=1)]
    broken = dataclasses.replace(protocol, new_server=partial(serves, protocol, lacking))
    with pytest.raises(WrongAnswer, match="query 2 is within 0 bits"):
        opened(broken).measure(0, QUERIES)


def test_server_of_a_list_that_holds_more_is_found_out() -> None:
    protocol = PROTOCOLS["psi-gcs"]
    longer = np.concatenate([LIST.hashes, FRAMES])
    broken = dataclasses.replace(protocol, new_server=partial(serves, protocol, longer))
    with pytest.raises(WrongAnswer, match="query 3 and 1 more of 4 that are not listed"):
        opened(broken).measure(0, QUERIES)


def test_set_up_tells_how_far_it_is() -> None:
    told = Told()
    open_private(
        case_of("psi-gcs"),
        PROTOCOLS["psi-gcs"],
        queries=MIXED,
        hash_list=LIST,
        radius=RADIUS,
        progress=told,
    )
    assert told.heard == ["begin psi-gcs: preparing a list of 80 of 1", "end"]


def test_fewer_than_two_queries_are_refused() -> None:
    with pytest.raises(ValueError, match="1 queries; at least two"):
        open_private(
            case_of("psi-gcs"),
            PROTOCOLS["psi-gcs"],
            queries=MIXED[:1],
            hash_list=LIST,
            radius=RADIUS,
            progress=Silent(),
        )


def test_mixed_queries_are_half_listed_a_quarter_near_a_quarter_frames() -> None:
    distances = np.bitwise_count(LIST.hashes[None] ^ MIXED[:, None]).sum(axis=2).min(axis=1)
    assert distances.tolist()[:3] == [0, 7, 0]
    assert distances.tolist()[4:7] == [0, 7, 0]
    np.testing.assert_array_equal(MIXED[[3, 7]], FRAMES[:2])


def test_false_positives_are_allowed_as_the_rate_makes_them_likely() -> None:
    assert most_false_positives(0.0, 1000) == 0
    assert most_false_positives(1e-9, 100) == 0
    assert most_false_positives(1e-3, 100) == 4
    assert most_false_positives(1.0, 10) == 10
