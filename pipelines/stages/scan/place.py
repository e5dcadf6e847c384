"""Where a hook can sit in a pipeline, and where it cannot."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from pipelines.scanning.hook import LEARNS, Hook, Point, ScanRefused
from pipelines.scanning.sampling import LooksAt, parse_sampling
from pipelines.stage import Opener, Party, Role, Stage

ROLES: Mapping[Point, Role] = MappingProxyType(
    {
        Point.SENDER_BEFORE_ENCODE: Role.SENDER,
        Point.SENDER_AFTER_ENCODE: Role.SENDER,
        Point.RELAY: Role.RELAY,
        Point.RECEIVER: Role.RECEIVER,
    }
)
"""Whose work the hook at a point is."""

ENCODED = frozenset({Point.SENDER_AFTER_ENCODE, Point.RELAY})
"""Points where the media is encoded: a hook there pays for a decoder of its own."""

LIVE_ONLY: Mapping[Point, str] = {
    Point.SENDER_BEFORE_ENCODE: "the media enters encoded, so no picture is there",
    Point.RECEIVER: "the receiver of cached media decodes nothing",
}
"""Points that are only where a codec runs, and why they are nowhere else."""


def refuse_impossible(
    hook: Hook, *, pipeline: str, sees_plaintext: Collection[Party], live: bool
) -> None:
    """Raise ScanRefused, with the reason, where `hook` cannot be in the pipeline called `pipeline`.

    `live`: decoded frames enter and leave, and the codec runs at both ends.
    """
    for party in LEARNS[hook.point]:
        if party not in sees_plaintext:
            raise ScanRefused(
                f"the {party} of {pipeline!r} holds no plaintext ({_holders(sees_plaintext)}):"
                " there is nothing it could scan"
            )
    if hook.point in LIVE_ONLY and not live:
        raise ScanRefused(f"a hook at {hook.point} needs live media: here {LIVE_ONLY[hook.point]}")
    try:
        sampling = parse_sampling(hook.sampling)
    except ValueError as error:
        raise ScanRefused(str(error)) from error
    if sampling.looks_at is LooksAt.ACCESS_UNIT and hook.point not in ENCODED:
        places = " or ".join(point for point in Point if point in ENCODED)
        raise ScanRefused(
            f"a decoded frame does not say whether it is a key frame: {hook.sampling!r} is for"
            f" {places}, not for {hook.point}"
        )


def _holders(sees_plaintext: Collection[Party]) -> str:
    names = [str(party) for party in Party if party in sees_plaintext]
    if not names:
        return "nobody does"
    return f"only {', '.join(names)} {'does' if len(names) == 1 else 'do'}"


def behind_openers(stages: Sequence[Stage]) -> int:
    """Return how many of a relay's `stages` come before a hook: all up to its last Opener.

    There the packets are open, and not yet protected anew.
    """
    last = [number for number, stage in enumerate(stages, 1) if isinstance(stage, Opener)]
    return last[-1] if last else 0
