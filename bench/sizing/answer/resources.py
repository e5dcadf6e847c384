"""What limits servers, in a reader's words: the model's names are short and rather its own."""

from bench.sizing.answer.values import Answer, Constraint

_SHOWN = {
    "network bits": "network bit/s",
    "network packets": "network packets/s",
    "whole pieces": "whole units",
    "own servers": "one per system",
    "delay": "delay budget",
}

_FILLED = frozenset({"CPU", "network bits", "network packets", "memory", "connections"})
"""What a server has so much of; the other constraints say what must not be split or delayed."""

WHOLE_NOTE = (
    "Whole: no room, tunnel or system's relay is split over servers, no stream over more cores than"
    " system.fan_out_cores."
)
"""Has to stand under a table of constraints."""


def resource_text(constraint: Constraint) -> str:
    """Return role and name of `constraint`: `relay network bit/s`."""
    return f"{constraint.role} {_SHOWN.get(constraint.name, constraint.name)}"


def binding_constraint(answer: Answer) -> Constraint | None:
    """Return the constraint that `answer` names as binding, None without servers."""
    return next(
        (each for each in answer.constraints if f"{each.role} {each.name}" == answer.binding), None
    )


def binding_text(answer: Answer) -> str:
    """Return what limits `answer`."""
    constraint = binding_constraint(answer)
    return answer.binding or "no servers" if constraint is None else resource_text(constraint)


def is_filled(constraint: Constraint) -> bool:
    """Return whether it is about something that a server has so much of."""
    return constraint.name in _FILLED


def fullest(answer: Answer) -> Constraint | None:
    """Return the resource of which one server uses the largest share."""
    filled = filter(is_filled, answer.constraints)
    return max(filled, key=lambda each: each.used_of_one.value, default=None)
