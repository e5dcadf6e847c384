"""A plot as the pages refer to it: a file, and words for those who cannot see it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPlot:
    """One plot that was drawn.

    `section` is the key of the section it belongs to, None for the whole run. `drawn` says what is
    drawn; `caption`, which stands in the picture too, what was measured and on what. `stem` is the
    file name without its ending.
    """

    section: str | None
    stem: str
    drawn: str
    caption: str
    width_in: float
    png: bytes
    svg: bytes

    @property
    def alt(self) -> str:
        """The words that stand for the picture."""
        return f"{self.drawn}. {self.caption}"
