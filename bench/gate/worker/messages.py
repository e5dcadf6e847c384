"""What gate and worker say to each other: one JSON object per line over a pair of pipes.

The worker opens its benchmarks in order and says `Opened` of each, and before that what it is at
(`Opening`, `Warming`); the gate then lets them do blocks, and ends the benchmark with
`Next`, which the worker answers with `Closed`.
After the last one it says `Finished` and ends.
"""

import msgspec


class StreamSpec(msgspec.Struct, frozen=True, kw_only=True, tag="stream"):
    """Access units of `material` (a file of `material.py`) through all roles of a pipeline."""

    name: str
    pipeline: str
    engine: str
    material: str


class HashSpec(msgspec.Struct, frozen=True, kw_only=True, tag="hash"):
    """Luma planes of `material` (uint8 .npy of shape (frames, height, width)) through a hasher."""

    name: str
    hasher: str
    material: str


class LookupSpec(msgspec.Struct, frozen=True, kw_only=True, tag="lookup"):
    """Hashes `material` looked up in the list `listed`, both uint64 .npy of shape (n, words)."""

    name: str
    hasher: str
    index: str
    radius: int
    material: str
    listed: str


class PytestSpec(msgspec.Struct, frozen=True, kw_only=True, tag="pytest"):
    """A test that uses the fixture `benchmark`; `name` is its node id."""

    name: str


Spec = StreamSpec | HashSpec | LookupSpec | PytestSpec


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is started with: benchmarks in order, all of them cases or all of them tests.

    With `counting` the worker answers `Count` instead of `Block`, and its times mean nothing.
    """

    benchmarks: list[Spec]
    counting: bool = False


class Block(msgspec.Struct, frozen=True, kw_only=True, tag="block"):
    """Do `units` units from unit `start` of the material on, after `settle` untimed ones before it.

    A worker may hold a benchmark several times, its buffers elsewhere: `instance` goes round them.
    `slowdown` is what a self-test injects: the share of the block's time that real work is to
    take in addition.
    """

    start: int
    units: int
    instance: int = 0
    settle: int = 2
    slowdown: float = 0.0


class TakeTurns(msgspec.Struct, frozen=True, kw_only=True, tag="turns"):
    """Do blocks of `units` units in turns with the other workers, who get the same `order`.

    `order` names whose turn it is, 0 to 2, three to a round; all blocks of a round do the same
    units. `me` is the worker that is asked. Who has done a block writes a byte to `batons[next]`,
    and who waits for its turn reads from `baton`: descriptors that all workers inherited. So no
    block waits for the gate, which sleeps meanwhile, and the three of a round come close together.
    """

    order: list[int]
    me: int
    baton: int
    batons: list[int]
    units: int
    settle: int = 2
    slowdown: float = 0.0


class Pin(msgspec.Struct, frozen=True, kw_only=True, tag="pin"):
    """Run on these CPUs only, from now on."""

    cpus: list[int]


class Count(msgspec.Struct, frozen=True, kw_only=True, tag="count"):
    """Count what `units` units from the first on do."""

    units: int


class Next(msgspec.Struct, frozen=True, kw_only=True, tag="next"):
    """End this benchmark and open the next one."""


Request = Block | TakeTurns | Pin | Count | Next


class Opening(msgspec.Struct, frozen=True, kw_only=True, tag="opening"):
    """The worker begins to open `name`: if it is not heard of again, that is where it died."""

    name: str


class Warming(msgspec.Struct, frozen=True, kw_only=True, tag="warming"):
    """The worker calls what `name` measures for the first times; what comes before is set-up."""

    name: str


class Opened(msgspec.Struct, frozen=True, kw_only=True, tag="opened"):
    """Benchmark `name` is ready, verified and warm; or it is not, and `error` says why.

    `absent` is True where this checkout has no such benchmark, `wrong` where it gave a wrong
    answer. `unit_ns` is the median time of one unit in the warm-up, `threads` whether other threads
    worked meanwhile, `period` the units after which the material starts over. `origin` is the
    file that what is measured was loaded from, another one on each side. `answer` is a digest of
    what is computed, equal on all sides; empty where the benchmark checks its answers itself.
    """

    name: str
    unit: str = ""
    unit_ns: float = 0.0
    period: int = 1
    threads: bool = False
    origin: str = ""
    answer: str = ""
    error: str | None = None
    absent: bool = False
    wrong: bool = False


class Measured(msgspec.Struct, frozen=True, kw_only=True, tag="measured"):
    """One block: its time, and whether the scheduler took the CPU away in the middle of it.

    `error` is set where the block raised; with `wrong`, where what came out of it was wrong.
    """

    ns: int = 0
    interrupted: bool = False
    error: str | None = None
    wrong: bool = False


class Turned(msgspec.Struct, frozen=True, kw_only=True, tag="turned"):
    """What one worker measured in its turns, in order; `error` and `wrong` as in `Measured`.

    After an error it still hands the baton on, so that the others come to their end.
    """

    ns: list[int]
    interrupted: list[bool]
    error: str | None = None
    wrong: bool = False


class Counted(msgspec.Struct, frozen=True, kw_only=True, tag="counted"):
    """Exact counts per unit by name; `unsteady` names those that two passes did not agree on.

    `notes` say what cannot be counted on this system.
    """

    counts: dict[str, float]
    unsteady: list[str]
    notes: list[str] = []
    error: str | None = None


class Pinned(msgspec.Struct, frozen=True, kw_only=True, tag="pinned"):
    """The worker runs where it was told to."""


class Closed(msgspec.Struct, frozen=True, kw_only=True, tag="closed"):
    """The benchmark is over; `error` says what showed only at its end, `wrong` as in `Opened`."""

    name: str
    error: str | None = None
    wrong: bool = False


class Finished(msgspec.Struct, frozen=True, kw_only=True, tag="finished"):
    """There is no benchmark left."""


Answer = Opening | Warming | Opened | Measured | Turned | Counted | Pinned | Closed | Finished
