"""Where figures come from, in words: short in a terminal, whole on a page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from bench.sizing.answer.values import Basis, Figure

_COUNT = re.compile(r"\bn = [\d,]+(?: [a-z]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNote:
    """The source of the figures called `names`; of all that stand there where there are none.

    In a comparison it is that of the cell called `cell`.
    """

    names: tuple[str, ...]
    short: str
    whole: str
    cell: str = ""

    @property
    def of(self) -> str:
        """Return whose source it is, as a line begins with it."""
        names = f"Source of {', '.join(self.names)}" if self.names else "Source"
        return f"{names} ({self.cell})" if self.cell else names


def short_source(figure: Figure) -> str:
    """Return `measured, n = 10 rounds`; `measured + assumed` where it is only in part measured."""
    bases = " + ".join(_named(figure) or [figure.basis])
    found = _COUNT.search(figure.source)
    return f"{bases}, {found.group()}" if found else bases


def whole_source(figure: Figure) -> str:
    """Return everything that is known of where `figure` comes from."""
    if _named(figure) or not figure.source:
        return figure.source or figure.basis
    return f"{figure.basis}: {figure.source}"


def source_notes(named: Sequence[tuple[str, Figure]], cell: str = "") -> tuple[SourceNote, ...]:
    """Return one note for each source of `named` figures, with the names that share it."""
    names: dict[tuple[str, str], dict[str, None]] = {}
    for name, figure in named:
        key = (short_source(figure), whole_source(figure))
        names.setdefault(key, {})[" ".join(name.split())] = None
    return tuple(
        SourceNote(names=tuple(of) if len(names) > 1 else (), short=short, whole=whole, cell=cell)
        for (short, whole), of in names.items()
    )


def short_lines(notes: Sequence[SourceNote]) -> tuple[str, ...]:
    """Return `notes` in short, a line for all that look alike then."""
    names: dict[str, dict[str, None]] = {}
    for note in notes:
        names.setdefault(note.short, {}).update(dict.fromkeys(note.names))
    return tuple(
        f"Source of {', '.join(of)}: {short}" if of and len(names) > 1 else f"Source: {short}"
        for short, of in names.items()
    )


def _named(figure: Figure) -> list[str]:
    """Return the bases that the source itself names: `measured: ...; assumed: ...`."""
    return [basis for basis in get_args(Basis) if f"{basis}:" in figure.source]
