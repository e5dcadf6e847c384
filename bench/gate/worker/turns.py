"""Blocks in turns with the workers of the other sides, the baton going from one to the next."""

import os
from collections.abc import Callable

from .messages import Block, Measured, TakeTurns, Turned

SIDES = 3
BATON = b"."


def take_turns(request: TakeTurns, measure: Callable[[Block], Measured]) -> Turned:
    """Return the times of this worker's blocks, each measured when its turn has come."""
    order, me = request.order, request.me
    ns: list[int] = []
    interrupted: list[bool] = []
    failed: Measured | None = None
    for at, whose in enumerate(order):
        if whose != me:
            continue
        if at and order[at - 1] != me:
            os.read(request.baton, len(BATON))
        if failed is None:
            found = measure(
                Block(
                    instance=at // SIDES,
                    start=at // SIDES * request.units,
                    units=request.units,
                    settle=request.settle,
                    slowdown=request.slowdown,
                )
            )
            ns.append(found.ns)
            interrupted.append(found.interrupted)
            failed = found if found.error is not None else None
        if at + 1 < len(order) and order[at + 1] != me:
            os.write(request.batons[order[at + 1]], BATON)
    if failed is not None:
        return Turned(ns=[], interrupted=[], error=failed.error, wrong=failed.wrong)
    return Turned(ns=ns, interrupted=interrupted)
