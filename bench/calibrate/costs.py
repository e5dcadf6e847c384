"""From the rounds of a calibration to the costs of its profile."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from bench.calibrate.fit import Unmeasured, fit
from bench.calibrate.probe import ProbePlan, Reading
from bench.calibrate.rounds import Round
from bench.profile.schema import LinearCost
from pipelines.engines.engine import Engine


def costs_of(
    rounds: Sequence[Round], plans: Sequence[ProbePlan], engine: Engine
) -> tuple[dict[str, LinearCost], dict[str, str]]:
    """Return the cost of each key that every round has readings of, and why the others have none.

    Costs are in the order of `plans`.
    """
    told = {key: problem for each in rounds for key, problem in each.problems.items()}
    by_key = [_by_key(each.readings) for each in rounds]
    costs: dict[str, LinearCost] = {}
    problems: dict[str, str] = {}
    for plan in plans:
        for key, on in plan.on.items():
            if key in told:
                problems[key] = told[key]
                continue
            readings = [each.get(key, []) for each in by_key]
            try:
                costs[key] = _cost(readings, on=on, library=plan.library(engine))
            except Unmeasured as error:
                problems[key] = str(error)
    return costs, problems


def _cost(rounds: Sequence[Sequence[Reading]], *, on: str, library: str) -> LinearCost:
    fitted = fit(rounds)
    return LinearCost(
        call_ns=tuple(terms.call_ns for terms in fitted.terms),
        packet_ns=tuple(terms.packet_ns for terms in fitted.terms),
        byte_ns=tuple(terms.byte_ns for terms in fitted.terms),
        # Where a cost knows no calls, such as sealing messages, its packets are what was timed.
        samples=sum(each.calls or each.packets or 1 for readings in rounds for each in readings),
        on=on,
        library=library,
        misfit=fitted.misfit,
    )


def _by_key(readings: Sequence[Reading]) -> Mapping[str, list[Reading]]:
    found: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        found[reading.key].append(reading)
    return found
