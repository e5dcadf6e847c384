"""The stages of one case in the order a frame passes them, with the columns they fill."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.samples import stage_field
from pipelines.pipeline import Pipeline
from pipelines.session import Session
from pipelines.stage import Role, Stage, StageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Sender's stages, then those of relay and receiver; a column name and kind for each."""

    sender: tuple[Stage, ...]
    onward: tuple[Stage, ...]
    fields: tuple[str, ...]
    kinds: tuple[StageKind, ...]


def build_chain(
    pipeline: Pipeline,
    session: Session,
    *,
    encode: Stage | None = None,
    decode: Stage | None = None,
) -> Chain:
    """Return new stages of `pipeline`, counters at zero, with the codec at both ends if given."""
    sender = (*([encode] if encode else []), *pipeline.sender(session))
    relay = pipeline.relay(session.hop())
    receiver = (*pipeline.receiver(session), *([decode] if decode else []))
    return Chain(
        sender=sender,
        onward=(*relay, *receiver),
        fields=(
            *columns(Role.SENDER, sender),
            *columns(Role.RELAY, relay),
            *columns(Role.RECEIVER, receiver),
        ),
        kinds=tuple(stage.kind for stage in (*sender, *relay, *receiver)),
    )


def columns(role: Role, stages: Iterable[Stage]) -> list[str]:
    """Return one column name per stage; a name that comes twice in a role is numbered."""
    names: list[str] = []
    for stage in stages:
        name = stage_field(role, stage.name)
        seen = sum(other.split("#", 1)[0] == name for other in names)
        names.append(f"{name}#{seen + 1}" if seen else name)
    return names
