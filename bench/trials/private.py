"""A look-up in which neither side shows the other what it holds, beside an ordinary one."""

import math
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

import msgspec
import numpy as np

from bench.cases import PrivateCase
from bench.clock import now
from bench.measure import collector_off
from bench.memory import peak_rss_bytes, reset_peak, rss_bytes
from bench.progress import Progress
from bench.results import PrivateSummary, Row
from bench.samples import Samples
from bench.stats import Bootstrap
from bench.verdict import WrongAnswer
from pipelines.scanning.hash_list import HashList
from pipelines.scanning.hasher import U64
from pipelines.scanning.index.contract import Index
from pipelines.scanning.index.multi_index import MULTI_INDEX
from pipelines.scanning.lists import flipped
from pipelines.scanning.private.contract import PrivateClient, PrivateProtocol, PrivateServer

NEAR_BITS = 7
"""Distance of the queries that only a look-up within a radius finds."""

FALSE_ALARM = 1e-6
"""Chance that a protocol which keeps its false-positive rate is taken for one that does not."""

COLUMNS = (
    "round",
    "query",
    "request_ns",
    "answer_ns",
    "read_ns",
    "up_bytes",
    "down_bytes",
    "setup_ns",
    "setup_bytes",
    "found",
    "plaintext_ns",
)
"""One sample per query; times are durations, and the set-up is the same in each sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateTrial:
    """Both parties of a protocol after their set-up, and a plaintext index of the same list.

    `expected` holds what the plaintext look-up says of each of `queries`.
    """

    case: PrivateCase
    protocol: PrivateProtocol
    queries: U64
    expected: tuple[bool, ...]
    server: PrivateServer
    client: PrivateClient
    index: Index
    entries: int
    radius: int
    setup_ns: int
    peak_rss_bytes: int
    case_rss_bytes: int

    @property
    def compared_with(self) -> tuple[str, ...]:
        """Return nothing: there is one round."""
        return ()

    @property
    def fit(self) -> int:
        """Queries of the case."""
        return self.case.queries

    @property
    def period(self) -> int:
        """Queries after which they start over."""
        return len(self.queries)

    def measure(self, round_index: int, units: int) -> Samples:
        """Return one sample per query. Raises WrongAnswer where an answer is not the plaintext's.

        The plaintext look-ups come after all private ones, and are made twice: each kind then
        finds the caches as its own use leaves them.
        """
        samples = np.zeros(units, dtype=[(name, np.int64) for name in COLUMNS])
        samples["round"] = round_index
        samples["query"] = np.arange(units) % self.period
        samples["setup_ns"] = self.setup_ns
        samples["setup_bytes"] = len(self.server.setup)
        with collector_off():
            for sample in samples:
                self._ask(sample)
            for _ in range(2):
                for sample in samples:
                    words = self.queries[sample["query"]]
                    began_ns = now()
                    self.index.query(words)
                    sample["plaintext_ns"] = now() - began_ns
        self._check(samples)
        return samples

    def row(self, row: Row, samples: Samples, *, seed: int) -> Row:
        """Return `row` with the costs of the queries; frames are queries here."""
        client_ns = samples["request_ns"] + samples["read_ns"]
        total_ns = client_ns + samples["answer_ns"]
        bootstrap = Bootstrap(samples["round"], seed=seed)
        library = f"{self.protocol.library} {version(self.protocol.library)}"
        summary = PrivateSummary(
            protocol=self.protocol.name,
            library=library,
            list_entries=self.entries,
            radius=self.radius,
            setup_s=float(samples["setup_ns"].mean()) / 1e9,
            setup_bytes=int(samples["setup_bytes"].max()),
            p50_ns=bootstrap.quantiles(total_ns, (0.5,))[0],
            mean_ns=bootstrap.mean(total_ns),
            client_ns=float(client_ns.mean()),
            server_ns=float(samples["answer_ns"].mean()),
            up_bytes=float(samples["up_bytes"].mean()),
            down_bytes=float(samples["down_bytes"].mean()),
            plaintext_ns=float(samples["plaintext_ns"].mean()),
            plaintext_radius=self.radius,
            client_learns=self.protocol.client_learns,
            server_learns=self.protocol.server_learns,
        )
        return msgspec.structs.replace(
            row,
            library=library,
            frames=len(samples),
            rounds=len(np.unique(samples["round"])),
            peak_rss_bytes=self.peak_rss_bytes,
            case_rss_bytes=self.case_rss_bytes,
            private=summary,
        )

    def close(self) -> None:
        """Do nothing: both parties go with the trial."""

    def _ask(self, sample: np.void) -> None:
        words = self.queries[sample["query"]]
        began_ns = now()
        request = self.client.request(words)
        requested_ns = now()
        answer = self.server.answer(request)
        answered_ns = now()
        found = self.client.read(answer)
        read_ns = now()
        sample["request_ns"] = requested_ns - began_ns
        sample["answer_ns"] = answered_ns - requested_ns
        sample["read_ns"] = read_ns - answered_ns
        sample["up_bytes"] = len(request)
        sample["down_bytes"] = len(answer)
        sample["found"] = found

    def _check(self, samples: Samples) -> None:
        expected = np.array(self.expected)[samples["query"]]
        found = samples["found"] == 1
        missed = np.flatnonzero(expected & ~found)
        if len(missed):
            raise WrongAnswer(
                f"{self.protocol.name}: query {missed[0]} is within {self.radius} bits of an entry,"
                " and was not found"
            )
        absent = int((~expected).sum())
        rate = self.protocol.false_positive_rate(self.entries)
        allowed = most_false_positives(rate, absent)
        wrong = np.flatnonzero(found & ~expected)
        if len(wrong) > allowed:
            raise WrongAnswer(
                f"{self.protocol.name}: query {wrong[0]} and {len(wrong) - 1} more of {absent}"
                f" that are not listed were found; at a rate of {rate:g}, {allowed} may be"
            )


def open_private(
    case: PrivateCase,
    protocol: PrivateProtocol,
    *,
    queries: U64,
    hash_list: HashList,
    radius: int,
    progress: Progress,
) -> PrivateTrial:
    """Set up both parties and a plaintext index, and ask one question untimed.

    `queries` is uint64 of shape (n, words), and `radius` the hash's own, which protocols that find
    identical hashes only replace by 0. Raises NotInstalled, and ValueError for less than two
    queries or a list that the protocol cannot take.
    """
    if len(queries) < 2 or case.queries < 2:
        raise ValueError(f"{case.id}: {min(len(queries), case.queries)} queries; at least two")
    reach = 0 if protocol.exact_only else radius
    before = rss_bytes()
    can_reset = reset_peak()
    progress.begin(f"{protocol.name}: preparing a list of {len(hash_list):,}", total=1)
    began_ns = now()
    server = protocol.new_server(hash_list.hashes, reach)
    client = protocol.new_client(server.setup)
    setup_ns = now() - began_ns
    progress.end()
    client.read(server.answer(client.request(queries[0])))
    peak = peak_rss_bytes()
    index = MULTI_INDEX.build(hash_list.hashes, reach)
    return PrivateTrial(
        case=case,
        protocol=protocol,
        queries=queries,
        expected=tuple(len(index.query(words)) > 0 for words in queries),
        server=server,
        client=client,
        index=index,
        entries=len(hash_list),
        radius=reach,
        setup_ns=setup_ns,
        peak_rss_bytes=peak,
        case_rss_bytes=max(0, peak - before) if can_reset else 0,
    )


def mixed_queries(hash_list: HashList, frame_hashes: U64, count: int, *, seed: int) -> U64:
    """Return `count` queries: a half is listed, a quarter 7 bits away, a quarter are the frames'.

    The kinds alternate. `frame_hashes`, uint64 of shape (n, words), come in order and start over;
    whether one of them is listed too is for the plaintext look-up to say.
    """
    rng = np.random.default_rng(seed)
    near = partial(flipped, distance=NEAR_BITS, rng=rng)
    chosen = hash_list.hashes[rng.integers(0, len(hash_list), count)]
    queries = np.empty((count, hash_list.bits // 64), dtype=np.uint64)
    for number, entry in enumerate(chosen):
        if number % 2 == 0:
            queries[number] = entry
        elif number % 4 == 1:
            queries[number] = near(entry)
        else:
            queries[number] = frame_hashes[number // 4 % len(frame_hashes)]
    return queries


def most_false_positives(rate: float, absent: int) -> int:
    """Return how many of `absent` queries may be found wrongly before the rate is not believed.

    The least k that a binomial count of them exceeds with a chance below FALSE_ALARM.
    """
    tail = 1.0
    for count in range(absent + 1):
        tail -= math.comb(absent, count) * rate**count * (1 - rate) ** (absent - count)
        if tail < FALSE_ALARM:
            return count
    return absent
