"""The one frame rate of a clip: from its time stamps, else from what it states, else assumed.

Containers state averages that a held last frame or a hole spoils, rates of fields, and defaults of
FFmpeg's readers. Stamps are what a player goes by, so they decide; what is stated only names the
exact fraction (30000/1001) that rounded stamps leave open.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median_low

ASSUMED_FPS = Fraction(30)
MIN_FPS, MAX_FPS = 1, 1000
MAX_STATED_FPS = 480
"""Above this a stated rate is the clock of the stamps (1000, 90000), not a rate of frames."""

STANDARD_FPS = tuple(
    Fraction(fps)
    for whole in (24, 30, 48, 60, 120, 240)
    for fps in (whole, Fraction(1000 * whole, 1001))
) + tuple(Fraction(fps) for fps in (1, 2, 5, 6, 8, 10, 12, 15, 20, 25, 50, 75, 90, 100, 144))

# Stamps of a constant rate jitter by the rounding of the container's clock (Matroska counts
# milliseconds); beyond one and a half ticks and a tenth of the interval the rate really varies.
# Half an interval is no rounding: AVI's clock ticks once a frame.
JITTER_TICKS = Fraction(3, 2)
JITTER_SHARE = Fraction(1, 10)
MAX_JITTER_SHARE = Fraction(1, 2)
STRAY_SHARE = Fraction(1, 20)
"""So many steps (and always one) may be anything: a hole, a held frame, a stamp gone wrong."""

ROUNDING_SHARE = Fraction(2, 10_000)
"""How far 23.98, or 100000/3333, may be from the standard rate that was meant."""

LONG_STEPS = 10
MAX_HOLES = 2
"""A step of more than so many usual ones is a hole, where there are no more than a few."""

MAX_CADENCE = 5
"""Frames after which a pattern of steps repeats at most: 2:3 pulldown, every fifth dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRate:
    """A constant rate to measure at, and what a reader must know of it, if anything."""

    fps: Fraction
    remark: str = ""


def frame_rate(
    stamps: Sequence[int | None], tick: Fraction | None, stated: Iterable[Fraction | None]
) -> FrameRate:
    """Return the rate of frames shown at `stamps`, in units of `tick` seconds.

    `stated` are rates by the stream and its container, the most trustworthy first.
    """
    known = [fps for fps in stated if fps is not None and MIN_FPS <= fps <= MAX_STATED_FPS]
    steps = _steps(stamps)
    measured = _measured(steps, tick, known) if tick and any(step > 0 for step in steps) else None
    if measured is not None:
        if MIN_FPS <= measured.fps <= MAX_FPS:
            return measured
        said = f"{float(measured.fps):.3g} frames/s by the time stamps is out of bounds"
        return FrameRate(fps=ASSUMED_FPS, remark=f"{said}: {ASSUMED_FPS} frames/s assumed")
    if known:
        return FrameRate(fps=_written_out(known[0]))
    return FrameRate(
        fps=ASSUMED_FPS, remark=f"no usable frame rate: {ASSUMED_FPS} frames/s assumed"
    )


def _steps(stamps: Sequence[int | None]) -> list[Fraction]:
    """Return the time from each frame to the next, in ticks; negative where the clock restarts."""
    times = _filled_in(stamps)
    moves = [abs(late - early) for early, late in pairwise(times) if late != early]
    if not moves:
        return []
    furthest_back = LONG_STEPS * median_low(moves)
    steps: list[Fraction] = []
    run: list[Fraction] = []
    for time in times:
        if run and time < max(run) - furthest_back:
            steps += [late - early for early, late in pairwise(sorted(run))]
            steps.append(time - max(run))
            run = []
        run.append(time)
    # Sorted: AVI stamps frames in the order in which they are coded.
    return steps + [late - early for early, late in pairwise(sorted(run))]


def _filled_in(stamps: Sequence[int | None]) -> list[Fraction]:
    """Return the stamps with those that lack between two others."""
    stamped = [(place, stamp) for place, stamp in enumerate(stamps) if stamp is not None]
    times = [Fraction(stamp) for _, stamp in stamped[:1]]
    for (place, stamp), (later_place, later_stamp) in pairwise(stamped):
        step = Fraction(later_stamp - stamp, later_place - place)
        times += [stamp + step * count for count in range(1, later_place - place + 1)]
    return times


def _measured(steps: Sequence[Fraction], tick: Fraction, stated: Sequence[Fraction]) -> FrameRate:
    usual = median_low([step for step in steps if step > 0])
    rounding = min(JITTER_TICKS, MAX_JITTER_SHARE * usual)
    jitter = max(rounding, JITTER_SHARE * usual)
    longest = LONG_STEPS * usual
    if sum(step > longest for step in steps) > MAX_HOLES + STRAY_SHARE * len(steps):
        # No holes: this is how the clip goes.
        longest = max(steps)
    kept = [step for step in steps if 0 <= step <= longest]
    even = [step for step in kept if abs(step - usual) <= jitter]
    if len(kept) - len(even) <= 1 + STRAY_SHARE * len(kept):
        strays = len(steps) - len(even)
        tolerance = max(even) - min(even) + rounding * (1 + strays)
        return FrameRate(fps=_exact(even, tick, tolerance, stated), remark=_left_out(strays))
    holes = len(steps) - len(kept)
    cadence = _cadence(kept, jitter)
    if cadence:
        whole = kept[: len(kept) // cadence * cadence]
        tolerance = 2 * jitter + rounding * holes
        return FrameRate(fps=_exact(whole, tick, tolerance, stated), remark=_left_out(holes))
    average = (len(kept) / (sum(kept) * tick)).limit_denominator(1001)
    varies = f"variable frame rate: the average of {float(average):.2f} used"
    return FrameRate(fps=average, remark="; ".join(filter(None, (varies, _left_out(holes)))))


def _left_out(strays: int) -> str:
    if not strays:
        return ""
    return f"{strays} {'gap' if strays == 1 else 'gaps'} in the time stamps left out of the rate"


def _cadence(steps: Sequence[Fraction], jitter: Fraction) -> int:
    """Return the least number of steps of which any in a row take equally long; 0 for none."""
    for length in range(2, MAX_CADENCE + 1):
        sums = [sum(steps[start : start + length]) for start in range(len(steps) - length + 1)]
        if len(sums) > 2 * length and max(sums) - min(sums) < 2 * jitter:
            return length
    return 0


def _exact(
    steps: Sequence[Fraction], tick: Fraction, tolerance: Fraction, stated: Sequence[Fraction]
) -> Fraction:
    """Return the rate of even steps: the stated or standard one that they support, if any."""
    frames, length = len(steps), sum(steps)
    measured = frames / (length * tick)
    nearest = sorted(STANDARD_FPS, key=lambda fps: abs(fps - measured))
    plain = _written_out(measured)
    known = (*map(_written_out, stated), *nearest)
    for fps in (plain, *known) if plain in STANDARD_FPS else known:
        if abs(frames / (fps * tick) - length) <= tolerance:
            return fps
    return plain


def _written_out(fps: Fraction) -> Fraction:
    """Return the standard rate that a rounded one (23.98) stands for, else the rate itself."""
    for standard in STANDARD_FPS:
        if abs(fps - standard) <= ROUNDING_SHARE * standard:
            return standard
    return fps.limit_denominator(1001)
