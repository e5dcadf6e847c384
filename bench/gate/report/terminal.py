"""summary.txt, and what the command prints: a gate at one look, also in a log."""

import textwrap
from collections.abc import Iterator, Sequence

from bench.gate.report.columns import LEFT_ALIGNED, figures, headings
from bench.gate.report.wording import (
    counts_text,
    design_text,
    effort_text,
    machine_text,
    plain,
    shortened_middle,
    title_text,
    verdict_text,
    worst_first,
)
from bench.gate.result import Finding, GateResult, Verdict

WIDTH = 110
MOST_PASSED = 10
"""Benchmarks that passed and are shown, the slowest of them; all stand in gate.json."""

MOST_CHANGED = 20
"""Lines of exact counts that changed; all stand in gate.json."""

_GAP = "  "
_LEAST_NAME, _MOST_NAME_LINES = 16, 3
_INDENT = "    "


def to_text(result: GateResult) -> str:
    """Return `result` as plain text of at most 110 columns; the last line is the verdict."""
    ordered = worst_first(result.findings)
    notable = [each for each in ordered if each.verdict is not Verdict.PASS]
    passed = [each for each in ordered if each.verdict is Verdict.PASS]
    shown = [*notable, *passed[:MOST_PASSED]]
    blocks = [
        [
            *_wrapped(f"sealbench gate {result.sealbench_version}: {title_text(result)}"),
            *_wrapped(machine_text(result.machine), "  "),
            *_wrapped(design_text(result)),
        ],
        [*_table(shown, result), *_left_out(len(passed) - MOST_PASSED)] if shown else [],
        list(_counts(ordered)),
        [line for note in result.notes for line in _wrapped(f"note: {plain(note)}", "      ")],
        [*_wrapped(effort_text(result)), *_wrapped(verdict_text(result), "  ")],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _table(findings: Sequence[Finding], result: GateResult) -> Iterator[str]:
    head = ("benchmark", "verdict", *headings(result))
    numeric = [name not in LEFT_ALIGNED for name in head]
    lines = [
        (plain(each.benchmark), each.verdict.value, *figures(each, result)) for each in findings
    ]
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    room = WIDTH - sum(widths[1:]) - len(_GAP) * (len(widths) - 1)
    widths[0] = max(_LEAST_NAME, min(widths[0], room))
    yield _line(head, widths, numeric)
    for finding, (name, *cells) in zip(findings, lines, strict=True):
        first, *rest = name_lines(name, widths[0])
        yield _line((first, *cells), widths, numeric)
        yield from rest
        yield from _wrapped(_INDENT + plain(finding.reason), _INDENT) if finding.reason else ()


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    return _GAP.join(
        cell.rjust(width) if number else cell.ljust(width)
        for cell, width, number in zip(cells, widths, numeric, strict=True)
    ).rstrip()


def name_lines(name: str, width: int) -> list[str]:
    """Return `name` on up to three lines of `width`, broken behind a mark that names have.

    The later lines start with a blank. What three lines do not hold is left out in the middle.
    """
    name = shortened_middle(name, width + (_MOST_NAME_LINES - 1) * (width - 1))
    lines: list[str] = []
    while name:
        room = width - 1 if lines else width
        last = len(lines) == _MOST_NAME_LINES - 1
        cut = room
        if len(name) > room and not last:
            cut = _break(name, room)
            # A short line now must not leave more than the lines to come can hold.
            cut = max(cut, len(name) - (_MOST_NAME_LINES - 1 - len(lines)) * (width - 1))
        lines.append(f"{' ' if lines else ''}{name[:cut].rstrip()}")
        name = name[cut:]
    return lines or [""]


def _break(name: str, room: int) -> int:
    """Return how many characters of `name` go on a line of `room`, at least half of it."""
    for marks in (" +/:", "-_"):
        found = 1 + max(name.rfind(mark, room // 2, room) for mark in marks)
        if found:
            return found
    return room


def _left_out(count: int) -> list[str]:
    return [f"and {count} more that passed, all in gate.json"] if count > 0 else []


def _counts(findings: Sequence[Finding]) -> Iterator[str]:
    lines = [
        f"{plain(finding.benchmark)}: {text}"
        for finding in findings
        for text in counts_text(finding)
    ]
    if lines:
        yield "exact counts that changed"
    for line in lines[:MOST_CHANGED]:
        yield from _wrapped(f"  {line}", _INDENT)
    if len(lines) > MOST_CHANGED:
        yield f"  and {len(lines) - MOST_CHANGED} more in gate.json"


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [""]
