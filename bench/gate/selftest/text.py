"""A self-test in words: one table per condition, the targets, and what the numbers do not say."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.gate.design import Design
from bench.gate.result import Verdict
from bench.gate.selftest.summary import (
    LEAST_A_A,
    LEAST_PER_EFFECT,
    NO_EFFECT,
    ConditionSummary,
    EffectSummary,
    SelftestSummary,
    Share,
    TargetCheck,
)
from bench.results import Estimate

WIDTH = 110
NONE = "-"
CONDITION_NAMES = {"idle": "Idle", "noisy": "Noisy neighbour"}

_SHOWN = (Verdict.REGRESSION, Verdict.INCONCLUSIVE)
"""Verdicts with a column of their own; of PASS is the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A title, a grid (its first line the heads) and sentences beneath it."""

    title: str
    grid: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def to_text(summary: SelftestSummary) -> str:
    """Return the self-test as plain text, at most 110 columns wide."""
    parts = [_headline(summary)]
    for block in _blocks(summary):
        parts += ["", block.title, *_aligned(block.grid)]
        for note in block.notes:
            parts += textwrap.wrap(note, WIDTH, initial_indent="  ", subsequent_indent="  ")
    parts += ["", "What these numbers do not say"]
    for sentence in limits(summary):
        parts += textwrap.wrap(sentence, WIDTH, initial_indent="* ", subsequent_indent="  ")
    return "\n".join(parts) + "\n"


def to_markdown(summary: SelftestSummary) -> str:
    """Return the self-test as GitHub Markdown."""
    parts = ["## Self-test of the regression gate", f"{_headline(summary)}."]
    for block in _blocks(summary):
        heads, *lines = block.grid
        rule = ("---", *("---:" for _ in heads[1:]))
        parts.append(f"### {block.title}")
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in (heads, rule, *lines)))
        parts += block.notes
    parts += ["### What these numbers do not say"]
    parts.append("\n".join(f"- {sentence}" for sentence in limits(summary)))
    return "\n\n".join(parts) + "\n"


def limits(summary: SelftestSummary) -> tuple[str, ...]:
    """Return, in sentences, how far the numbers of `summary` can be trusted."""
    design = Design()
    a_a, per_effect = LEAST_A_A, LEAST_PER_EFFECT
    sentences = (
        """Brackets hold the exact 95 % bounds (Clopper-Pearson), for a ratio the middle 95 % of
        those measured, for a time a bootstrap interval over gates.""",
        f"""The {summary.trials:,} comparisons come from {summary.gates:,} gates, and those of one
        gate share their processes: they tell less than as many independent ones would, and the
        exact bounds do not know it.""",
        f"""A verdict on a target needs {a_a} comparisons with an unchanged head and {per_effect}
        with a slowdown; where no false alarm may be, one is enough. PASS and MISSED compare what
        was measured with the target: where the bounds reach beyond it, more comparisons could
        still overturn the verdict.""",
        """The injected work is arithmetic in the interpreter, at the end of each timed block. A
        slowdown that shows only in caches, memory or other threads was not tried.""",
        f"""A slowdown below the gate's threshold ({_plain(100 * design.threshold)} % by default,
        {_plain(100 * design.threads_threshold)} % with threads) is meant to pass.""",
        """pytest-benchmark judged blocks of the same trials as it judges two runs: the base's of
        one restart against the head's of the next. How many there are was not its choice.""",
    )
    return tuple(" ".join(sentence.split()) for sentence in sentences)


def _headline(summary: SelftestSummary) -> str:
    return f"{summary.trials:,} comparisons whose truth was known, in {summary.gates:,} gates"


def _blocks(summary: SelftestSummary) -> Iterator[Block]:
    for found in summary.conditions:
        yield _condition_block(found)
    heads = ("", "target", "measured", "n", "verdict")
    lines = (_target_line(check) for check in summary.targets)
    yield Block(title="Targets", grid=(heads, *lines), notes=())


