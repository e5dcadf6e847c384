"""From the lists of a suite to its cases: every combination is one."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from bench.cases import (
    HASH_REFERENCES,
    AnyCase,
    Case,
    DriftCase,
    HashCase,
    LookupCase,
    PrivateCase,
    RecallCase,
)
from bench.clips.errors import ClipError
from bench.clips.names import parse_rung
from bench.picture_changes import CHANGES
from bench.suite.checks import (
    SuiteError,
    check_clips,
    check_count,
    check_known,
    check_not_empty,
    expand,
    given,
    whole,
    within,
)
from bench.suite.written import (
    CaseFields,
    DriftCases,
    HashCases,
    LookupCases,
    PrivateCases,
    RecallCases,
    ScanLists,
    StreamCases,
    SuiteFile,
)
from pipelines.engines.table import ENGINE_NAMES
from pipelines.media import CODECS
from pipelines.pipeline import Pipeline
from pipelines.scanning.hashes.table import HASHERS
from pipelines.scanning.hook import Hook
from pipelines.scanning.index.table import INDEXES
from pipelines.scanning.private.table import PROTOCOLS
from pipelines.scanning.sampling import parse_sampling
from pipelines.scanning.scanner import Scanner
from pipelines.stages.scan.place import LIVE_ONLY

MOST_ENTRIES = 100_000_000
MOST_PRIVATE_ENTRIES = 1_000_000
"""Homomorphic matching holds 2 kB for each entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a suite may name; `clips` None leaves their names to be checked elsewhere."""

    pipelines: Mapping[str, Pipeline]
    scanners: Mapping[str, Scanner]
    clips: Collection[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in which suite a list of cases stands, for errors and for what it does not say."""

    where: str
    suite: SuiteFile
    names: Names

    def at(self, field: str) -> str:
        """Return the place of `field`."""
        return f"{self.where}.{field}"

    def seconds(self, written: CaseFields) -> float:
        """Return the measuring time of each case. Raises SuiteError."""
        return within(self.at("seconds"), given(written.seconds, self.suite.seconds), 0.001, 3600)

    def rounds(self, written: CaseFields) -> int:
        """Return the number of rounds. Raises SuiteError."""
        rounds = self.suite.rounds if written.rounds is None else written.rounds
        return whole(self.at("rounds"), rounds, 1, 1000)

    def clips(self, written: CaseFields) -> list[str]:
        """Return the clips. Raises SuiteError."""
        check_clips(written.clips, self.where, self.names.clips)
        check_not_empty(self.where, {"clips": written.clips})
        return written.clips


def stream_cases(written: StreamCases, place: Place) -> Iterator[AnyCase]:
    """Yield the cases of one [[case]], those without a hook first. Raises SuiteError."""
    seconds, rounds = place.seconds(written), place.rounds(written)
    deadline_ms = 0.0
    if written.deadline_ms is not None:
        deadline_ms = within(place.at("deadline_ms"), written.deadline_ms, 0.001, 60_000)
    clips = place.clips(written)
    check_known(written.codecs, CODECS, place.at("codecs"))
    check_known(written.engines, ENGINE_NAMES, place.at("engines"))
    names = expand(written.pipelines, place.where, place.names.pipelines)
    check_not_empty(
        place.where,
        {"codecs": written.codecs, "pipelines": names, "engines": written.engines},
    )
    hooks = [None, *([] if written.scan is None else scan_hooks(written.scan, place))]
    check_count(place.where, hooks, clips, written.codecs, names, written.engines)
    for hook in hooks:
        if hook is not None and hook.point in LIVE_ONLY and written.media != "live":
            raise SuiteError(
                f'{place.at("scan.points")}: {str(hook.point)!r} needs media = "live":'
                f" here {LIVE_ONLY[hook.point]}"
            )
    for hook, clip, codec, name, engine in product(
        hooks, clips, written.codecs, names, written.engines
    ):
        takes = place.names.pipelines[name].codecs
        if codec not in takes:
            raise SuiteError(
                f"{place.at('codecs')}: pipeline {name!r} does not take {codec!r}; it takes"
                f" {', '.join(takes)}"
            )
        yield Case(
            why=written.why,
            model=written.model,
            media=written.media,
            clip=clip,
            codec=codec,
            pipeline=name,
            engine=engine,
            hook=hook,
            seconds=seconds,
            rounds=rounds if written.model == "stage" else 1,
            deadline_ms=deadline_ms,
        )


