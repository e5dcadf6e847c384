"""summary.md: a gate as a comment on a pull request, and as the summary of a workflow's job."""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bench.gate.report.columns import figures, headings
from bench.gate.report.wording import (
    counts_text,
    design_text,
    effort_text,
    machine_text,
    plain,
    title_text,
    verdict_text,
    worst_first,
)
from bench.gate.result import Finding, GateResult, Verdict

STEP_SUMMARY = "GITHUB_STEP_SUMMARY"

LONGEST = 60_000
"""GitHub refuses a comment of more than 65,536 characters."""


def to_markdown(result: GateResult) -> str:
    """Return `result` as GitHub Markdown: the verdict, what did not pass, and all folded away.

    Where there are so many benchmarks that GitHub would refuse the text, the last ones of either
    list are left out; gate.json has them all.
    """
    ordered = worst_first(result.findings)
    notable = [each for each in ordered if each.verdict is not Verdict.PASS]
    changed = [f"{plain(each.benchmark)}: {text}" for each in ordered for text in counts_text(each)]
    blocks = [
        f"## sealbench gate: {escape(verdict_text(result))}",
        f"{escape(title_text(result))}. {escape(effort_text(result))}.",
    ]
    if notable:
        blocks.append(_table(notable, result, LONGEST // 3, why=True))
    if changed:
        blocks += ["**Exact counts that changed**", _bullets(changed, LONGEST // 6)]
    if result.notes:
        blocks += ["**Notes**", _bullets(map(plain, result.notes), LONGEST // 12)]
    if ordered:
        blocks += [
            f"<details><summary>All {len(ordered)} benchmarks, and how it was measured</summary>",
            _table(ordered, result, LONGEST // 3, why=False),
        ]
    else:
        blocks.append("<details><summary>How it was measured</summary>")
    blocks += [
        f"{escape(design_text(result))}.",
        escape(machine_text(result.machine)),
        "</details>",
    ]
    return "\n\n".join(blocks) + "\n"


def append_step_summary(text: str, environ: Mapping[str, str]) -> None:
    """Append `text` to the file that $GITHUB_STEP_SUMMARY names, where it is set.

    A file that cannot be written gives a note on stderr: the verdict stands without it.
    """
    name = environ.get(STEP_SUMMARY)
    if not name:
        return
    try:
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(text)
    # A name with a null byte in it is a ValueError.
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        sys.stderr.write(f"note: ${STEP_SUMMARY}: {plain(name)}: {why}\n")


def escape(text: str) -> str:
    """Return `text` so that GitHub shows it as it is: no markup, cell, tag or mention in it."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = re.sub(r"([\\`*_\[\]|~$#])", r"\\\1", escaped)
    # A decorator or an address in a test's name must not call a person of that name.
    return escaped.replace("@", "@<!-- -->")


def _table(findings: Sequence[Finding], result: GateResult, room: int, *, why: bool) -> str:
    names = headings(result)
    last = ("why",) if why else ()
    head = ("benchmark", "verdict", *names, *last)
    rule = ("---", "---", *("---:" for _ in names), *("---" for _ in last))
    lines = [_cells(finding, result, why=why) for finding in findings]
    kept = _fitting((_row(line) for line in lines), room)
    rest = len(lines) - len(kept)
    more = [_row([f"and {rest} more in gate.json", *[""] * (len(head) - 1)])] if rest else []
    return "\n".join([_row(head), _row(rule), *kept, *more])


def _cells(finding: Finding, result: GateResult, *, why: bool) -> list[str]:
    passed = finding.verdict is Verdict.PASS
    cells = [
        escape(plain(finding.benchmark)),
        finding.verdict.value if passed else f"**{finding.verdict.value}**",
        *map(escape, figures(finding, result)),
    ]
    return [*cells, escape(plain(finding.reason))] if why else cells


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _bullets(lines: Iterable[str], room: int) -> str:
    every = [f"- {escape(line)}" for line in lines]
    kept = _fitting(every, room)
    rest = len(every) - len(kept)
    return "\n".join([*kept, *([f"- and {rest} more in gate.json"] if rest else [])])


def _fitting(lines: Iterable[str], room: int) -> list[str]:
    """Return the first of `lines` that `room` characters hold."""
    kept: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return kept
