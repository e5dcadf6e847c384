"""Sentences of an answer: what the step from load to servers assumed, and what nobody checked."""

from collections.abc import Iterator

from bench.sizing.model.plan import Plan


def assumptions(plan: Plan) -> tuple[str, ...]:
    """Return what was assumed on the way, the load's own assumptions first."""
    return (*plan.load.assumed, *_of_servers(plan))


def unchecked(plan: Plan) -> tuple[str, ...]:
    """Return what no load test has checked yet."""
    return tuple(_unchecked(plan))


def _of_servers(plan: Plan) -> Iterator[str]:
    if not plan.roles:
        return
    scenario, host = plan.scenario, plan.scenario.host
    yield _sentence(plan.capacity.told)
    if host.core_speed != 1:
        yield (
            f"Every cost changes with the core's speed alike: {host.core_speed:g} of the"
            " calibrated machine's."
        )
    if len(plan.roles) > 1:
        yield (
            "Each role has servers of its own; a small deployment may put several on one host."
            " Spare servers stand in for any role."
        )
    if len({room.size for room in scenario.rooms}) > 1:
        yield (
            "Rooms of different sizes fill servers without gaps; only the largest is checked to"
            " fit one."
        )
    if any(role.core is not None for role in plan.roles):
        yield (
            "Delay: streams are spread evenly over servers and cores, one core serves a stream"
            " (or a share of its copies), in order of arrival; the packets of a frame arrive"
            " together, streams at independent times; frame sizes are drawn independently. The"
            " delay is that of one server, not of several in a row."
        )
        yield "Work that comes in no bursts (feedback, handshakes) slows a core down evenly."
    without = [role.role.value for role in plan.roles if role.core is None]
    if without:
        yield (
            f"What the {' and the '.join(without)} adds to the delay is not calculated, and is in"
            " no delay figure."
        )
    yield "The network card's bits count 38 bytes of Ethernet around every packet (IEEE 802.3)."


def _unchecked(plan: Plan) -> Iterator[str]:
    """Yield what a load test would have to check, for none exists yet."""
    if not plan.roles:
        yield (
            "What a participant's machine has to do is predicted from stages measured one at a"
            " time."
        )
        return
    yield (
        "Cores and servers are predicted from stages measured one at a time, and were not held"
        " against a running server."
    )
    yield (
        "System calls were measured on loopback; a card's driver and interrupts are not in them."
    )
    if plan.capacity.assumed:
        yield _sentence(plan.capacity.told)
    if any(role.core is not None for role in plan.roles):
        yield (
            "The delay is calculated for one core's queue; what the operating system's scheduler"
            " adds is not in it."
        )
    yield (
        "Memory per stream and connection was measured apart, not in a server that had run for a"
        " day."
    )


def _sentence(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:]}."