def scan_hooks(scan: ScanLists, place: Place) -> list[Hook]:
    """Return every combination of the lists of a [case.scan]. Raises SuiteError."""
    where = place.at("scan")
    check_known(scan.scanners, place.names.scanners, f"{where}.scanners")
    check_not_empty(
        where,
        {
            "points": scan.points,
            "scanners": scan.scanners,
            "list_sizes": scan.list_sizes,
            "sampling": scan.sampling,
            "modes": scan.modes,
        },
    )
    for size in scan.list_sizes:
        whole(f"{where}.list_sizes", size, 1, MOST_ENTRIES)
    for text in scan.sampling:
        try:
            parse_sampling(text)
        except ValueError as error:
            raise SuiteError(f"{where}.sampling: {error}") from error
    flag_n, flag_m = scan.flag
    whole(f"{where}.flag[1] (m of [n, m])", flag_m, 1, 10_000)
    whole(f"{where}.flag[0] (n of [n, m])", flag_n, 1, flag_m)
    check_count(where, scan.points, scan.scanners, scan.list_sizes, scan.sampling, scan.modes)
    hooks = [
        Hook(
            point=point,
            scanner=scanner,
            list_size=size if place.names.scanners[scanner].index else 0,
            sampling=sampling,
            mode=mode,
            queue=whole(f"{where}.queue", scan.queue, 1, 1000),
            flag_n=flag_n,
            flag_m=flag_m,
        )
        for point, scanner, size, sampling, mode in product(
            scan.points, scan.scanners, scan.list_sizes, scan.sampling, scan.modes
        )
    ]
    named: dict[str, Hook] = {}
    for hook in hooks:
        if named.setdefault(hook.id, hook) != hook:
            raise SuiteError(f"{where}.scanners: two hooks would both be called {hook.id!r}")
    return list(named.values())


def hash_cases(written: HashCases, place: Place) -> Iterator[AnyCase]:
    """Yield the cases of one [[hash]]. Raises SuiteError."""
    check_known(written.hashers, (*HASHERS, *HASH_REFERENCES), place.at("hashers"))
    check_not_empty(place.where, {"hashers": written.hashers})
    check_count(place.where, written.clips, written.hashers)
    for clip, hasher in product(place.clips(written), written.hashers):
        yield HashCase(
            why=written.why,
            clip=clip,
            hasher=hasher,
            seconds=place.seconds(written),
            rounds=place.rounds(written),
        )


def lookup_cases(written: LookupCases, place: Place) -> Iterator[AnyCase]:
    """Yield the cases of one [[lookup]]. Raises SuiteError."""
    check_known(written.hashers, HASHERS, place.at("hashers"))
    check_known(written.indexes, INDEXES, place.at("indexes"))
    check_not_empty(
        place.where,
        {
            "hashers": written.hashers,
            "indexes": written.indexes,
            "list_sizes": written.list_sizes,
            "batches": written.batches,
        },
    )
    check_count(
        place.where,
        written.clips,
        written.hashers,
        written.list_sizes,
        written.indexes,
        written.batches,
    )
    for clip, hasher, size, index, batch in product(
        place.clips(written),
        written.hashers,
        written.list_sizes,
        written.indexes,
        written.batches,
    ):
        known_hasher = HASHERS[hasher]
        radius = known_hasher.radius if written.radius is None else written.radius
        yield LookupCase(
            why=written.why,
            clip=clip,
            hasher=hasher,
            index=index,
            list_size=whole(place.at("list_sizes"), size, 1, MOST_ENTRIES),
            # Two hashes of different pictures are about half of the bits apart.
            radius=whole(place.at("radius"), radius, 0, known_hasher.bits // 4),
            batch=whole(place.at("batches"), batch, 1, 4096),
            seconds=place.seconds(written),
            rounds=place.rounds(written),
        )


def private_cases(written: PrivateCases, place: Place) -> Iterator[AnyCase]:
    """Yield the cases of one [[private]]. Raises SuiteError."""
    check_known(written.protocols, PROTOCOLS, place.at("protocols"))
    check_not_empty(place.where, {"protocols": written.protocols, "list_sizes": written.list_sizes})
    check_count(place.where, written.clips, written.list_sizes, written.protocols)
    for clip, size, protocol in product(
        place.clips(written), written.list_sizes, written.protocols
    ):
        yield PrivateCase(
            why=written.why,
            clip=clip,
            protocol=protocol,
            list_size=whole(place.at("list_sizes"), size, 1, MOST_PRIVATE_ENTRIES),
            queries=whole(place.at("queries"), written.queries, 4, 10_000),
            seconds=place.seconds(written),
            rounds=1,
        )


def recall_cases(written: RecallCases, place: Place) -> Iterator[AnyCase]:
    """Yield the cases of one [[recall]]. Raises SuiteError."""
    check_known(written.codecs, CODECS, place.at("codecs"))
    check_known(written.hashers, HASHERS, place.at("hashers"))
    check_known(written.changes, CHANGES, place.at("changes"))
    check_not_empty(
        place.where,
        {
            "codecs": written.codecs,
            "rungs": written.rungs,
            "changes": written.changes,
            "hashers": written.hashers,
        },
    )
    for text in written.rungs:
        try:
            parse_rung(text)
        except ClipError as error:
            raise SuiteError(f"{place.at('rungs')}: {error}") from error
    clips = place.clips(written)
    check_count(place.where, clips, written.rungs, written.changes, written.codecs)
    for clip, rung, change, codec in product(clips, written.rungs, written.changes, written.codecs):
        yield RecallCase(
            why=written.why,
            clip=clip,
            codec=codec,
            rung=rung,
            change=change,
            hashers=tuple(written.hashers),
            against=tuple(other for other in clips if other != clip),
            seconds=place.seconds(written),
            rounds=1,
        )


def drift_cases(written: DriftCases, place: Place) -> Iterator[AnyCase]:
    """Yield the cases of one [[drift]]. Raises SuiteError."""
    for clip in place.clips(written):
        yield DriftCase(why=written.why, clip=clip, seconds=place.seconds(written), rounds=1)
