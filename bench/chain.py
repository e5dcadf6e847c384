"""The stages of one case in the order a frame passes them, with the columns they fill."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from bench.samples import stage_field
from pipelines.pipeline import Pipeline
from pipelines.scanning.hook import Point
from pipelines.session import Session
from pipelines.stage import Role, Stage, StageKind
from pipelines.stages.scan.hook import OpenHook
from pipelines.stages.scan.place import behind_openers, refuse_impossible

MOST_NAME_CHARACTERS = 100

MOST_STAGES = 20
"""Of a role. Each is a column of the samples, whose head NumPy reads up to 10,000 characters of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Sender's stages, then those of relay and receiver; a column name and kind for each.

    `hook` is the one whose steps stand among them, if there is one.
    """

    sender: tuple[Stage, ...]
    onward: tuple[Stage, ...]
    fields: tuple[str, ...]
    kinds: tuple[StageKind, ...]
    hook: OpenHook | None = None


def build_chain(
    pipeline: Pipeline,
    session: Session,
    *,
    encode: Stage | None = None,
    decode: Stage | None = None,
    hook: OpenHook | None = None,
) -> Chain:
    """Return new stages of `pipeline`, counters at zero, with the codec at both ends if given.

    The steps of `hook` are put at its point; they count as stages of that role. Raises ScanRefused
    where it has no place, and ValueError for more stages than a role may have.
    """
    if hook is not None:
        refuse_impossible(
            hook.hook,
            pipeline=pipeline.name,
            sees_plaintext=pipeline.sees_plaintext,
            live=encode is not None,
        )
    sender = (
        *_steps(hook, Point.SENDER_BEFORE_ENCODE),
        *([encode] if encode else []),
        *_steps(hook, Point.SENDER_AFTER_ENCODE),
        *_few(pipeline.sender(session)),
    )
    relay = _few(pipeline.relay(session.hop()))
    behind = behind_openers(relay)
    relay = (*relay[:behind], *_steps(hook, Point.RELAY), *relay[behind:])
    receiver = (
        *_few(pipeline.receiver(session)),
        *([decode] if decode else []),
        *_steps(hook, Point.RECEIVER),
    )
    return Chain(
        sender=sender,
        onward=(*relay, *receiver),
        fields=(
            *columns(Role.SENDER, sender),
            *columns(Role.RELAY, relay),
            *columns(Role.RECEIVER, receiver),
        ),
        kinds=tuple(map(_kind, (*sender, *relay, *receiver))),
        hook=hook,
    )


def _few(stages: Iterable[Stage]) -> tuple[Stage, ...]:
    """Return `stages`. Raises ValueError where there are too many, or no end of them."""
    few = tuple(islice(stages, MOST_STAGES + 1))
    if len(few) > MOST_STAGES:
        raise ValueError(f"a role has more than {MOST_STAGES} stages")
    return few


def _steps(hook: OpenHook | None, point: Point) -> tuple[Stage, ...]:
    return hook.steps if hook is not None and hook.hook.point is point else ()


def columns(role: Role, stages: Iterable[Stage]) -> list[str]:
    """Return one column name per stage; a name that comes twice in a role is numbered."""
    names: list[str] = []
    for stage in stages:
        name = stage_field(role, _name(stage))
        seen = sum(other.split("#", 1)[0] == name for other in names)
        names.append(f"{name}#{seen + 1}" if seen else name)
    return names


def _name(stage: Stage) -> str:
    """Return the name of `stage`: it stands in samples and rows. Raises TypeError, ValueError."""
    name = stage.name
    if not isinstance(name, str):
        raise TypeError(f"a stage's name is a {type(name).__name__}, not a text")
    if not name.isprintable() or not 0 < len(name) <= MOST_NAME_CHARACTERS:
        raise ValueError(
            f"a stage's name has 1 to {MOST_NAME_CHARACTERS} printable characters, not {len(name)}:"
            f" {name[:MOST_NAME_CHARACTERS]!a}"
        )
    return str(name)


def _kind(stage: Stage) -> StageKind:
    """Return what `stage` spends its time on. Raises ValueError for what is no kind."""
    return StageKind(stage.kind)
