"""What is compared: a cell of the table, and a contender that fills it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from bench.clock import now


class Part(StrEnum):
    """The parts of the comparison."""

    COPY = "copy"
    AEAD = "aead"
    SRTP = "srtp"
    SFRAME = "sframe"
    RELAY = "relay"


class Direction(StrEnum):
    """Which way the bytes go."""

    SEAL = "seal"
    OPEN = "open"


class Memory(StrEnum):
    """Whether the bytes lie in the core's own caches when their turn comes."""

    HOT = "hot"
    COLD = "cold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One figure of the table.

    `size_bytes` counts the payload; `cipher` names an AEAD, an SRTP profile or an SFrame suite.
    """

    part: Part
    cipher: str
    size_bytes: int
    direction: Direction
    memory: Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way of doing the work of a cell.

    `verify` raises WrongAnswer where its result is not the right one. `one_pass` does some thousand
    units and returns ns per unit; whatever it prepares is not in that time. `batch` is how many
    units one call takes.
    """

    cell: Cell
    name: str
    library: str
    batch: int
    verify: Callable[[], None]
    one_pass: Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A contender that cannot take part, and why in one line."""

    part: Part
    name: str
    reason: str


class WrongAnswer(Exception):  # noqa: N818 - the verdict's name
    """A contender's bytes are not those of the others: its time would mean nothing."""


def timed_ns(work: Callable[[], object]) -> int:
    """Return the ns that `work` takes."""
    began = now()
    work()
    return now() - began


def cells(
    part: Part, cipher: str, size_bytes: int, memories: tuple[Memory, ...] = tuple(Memory)
) -> Iterator[Cell]:
    """Yield the cells of one cipher and size: both directions, and each of `memories`."""
    for direction in Direction:
        for memory in memories:
            yield Cell(
                part=part,
                cipher=cipher,
                size_bytes=size_bytes,
                direction=direction,
                memory=memory,
            )
