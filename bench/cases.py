"""Cases: one cell of the matrix each, by the question that it asks."""

from typing import Annotated, Literal

import msgspec

from pipelines.engines.table import AUTO
from pipelines.scanning.hook import Hook, size_name

Model = Literal["stage", "paced"]
Media = Literal["cached", "live"]

INTERLEAVED = ("stage", "hash", "lookup")
"""Models whose cases take turns, round by round; the others are measured one after the other."""

HASH_REFERENCES = ("pdqhash.compute", "imagehash.phash", "imagehash.dhash")
"""Hash functions of packages, measured beside ours."""

PRIVATE_HASHER = "pdq"
"""What is looked up privately: the longest hash, and the one that real lists hold."""

MOST_ENTRIES = 1_000_000_000
"""Of a list: what its file could hold. A plan that asks for more is no plan of ours."""

Entries = Annotated[int, msgspec.Meta(ge=1, le=MOST_ENTRIES)]


class Cell(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every case has: why it is measured, on what, for how long, cut into how many rounds."""

    why: str
    clip: str
    seconds: Annotated[float, msgspec.Meta(gt=0, le=3600)]
    rounds: Annotated[int, msgspec.Meta(ge=1, le=1000)]


class Case(Cell, frozen=True, kw_only=True, tag="stream"):
    """A clip's frames through a pipeline. `deadline_ms` 0 makes the frame interval the deadline."""

    model: Model
    media: Media
    codec: str
    pipeline: str
    engine: str = AUTO
    hook: Hook | None = None
    deadline_ms: Annotated[float, msgspec.Meta(ge=0, le=60_000)] = 0.0

    @property
    def id(self) -> str:
        """Name of the case in rows, files and `--only`."""
        model = self.model if self.media == "cached" else f"{self.model}-{self.media}"
        engine = "" if self.engine == AUTO else f"@{self.engine}"
        hook = "" if self.hook is None else f"/scan:{self.hook.id}"
        return f"{model}/{self.clip}/{self.codec}/{self.pipeline}{engine}{hook}"


class HashCase(Cell, frozen=True, kw_only=True, tag="hash"):
    """A clip's luma planes through one hash function, ours or a package's."""

    hasher: str

    @property
    def model(self) -> str:
        """Which question is asked."""
        return "hash"

    @property
    def id(self) -> str:
        """Name of the case in rows, files and `--only`."""
        return f"hash/{self.clip}/{self.hasher}"


class LookupCase(Cell, frozen=True, kw_only=True, tag="lookup"):
    """A clip's hashes looked up in a list, `batch` at a time."""

    hasher: str
    index: str
    list_size: Entries
    radius: Annotated[int, msgspec.Meta(ge=0, le=4096)]
    batch: Annotated[int, msgspec.Meta(ge=1, le=4096)] = 1

    @property
    def model(self) -> str:
        """Which question is asked."""
        return "lookup"

    @property
    def id(self) -> str:
        """Name of the case in rows, files and `--only`."""
        batch = f"/batch-{self.batch}" if self.batch > 1 else ""
        size = size_name(self.list_size)
        return f"lookup/{self.clip}/{self.hasher}-r{self.radius}/{self.index}/{size}{batch}"


class PrivateCase(Cell, frozen=True, kw_only=True, tag="private"):
    """A clip's hashes looked up by a protocol that shows neither side what the other holds."""

    protocol: str
    list_size: Entries
    queries: Annotated[int, msgspec.Meta(ge=4, le=10_000)]

    @property
    def model(self) -> str:
        """Which question is asked."""
        return "private"

    @property
    def id(self) -> str:
        """Name of the case in rows, files and `--only`."""
        return f"private/{self.clip}/{self.protocol}/{size_name(self.list_size)}"


class RecallCase(Cell, frozen=True, kw_only=True, tag="recall"):
    """A clip changed, re-encoded at one rung of the ladder, decoded and looked for.

    `rung` is a size of `bench.clips.names.RUNGS`, and may carry a bitrate: `360p@250k`. Frames of
    the clips `against` are listed too: what matches them is a false match.
    """

    codec: str
    rung: str
    change: str
    hashers: tuple[str, ...]
    against: tuple[str, ...]

    @property
    def model(self) -> str:
        """Which question is asked."""
        return "recall"

    @property
    def id(self) -> str:
        """Name of the case in rows, files and `--only`."""
        return f"recall/{self.clip}/{self.codec}/{self.rung}/{self.change}"


class DriftCase(Cell, frozen=True, kw_only=True, tag="drift"):
    """A clip's luma planes hashed by us, beside the reference on the same frames as RGB."""

    @property
    def model(self) -> str:
        """Which question is asked."""
        return "drift"

    @property
    def id(self) -> str:
        """Name of the case in rows, files and `--only`."""
        return f"drift/{self.clip}"


AnyCase = Case | HashCase | LookupCase | PrivateCase | RecallCase | DriftCase
"""One cell of the matrix, whatever it asks."""
