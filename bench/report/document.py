"""A run as a document: what each form of the report prints, in the order it prints it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.report.case_tables import live_rows, share_of_baseline, table_of
from bench.report.grouping import (
    BASELINE,
    Group,
    clip_note,
    groups_of,
    is_baseline,
    rung,
    video_facts,
)
from bench.report.hooked import plain_rows
from bench.report.method import Asks, asked
from bench.report.plaintext import plaintext_table
from bench.report.quantities import count, duration
from bench.report.report_run import INTERRUPTED, ReportRun, printable
from bench.report.scanning.sections import scanning_sections
from bench.report.section import Section, section_key
from bench.report.sentences import sentences
from bench.report.table_value import Table
from bench.results import Row

_LABELS = (
    ("insecure", "known to be broken; measured only because it was deployed, or as a baseline"),
    ("unauthenticated", "a changed frame is accepted: nobody notices tampering"),
    ("private suite", "no registered cipher suite; a number of our own in the private range"),
    (INTERRUPTED, "stopped before its last round: fewer rounds than planned, wider intervals"),
    ("synthetic", "generated pictures, not camera video: sizes and times may differ from real use"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One run, ready to be set in any form."""

    name: str
    machine_line: str
    evidence: str
    measured: str
    findings: tuple[str, ...]
    sections: tuple[Section, ...]
    plaintext: Table
    footer: tuple[str, ...]
    legend: tuple[tuple[str, str], ...]
    machine_facts: tuple[tuple[str, str], ...]
    conditions: tuple[tuple[str, str], ...]
    asks: Asks


def document_of(run: ReportRun) -> Document:
    """Return `run` as a document."""
    groups = groups_of(run)
    return Document(
        name=printable(run.name),
        machine_line=printable(run.machine_line),
        evidence=printable(run.evidence),
        measured=_measured(run),
        findings=sentences(run, groups),
        sections=(*_sections(groups), *scanning_sections(run)),
        plaintext=plaintext_table(run),
        footer=_footer(run),
        legend=legend_of(run.rows),
        machine_facts=_printable_pairs(run.machine_facts),
        conditions=_printable_pairs(run.conditions),
        asks=asked(run.rows),
    )


def _sections(groups: Sequence[Group]) -> tuple[Section, ...]:
    by_video: dict[tuple[str, str], list[Group]] = {}
    for group in groups:
        by_video.setdefault((group.clip, group.codec), []).append(group)
    return tuple(_section(clip, codec, members) for (clip, codec), members in by_video.items())


def _section(clip: str, codec: str, groups: Sequence[Group]) -> Section:
    rows = [row for group in groups for row in group.rows]
    return Section(
        key=section_key(clip, codec),
        title=f"{clip}, {codec}",
        about=video_facts(rows),
        note=clip_note(rows),
        labels=tuple(printable(label) for label in groups[0].shared_labels),
        tables=tuple(table_of(group, live_rows(groups)) for group in groups),
    )


_QUESTIONS = {
    "hash": "hash timing",
    "lookup": "look-up",
    "private": "private look-up",
    "recall": "re-encoding",
    "drift": "drift comparison",
}
"""What a case that is no pipeline is called, by its model."""


def _measured(run: ReportRun) -> str:
    if not run.rows:
        return "Nothing was measured yet."
    clips = len({row.clip for row in run.rows})
    codecs = sorted({printable(row.codec) for row in run.rows if row.codec})
    pipelines = len({row.pipeline for row in run.rows if row.pipeline})
    models = Counter(row.model for row in run.rows)
    what = [count(pipelines, "pipeline")] if pipelines else []
    what += [count(models[model], noun) for model, noun in _QUESTIONS.items() if models[model]]
    listed = f" ({', '.join(codecs)})" if codecs else ""
    return f"{count(len(run.rows), 'case')}: {', '.join(what)} on {count(clips, 'clip')}{listed}."


def _footer(run: ReportRun) -> tuple[str, ...]:
    finished = [row for row in run.rows if row.error is None and row.pipeline]
    lines: list[str] = []
    if finished:
        engines = ", ".join(
            sorted({printable(f"{row.engine} ({row.library})") for row in finished})
        )
        lines.append(
            f"per case: frames {_span(row.frames for row in finished)}, "
            f"rounds {_span(row.rounds for row in finished)}, "
            f"processes {_span(row.processes or 1 for row in finished)}; engine {engines}"
        )
    if run.clock_overhead_ns is not None:
        lines.append(f"one clock reading costs {duration(run.clock_overhead_ns)}, not subtracted")
    lines += _harness(plain_rows(finished))
    lines.append(f"machine: {printable(run.machine_line)}")
    lines.append(f"rows and samples: {printable(run.evidence)}")
    return tuple(lines)


def _span(values: Iterable[int]) -> str:
    known = sorted(set(values))
    if len(known) == 1:
        return f"{known[0]:,}"
    return f"{known[0]:,} to {known[-1]:,}"


def _harness(finished: Sequence[Row]) -> tuple[str, ...]:
    baselines = [row for row in finished if is_baseline(row) and row.harness_ns_per_frame]
    if not baselines:
        return ()
    # Packets without a codec, of the largest picture: the pipeline the rest is measured against.
    row = max(
        baselines,
        key=lambda each: (
            each.model == "stage" and each.media == "cached",
            each.pipeline == BASELINE,
            each.height,
            each.codec == "h264",
            each.case,
        ),
    )
    return (
        (
            f"the harness adds {duration(row.harness_ns_per_frame)} per frame, "
            f"{share_of_baseline(row)} of the null pipeline ({printable(row.codec)}, {rung(row)})"
        ),
    )


def legend_of(rows: Iterable[Row]) -> tuple[tuple[str, str], ...]:
    """Return what each label that occurs means."""
    present = dict.fromkeys(label for row in rows for label in row.labels)
    known = dict(_LABELS)
    ordered = [label for label in known if label in present]
    ordered += [label for label in present if label not in known]
    return tuple(
        (printable(label), known.get(label, "a warning given by the pipeline's author"))
        for label in ordered
    )


def _printable_pairs(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((printable(name), printable(value)) for name, value in pairs)