def _condition_block(found: ConditionSummary) -> Block:
    flags = list(dict.fromkeys(flag for effect in found.effects for flag in effect.contrast))
    heads = (
        "effect",
        "n",
        *(f"{verdict} %" for verdict in _SHOWN),
        "measured ratio",
        *flags,
    )
    unchanged = "".join(
        f" ({each.median_s:.1f} s where unchanged)"
        for each in found.effects
        if each.effect == NO_EFFECT
    )
    times = f"median {found.median_s.value:.1f} s each{unchanged}, p95 {found.p95_s.value:.1f} s"
    return Block(
        title=f"{CONDITION_NAMES[found.condition]}: {found.trials:,} comparisons in"
        f" {found.gates:,} gates, {times}",
        grid=(heads, *(_effect_line(effect, flags) for effect in found.effects)),
        notes=tuple(_notes(found, flags)),
    )


def _effect_line(effect: EffectSummary, flags: Sequence[str]) -> tuple[str, ...]:
    regression, inconclusive = (effect.verdicts[verdict] for verdict in _SHOWN)
    return (
        effect_name(effect.effect),
        f"{effect.trials:,}",
        f"{_percent(regression)} {_percent_bounds(regression.share, 1)}",
        _percent(inconclusive),
        NONE if effect.ratio is None else _spanned(effect.ratio, 3),
        *(_percent(effect.contrast[flag]) if flag in effect.contrast else NONE for flag in flags),
    )


def _notes(found: ConditionSummary, flags: Sequence[str]) -> Iterator[str]:
    if flags:
        yield f"{', '.join(flags)}: where pytest-benchmark's comparison would have failed, in %."
    if found.false_regressions:
        named = (f"{count} x {name}" for name, count in found.false_regressions.items())
        yield f"False REGRESSION: {', '.join(named)}."
    for verdict in (Verdict.IMPROVED, Verdict.WRONG_ANSWER):
        seen = [
            f"{share.count:,} of {share.trials:,} ({effect_name(effect.effect)})"
            for effect in found.effects
            if (share := effect.verdicts[verdict]).count
        ]
        if seen:
            yield f"{verdict}: {', '.join(seen)}."


def effect_name(effect: float) -> str:
    """Return an effect as a reader knows it: `none`, `+3 %`."""
    return "none" if effect == NO_EFFECT else f"{_plain(100 * effect, sign='+')} %"


def _target_line(check: TargetCheck) -> tuple[str, ...]:
    bound = "at most" if check.at_most else "at least"
    if check.unit == "s":
        target = f"{bound} {_plain(check.target)} s"
        measured = NONE if check.measured is None else f"{_spanned(check.measured, 2)} s"
    else:
        target = f"{bound} {_plain(100 * check.target)} %" if check.target else "none"
        measured = NONE
        if check.measured is not None:
            bounds = _percent_bounds(check.measured, 2)
            measured = f"{check.count:,} = {100 * check.measured.value:.2f} % {bounds}"
    verdict = {True: "PASS", False: "MISSED", None: "too few"}[check.met]
    return (check.what, target, measured, f"{check.trials:,}", verdict)


def _percent(share: Share) -> str:
    """Return a share in %, never rounded to none or all where it is neither."""
    if 0 < share.share.value < 0.0005:
        return "<0.1"
    if 0.9995 <= share.share.value < 1:
        return ">99.9"
    return f"{100 * share.share.value:.1f}"


def _percent_bounds(share: Estimate, digits: int) -> str:
    return f"[{100 * share.low:.{digits}f}, {100 * share.high:.{digits}f}]"


def _spanned(found: Estimate, digits: int) -> str:
    return f"{found.value:.{digits}f} [{found.low:.{digits}f}, {found.high:.{digits}f}]"


def _plain(value: float, *, sign: str = "") -> str:
    return f"{value:{sign}.4g}"


def _aligned(grid: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    for name, *cells in grid:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        yield "  ".join((name.ljust(widths[0]), *padded)).rstrip()
