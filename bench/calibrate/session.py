"""A calibration: every probe once in each round, in random order, then a profile."""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.calibrate.costs import costs_of
from bench.calibrate.folder import LEAST_ROUNDS, CalibrationFolder
from bench.calibrate.probe import Bench, Probe, ProbePlan, Reading
from bench.calibrate.rounds import Round
from bench.machine import read_conditions
from bench.measure import collector_off
from bench.profile.schema import CoreScaling, Memory, Profile, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a profile holds besides costs; `problems` says of what is missing why."""

    traces: tuple[Trace, ...] = ()
    memory: dict[str, Memory] = field(default_factory=dict)
    scaling: tuple[CoreScaling, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)


class Unannounced(Exception):  # noqa: N818 - what happened
    """A probe measured a key that its plan does not have."""


def calibrate(
    bench: Bench,
    plans: Sequence[ProbePlan],
    folder: CalibrationFolder,
    *,
    survey: Callable[[Bench], Survey],
) -> Profile:
    """Measure the rounds that `folder` lacks and return the profile of all its rounds.

    A probe that cannot be opened, or fails, becomes the problem of each of its keys, with a note;
    the others go on. The survey comes before the rounds, so that a calibration that is stopped has
    one. After Ctrl-C the profile is of the rounds so far, where they are at least `LEAST_ROUNDS`;
    before that KeyboardInterrupt is raised. Every round is in the folder when it ends. Raises
    StoreError.
    """
    began = time.monotonic()
    surveyed = survey(bench)
    earlier_seconds = sum(each.seconds for each in folder.rounds)
    try:
        _measure(bench, plans, folder)
    except KeyboardInterrupt:
        if len(folder.rounds) < LEAST_ROUNDS:
            raise
    finally:
        bench.progress.end()
    costs, problems = costs_of(folder.rounds, plans, bench.engine)
    plan = folder.plan
    return Profile(
        sealbench_version=plan.sealbench_version,
        started_utc=plan.started_utc,
        seconds=earlier_seconds + time.monotonic() - began,
        seed=plan.seed,
        engine=bench.engine.name,
        rounds=len(folder.rounds),
        machine=plan.machine,
        conditions_before=plan.conditions_before,
        conditions_after=read_conditions(calibrate=True),
        costs=costs,
        traces=surveyed.traces,
        memory=surveyed.memory,
        scaling=surveyed.scaling,
        problems=problems | surveyed.problems,
    )


def _measure(bench: Bench, plans: Sequence[ProbePlan], folder: CalibrationFolder) -> None:
    """Open what has not failed before, and measure the rounds that are missing."""
    done = folder.rounds
    if len(done) >= folder.plan.rounds:
        return
    problems = dict(done[-1].problems) if done else {}
    with ExitStack() as stack:
        alive = _open_all(bench, [p for p in plans if not p.on.keys() & problems], problems, stack)
        missing = range(len(done), folder.plan.rounds)
        bench.progress.begin(
            f"{len(missing)} rounds of {len(alive)} probes", len(missing) * len(alive)
        )
        for index in missing:
            folder.append(_round(bench, index, alive, problems, begun=index - missing[0]))


def _open_all(
    bench: Bench, plans: Sequence[ProbePlan], problems: dict[str, str], stack: ExitStack
) -> dict[str, tuple[ProbePlan, Probe]]:
    """Return the probes of `plans` by name, ready to be timed."""
    alive: dict[str, tuple[ProbePlan, Probe]] = {}
    for number, plan in enumerate(plans):
        # A probe may show the progress of its own, such as a clip that is being encoded.
        bench.progress.begin(f"checking and warming up: {plan.name}", len(plans))
        bench.progress.advance(number)
        try:
            probe = plan.open(bench)
            stack.callback(probe.close)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it is the keys' problem
            _fail(bench, plan, error, problems)
            continue
        alive[plan.name] = plan, probe
    return alive


def _round(
    bench: Bench,
    index: int,
    alive: dict[str, tuple[ProbePlan, Probe]],
    problems: dict[str, str],
    *,
    begun: int,
) -> Round:
    """Return one round; a probe that fails leaves `alive`, and its keys go to `problems`."""
    began = time.monotonic()
    order = sorted(alive)
    # By round, so that a resumed calibration has the order it would have had.
    random.Random(f"{bench.seed}/{index}").shuffle(order)  # noqa: S311 - an order, not a secret
    readings: list[Reading] = []
    with collector_off():
        for number, name in enumerate(order):
            plan, probe = alive[name]
            try:
                readings += _checked(plan, probe.measure())
            except (Exception, SystemExit) as error:  # noqa: BLE001 - it is the keys' problem
                _fail(bench, plan, error, problems)
                del alive[name]
            bench.progress.advance(begun * len(order) + number + 1)
    return Round(
        index=index,
        utc=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        seconds=time.monotonic() - began,
        readings=tuple(readings),
        problems=dict(problems),
    )


def _checked(plan: ProbePlan, readings: Sequence[Reading]) -> Sequence[Reading]:
    for reading in readings:
        if reading.key not in plan.on:
            raise Unannounced(f"measured {reading.key!r}, which its plan does not have")
    return readings


def _fail(bench: Bench, plan: ProbePlan, error: BaseException, problems: dict[str, str]) -> None:
    problem = told(error)
    bench.progress.note(f"sealbench: {plan.name}: {problem}")
    problems.update(dict.fromkeys(plan.on, problem))


def told(error: BaseException) -> str:
    """Return `error` in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
