"""What all forms of the report share: the order of findings, figures as text, the last sentence."""

from collections import Counter
from collections.abc import Sequence

from bench.gate.design import Comparison, Design
from bench.gate.result import Finding, GateResult, StoredRatio, Verdict
from bench.gate.statistics.decide import EXIT_CODES
from bench.machine.schema import Machine
from bench.results import Estimate

MISSING = "-"

WORST_FIRST = (
    Verdict.WRONG_ANSWER,
    Verdict.REGRESSION,
    Verdict.INCONCLUSIVE,
    Verdict.IMPROVED,
    Verdict.PASS,
)

LIBRARIES = (
    ("numpy", None),
    ("numba", None),
    ("cryptography", "cryptography/openssl"),
    ("pylibsrtp/libsrtp", "pylibsrtp/openssl"),
    ("av/ffmpeg", None),
)
"""What does most of the measured work, and on top of what; gate.json has all versions."""


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """Return `findings` by severity of the verdict and, within it, the slowest change first."""
    return sorted(findings, key=lambda each: (WORST_FIRST.index(each.verdict), -_ratio(each)))


def plain(text: str) -> str:
    """Return `text` on one line, with nothing in it that a terminal or a log would act upon."""
    return "".join(each if each.isprintable() else "?" for each in " ".join(text.split()))


