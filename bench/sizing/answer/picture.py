"""A plot as pages refer to it: a file, and words for those who cannot see it."""

from dataclasses import dataclass

from bench.sizing.answer.sources import SourceNote


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One plot that was drawn.

    It stands beside the part of the document called `beside`. `drawn` says in words what it shows,
    `sources` where its figures come from. `stem` is the file name without its ending.
    """

    beside: str
    stem: str
    drawn: str
    sources: tuple[SourceNote, ...]
    width_in: float
    png: bytes
    svg: bytes
