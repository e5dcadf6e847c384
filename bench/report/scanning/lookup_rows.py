"""Rows of look-ups: what each asked, and which may be compared."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.report.report_run import printable
from bench.report.scanning.subjects import entries_of, entries_words, parts_after_clip, rows_of
from bench.results import Row

_FAISS = "faiss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A look-up but for the index that answers it: rows of one question may be compared."""

    clip: str
    hasher: str
    radius: str
    entries: int
    batch: int

    @property
    def subject(self) -> str:
        """What is looked for: the hash, and within which distance."""
        return printable(f"{self.hasher} within {self.radius} bits, {self.clip}")

    @property
    def size(self) -> str:
        """How long the list is, and how many queries come at once."""
        batch = f", batches of {self.batch:,}" if self.batch > 1 else ""
        return f"{entries_words(self.entries)}{batch}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """One row of a look-up."""

    question: Question
    index: str
    row: Row


def lookups_of(rows: Iterable[Row]) -> tuple[Lookup, ...]:
    """Return the look-ups among `rows`: by what is looked for, then batch, then list, then index.

    What a case asked stands in its id, which one that failed has too.
    """
    found = [_lookup(row) for row in rows_of(rows, "lookup")]
    return tuple(
        sorted(
            found,
            key=lambda each: (
                each.question.subject,
                each.question.batch,
                each.question.entries,
                each.index.startswith(_FAISS),
                each.index,
            ),
        )
    )


def _lookup(row: Row) -> Lookup:
    subject, index, size, *batch = (*parts_after_clip(row), "", "", "")[:4]
    hasher, _, radius = subject.rpartition("-r")
    return Lookup(
        index=printable(index),
        row=row,
        question=Question(
            clip=row.clip,
            hasher=hasher,
            radius=radius,
            entries=entries_of(size),
            batch=entries_of(batch[0].removeprefix("batch-")) if batch[0] else 1,
        ),
    )


def best_exact_faiss_ns(lookups: Iterable[Lookup]) -> dict[Question, float]:
    """Return the median time per query of the fastest exact index of faiss, by question, in ns."""
    best: dict[Question, float] = {}
    for each in lookups:
        summary = each.row.lookup
        if summary is None or not summary.exact or not each.index.startswith(_FAISS):
            continue
        known = best.get(each.question)
        own = summary.p50_ns.value
        best[each.question] = own if known is None else min(known, own)
    return best