def shortened_middle(text: str, width: int) -> str:
    """Return `text` in at most `width` characters: both ends of a name tell it from others."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def percent(ratio: float) -> str:
    """Return a ratio as a change: 1.041 is `+4.1`."""
    change = 100 * (ratio - 1)
    # Adding zero turns a rounded -0.0 into 0.0.
    return f"{change:+,.0f}" if abs(change) >= 1000 else f"{round(change, 1) + 0.0:+.1f}"


def change_text(comparison: Comparison | None) -> str:
    """Return the change with its 95 % interval: `+4.1 % [+3.6, +4.7]`."""
    return MISSING if comparison is None else interval_text(comparison.ratio)


def stored_text(ratio: StoredRatio | None) -> str:
    """Return the change against a stored time, normalised where both sides are calibrated."""
    return MISSING if ratio is None else f"{percent(ratio.judged)} %"


def interval_text(ratio: Estimate) -> str:
    """Return a ratio as a change with its interval."""
    return f"{percent(ratio.value)} % [{percent(ratio.low)}, {percent(ratio.high)}]"


def control_text(comparison: Comparison | None) -> str:
    """Return how far the twin was from the base, of which it is a copy: `±0.2 %`."""
    if comparison is None:
        return MISSING
    return f"±{abs(100 * (comparison.control.value - 1)):.1f} %"


def size_text(comparison: Comparison | None, design: Design) -> str:
    """Return how much was measured: `8 x 60` is restarts times rounds of each.

    Slow units have fewer rounds than the design says.
    """
    if comparison is None:
        return MISSING
    rounds = min(design.rounds, comparison.rounds // comparison.restarts)
    return f"{comparison.restarts} x {rounds}"


def p_text(p_value: float | None) -> str:
    """Return a p-value to three decimals; only a second look has one."""
    if p_value is None:
        return MISSING
    return "<0.001" if p_value < 0.001 else f"{p_value:.3f}"


def time_text(ns: float | None) -> str:
    """Return a time to three digits or more, in ns, us or ms."""
    if ns is None:
        return MISSING
    value, unit = (ns, "ns") if ns < 10_000 else (ns / 1e3, "us")
    if value >= 10_000:
        value, unit = value / 1e3, "ms"
    return f"{value:,.1f} {unit}" if value < 100 else f"{value:,.0f} {unit}"


def base_text(finding: Finding) -> str:
    """Return the time of the base: `12.3 us/access unit`."""
    if finding.ns_per_unit is None:
        return MISSING
    return f"{time_text(finding.ns_per_unit)}/{plain(finding.unit)}"


def counts_text(finding: Finding) -> list[str]:
    """Return each exact count that changed: `bytes_copied 2,412 -> 3,612 per access unit`."""
    return [
        f"{plain(change.counter)} {change.base:,.10g} -> {change.head:,.10g}"
        f" per {plain(finding.unit)}"
        for change in finding.changes
    ]


def title_text(result: GateResult) -> str:
    """Return what was compared with what."""
    return f"{plain(result.base)} -> {plain(result.head)}, suite {plain(result.suite)}"


def machine_text(machine: Machine) -> str:
    """Return the machine and the libraries that do the work, in one line."""
    hardware = ", ".join([f"{machine.usable_cores} cores", *(machine.isa or ())])
    libraries = []
    for name, below in LIBRARIES:
        if version := machine.libraries.get(name):
            under = below and machine.libraries.get(below)
            carried = f" ({_version(below, under)})" if below and under else ""
            libraries.append(f"{_version(name, version)}{carried}")
    cpu = machine.cpu_model or machine.architecture
    return plain(f"{cpu} ({hardware}); {', '.join([machine.python, *libraries])}")


def design_text(result: GateResult) -> str:
    """Return what counts, and how it was measured."""
    design = result.design
    if result.stored is not None:
        times = "once" if result.stored.measurements == 1 else f"{result.stored.measurements} times"
        speed = (
            "change: as multiples of a calibration"
            if result.stored.calibrated
            else "not both sides say how fast the machine was"
        )
        return (
            f"least times, now measured {times}; a change counts from"
            f" {100 * design.threshold:g} % on, advisory; {speed}"
        )
    return (
        f"a change counts from {100 * design.threshold:g} %"
        f" ({100 * design.threads_threshold:g} % with threads) on;"
        " twin: a second copy of the base; n: restarts x rounds"
    )


def effort_text(result: GateResult) -> str:
    """Return how much was done, in which time, and how busy the machine was."""
    busy = (
        "CPU pressure unknown"
        if result.pressure_percent is None
        else f"CPU pressure {result.pressure_percent:.1f} %"
    )
    count = len(result.findings)
    minutes, seconds = divmod(round(result.seconds), 60)
    took = f"{minutes} min {seconds} s" if minutes else f"{result.seconds:.1f} s"
    names = "benchmark" if count == 1 else "benchmarks"
    found = Counter(finding.verdict for finding in result.findings)
    kinds = ", ".join(f"{found[each]} {each}" for each in WORST_FIRST if found[each])
    done = f"{count} {names}{kinds and f' ({kinds})'} in {took}"
    return done if result.stored is not None else f"{done}, {busy}, seed {result.seed}"


def verdict_text(result: GateResult) -> str:
    """Return the last line: the verdict, what it means, and what the exit code says."""
    count = sum(finding.verdict is result.verdict for finding in result.findings)
    means = {
        Verdict.PASS: _passed(result),
        Verdict.IMPROVED: _passed(result),
        Verdict.REGRESSION: f"{_of(count, result)} worse than the base",
        Verdict.INCONCLUSIVE: (
            _undecided(count, result)
            if result.findings
            else "nothing was compared, so nothing can be said"
        ),
        Verdict.WRONG_ANSWER: (
            f"{_of(count, result)} wrong or failing at head, where speed means nothing"
            if result.stored is None
            else f"{_of(count, result)} wrong or failing now, where speed means nothing"
        ),
    }
    codes = {
        0: "no regression" if result.stored is None else "advisory",
        1: "confirmed slowdown, or exact counts that grew",
        3: "inconclusive",
        5: "wrong answer",
    }
    code = EXIT_CODES[result.verdict]
    return f"{result.verdict}: {means[result.verdict]} (exit code {code}: {codes[code]})"


def _passed(result: GateResult) -> str:
    if result.stored is not None:
        return f"none of {len(result.findings)} looks slower than stored, which confirms nothing"
    faster = sum(finding.verdict is Verdict.IMPROVED for finding in result.findings)
    tail = f", {faster} faster" if faster else ""
    return f"no benchmark of {len(result.findings)} is slower than the base{tail}"


def _undecided(count: int, result: GateResult) -> str:
    if result.stored is not None:
        return f"{_of(count, result)} undecided: `sealbench gate --base REV` measures both sides"
    return f"{_of(count, result)} undecided, which is neither a pass nor a regression"


def _of(count: int, result: GateResult) -> str:
    return f"{count} of {len(result.findings)} {'is' if count == 1 else 'are'}"


def _version(name: str, version: str) -> str:
    """Return a library with its version; `OpenSSL 4.0.3 29 Sep 2026` has its name in it."""
    if version[:1].isalpha():
        return " ".join(version.split()[:2])
    return f"{name.rpartition('/')[2]} {version}"


def _ratio(finding: Finding) -> float:
    if finding.stored is not None:
        return finding.stored.judged
    return 0.0 if finding.comparison is None else finding.comparison.ratio.value
