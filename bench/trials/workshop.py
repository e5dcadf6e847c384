"""Where cases become trials: everything they share is loaded once and handed to each."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from bench.cases import (
    PRIVATE_HASHER,
    AnyCase,
    Case,
    DriftCase,
    HashCase,
    LookupCase,
    PrivateCase,
    RecallCase,
)
from bench.material import Library
from bench.progress import Progress
from bench.results import Row
from bench.summarise import bare_row
from bench.trials.drift import MOST_FRAMES, STRIDE, DriftTrial, open_drift
from bench.trials.hashing import HashTrial, open_hash
from bench.trials.lists import Lists
from bench.trials.lookup import LookupTrial, open_lookup
from bench.trials.private import PrivateTrial, mixed_queries, open_private
from bench.trials.recall import open_recall
from bench.trials.recall_material import LatestFootage, ReferenceHashes
from bench.trials.scan import open_scan
from bench.trials.stream import StreamTrial, open_stream
from bench.trials.trial import Trial
from bench.verify import verify
from pipelines.codecs.settings import CodecError
from pipelines.engines.table import choose_engine
from pipelines.not_installed import NotInstalled
from pipelines.registry import Registry
from pipelines.scanning.hash_list import HashList
from pipelines.scanning.hashes.table import HASHERS
from pipelines.scanning.index.table import INDEXES
from pipelines.scanning.private.table import PROTOCOLS

DECODED_FRAMES = 30
"""Frames decoded beside the originals before a case is timed; `sealbench verify` decodes all."""


@dataclass(slots=True, kw_only=True)
class Workshop:
    """Makes trials of cases, and keeps what several of them need."""

    registry: Registry
    library: Library
    progress: Progress
    seed: int
    listed_clip: str | None = None
    given_list: HashList | None = None
    lists: Lists = field(init=False)
    _references: ReferenceHashes = field(init=False)
    _latest: LatestFootage = field(init=False)
    _verified: set[tuple[str, ...]] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        """Set up what is filled when it is first asked for."""
        self.lists = Lists(
            library=self.library,
            seed=self.seed,
            listed_clip=self.listed_clip,
            given=self.given_list,
        )
        self._references = ReferenceHashes(load=self.library.long_footage, hashers=HASHERS)
        self._latest = LatestFootage(load=self.library.long_footage)

    def load(self, cases: Sequence[AnyCase]) -> None:
        """Encode what `cases` need and the cache lacks."""
        # What no encoder takes, or has no encoder, becomes the row of the case that asks for it.
        with suppress(CodecError, NotInstalled):
            self.library.load(cases)

    def open(self, case: AnyCase) -> Trial:
        """Return `case` verified, loaded and warm. Raises whatever stops it."""
        match case:
            case Case():
                return self._stream(case)
            case HashCase():
                return self._hash(case)
            case LookupCase():
                return self._lookup(case)
            case PrivateCase():
                return self._private(case)
            case RecallCase():
                return open_recall(case, references=self._references, footage=self._latest)
            case DriftCase():
                return self._drift(case)

    def forget(self, clip: str) -> None:
        """Give back the memory of a clip whose cases are done."""
        self.library.forget(clip)
        self._latest.forget()

    def bare_row(self, case: AnyCase) -> Row:
        """Return what is known of a case before it is measured."""
        if not isinstance(case, Case):
            codec = case.codec if isinstance(case, RecallCase) else ""
            return Row(case=case.id, why=case.why, model=case.model, clip=case.clip, codec=codec)
        pipeline = self.registry.pipelines[case.pipeline]
        return bare_row(case, pipeline, choose_engine(case.engine).engine)

    def _stream(self, case: Case) -> StreamTrial:
        pipeline = self.registry.pipelines[case.pipeline]
        material = self.library.material(case.clip, case.codec)
        engine = choose_engine(case.engine).engine
        key = (case.clip, case.codec, case.pipeline, engine.name)
        if key not in self._verified:
            verify(
                pipeline,
                material.access_units,
                engine=engine,
                make_decoder=lambda: material.new_decoder().decode,
                decoded_frames=DECODED_FRAMES,
            )
            self._verified.add(key)
        if case.hook is None:
            return open_stream(case, pipeline, material, engine)
        scanner = self.registry.scanners[case.hook.scanner]
        return open_scan(
            case,
            case.hook,
            scanner,
            pipeline=pipeline,
            material=material,
            engine=engine,
            lists=self.lists,
        )

    def _hash(self, case: HashCase) -> HashTrial:
        return open_hash(case, self.library.footage(case.clip).frames)

    def _lookup(self, case: LookupCase) -> LookupTrial:
        new_hasher = HASHERS[case.hasher]
        return open_lookup(
            case,
            INDEXES[case.index],
            queries=self.lists.hashes(case.clip, new_hasher),
            hash_list=self.lists.list_of(new_hasher, case.list_size),
        )

    def _private(self, case: PrivateCase) -> PrivateTrial:
        new_hasher = HASHERS[PRIVATE_HASHER]
        hash_list = self.lists.list_of(new_hasher, case.list_size)
        frame_hashes = self.lists.hashes(case.clip, new_hasher)
        return open_private(
            case,
            PROTOCOLS[case.protocol],
            queries=mixed_queries(hash_list, frame_hashes, case.queries, seed=self.seed),
            hash_list=hash_list,
            radius=new_hasher().radius,
            progress=self.progress,
        )

    def _drift(self, case: DriftCase) -> DriftTrial:
        footage = self.library.long_footage(case.clip, STRIDE * MOST_FRAMES)
        return open_drift(case, footage.frames)
