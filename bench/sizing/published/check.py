"""The check against the world: one scalar per host, fitted on one point, predicts the others."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.sizing.model.draws import Draws, MissingCost, ProfileDraws, interval
from bench.sizing.published.load import LoadedPoint, builtin_published, load_published
from bench.sizing.published.model import model_cores
from bench.sizing.published.values import (
    Assumption,
    CheckedHost,
    CheckedPoint,
    Estimate,
    Part,
    PublishedCheck,
    Summary,
)

RULE = (
    "One scalar per host is fitted on the point that keeps the largest share of the host busy, for"
    " fixed costs weigh least there; of equal shares the first in the file."
)


@dataclass(frozen=True, slots=True)
class _Modelled:
    """A point and the model's cores for it, or why there are none."""

    loaded: LoadedPoint
    cores: Draws | None
    problem: str = ""


def check_published(draws: ProfileDraws) -> PublishedCheck:
    """Return all shipped points beside what the model says with `draws`.

    Raises PublishedError where a shipped file is broken.
    """
    loaded = [each for path in builtin_published().values() for each in load_published(path)]
    return checked(draws, loaded)


def checked(draws: ProfileDraws, loaded: Sequence[LoadedPoint]) -> PublishedCheck:
    """Return `loaded` beside what the model says with `draws`, host by host."""
    by_host: dict[str, list[_Modelled]] = {}
    for each in loaded:
        by_host.setdefault(each.point.host, []).append(_modelled(draws, each))
    hosts: list[CheckedHost] = []
    points: list[CheckedPoint] = []
    for host, of_host in by_host.items():
        fitted = max(of_host, key=lambda each: each.loaded.point.host_share)
        scalar = None if fitted.cores is None else fitted.loaded.point.cores / fitted.cores
        hosts.append(
            CheckedHost(
                host=host,
                points=len(of_host),
                fitted_on=fitted.loaded.point.name,
                scalar=None if scalar is None else _estimate(scalar),
            )
        )
        points.extend(_checked(each, fitted, scalar) for each in of_host)
    return PublishedCheck(
        machine=draws.profile.machine.cpu_model or draws.profile.machine.slug,
        rule=RULE,
        summary=_summary(points),
        hosts=tuple(hosts),
        points=tuple(points),
    )


def _modelled(draws: ProfileDraws, loaded: LoadedPoint) -> _Modelled:
    try:
        cores = model_cores(draws, loaded)
    except MissingCost as error:
        return _Modelled(loaded, None, str(error))
    if not (cores > 0).all():
        # A scalar would have to divide by it.
        return _Modelled(loaded, None, "the profile's costs leave no CPU time for it")
    return _Modelled(loaded, cores)


def _checked(each: _Modelled, fitted: _Modelled, scalar: Draws | None) -> CheckedPoint:
    point = each.loaded.point
    published = point.cores
    part: Part = "impossible"
    predicted: Estimate | None = None
    problem = each.problem
    if scalar is None:
        problem = problem or f"its host's fitted point has no figure: {fitted.problem}"
    elif each.cores is not None:
        part = "fitted" if each is fitted else "predicted"
        predicted = _estimate(each.cores * scalar)
    is_predicted = part == "predicted" and predicted is not None
    unfitted = None if each.cores is None else _estimate(each.cores)
    return CheckedPoint(
        title=each.loaded.source.title,
        document=each.loaded.source.document,
        url=each.loaded.source.url,
        name=point.name,
        host=point.host,
        software=point.software,
        kind=point.kind,
        part=part,
        published_cores=published,
        unfitted_cores=unfitted,
        unfitted_error_percent=None if unfitted is None else _error(unfitted, published),
        predicted_cores=predicted,
        error_percent=_error(predicted, published) if predicted and is_predicted else None,
        within=predicted.low <= published <= predicted.high if predicted and is_predicted else None,
        same_software=point.software == fitted.loaded.point.software,
        assumed=tuple(
            Assumption(input=a.input, value=a.value, why=a.why) for a in each.loaded.assumed
        ),
        notes=tuple(filter(None, (each.loaded.source.note, point.note))),
        problem=problem,
    )


def _summary(points: Sequence[CheckedPoint]) -> Summary:
    predicted = [(abs(p.error_percent), p) for p in points if p.error_percent is not None]
    same = [error for error, point in predicted if point.same_software]
    worst = max(predicted, key=lambda each: each[0], default=None)
    return Summary(
        points=len(points),
        predicted=len(predicted),
        within=sum(point.within is True for _, point in predicted),
        median_error_percent=_median([error for error, _ in predicted]),
        worst_error_percent=None if worst is None else worst[1].error_percent,
        worst="" if worst is None else worst[1].name,
        same_software=len(same),
        same_software_median_error_percent=_median(same),
    )


def _estimate(draws: Draws) -> Estimate:
    value, low, high = interval(draws)
    return Estimate(value=value, low=low, high=high)


def _error(said: Estimate, published: float) -> float:
    return 100 * (said.value / published - 1)


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None
