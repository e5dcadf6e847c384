"""What kept a benchmark from being measured, and whose it is."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.gate.checkout import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a benchmark has no blocks.

    `absent` where the side has no such benchmark, `wrong` where it gave a wrong answer, `died`
    where its worker ended or hung and could not say anything itself; `crashed` where it ended by a
    fault of its own, `outlasted` where it was not done long after the other side was.
    `foreign` where what it measures is not the checkout's.
    """

    side: Side
    error: str
    absent: bool = False
    wrong: bool = False
    died: bool = False
    crashed: bool = False
    outlasted: bool = False
    foreign: bool = False


def worst(problems: Iterable[Problem | None]) -> Problem | None:
    """Return the problem that is reported, if there is one.

    A wrong answer of the head comes first. Otherwise the base's problem does: what fails on both
    sides (a package that is not installed, say) is no fault of the head.
    """
    found = [problem for problem in problems if problem is not None]
    wrong_head = [each for each in found if each.side is Side.HEAD and each.wrong]
    order = (Side.BASE, Side.HEAD, Side.TWIN)
    return next(iter([*wrong_head, *sorted(found, key=lambda each: order.index(each.side))]), None)
